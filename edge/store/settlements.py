"""Settlements with the inputs they rest on; one effective settlement a case, by constraint."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from edge import codec
from edge.core.cases import CaseKind, CaseRef
from edge.core.errors import NotFound, Words
from edge.core.settlement import OnList
from edge.core.verification import PackUsed
from edge.store.database import Row, Rows
from edge.store.vault import Vault
from edge.store.verifications import filing_of

_OF_CASE = "select * from settlements where case_id = ? and stay_id is ?"
# By the column that is indexed: looked for by either of the two, every settlement is read.
_OF_KEY_OR_CASE = f"""\
select * from settlements where idempotency_key = ?
union all
{_OF_CASE} and effective = 1"""  # noqa: S608 - our own words

_EPISODES = """\
select v.id, v.facts_sealed from people as p join stays as c on c.person_id = p.id
join settlements as s on s.case_id = c.id join verifications as v on v.id = s.verification_id
where p.number_index = ? and s.effective = 1 and c.id <> ? and c.service like 'inpatient%'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What was settled. ``bill`` and ``ruling`` are the canonical JSON that was ruled and decided.

    Money is in fen; fund + personal = total. ``packs`` are those that ruled the bill. The message,
    or else the entry sheet, is the one that told the platform, and that a reversal names.
    """

    id: str
    case: CaseRef
    verification_id: str
    idempotency_key: str
    total_fen: int
    fund_fen: int
    personal_fen: int
    basis: str
    overdue_reason: str | None
    bill: bytes
    ruling: bytes
    catalogue_sha256: str
    packs: tuple[PackUsed, ...]
    message_id: str | None = None
    entry_sheet_id: str | None = None
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a settlement was decided on and what was decided, byte for byte, as JSON."""

    facts: bytes
    verdict: bytes
    bill: bytes
    ruling: bytes


def add_settlement(db: Rows, vault: Vault, settlement: Settlement) -> None:
    """Keep a settlement; a second effective one for the case is impossible (unique index)."""
    db.execute(
        "insert into settlements (id, stay_id, fitting_id, verification_id, idempotency_key,"
        " total_fen, fund_fen, personal_fen, basis, overdue_reason, bill_sealed, ruling_sealed,"
        " catalogue_sha256, packs, message_id, entry_sheet_id, settled_at, effective)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        [
            settlement.id,
            *id_columns(settlement.case),
            settlement.verification_id,
            settlement.idempotency_key,
            settlement.total_fen,
            settlement.fund_fen,
            settlement.personal_fen,
            settlement.basis,
            settlement.overdue_reason,
            vault.seal(b"\n".join((settlement.bill, settlement.ruling)), _place(settlement.id)),
            b"",
            settlement.catalogue_sha256,
            codec.encode(settlement.packs).decode(),
            settlement.message_id,
            settlement.entry_sheet_id,
            settlement.settled_at.isoformat(),
        ],
    )


def settlement_before(db: Rows, vault: Vault, key: str, case: CaseRef) -> Settlement | None:
    """Return the settlement that this idempotency key made, whosever; else the effective one.

    Both are asked for at once: mostly there is neither.
    """
    rows = list(db.query(_OF_KEY_OR_CASE, [key, *_named(case)]))
    row = next((row for row in rows if row["idempotency_key"] == key), rows[0] if rows else None)
    return _settlement(row, vault) if row else None


def id_columns(ref: CaseRef) -> tuple[str | None, str | None]:
    """Return what the columns ``stay_id`` and ``fitting_id`` hold for a case."""
    return (ref.id, None) if ref.kind is CaseKind.STAY else (None, ref.id)


def case_of(row: Row) -> CaseRef:
    """Return the case that the columns ``stay_id`` and ``fitting_id`` name."""
    if row["stay_id"]:
        return CaseRef(CaseKind.STAY, row["stay_id"])
    return CaseRef(CaseKind.FITTING, row["fitting_id"])


def settlement_of(db: Rows, vault: Vault, case: CaseRef) -> Settlement | None:
    """Return the effective settlement of a stay or fitting."""
    row = db.one(f"{_OF_CASE} and effective = 1", _named(case))
    return _settlement(row, vault) if row else None


