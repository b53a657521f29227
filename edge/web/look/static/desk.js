// The one script: hears hints, fetches fragments, posts forms, answers keys.
// What it understands is written at the top of templates/base.html. It knows no business.
"use strict";

(() => {
  const root = document.documentElement;
  const POST_WAIT_MS = 30_000;
  const REOPEN_WAIT_MS = 3_000;
  const SOUND_AFTER_MS = 10_000;
  const DAY = /^(\d{4})(?:[-/.](?=\d+[-/.])|(?=\d{4}$))(\d{1,2})[-/.]?(\d{1,2})$/;
  const SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  function mustLogIn(response) {
    if (response.status !== 401 || location.pathname === "/login") return false;
    location.assign("/login");
    return true;
  }

  // Fragments: what changed is fetched again, never patched.

  const fetching = new Map(); // fragment -> whether it must be fetched once more

  async function refresh(fragment, background = false) {
    if (fetching.has(fragment)) return void fetching.set(fragment, true);
    fetching.set(fragment, false);
    let shown = fragment;
    try {
      const headers = background ? { "Edge-Background": "1" } : {};
      const response = await fetch(fragment.dataset.fragment, { headers });
      if (!mustLogIn(response) && response.ok) shown = replace(fragment, await response.text());
    } catch {
      // No network: the stream notices too, and its return fetches everything again.
    }
    const again = fetching.get(fragment);
    fetching.delete(fragment);
    if (again && shown.isConnected) await refresh(shown, background);
  }

  // Returns what stands there now: the new element, or the old one where it must stay.
  function replace(fragment, html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = template.content.firstElementChild;
    if (!fresh) return fragment;
    const always = fragment.dataset.replace === "always";
    const same = fragment.dataset.version && fragment.dataset.version === fresh.dataset.version;
    const typed = fragment.querySelector("form[data-dirty]");
    if (always && typed && same) return fragment;
    if (fragment.querySelector("form[data-working]:not([data-done])") || (typed && !always)) {
      fragment.dataset.stale = root.dataset.textStale;
      return fragment;
    }
    const held = fragment.contains(document.activeElement) ? document.activeElement : null;
    const selected = held?.value && held.selectionEnd - held.selectionStart === held.value.length;
    if (!always) keepAnswer(fragment, fresh);
    for (const one of all("details[open][id]", fragment)) fresh.querySelector(`#${one.id}`)?.setAttribute("open", "");
    fragment.replaceWith(fresh);
    const taking = held?.id && document.getElementById(held.id);
    if (taking) taking.focus();
    if (taking && selected) taking.select?.(); // so that what is typed takes the place of what stood there
    // Browsers obey autofocus once a page; here it is obeyed while nothing has the keyboard.
    if (!taking && document.activeElement === document.body) fresh.querySelector("[autofocus]")?.focus();
    recall(fresh);
    remind();
    return fresh;
  }

  // What a press was answered stays until the next press, whatever is fetched meanwhile.
  function keepAnswer(fragment, fresh) {
    const said = fragment.querySelector("[data-said]");
    const form = said?.closest("form");
    const place = form && fresh.querySelector(`form[data-post="${form.dataset.post}"]`);
    if (said) (place ?? fresh).prepend(said);
  }

  function refreshAll(background) {
    const outermost = all("[data-fragment]").filter((one) => !one.parentElement.closest("[data-fragment]"));
    return Promise.all(outermost.map((one) => refresh(one, background)));
  }

  function hear({ topic, id }) {
    if (topic === "connected") root.dataset.connected = "yes";
    if (topic === "connected" || topic === "resync") return void refreshAll(true);
    for (const fragment of all("[data-fragment][data-topic]")) {
      const topics = fragment.dataset.topic.split(" ");
      if (topics.includes(topic) || topics.includes(`${topic}:${id}`)) refresh(fragment, true);
    }
  }

  // The stream is open only while the page is seen: browsers allow six connections a host.

  let stream = null;
  let reopening = 0;

  function listen() {
    clearTimeout(reopening);
    stream?.close();
    stream = null;
    if (document.visibilityState === "hidden") return void delete root.dataset.connected;
    stream = new EventSource(document.body.dataset.events);
    stream.addEventListener("hint", (event) => hear(JSON.parse(event.data)));
    stream.onerror = () => {
      root.dataset.connected = "no";
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      refreshAll(true); // tells a session that has ended from a service that is down
      reopening = setTimeout(listen, REOPEN_WAIT_MS);
    };
  }

  // Forms: one press, one key, one answer.

  function contents(form) {
    const body = {};
    for (const field of form.elements) {
      if (!field.name || field.disabled || field.type === "file") continue;
      if (field.type === "radio" && !field.checked) continue;
      if (field.closest("[data-row]")?.querySelector("input").value === "") continue;
      if ("list" in field.dataset) {
        if (field.checked) (body[field.name] ??= []).push(field.value);
        continue;
      }
      let value = field.type === "checkbox" ? field.checked : field.value;
      if (value === "") continue;
      if (field.dataset.type === "number") value = Number(value);
      if (field.dataset.type === "fen") value = fen(value);
      const path = field.name.split(".");
      const last = path.pop();
      path.reduce((inside, step) => (inside[step] ??= {}), body)[last] = value;
    }
    return JSON.stringify(body, (_, one) => (isList(one) ? Object.values(one) : one));
  }

  // Names that are numbers make a list; a row that was left out leaves no hole.
  function isList(one) {
    const names = one && typeof one === "object" ? Object.keys(one) : [];
    return names.length > 0 && names.every((name) => /^\d+$/.test(name));
  }

  // Digits are moved, never multiplied: 0.29 × 100 is not 29 for a computer.
  function fen(yuan) {
    const [whole, part = ""] = yuan.split(".");
    return Number(whole + part.padEnd(2, "0"));
  }

  // A day as it is typed in haste, or copied: 20261126, 2026/11/26. What is none stays as it is.
  function tidy(field) {
    if (field.dataset.type !== "day") return;
    const [, year, month, date] = DAY.exec(field.value.trim()) ?? [];
    if (year) field.value = `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`;
  }

  async function post(form, pressed) {
    if ("working" in form.dataset) return;
    const body = contents(form);
    const restore = putToWork(form, pressed);
    let response = null;
    let answer = null;
    try {
      const file = form.querySelector("input[type=file]")?.files[0];
      const headers = { "Content-Type": file ? sheetKind(file) : "application/json" };
      if (form.dataset.key) headers["Idempotency-Key"] = form.dataset.key;
      const signal = AbortSignal.timeout(POST_WAIT_MS);
      const url = file ? `${form.dataset.post}?${new URLSearchParams(JSON.parse(body))}` : form.dataset.post;
      response = await fetch(url, { method: "POST", headers, body: file ?? body, signal });
      answer = response.status === 204 ? {} : await response.json();
    } catch {
      response = null; // no answer, or half of one: the outcome is unknown
    }
    if (response?.ok) return void done(form, answer, restore);
    restore();
    if (!response) return void complain(form, { detail: root.dataset.textUnanswered, code: "" });
    if (!mustLogIn(response)) complain(form, answer);
  }

  // Systems disagree about what a CSV is; its name does not.
  function sheetKind(file) {
    return file.name.toLowerCase().endsWith(".csv") ? "text/csv" : SHEET;
  }

  function putToWork(form, pressed) {
    for (const said of all("[data-said]", form.closest("[data-fragment]") ?? form)) said.remove();
    for (const field of all("[aria-invalid]", form)) field.removeAttribute("aria-invalid");
    form.dataset.working = "";
    const label = pressed?.innerHTML;
    const idle = all("button:enabled", form);
    for (const button of idle) button.disabled = true;
    if (pressed) pressed.textContent = root.dataset.textWorking;
    return () => {
      delete form.dataset.working;
      for (const button of idle) button.disabled = false;
      if (pressed) pressed.innerHTML = label;
    };
  }

  async function done(form, answer, restore) {
    for (const field of all("[data-remember]", form)) {
      localStorage.setItem(`edge.${field.dataset.remember}`, field.value);
    }
    delete form.dataset.dirty;
    form.dataset.done = "";
    if (form.dataset.shows) return void tell(document.getElementById(form.dataset.shows), answer);
    if ("tells" in form.dataset) report(form, answer);
    const target = form.dataset.then?.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(answer[name]));
    // The button stays in work until the new page or fragment, with its new key, is there.
    if (target) return void location.assign(target);
    if (!form.closest("[data-fragment]")) return void location.reload();
    await refreshAll(false);
    delete form.dataset.done;
    restore();
  }

  // What is seen this once: it goes with its dialog.
  function tell(dialog, answer) {
    for (const place of all("[data-answer]", dialog)) {
      const said = String(answer[place.dataset.answer] ?? "");
      if (!("drawing" in place.dataset)) place.textContent = said;
      else place.replaceChildren(new DOMParser().parseFromString(said, "image/svg+xml").documentElement);
    }
    document.querySelector("dialog[open]")?.close();
    dialog.addEventListener("close", () => location.reload());
    dialog.showModal();
  }

  function complain(form, problem) {
    const english = root.lang === "en";
    const box = document.createElement("div");
    box.className = "problem";
    box.dataset.said = "";
    box.setAttribute("role", "alert");
    const lines = [
      ["strong", (english && problem.detail_en) || problem.detail],
      ["p", (english && problem.next_action_en) || problem.next_action],
    ];
    for (const [tag, words] of lines) {
      if (words) box.appendChild(document.createElement(tag)).textContent = words;
    }
    if (problem.code) {
      const told = box.appendChild(document.createElement("a"));
      Object.assign(told, { className: "code", target: "_blank", rel: "noopener" });
      told.href = root.dataset.runbook + problem.code.toLowerCase();
      told.appendChild(document.createElement("code")).textContent = problem.code;
    }
    const heading = form.querySelector("h1, h2");
    heading ? heading.after(box) : form.prepend(box);
    const field = problem.field && form.elements.namedItem(problem.field);
    if (field instanceof HTMLElement) {
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }
  }

  // What a press brought, in the answer's own sentence.
  function report(form, answer) {
    const told = document.createElement("p");
    told.dataset.said = "";
    told.setAttribute("role", "status");
    told.textContent = root.lang === "en" ? answer.text_en : answer.text;
    form.append(told);
  }

  function recall(within) {
    for (const field of all("[data-remember]", within)) {
      const last = localStorage.getItem(`edge.${field.dataset.remember}`);
      if (last && !field.value) field.value = last;
    }
  }

  // A card left behind sounds every ten seconds. Browsers let a page sound once it was pressed.

  let reminding = 0;
  let speaker = null;

  function remind() {
    const lies = document.querySelector("[data-sounds]");
    if (lies) return void (reminding ||= setInterval(sound, SOUND_AFTER_MS));
    clearInterval(reminding);
    reminding = 0;
    delete root.dataset.sounded;
  }

  function sound() {
    // What nobody sees, or has not heard from the service, may be over.
    if (root.dataset.connected !== "yes" || !navigator.userActivation.hasBeenActive) return;
    speaker ??= new AudioContext();
    const tone = speaker.createOscillator();
    const volume = speaker.createGain();
    tone.frequency.value = 880;
    volume.gain.value = 0.2;
    tone.connect(volume).connect(speaker.destination);
    tone.start();
    tone.stop(speaker.currentTime + 0.4);
    root.dataset.sounded = "";
  }

  // Keys.

  function pressEnter(event) {
    const target = event.target;
    const form = target.form;
    // While an input method composes, Enter chooses its candidate.
    if (!form || event.isComposing || target.tagName === "TEXTAREA") return;
    if (target.tagName === "BUTTON") {
      if ("money" in form.dataset) event.preventDefault();
      return;
    }
    event.preventDefault();
    const fields = [...form.elements].filter((one) => one.type !== "hidden" && one.tagName !== "FIELDSET" && !one.disabled && one.offsetParent
      && (one === target || !("aside" in one.dataset)));
    const next = fields[fields.indexOf(target) + 1];
    if (next && next.tagName !== "BUTTON") {
      next.focus();
      next.select?.(); // as Tab does: what is typed takes the place of what stood there
      return;
    }
    if (form.dataset.enter === "submit" && !("money" in form.dataset)) return void form.requestSubmit();
    next?.focus();
  }

  function pressHotkey(event) {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    // No option begins with a slash: from a list it still goes to the search.
    if (typing && event.key.length === 1 && !(event.key === "/" && event.target.tagName === "SELECT")) return;
    const scope = document.querySelector("dialog[open]") ?? document;
    const target = all("[data-hotkey]", scope).find(
      (one) => one.dataset.hotkey === event.key && !one.disabled && one.offsetParent,
    );
    if (!target) return;
    event.preventDefault();
    tidy(event.target);
    /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) ? target.focus() : target.click();
  }

  document.addEventListener("keydown", (event) => (event.key === "Enter" ? pressEnter : pressHotkey)(event));
  document.addEventListener("change", ({ target }) => tidy(target));
  // What is chosen brings another field's usual text, which what was typed there keeps out.
  document.addEventListener("change", (event) => {
    const chosen = event.target.dataset.fills && event.target.selectedOptions[0];
    const target = chosen && event.target.form.elements.namedItem(event.target.dataset.fills);
    if (!target || (target.value && target.value !== target.dataset.filled)) return;
    target.value = target.dataset.filled = chosen.dataset.fill ?? "";
  });
  document.addEventListener("input", (event) => {
    if (event.target.form) event.target.form.dataset.dirty = "";
  });
  document.addEventListener("toggle", ({ target }) => {
    if (target.open && target.tagName === "DETAILS") target.querySelector("input:not([type=hidden])")?.focus();
  }, true);
  document.addEventListener("submit", (event) => {
    if (!event.target.dataset.post) return;
    event.preventDefault();
    post(event.target, event.submitter ?? event.target.querySelector("button"));
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-opens], [data-closes]");
    if (button?.dataset.opens) document.getElementById(button.dataset.opens).showModal();
    else button?.closest("dialog").close();
  });

  recall(document);
  remind();
  if (document.body.dataset.events) {
    document.addEventListener("visibilitychange", listen);
    listen();
  }
})();
