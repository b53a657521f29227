"""The agency's register: workers, filings, contributions, facilities, notices; and acts on them.

Answers questions like ``simulators.platform.register`` does, from the agency's file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from edge import codec
from edge.clock import Clock
from edge.core.dates import Period, local_day
from edge.store.database import Row, Rows, Store
from simulators.agency.downward import Downward
from simulators.agency.refusals import AgencyRefuses
from simulators.platform.register import (
    Contribution,
    Facility,
    Filing,
    Notice,
    Register,
    Used,
    Worker,
)
from sync.dispatch import DispatchKind

LOCKED_FOR = Period(months=3)
_LOCKING = ("37", "22")
"""Insured provinces that lock a long-term filing (鲁 第十二条, 吉规 第十条)."""
_SUSPENDING = ("12",)
"""An interrupted contribution suspends the filing and heals it (津 第十一条, our reading)."""
_ENDING = ("12", "11")
"""A contract's end or a death ends the filing (津 第十一条; 京)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """When and whether a facility settles directly."""

    direct: bool
    suspended: bool
    live_from: date = date(2024, 1, 1)


class Registry:
    """The register in the agency's file. Every act is one transaction."""

    def __init__(self, store: Store, downward: Downward, clock: Clock) -> None:
        self._store = store
        self._downward = downward
        self._clock = clock

    def seed(self, known: Register) -> None:
        """Enter what a register file says, unless the agency knows it already."""
        with self._store.transaction() as db:
            for facility in known.facilities:
                _add_facility(db, facility)
            for worker in known.workers:
                _add_worker(db, worker)

    @property
    def facilities(self) -> tuple[Facility, ...]:
        """Every facility of the library."""
        rows = self._store.read().query("select * from facilities order by id")
        return tuple(self._facility(row) for row in list(rows))

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Every worker, with papers."""
        numbers = [
            row["id_number"]
            for row in self._store.read().query("select id_number from workers order by id_number")
        ]
        return tuple(filter(None, (self.worker(number) for number in numbers)))

    def facility(self, facility_id: str) -> Facility | None:
        """Return the facility; it settles directly from its go-live day on."""
        row = self._store.read().one("select * from facilities where id = ?", [facility_id])
        return self._facility(row) if row else None

    def worker(self, id_number: str) -> Worker | None:
        """Return the worker with every paper as it stands now."""
        db = self._store.read()
        row = db.one("select * from workers where id_number = ?", [id_number])
        if row is None:
            return None
        said = {
            **{name: row[name] for name in ("id_number", "name", "insured_region", "insured_city")},
            "suspended": bool(row["suspended"]),
            "contribution": _read(row["contribution"]),
            "determinations": _read(row["determinations"]),
            "filings": [_filing(db, one) for one in list(db.query(_FILINGS, [id_number]))],
            "notices": [
                _notice(db, row["insured_region"], one)
                for one in list(db.query(_NOTICES, [id_number]))
            ],
        }
        return Worker.model_validate(said)

    def file(self, id_number: str, filing: Filing, *, channel: str = "online") -> None:
        """Enter an application, ``online`` or at the ``window``: its clock runs from today."""
        today = local_day(self._clock()).isoformat()
        with self._store.transaction() as db:
            _add_filing(db, id_number, filing.model_copy(update={"status": "pending"}), None)
            db.execute(
                "insert into applications (filing, channel, applied_on) values (?, ?, ?)",
                [filing.id, channel, today],
            )

    def approve(self, filing_id: str) -> None:
        """Approve what is under review, now; long-term filings are locked where the law says."""
        with self._store.transaction() as db:
            row = _known_filing(db, filing_id)
            _require(row["status"] == "pending", "FILING_NOT_PENDING", "备案不在审核中")
            document = {**_read(row["document"]), "approved_at": self._clock().isoformat()}
            db.execute(
                "update filings set status = 'active', document = ?, locked_until = ? where id = ?",
                [
                    codec.encode(document).decode(),
                    self._locked_until(db, row, document),
                    filing_id,
                ],
            )
            self._decided(db, filing_id)

    def change(self, filing_id: str, changes: dict[str, Any]) -> None:
        """Change a filing's own terms, unless it is locked (鲁 第十二条: 3 months)."""
        with self._store.transaction() as db:
            row = _known_filing(db, filing_id)
            self._require_unlocked(row)
            document = {**_read(row["document"]), **changes, "id": filing_id}
            Filing.model_validate({**document, "status": row["status"]})
            db.execute(
                "update filings set document = ? where id = ?",
                [codec.encode(document).decode(), filing_id],
            )

    def move(self, filing_id: str, status: str) -> None:
        """Suspend, resume (``active``), terminate or cancel a filing."""
        allowed = {
            "suspended": {"active"},
            "active": {"suspended"},
            "terminated": {"active", "suspended"},
            "cancelled": {"active", "pending", "suspended"},
        }
        with self._store.transaction() as db:
            row = _known_filing(db, filing_id)
            fits = row["status"] in allowed.get(status, set())
            _require(fits, "FILING_STATE", f"备案当前为 {row['status']}")
            if status == "cancelled":
                self._require_unlocked(row)
            db.execute("update filings set status = ? where id = ?", [status, filing_id])
            self._decided(db, filing_id)

    def feed(self, id_number: str, contribution: Contribution) -> None:
        """Take the contribution feed: what a lapse or an end does to filings is the region's."""
        with self._store.transaction() as db:
            db.execute(
                "update workers set contribution = ? where id_number = ?",
                [codec.encode(contribution.model_dump(mode="json")).decode(), id_number],
            )
            row = db.one("select insured_region from workers where id_number = ?", [id_number])
            province = str(row["insured_region"])[:2] if row else ""
            for was, becomes in _effects(province, contribution.status):
                db.execute(
                    "update filings set status = ? where id_number = ? and status = ?",
                    [becomes, id_number, was],
                )

    def suspend_worker(self, id_number: str, *, suspended: bool) -> None:
        """Suspend or resume a worker's direct settlement, and tell every facility."""
        now = self._clock()
        body = {"id_number": id_number, "suspended": suspended, "since": now.isoformat()}
        with self._store.transaction() as db:
            known = db.one("select 1 from workers where id_number = ?", [id_number])
            _require(known is not None, "WORKER_NOT_KNOWN", "没有该职工")
            db.execute(
                "update workers set suspended = ? where id_number = ?",
                [int(suspended), id_number],
            )
            for row in list(db.query("select id from facilities order by id")):
                self._downward.tell(db, row["id"], DispatchKind.WORKER_STANDING, "people", body)

    def set_facility(self, facility_id: str, live: Live) -> None:
        """Change a facility's agreement, and tell it."""
        now = self._clock()
        with self._store.transaction() as db:
            known = db.one("select 1 from facilities where id = ?", [facility_id])
            _require(known is not None, "UNKNOWN_FACILITY", "没有该机构")
            db.execute(
                "update facilities set direct = ?, suspended = ?, live_from = ? where id = ?",
                [int(live.direct), int(live.suspended), live.live_from.isoformat(), facility_id],
            )
            body = {
                "direct": live.direct and live.live_from <= local_day(now),
                "suspended": live.suspended,
                "since": now.isoformat(),
            }
            self._downward.tell(db, facility_id, DispatchKind.FACILITY_STANDING, "facility", body)

    def add_notice(self, id_number: str, notice: Notice) -> None:
        """Issue a fitting notice (配置费用核付通知单)."""
        with self._store.transaction() as db:
            _add_notice(db, id_number, notice)

    def release(self, kind: DispatchKind, said: dict[str, str]) -> None:
        """Bring a catalogue or a region pack out, and tell every facility."""
        with self._store.transaction() as db:
            self.announce(db, kind, said)

    def announce(self, db: Rows, kind: DispatchKind, said: dict[str, str]) -> None:
        """Enter a release and tell every facility, inside the caller's transaction."""
        what = "catalogue" if kind is DispatchKind.CATALOGUE_RELEASE else "pack"
        db.execute(
            "insert into catalogue_releases (what, region, version, starts_on, sha256)"
            " values (?, ?, ?, ?, ?)",
            [what, said["region"], said["version"], said["starts_on"], said.get("sha256", "")],
        )
        for row in list(db.query("select id from facilities order by id")):
            self._downward.tell(db, row["id"], kind, f"{what}-{said['region']}", said)

    def _decided(self, db: Rows, filing_id: str) -> None:
        db.execute(
            "update applications set decided_on = ? where filing = ? and decided_on is null",
            [local_day(self._clock()).isoformat(), filing_id],
        )

    def _facility(self, row: Row) -> Facility:
        live = date.fromisoformat(row["live_from"]) <= local_day(self._clock())
        return Facility(
            id=row["id"],
            region=row["region"],
            city=row["city"],
            kinds=tuple(row["kinds"].split()),
            direct=bool(row["direct"]) and live,
            suspended=bool(row["suspended"]),
        )

    def _locked_until(self, db: Rows, row: Row, document: dict[str, Any]) -> str | None:
        worker = db.one(
            "select insured_region from workers where id_number = ?", [row["id_number"]]
        )
        locks = worker is not None and str(worker["insured_region"])[:2] in _LOCKING
        if not locks or document["category"] == "referral":
            return None
        return LOCKED_FOR.last_day(local_day(self._clock())).isoformat()

    def _require_unlocked(self, row: Row) -> None:
        today = local_day(self._clock()).isoformat()
        unlocked = row["locked_until"] is None or today > row["locked_until"]
        _require(unlocked, "FILING_LOCKED", f"备案在 {row['locked_until']} 前不得变更或取消")


