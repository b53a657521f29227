// The manual's search and its two keys. What is asked for is compared as text, so that Chinese needs no
// dictionary: all words must stand in a section; when none has them all, two characters at a time count.
(() => {
  "use strict";

  const SHOWN = 20;
  const BEFORE = 30;
  const AFTER = 60;

  const field = document.getElementById("q");
  const list = document.getElementById("found");
  const base = document.body.dataset.base;
  const english = document.documentElement.lang === "en";
  let loading = null;

  function load() {
    loading ??= fetch(`${base}/search.json`).then((answer) => answer.json());
    return loading;
  }

  function pairs(word) {
    const signs = [...word];
    return signs.length < 3 ? [word] : signs.slice(1).map((sign, at) => signs[at] + sign);
  }

  // A section is [address, heading, text, language].

  // How well it answers: 0 unless every word is in it; a heading counts as ten lines, our language as five.
  function whole([, heading, text, language], words) {
    let points = (language === "en") === english ? 5 : 0;
    for (const word of words) {
      const lines = Math.min(text.toLowerCase().split(word).length - 1, 5);
      const found = lines + (heading.toLowerCase().includes(word) ? 10 : 0);
      if (!found) return 0;
      points += found;
    }
    return points;
  }

  // How many of the pairs it has, if more than one.
  function partly([, heading, text, language], words) {
    const all = `${heading} ${text}`.toLowerCase();
    const points = words.filter((word) => all.includes(word)).length;
    if (points < 2) return 0;
    return points + ((language === "en") === english ? 2 : 0);
  }

  function best(sections, words, points) {
    return sections
      .map((section) => [points(section, words), section])
      .filter(([reached]) => reached > 0)
      .sort((one, other) => other[0] - one[0])
      .slice(0, SHOWN)
      .map(([, section]) => section);
  }

  function search(sections, asked) {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [[], words];
    const found = best(sections, words, whole);
    if (found.length) return [found, words];
    const parts = words.flatMap(pairs);
    return [best(sections, parts, partly), parts];
  }

  function around(text, words) {
    const first = Math.max(0, Math.min(...words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0), text.length));
    const from = first === text.length ? 0 : Math.max(0, first - BEFORE);
    return (from ? "…" : "") + text.slice(from, from + BEFORE + AFTER);
  }

  function marked(element, text, words) {
    const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    for (const [at, part] of text.split(new RegExp(`(${pattern})`, "gi")).entries()) {
      if (at % 2) element.appendChild(document.createElement("mark")).textContent = part;
      else element.append(part);
    }
    return element;
  }

  async function show() {
    const asked = field.value.trim();
    list.hidden = !asked;
    const [found, words] = search(await load(), asked);
    if (asked !== field.value.trim()) return;
    list.replaceChildren(
      ...found.map(([address, heading, text]) => {
        const item = document.createElement("li");
        const link = item.appendChild(document.createElement("a"));
        link.href = `${base}/${address}`;
        marked(link, heading, words);
        link.appendChild(marked(document.createElement("small"), around(text, words), words));
        return item;
      }),
    );
    if (!found.length) list.appendChild(document.createElement("p")).textContent = field.dataset.none;
  }

  function step(event, by) {
    const links = [...list.querySelectorAll("a")];
    const next = links[links.indexOf(document.activeElement) + by];
    event.preventDefault();
    (next ?? field).focus();
  }

  field.addEventListener("focus", load);
  field.addEventListener("input", show);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("search") || event.target.closest("#found a")) list.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const searching = event.target.closest?.("search");
    if (searching && !list.hidden && event.key === "ArrowDown") return step(event, 1);
    if (searching && !list.hidden && event.key === "ArrowUp") return step(event, -1);
    if (searching && event.key === "Enter" && event.target === field) return void list.querySelector("a")?.click();
    if (searching && event.key === "Escape") return void ((list.hidden = true), field.blur());
    if (searching) return;
    if (event.key === "Escape") return void document.querySelector("[data-key=Escape]").click();
    if (event.key !== "/") return;
    event.preventDefault();
    field.focus();
    field.select();
  });
})();
