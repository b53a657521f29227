"""The office's screens: how campuses stand, their money, what was put aside; and who may look."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from edge.codec import Raw, encode
from edge.office.asking import Asking, may_ask
from edge.office.figures import campus_states, money_by_campus, months
from edge.office.passing import Passing
from edge.office.web import PLACE, office_web
from edge.store.operators import Role
from edge.web.events import Hints
from sync.dispatch import Dispatch, sign_dispatch
from sync.envelope import Kind, new_key
from sync.group import ask_on_the_wire, ask_subject, read_reply
from sync.line import Call, Reply
from tests.office.ground import (
    EAST,
    PASSWORD,
    START,
    WEST,
    Office,
    head,
    hire,
    message,
    opened_at,
    story,
)
from tests.sync.far_end import FarEnd

PLATFORM = new_key()


@pytest.fixture
def passing(office: Office) -> Passing:
    keys = {PLATFORM.kid: PLATFORM.public()}
    return Passing(books=office.books, platform_keys=keys, clock=office.clock, log=office.log)


def came_down(
    seq: int, kind: str, body: object, *, key: object = PLATFORM, facility: str = EAST
) -> str:
    """Return a dispatch as a page of the inbox holds it."""
    dispatch = Dispatch(
        id=f"d-{seq}",
        seq=seq,
        facility=facility,
        kind=kind,
        order_key="claim-2026-11",
        moment=START,
        body=encode(body),
    )
    return sign_dispatch(dispatch, key).decode()  # type: ignore[arg-type]


def passed(passing: Passing, office: Office, *items: str, newest: int = 0) -> None:
    """Have a page of the inbox pass through the office; ``newest`` is the last there is."""
    said = {"question": "q", "items": items, "newest": newest or len(items)}
    reply = Reply(200, {}, encode(said))
    passing.note(office.campuses[EAST], Call("POST", "/v1/inbox", b"", 1.0), reply)


def state(office: Office, facility: str = EAST):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a CampusState
    states = campus_states(office.books.read(), office.campuses, office.clock())
    return next(one for one in states if one.facility == facility)


def test_a_clock_runs_from_discharge_until_something_ends_it(office: Office) -> None:
    admission, charges, discharge, settlement = story("stay-1")
    office.said(admission, charges, discharge)
    office.worker.take()
    now = state(office)
    assert (now.clocks, now.overdue, now.settle_by) == (1, 0, START + timedelta(hours=48))
    office.clock.pass_time(hours=48)
    assert state(office).overdue == 0
    office.clock.pass_time(seconds=1)
    assert state(office).overdue == 1
    office.said(settlement)
    office.worker.take()
    assert state(office).clocks == 0
    back = message("r-1", Kind.REVERSAL, body={"original": settlement.id})
    office.said(back)
    office.worker.take()
    assert state(office).overdue == 1
    office.said(message("m-9", Kind.MANUAL))
    office.worker.take()
    assert (state(office).clocks, state(office, WEST).clocks) == (0, 0)


def test_money_is_advanced_audited_and_paid_by_campus_and_month(
    office: Office, passing: Passing
) -> None:
    office.said(*story("stay-1"), *story("stay-2"))
    back = message("r-1", Kind.REVERSAL, stay="stay-2", body={"original": "stay-2-settlement"})
    office.said(back)
    office.worker.take()
    audit = came_down(1, "audit_result", {"items": [{"approved_fen": 150}, {"approved_fen": 20}]})
    lifted = came_down(2, "objection_answer", {"lifted_fen": 10})
    paid = came_down(3, "payment", {"amount_fen": 120})
    passed(passing, office, audit, lifted, paid)
    passed(passing, office, audit, lifted, paid)
    db = office.books.read()
    for month in (None, "2026-11"):
        east, west = money_by_campus(db, office.campuses, month)
        assert (east.advanced_fen, east.audited_fen, east.paid_fen) == (200, 180, 120)
        assert (east.open_fen, west.open_fen) == (80, 0)
    assert months(db) == ("2026-11",)
    assert money_by_campus(db, office.campuses, "2026-10")[0].advanced_fen == 0


def test_how_far_a_campus_has_collected_is_shown_beside_its_money(
    office: Office, passing: Passing
) -> None:
    def shown() -> tuple[object, int]:
        east, west = money_by_campus(office.books.read(), office.campuses, None)
        assert (west.asked_at, west.to_come) == (None, 0)
        return east.asked_at, east.to_come

    assert shown() == (None, 0)
    passed(passing, office, came_down(1, "payment", {"amount_fen": 120}), newest=3)
    assert shown() == (START, 2)
    office.clock.pass_time(hours=1)
    later = (came_down(2, "payment", {"amount_fen": 1}), came_down(3, "weather", {"text": "晴"}))
    passed(passing, office, *later, newest=3)
    assert shown() == (START + timedelta(hours=1), 0)


def test_what_the_platform_did_not_sign_is_no_money(office: Office, passing: Passing) -> None:
    forged = came_down(1, "payment", {"amount_fen": 120}, key=new_key())
    others = came_down(2, "payment", {"amount_fen": 120}, facility=WEST)
    passed(passing, office, forged, others)
    assert office.rows("dispatches") == []
    reply = Reply(200, {}, b"<html>")
    passing.note(office.campuses[EAST], Call("POST", "/v1/inbox", b"", 1.0), reply)
    assert office.rows("dispatches") == []


def test_the_age_of_a_list_is_that_of_its_manifest(office: Office, passing: Passing) -> None:
    base = f"/v1/lists/{EAST}"
    manifest = {"version": 7, "facility": EAST, "as_of": START.isoformat()}
    for path, body in (
        ("metadata/timestamp.json", {}),
        ("targets/abc.manifest.json", manifest),
        ("targets/abc.manifest.json", {**manifest, "version": 6, "as_of": "2026-01-01T00:00:00Z"}),
        ("targets/abc.manifest.json", {**manifest, "version": 9, "facility": WEST}),
    ):
        call = Call("GET", f"{base}/{path}", b"", 1.0)
        passing.note(office.campuses[EAST], call, Reply(200, {}, encode(body)))
    now = state(office)
    assert (now.list_as_of, now.list_asked_at) == (START, START)


def test_a_campus_whose_chain_is_broken_stands_first(office: Office) -> None:
    key = office.keys[WEST]
    first = head("h-1", 9, key)
    cut = head("h-2", 4, key, at=START + timedelta(hours=1))
    for one in (first, cut):
        office.said(message(one.id, Kind.LEDGER_HEAD, stay="ledger", facility=WEST,
                            body=Raw(one.body)))  # fmt: skip
    office.worker.take()
    states = campus_states(office.books.read(), office.campuses, office.clock())
    assert [(one.facility, one.alarm) for one in states] == [(WEST, "HEAD_CUT"), (EAST, None)]
    assert (states[0].head_seq, states[0].quarantined) == (9, 1)


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("POST", "/v1/verifications", True),
        ("POST", "/v1/inbox", True),
        ("POST", "/gateway/6301", False),
        ("GET", f"/v1/lists/{EAST}/metadata/timestamp.json", True),
        ("GET", f"/v1/ledger-heads/{EAST}", True),
        ("POST", "/v1/messages", False),
        ("POST", "/v1/batches", False),
        ("POST", "/gateway/6201", False),
        ("GET", f"/v1/lists/{WEST}/metadata/timestamp.json", False),
        ("GET", f"/v1/lists/{EAST}/../{WEST}/metadata/timestamp.json", False),
        ("GET", f"/v1/ledger-heads/{WEST}", False),
        ("GET", "/v1/verifications", False),
        ("DELETE", "/v1/inbox", False),
    ],
)
def test_a_campus_may_ask_but_not_tell_and_only_for_itself(
    method: str,
    path: str,
    may: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert may_ask(Call(method, path, b"", 1.0), EAST) is may


def test_a_question_whose_time_is_over_is_not_asked(office: Office, passing: Passing) -> None:
    asking = Asking(
        line=office.line,
        books=office.books,
        vault=office.vault,
        campuses=office.campuses,
        passing=passing,
        clock=office.clock,
    )
    asked = ask_on_the_wire(Call("POST", "/v1/inbox", b"", 1.0))
    assert asking.answer(ask_subject(EAST), asked, 1.0) is None
    assert asking.answer("ask.TJ9999", asked, 0.0) is None
    torn = asking.answer(ask_subject(EAST), b"{}", 0.0)
    assert torn is not None
    assert read_reply(torn) == Reply(400, {}, b"")


@dataclass
class Screens:
    """The office's pages, and a browser of each role."""

    client: TestClient
    office: Office

    def log_in(self, name: str, code: str = "") -> int:
        """Log in as one of the operators; return the status."""
        words = {"name": name, "password": PASSWORD, "desk": PLACE, "code": code}
        headers = {"Origin": "http://localhost"}
        answer = self.client.post("/api/v1/login", json=words, headers=headers)
        return answer.status_code

    def page(self, path: str, language: str = "zh") -> tuple[int, str]:
        """Open a page."""
        headers = {"Accept": "text/html", "Accept-Language": language}
        answer = self.client.get(path, headers=headers, follow_redirects=False)
        return answer.status_code, answer.text


