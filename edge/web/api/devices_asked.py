"""What a question about a fitting says besides: the devices, and the notice that is shown."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from edge.core.verification import Device, Notice, NoticeItem

DEVICES_MAX = 50


class NoticeItemForm(BaseModel):
    """One device on the notice, as the paper has it; the limit is in fen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(min_length=1, max_length=64)
    limit_fen: int | None = None
    service_years: int | None = None
    limit_multiplier: Decimal | None = None


class NoticeForm(BaseModel):
    """The fitting notice that is shown; with its number alone the platform must know it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=64)
    items: tuple[NoticeItemForm, ...] = Field(default=(), max_length=DEVICES_MAX)
    valid_to: date | None = None


class DevicesAsked(BaseModel):
    """Part of a question about ``device``: what is asked for, by which notice."""

    devices: tuple[Device, ...] = Field(default=(), max_length=DEVICES_MAX)
    notice: NoticeForm | None = None


def notice_shown(given: DevicesAsked) -> Notice | None:
    """Return the notice that the worker shows."""
    form = given.notice
    if form is None:
        return None
    items = tuple(NoticeItem(**item.model_dump()) for item in form.items)
    return Notice(id=form.id, items=items, valid_to=form.valid_to)