def _effects(province: str, status: str) -> Iterable[tuple[str, str]]:
    """Yield which filings change from what to what."""
    if status == "interrupted" and province in _SUSPENDING:
        yield "active", "suspended"
    if status == "paying" and province in _SUSPENDING:
        yield "suspended", "active"
    if status in {"terminated", "deceased"} and province in _ENDING:
        yield "active", "terminated"
        yield "suspended", "terminated"


def _add_facility(db: Rows, facility: Facility) -> None:
    db.execute(
        "insert or ignore into facilities (id, region, city, name, kinds, direct, suspended,"
        " live_from) values (?, ?, ?, ?, ?, ?, ?, '2024-01-01')",
        [
            facility.id,
            facility.region,
            facility.city,
            facility.id,
            " ".join(facility.kinds),
            int(facility.direct),
            int(facility.suspended),
        ],
    )


def _add_worker(db: Rows, worker: Worker) -> None:
    if db.one("select 1 from workers where id_number = ?", [worker.id_number]):
        return
    said = worker.model_dump(mode="json")
    db.execute(
        "insert into workers (id_number, name, insured_region, insured_city, suspended,"
        " contribution, determinations) values (?, ?, ?, ?, ?, ?, ?)",
        [
            worker.id_number,
            worker.name,
            worker.insured_region,
            worker.insured_city,
            int(worker.suspended),
            codec.encode(said["contribution"]).decode(),
            codec.encode(said["determinations"]).decode(),
        ],
    )
    for filing in worker.filings:
        _add_filing(db, worker.id_number, filing, None)
    for notice in worker.notices:
        _add_notice(db, worker.id_number, notice)