@pytest.fixture
def screens(office: Office, tmp_path: Path) -> Iterator[Screens]:
    opened = opened_at(office, tmp_path)
    hire(opened, {"钱方": Role.FINANCE, "李敏": Role.ADMISSION})
    with TestClient(office_web(opened, Hints()), base_url="http://localhost") as client:
        yield Screens(client, office)
    opened.store.close()


def test_finance_reads_every_screen_in_both_languages_and_nobody_else_does(
    screens: Screens, far: FarEnd
) -> None:
    office = screens.office
    office.said(*story("stay-1"), head("h-1", 9, office.keys[EAST]))
    office.run(6)
    office.said(head("h-2", 4, office.keys[EAST], at=START + timedelta(hours=1)))
    office.run()
    assert len(far.kept()) == 5
    assert screens.page("/")[0] in {302, 303, 307}
    assert screens.log_in("李敏") == 200
    assert screens.page("/")[0] == 403
    assert screens.log_in("钱方") == 200
    for path, zh, en in (
        ("/", "院区账链被改动或截断", "ledger was changed or cut"),
        ("/money", "2.00", "2.00"),
        ("/quarantine", "序号倒退", "number went back"),
        ("/pages/campuses", "账链中断", "chain broken"),
        ("/pages/header", "账册", "Books"),
    ):
        for language, said in (("zh", zh), ("en", en)):
            status, text = screens.page(path, language)
            assert (status, said in text) == (200, True), (path, language)
            assert len(text) < 60_000
    assert screens.page("/money?month=2026-11")[0] == 200
    assert screens.page("/money?month=x")[0] == 422
    assert screens.client.get("/readyz").json() == {"status": "ok"}
