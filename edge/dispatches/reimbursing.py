"""Before an insured region pays by hand it asks whether we settled it (鲁 20, 吉规 26).

The answer names every stay and fitting that is meant, all under the word ``stay``, and from then on
none of them settles here until the region says that it does not pay: no moment lies between our
answer and its payment.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from edge import codec
from edge.core.dates import local_day
from edge.core.errors import Conflict, Words
from edge.core.fitting import Case
from edge.core.stay import StayState
from edge.site import About, Site
from edge.store.database import Rows
from edge.store.reimbursements import (
    ReimbursementState,
    case_named,
    cases_of_number,
    note_reimbursement,
    reimbursement_of,
)
from edge.store.settlements import settlement_of
from sync.dispatch import Dispatch
from sync.envelope import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inquiry:
    inquiry: str
    id_number: str
    region: str
    stay: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    inquiry: str
    stay: str
    outcome: Literal["reimbursed", "withdrawn"]


def inquiry(site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Answer for the worker's cases here, and let none of the open ones settle meanwhile.

    Raises:
        BadInput: BAD_FIELD.
    """
    said = codec.decode(dispatch.body, _Inquiry)
    meant = [case for case in cases_of_number(db, site.vault, said.id_number) if _meant(case, said)]
    told = [_told(site, db, case) for case in meant]
    for case in meant:
        if not case.is_settled and case.state is not StayState.CANCELLED:
            note_reimbursement(
                db,
                case.ref,
                said.inquiry,
                ReimbursementState.ASKED,
                dispatch=dispatch.id,
                at=dispatch.moment,
            )
    body = {"inquiry": said.inquiry, "stays": told}
    about = About(said.inquiry, said.region)
    site.send_about(db, Kind.REIMBURSEMENT_ANSWER, about, "system", body)
    return {"inquiry": said.inquiry, "stays": len(told)}


def reimbursement(site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Note that a stay or fitting was paid by hand, or is not after all.

    Raises:
        BadInput: BAD_FIELD.
        NotFound: UNKNOWN_STAY.
        Conflict: REIMBURSED_AND_SETTLED: both paid; a person reverses the settlement.
    """
    said = codec.decode(dispatch.body, _Outcome)
    case = case_named(db, site.vault, said.stay)
    state = ReimbursementState(said.outcome)
    if reimbursement_of(db, case.id) is ReimbursementState.REIMBURSED:
        raise _paid_already(case.id)
    if state is ReimbursementState.REIMBURSED and settlement_of(db, site.vault, case.ref):
        raise _both_paid(case.id)
    note_reimbursement(db, case.ref, said.inquiry, state, dispatch=dispatch.id, at=dispatch.moment)
    return {"inquiry": said.inquiry, "outcome": said.outcome}


def _meant(case: Case, said: _Inquiry) -> bool:
    """Tell whether the case is the one named, or touches the days that are asked about."""
    if said.stay:
        return case.id == said.stay
    began = local_day(case.began_at)
    ended = local_day(case.ended_at) if case.ended_at else began
    return (said.until is None or began <= said.until) and (
        said.since is None or ended >= said.since
    )


def _told(site: Site, db: Rows, case: Case) -> dict[str, object]:
    settlement = settlement_of(db, site.vault, case.ref)
    return {
        "stay": case.id,
        "hospital_number": case.hospital_number,
        "service": case.service,
        "state": case.state,
        "admitted_at": case.began_at.isoformat(),
        "discharged_at": case.ended_at.isoformat() if case.ended_at else None,
        "settled_directly": settlement is not None,
        "settlement": settlement.id if settlement else None,
        "fund_fen": settlement.fund_fen if settlement else 0,
    }


def _paid_already(stay: str) -> Conflict:
    return Conflict(
        "REIMBURSEMENT_FINAL",
        Words(f"参保地已手工报销，不能再改：{stay}", f"paid by hand already, for good: {stay}"),
        Words(
            "与参保地经办机构核对后在“下行”中登记",
            "compare with the insured region's agency, then set it aside with a note",
        ),
        field="stay",
    )


def _both_paid(stay: str) -> Conflict:
    return Conflict(
        "REIMBURSED_AND_SETTLED",
        Words(
            f"参保地已手工报销，本机构又已直接结算：{stay}",
            f"paid by hand by the insured region, and settled here: {stay}",
        ),
        Words(
            "立即联系参保地经办机构，由双方商定后冲正一笔",
            "call the insured region's agency at once and reverse one of the two",
        ),
        field="stay",
    )