def _add_filing(db: Rows, id_number: str, filing: Filing, locked_until: datetime | None) -> None:
    db.execute(
        "insert into filings (id, id_number, status, document, locked_until)"
        " values (?, ?, ?, ?, ?)",
        [
            filing.id,
            id_number,
            filing.status,
            codec.encode(filing.model_dump(mode="json")).decode(),
            locked_until.isoformat() if locked_until else None,
        ],
    )


def _add_notice(db: Rows, id_number: str, notice: Notice) -> None:
    db.execute(
        "insert into notices (id, id_number, document) values (?, ?, ?)",
        [notice.id, id_number, codec.encode(notice.model_dump(mode="json")).decode()],
    )


def _filing(db: Rows, row: Row) -> dict[str, Any]:
    """Return the filing with its status and the stays that were settled under it."""
    settled = [_used(one) for one in list(db.query(_EPISODES, [row["id"]]))]
    return {**_read(row["document"]), "status": row["status"], "settled_by": settled}


def _notice(db: Rows, region: str, row: Row) -> dict[str, Any]:
    """Return the notice with the fitting that was settled with it, if one was."""
    user = db.one(_NOTICE_USER, [region, row["id"]])
    return {**_read(row["document"]), "used_by": _used(user) if user else None}


def _used(row: Row) -> Used:
    return Used(facility=row["facility"], stay=row["order_key"])


def _known_filing(db: Rows, filing_id: str) -> Row:
    row = db.one("select * from filings where id = ?", [filing_id])
    if row is None:
        raise AgencyRefuses("FILING_NOT_KNOWN", "没有该备案")
    return row


def _require(holds: bool, code: str, text: str) -> None:  # noqa: FBT001 - a condition
    if not holds:
        raise AgencyRefuses(code, text)


def _read(text: str | None) -> Any:  # noqa: ANN401 - whatever JSON holds
    return codec.decode(text, object) if text else None


_FILINGS = "select * from filings where id_number = ? order by id"
_NOTICES = "select id, document from notices where id_number = ? order by id"
_EPISODES = """\
select c.facility, c.order_key from settlements as s join cases as c
on c.facility = s.facility and c.order_key = s.order_key
where c.filing = ? and s.reversed_at is null and c.service like 'inpatient%'
order by c.facility, c.order_key"""
_NOTICE_USER = """\
select u.facility, u.order_key from notice_uses as u join settlements as s
on s.facility = u.facility and s.order_key = u.order_key
where u.region = ? and u.notice = ? and s.reversed_at is null
limit 1"""