def load_settlement(db: Rows, vault: Vault, settlement_id: str) -> Settlement:
    """Return one settlement, effective or reversed.

    Raises:
        NotFound: UNKNOWN_SETTLEMENT.
    """
    row = db.one("select * from settlements where id = ?", [settlement_id])
    if row is None:
        raise NotFound(
            "UNKNOWN_SETTLEMENT",
            Words(f"找不到结算记录：{settlement_id}", f"no settlement {settlement_id}"),
            Words("在住院或配置记录中重新选择", "choose it again from its stay or fitting"),
            field="settlement",
        )
    return _settlement(row, vault)


def last_settlement_of(db: Rows, case: CaseRef) -> str | None:
    """Return the id of the settlement that the case had last, reversed or not."""
    row = db.one(f"{_OF_CASE} order by rowid desc limit 1", _named(case))
    return row["id"] if row else None


def on_list_since(db: Rows, moment: datetime) -> OnList:
    """Return the effective settlements made on the cached list from ``moment`` on."""
    [row] = db.query(
        "select count(*) as count, coalesce(sum(fund_fen), 0) as fund_fen from settlements"
        " where basis = 'list' and effective = 1 and settled_at >= ?",
        [moment.astimezone(UTC).isoformat()],
    )
    return OnList(**row)


def episodes_of(db: Rows, vault: Vault, id_number: str, *, beside: str) -> Counter[str]:
    """Count a worker's inpatient stays that are settled here, by the filing they rest on.

    ``beside`` names a stay that does not count.
    """
    rows = list(db.query(_EPISODES, [vault.blind(id_number), beside]))
    filings = (filing_of(vault, row["id"], row["facts_sealed"]) for row in rows)
    return Counter(filing for filing in filings if filing)


def evidence_of(db: Rows, vault: Vault, settlement: Settlement) -> Evidence:
    """Return the bytes that a replay starts from and must arrive at."""
    verification_id = settlement.verification_id
    [row] = db.query(
        "select facts_sealed, verdict_sealed from verifications where id = ?", [verification_id]
    )
    return Evidence(
        facts=vault.unseal(row["facts_sealed"], f"verifications.facts:{verification_id}"),
        verdict=vault.unseal(row["verdict_sealed"], f"verifications.verdict:{verification_id}"),
        bill=settlement.bill,
        ruling=settlement.ruling,
    )


def _place(settlement_id: str) -> str:
    return f"settlements.ruled:{settlement_id}"


def _bill_and_ruling(row: Row, vault: Vault) -> tuple[bytes, bytes]:
    """Return both as JSON: of a row of today two lines under one seal, of an older one each."""
    if not row["ruling_sealed"]:
        bill, _, ruling = vault.unseal(row["bill_sealed"], _place(row["id"])).partition(b"\n")
        return bill, ruling
    return (
        vault.unseal(row["bill_sealed"], f"settlements.bill:{row['id']}"),
        vault.unseal(row["ruling_sealed"], f"settlements.ruling:{row['id']}"),
    )


def _named(case: CaseRef) -> tuple[str, str | None]:
    return case.id, id_columns(case)[0]


def _settlement(row: Row, vault: Vault) -> Settlement:
    bill, ruling = _bill_and_ruling(row, vault)
    return Settlement(
        id=row["id"],
        case=case_of(row),
        verification_id=row["verification_id"],
        idempotency_key=row["idempotency_key"],
        total_fen=row["total_fen"],
        fund_fen=row["fund_fen"],
        personal_fen=row["personal_fen"],
        basis=row["basis"],
        overdue_reason=row["overdue_reason"],
        bill=bill,
        ruling=ruling,
        catalogue_sha256=row["catalogue_sha256"],
        packs=codec.decode(row["packs"], tuple[PackUsed, ...]),
        message_id=row["message_id"],
        entry_sheet_id=row["entry_sheet_id"],
        settled_at=datetime.fromisoformat(row["settled_at"]),
    )
