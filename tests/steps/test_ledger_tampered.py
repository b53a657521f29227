"""Whoever has the file but not the keys changes something: it is found, and the first is named.

Every change is made by raw SQL with all triggers and checks out of the way, and rolled back after.
"""

from edge.core.audit import GENESIS, Act, Anchor, BrokenLink, chained
from edge.digest import KeyedSm3
from edge.steps.sign_head import sign_head
from edge.steps.verify_ledger import Witness, verify_ledger
from edge.store.database import Rows
from tests.steps.conftest import Ground
from tests.steps.story import live
from tests.steps.tampering import Change, after, columns, edit, newest, taken_back

COLUMNS = ("seq", "kind", "at", "operator", "subject", "body", "prev", "mac")
KINDS = {
    "stay.admitted",
    "charges.received",
    "stay.discharged",
    "stay.settled",
    "settlement.blocked",
    "reversal.refused",
    "settlement.reversed",
    "stay.handed_to_manual",
    "stay.deadline_warned",
}


def first_of_each_kind(ground: Ground) -> dict[str, int]:
    sql = "select kind, min(seq) as seq from ledger group by kind"
    return {row["kind"]: row["seq"] for row in ground.site.store.read().query(sql)}


def test_an_untouched_ledger_verifies(ground: Ground) -> None:
    live(ground)
    report = after(ground)
    assert (report.ok, report.broken, report.heads) == (True, None, 2)
    assert report.entries == newest(ground)


def test_any_column_of_any_kind_of_entry_that_was_edited_is_named(ground: Ground) -> None:
    live(ground)
    places = first_of_each_kind(ground)
    assert places.keys() >= KINDS
    types = columns(ground, "ledger")
    assert tuple(types) == COLUMNS
    missed = []
    for kind, seq in places.items():
        for column in COLUMNS[1:]:
            found = after(ground, edit("ledger", column, types[column], ("seq = ?", [seq]))).broken
            missed += [(kind, column, found)] if found is None or found.seq != seq else []
        moved = after(ground, ("update ledger set seq = 9999 where seq = ?", [seq])).broken
        missed += [(kind, "seq", moved)] if moved != BrokenLink(seq, "missing") else []
    assert missed == []


def test_a_deleted_inserted_or_swapped_entry_is_named(ground: Ground) -> None:
    live(ground)
    last = newest(ground)
    for seq in range(1, last):
        deleted = after(ground, ("delete from ledger where seq = ?", [seq])).broken
        assert deleted == BrokenLink(seq, "missing")
    move = "update ledger set seq = ? where seq = ?"
    swap: list[Change] = [(move, [999, 3]), (move, [3, 4]), (move, [4, 999])]
    swapped = after(ground, *swap).broken
    assert swapped is not None
    assert swapped.seq == 3
    copy = (
        "insert into ledger select ?, kind, at, operator, subject, body, mac, mac"
        " from ledger where seq = ?"
    )
    make_room: list[Change] = [(move, [seq + 1, seq]) for seq in range(last, 3, -1)]
    inserted = after(ground, *make_room, (copy, [4, 3])).broken
    assert inserted is not None
    assert inserted.seq == 4
    forged = after(ground, (copy, [last + 1, last])).broken
    assert forged == BrokenLink(last + 1, "changed after it was written")


def test_a_cut_tail_is_shown_by_the_signed_head(ground: Ground) -> None:
    live(ground)
    last = newest(ground)
    for left in range(last - 1, last - 4, -1):
        cut = after(ground, ("delete from ledger where seq > ?", [left])).broken
        assert cut == BrokenLink(left + 1, "cut off", "signed head")


def test_a_cut_tail_is_shown_by_the_platform_alone(ground: Ground) -> None:
    live(ground)
    last = newest(ground)
    [kept] = ground.site.store.read().query(
        "select signed from ledger_heads order by seq desc limit 1"
    )
    cut: list[Change] = [
        ("delete from ledger where seq >= ?", [last]),
        ("delete from ledger_heads where seq >= ?", [last]),
    ]
    assert after(ground, *cut).platform is Witness.HAS_NONE
    assert after(ground, *cut).ok  # the control: without an anchor outside nothing shows
    ground.platform.head = kept["signed"]
    report = after(ground, *cut)
    assert report.broken == BrokenLink(last, "cut off", "platform")
    assert report.platform is Witness.DIFFERS
    assert after(ground).platform is Witness.AGREES


