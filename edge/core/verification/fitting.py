"""A device: whether its notice, the filing and the service life allow it. Fittings only."""

from collections.abc import Iterator

from edge.core.dates import anniversary
from edge.core.verification.case import Case
from edge.core.verification.facts import Device, DeviceAct, Notice, NoticeItem, Service
from edge.core.verification.reasons import NOTHING, Code, Finding, Findings, PackSide

NOTICE_KEYS = {
    PackSide.INSURED: "device.notice_presented",
    PackSide.TREATMENT: "device.notice_checked",
}
"""Where each side's pack says that the notice is asked for."""


def fitting(case: Case) -> Findings:
    """See what a fitting needs besides the filing; at discharge it has been seen."""
    if case.facts.service is not Service.DEVICE or case.at_discharge:
        return NOTHING
    return [*_notice(case), *_approved(case), *_worn_out(case)]


def side_that_asks(case: Case) -> PackSide | None:
    """Return the side whose pack asks for the fitting notice; either may."""
    for side, key in NOTICE_KEYS.items():
        if case.ground.rule(side, key) is not None:
            return side
    return None


def _notice(case: Case) -> Iterator[Finding]:
    notice, asked = case.facts.notice, side_that_asks(case) is not None
    if notice is None:
        if asked and case.knows_what_is_absent:
            yield Finding(Code.NOTICE_MISSING)
        return
    if asked and notice.valid_to is not None and notice.valid_to < case.day:
        yield Finding(Code.NOTICE_EXPIRED, blanks={"last": notice.valid_to})
    if notice.used:
        yield Finding(Code.NOTICE_USED)


def _approved(case: Case) -> Iterator[Finding]:
    """Give one finding, for the first device that the notice or the filing does not name."""
    notice, filing = case.facts.notice, case.facts.filing
    filed = (filing and filing.devices) or ()
    for device in case.facts.devices or ():
        if notice is not None and _item(notice, device.code) is None:
            yield Finding(Code.DEVICE_NOT_APPROVED, "notice", {"device": device.code})
            return
        if filed and device.code not in filed:
            yield Finding(Code.DEVICE_NOT_APPROVED, "filing", {"device": device.code})
            return


def _worn_out(case: Case) -> Iterator[Finding]:
    """Give one finding, for the first device whose service life has not run out."""
    for device in case.facts.devices or ():
        item = _item(case.facts.notice, device.code)
        if item is None or not item.service_years or not _asks_for_new(device):
            continue
        if device.last_fitted_on is None:
            continue
        due = anniversary(device.last_fitted_on, item.service_years)
        if case.day < due:
            yield Finding(Code.SERVICE_LIFE_NOT_REACHED, "", {"device": device.code, "due": due})
            return


def _asks_for_new(device: Device) -> bool:
    return device.act is not DeviceAct.REPAIR


def _item(notice: Notice | None, code: str) -> NoticeItem | None:
    items = (notice and notice.items) or ()
    return next((item for item in items if item.code == code), None)
