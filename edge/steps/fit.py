"""Record what was fitted: each device and its price; what the fund may not pay for is stopped."""

from dataclasses import dataclass, replace
from datetime import datetime

from edge.case.bill import ruled
from edge.case.verdict import forbidding
from edge.core.charges import RefusedLine
from edge.core.dates import local_day
from edge.core.fitting import Fitted, Fitting, require_complete
from edge.core.settlement import Blocked, blocked_by
from edge.site import Site
from edge.store.cases import charges_of
from edge.store.database import Rows
from edge.store.fittings import load_fitting, move_fitting, say_fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The whole of what was fitted; said again it takes the place of what was said before.

    ``fitted_at`` left out means now. The lines' own days do not count: they are the fitting's.
    """

    fitting: str
    lines: tuple[Fitted, ...]
    fitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The fitting as it is now, and those of its lines that cannot be ruled."""

    fitting: Fitting
    refused: tuple[RefusedLine, ...]


def fit(site: Site, request: Request, operator: str) -> Recorded | Blocked:
    """Keep what was fitted, unless the law forbids that the fund pays it: then nothing is kept.

    Raises:
        NotFound: UNKNOWN_FITTING.
        BadInput: NO_LINES, TOO_MANY_LINES, FIELD_EMPTY, FITTING_MOMENT.
        Conflict: FITTING_STATE, once it is settled or gone to manual.
    """
    require_complete(request.lines)
    now = site.clock()
    with site.store.transaction() as db:
        before = load_fitting(db, site.vault, request.fitting)
        fitted_at = request.fitted_at or now
        fitting = before.recorded(_dated(request.lines, fitted_at), fitted_at, now)
        outcome = ruled(site, fitting, charges_of(db, site.vault, fitting))
        blocked = blocked_by(forbidding(site, db, fitting, outcome.bill))
        if blocked:
            _enter(site, db, "fitting.blocked", fitting, operator, blocked)
            return blocked
        move_fitting(db, fitting)
        say_fitted(db, site.vault, fitting, said_by=operator, now=now)
        _enter(site, db, "fitting.recorded", fitting, operator)
    return Recorded(fitting, outcome.ruling.refused)


def _dated(lines: tuple[Fitted, ...], fitted_at: datetime) -> tuple[Fitted, ...]:
    day = local_day(fitted_at)
    return tuple(replace(line, charge=replace(line.charge, date=day)) for line in lines)


def _enter(
    site: Site,
    db: Rows,
    kind: str,
    fitting: Fitting,
    operator: str,
    blocked: Blocked | None = None,
) -> None:
    site.ledger.enter(
        db,
        kind=kind,
        operator=operator,
        subject=fitting.id,
        now=site.clock(),
        fitted_at=fitting.began_at.isoformat(),
        lines=len(fitting.lines),
        blocks=[block.code for block in blocked.blocks] if blocked else [],
    )