def test_any_column_of_a_signed_head_that_was_edited_is_named(ground: Ground) -> None:
    live(ground)
    [first, second] = [
        row["seq"] for row in ground.site.store.read().query("select seq from ledger_heads")
    ]
    for seq in (first, second):
        signed = "update ledger_heads set signed = x'5a5a' where seq = ?"
        moved = "update ledger_heads set seq = seq - 1 where seq = ?"
        swapped = (
            "update ledger_heads set signed = (select signed from ledger_heads h"
            " where h.seq <> ledger_heads.seq) where seq = ?"
        )
        for change, at in ((signed, seq), (moved, seq - 1), (swapped, seq)):
            found = after(ground, (change, [seq])).broken
            assert found == BrokenLink(at, "its signed head does not verify", "signed head")


def test_any_column_of_a_row_of_money_that_was_edited_is_named_by_its_entry(ground: Ground) -> None:
    lived = live(ground)
    where: dict[str, Change] = {
        "settlements": ("stay_id = ?", [lived.settled]),
        "reversals": ("true", []),
        "manual_packages": ("true", []),
    }
    told = {
        "settlements": "stay.settled",
        "reversals": "settlement.reversed",
        "manual_packages": "stay.handed_to_manual",
    }
    places = first_of_each_kind(ground)
    missed = []
    for table, which in where.items():
        for column, kind in columns(ground, table).items():
            change = edit(table, column, kind, which)
            if column == "effective":
                change = "update settlements set effective = 0 where stay_id = ?", which[1]
            found = after(ground, change).broken
            wrong = found is None or found.seq != places[told[table]] or found.against != table
            missed += [(table, column, found)] if wrong else []
        gone = after(ground, (f"delete from {table} where {which[0]}", which[1])).broken  # noqa: S608 - ours
        missed += (
            [(table, "deleted", gone)] if gone is None or gone.seq != places[told[table]] else []
        )
    assert missed == []


def test_a_row_of_money_that_no_entry_tells_of_is_found(ground: Ground) -> None:
    lived = live(ground)
    columns = "stay_id, fitting_id, verification_id, total_fen, fund_fen, personal_fen, basis"
    more = "bill_sealed, ruling_sealed, catalogue_sha256, packs, settled_at, message_id"
    forged = (
        f"insert into settlements (id, idempotency_key, effective, {columns}, {more})"  # noqa: S608 - ours
        f" select 'forged', 'key', 0, {columns}, {more} from settlements where stay_id = ?"
    )
    assert after(ground, (forged, [lived.settled])).broken == BrokenLink(
        0, "no entry tells of forged in settlements", "settlements"
    )


def test_a_reversed_settlement_brought_back_to_count_is_named(ground: Ground) -> None:
    lived = live(ground)
    revived = "update settlements set effective = 1 where stay_id = ?"
    found = after(ground, (revived, [lived.manual])).broken
    assert found is not None
    assert found.against == "settlements"


def test_who_rewrites_the_chain_with_its_key_does_not_meet_the_heads(ground: Ground) -> None:
    live(ground)
    seq = first_of_each_kind(ground)["stay.admitted"]
    with taken_back(ground) as db:
        db.execute("update ledger set body = '{}' where seq = ?", [seq])
        rechain(ground, db)
        found = verify_ledger(ground.site).broken
    assert found is not None
    assert (found.reason, found.against) == ("is not what was anchored", "signed head")


def rechain(ground: Ground, db: Rows) -> None:
    """Give every entry the MAC that who has the key would give it."""
    key, prev = KeyedSm3(ground.keys.ledger), GENESIS
    for row in list(db.query("select * from ledger order by seq")):
        act = Act(**{name: row[name] for name in ("kind", "at", "operator", "subject", "body")})
        mac = chained(key, act, seq=row["seq"], prev=prev).mac
        db.execute("update ledger set prev = ?, mac = ? where seq = ?", [prev, mac, row["seq"]])
        prev = mac


def test_a_printed_head_is_met_or_shows_the_cut(ground: Ground) -> None:
    live(ground)
    sign_head(ground.site, rows=1)
    report = verify_ledger(ground.site)
    printed = Anchor(seq=report.entries, mac=bytes.fromhex(report.mac), source="day-end sheet")
    assert verify_ledger(ground.site, [printed]).ok
    later = Anchor(seq=report.entries + 1, mac=printed.mac, source="day-end sheet")
    assert verify_ledger(ground.site, [later]).broken == BrokenLink(
        report.entries + 1, "cut off", "day-end sheet"
    )
