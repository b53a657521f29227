"""What the register says about one person: fragments in the shape of FACTS.json. Judges nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from drivers.authentication import KeyRequest
from simulators.card.hsm import answers
from simulators.platform.answers import Refusal
from simulators.platform.codes import IssuedCode
from simulators.platform.papers import filing_told_to, notice_told_to
from simulators.platform.register import Facility, Filing, Known, Notice, Used, Worker
from sync.card_key import CardKeyQuestion
from sync.e_card import CodeQuestion
from sync.question import Question

_DEVICE_SERVICE = "device"
_SM4 = 3


def answer(
    register: Known,
    facility: Facility,
    question: Question,
    now: datetime,
    *,
    user: Callable[[str, str], Used | None] = lambda _region, _number: None,
) -> dict[str, Any] | None:
    """Return the facts for one question as of ``now``, or None when the person is not known.

    ``user`` tells of an insured region's fitting notice which fitting was settled with it.
    """
    worker = register.worker(question.id_number)
    if worker is None:
        return None
    asking = Used(facility=facility.id, stay=question.stay)
    filing, notice = _filing(worker, facility, question), _notice(worker, question)
    used_by = user(worker.insured_region, notice.id) if notice else None
    return {
        "question": question.id,
        "facility": facility.model_dump(mode="json", exclude={"name", "live_on"}),
        "worker": worker.model_dump(
            mode="json",
            exclude={"contribution", "filings", "notices"},
        ),
        "filing": filing_told_to(filing, asking) if filing else None,
        "contribution": _plain(worker.contribution),
        "notice": notice_told_to(notice, asking, used_by) if notice else None,
        "source": {"basis": "online", "as_of": now.isoformat()},
    }


def holder(
    worker: Worker, code: IssuedCode, question: CodeQuestion, now: datetime
) -> dict[str, Any]:
    """Return whose e-card showed a code."""
    return {
        "question": question.id,
        "id_number": worker.id_number,
        "name": worker.name,
        "issuing_region": worker.insured_city or worker.insured_region,
        "token": code.token,
        "as_of": now.isoformat(),
    }


def proofs(question: CardKeyQuestion) -> dict[str, Any] | Refusal:
    """Return what the rehearsal's key makes of a card's challenges; it knows one algorithm."""
    if question.algorithm != _SM4:
        return Refusal(code="CARD_ALGORITHM_UNKNOWN", field="algorithm")
    made = answers(
        KeyRequest(
            issuing_region=question.issuing_region,
            historical_bytes=question.historical_bytes,
            algorithm=question.algorithm,
            card_id=question.card_id,
            challenges=question.challenges,
        )
    )
    return {
        "question": question.id,
        "internal": made.internal.hex().upper(),
        "external": made.external.hex().upper(),
    }


def _filing(worker: Worker, facility: Facility, question: Question) -> Filing | None:
    """Choose the filing that was named, else the newest of the best fit to service and city."""
    if question.filing:
        return next((one for one in worker.filings if one.id == question.filing), None)
    benefit = question.service.rpartition("_")[2]

    def fitness(filing: Filing) -> tuple[bool, bool, bool, str]:
        here = filing.destination in {None, facility.city, facility.region}
        covers = not filing.benefits or benefit in filing.benefits
        return here, covers, filing.status == "active", filing.valid_from.isoformat()

    return max(worker.filings, key=fitness, default=None)


def _notice(worker: Worker, question: Question) -> Notice | None:
    if question.notice:
        return next((one for one in worker.notices if one.id == question.notice), None)
    if question.service != _DEVICE_SERVICE:
        return None
    return next(iter(worker.notices), None)


def _plain(entry: Any) -> Any:  # noqa: ANN401 - a fragment, or nothing
    return None if entry is None else entry.model_dump(mode="json")
