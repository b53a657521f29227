"""What stands in quarantine is dealt with by a person, with why, and may be thought of again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from edge.core.errors import Conflict, NotFound
from edge.office.aside import Act, decide, deeds
from edge.office.books import unavailable
from edge.office.figures import campus_states, quarantined
from edge.office.opening import Office as OpenOffice
from edge.office.web import office_web
from edge.store.operators import Role
from edge.trust.crypto import second_factor_code
from edge.web.events import Hints
from sync.envelope import new_key, sign
from tests.office.ground import EAST, Office, head, hire, message, opened_at
from tests.office.test_screens import Screens

WHY = "已核实：院区恢复了 11 月 25 日的备份，经办人王合成"


@dataclass
class Aside:
    """An office with one cut ledger and one forged message in quarantine."""

    office: Office
    opened: OpenOffice
    factors: dict[str, bytes]

    def state(self) -> tuple[int, str | None]:
        """Return how many stand open, and the alarm."""
        db = self.office.books.read()
        east = next(one for one in campus_states(db, self.office.campuses, self.office.clock())
                    if one.facility == EAST)  # fmt: skip
        return east.quarantined, east.alarm

    def entered(self) -> list[tuple[str, str, str]]:
        """Return what the audit has of it."""
        db = self.opened.store.read()
        found = db.query("select kind, operator, subject from ledger where kind like 'quarantine%'")
        return [(row["kind"], row["operator"], row["subject"]) for row in found]


@pytest.fixture
def aside(office: Office, tmp_path: Path) -> Iterator[Aside]:
    opened = opened_at(office, tmp_path)
    factors = hire(opened, {"信息科": Role.SYSTEM_ADMINISTRATOR, "钱方": Role.FINANCE})
    office.said(head("h-1", 9, office.keys[EAST]))
    office.worker.take()
    office.clock.pass_time(hours=1)
    office.said(head("h-2", 4, office.keys[EAST], at=office.clock()))
    forged = message("m-8")
    office.post.waiting += [office.sent(sign(forged, new_key()), forged)]
    office.worker.take()
    yield Aside(office, opened, factors)
    opened.store.close()


def number_of(aside: Aside, code: str) -> int:
    rows = quarantined(aside.office.books.read())
    return next(one.number for one in rows if one.code == code)


def test_what_was_dealt_with_is_no_alarm_and_second_thoughts_are_one_again(aside: Aside) -> None:
    assert aside.state() == (2, "HEAD_CUT")
    cut = number_of(aside, "HEAD_CUT")
    done = decide(aside.opened, cut, Act.DEALT_WITH, why=WHY, operator="信息科")
    assert aside.state() == (1, None)
    assert quarantined(aside.office.books.read())[-1].number == cut  # open ones stand first
    with pytest.raises(Conflict, match="QUARANTINE_STATE"):
        decide(aside.opened, cut, Act.DEALT_WITH, why=WHY, operator="信息科")
    again = decide(aside.opened, cut, Act.REOPENED, why="备份日期不符", operator="李敏")
    assert aside.state() == (2, "HEAD_CUT")
    with pytest.raises(Conflict, match="QUARANTINE_STATE"):
        decide(aside.opened, cut, Act.REOPENED, why="再想想", operator="李敏")
    assert deeds(aside.office.books.read(), aside.office.vault, [cut]) == {cut: (done, again)}
    assert aside.entered() == [
        ("quarantine.dealt_with", "信息科", str(cut)),
        ("quarantine.reopened", "李敏", str(cut)),
    ]


def test_the_same_coming_again_stands_open_again(aside: Aside) -> None:
    forged = number_of(aside, "BAD_SIGNATURE")
    decide(aside.opened, forged, Act.DEALT_WITH, why=WHY, operator="信息科")
    assert aside.state()[0] == 1
    row = next(row for row in aside.office.rows("quarantine") if row["number"] == forged)
    body = aside.office.vault.unseal(
        bytes(row["bytes_sealed"]), f"quarantine.bytes:{bytes(row['sha256']).hex()}"
    )
    aside.office.post.waiting += [aside.office.sent(body, message("m-8"))]
    aside.office.worker.take()
    assert aside.state()[0] == 2


def test_what_is_not_there_is_not_dealt_with_and_nothing_said_is_altered(aside: Aside) -> None:
    with pytest.raises(NotFound, match="QUARANTINE_NOT_FOUND"):
        decide(aside.opened, 999, Act.DEALT_WITH, why=WHY, operator="信息科")
    cut = number_of(aside, "HEAD_CUT")
    decide(aside.opened, cut, Act.DEALT_WITH, why=WHY, operator="信息科")
    for sql in (
        "update quarantine_deeds set operator = 'x'",
        "delete from quarantine_deeds",
        "truncate quarantine_deeds",
    ):
        with pytest.raises(type(unavailable("")), match="RaiseException"):
            aside.office.books.read().execute(sql)
    [row] = aside.office.rows("quarantine_deeds")
    assert "王合成".encode() not in bytes(row["why_sealed"])  # it may name somebody


def test_only_the_groups_it_deals_with_it_on_the_page_and_finance_reads_who_and_why(
    aside: Aside,
) -> None:
    hints = Hints()
    app = office_web(aside.opened, hints)
    cut = number_of(aside, "HEAD_CUT")
    path, said = f"/api/v1/quarantine/{cut}/acts", {"act": "dealt_with", "why": WHY}
    with TestClient(app, base_url="http://localhost") as client:
        screens, ours = Screens(client, aside.office), {"Origin": "http://localhost"}
        assert client.post(path, json=said, headers=ours).status_code == 401
        assert screens.log_in("钱方") == 200
        assert 'data-post="/api/v1/quarantine' not in screens.page("/quarantine")[1]
        assert client.post(path, json=said, headers=ours).status_code == 403
        client.cookies.clear()
        code = second_factor_code(aside.factors["信息科"], aside.office.clock())
        assert screens.log_in("信息科", code) == 200
        assert f'data-post="{path}"' in screens.page("/quarantine")[1]
        for wrong in ({**said, "why": "  "}, {**said, "act": "forgotten"}, {"act": "reopened"}):
            assert client.post(path, json=wrong, headers=ours).status_code == 422, wrong
        assert client.post(path, json=said).status_code == 403  # another page's form
        done = client.post(path, json=said, headers=ours)
        assert (done.status_code, done.json()["operator"]) == (200, "信息科")
        assert client.post(path, json=said, headers=ours).status_code == 409
        client.cookies.clear()
        assert screens.log_in("钱方") == 200
        for language, told in (("zh", "已处理"), ("en", "dealt with")):
            _, text = screens.page("/pages/quarantine", language)
            assert told in text
            assert WHY in text
