"""Scripts of mishaps with cards: what goes into which reader, how it fails, what a desk shows.

TOML files (docs/simulators.md). Whatever a script names is read before anything is played.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulators.card.image import CardImage, Charset, load_image
from simulators.card.plan import CardPlan, Strike
from simulators.script_file import BadFile, load_file

FaultWord = Literal["pull", "silent", "slow", "garbage", "wrong_length", "refuse"]
Act = Literal["insert", "remove", "wait", "restart"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CardFault(_Entry):
    """What goes wrong at one APDU: the ``apdu``-th since the card got power, 0 for each.

    ``seconds`` is of ``slow``, ``by`` (bytes more or fewer) of ``wrong_length``, ``status`` of
    ``refuse``.
    """

    apdu: int = Field(ge=0, le=1000)
    do: FaultWord
    seconds: float = Field(default=0.0, ge=0, le=60)
    by: Literal[-1, 1] = -1
    status: str = Field(default="6F00", pattern=r"^[0-9A-Fa-f]{4}$")

    def strike(self) -> Strike:
        """Return it as the card plays it."""
        match self.do:
            case "silent":
                return Strike("silence")
            case "wrong_length":
                return Strike("long" if self.by > 0 else "short")
            case "slow":
                return Strike("slow", self.seconds)
            case "refuse":
                return Strike("refuse", status=int(self.status, 16))
            case "pull" | "garbage":
                return Strike(self.do)


class CardStep(_Entry):
    """One line of the script, done ``times`` times, each with ``seconds`` until what follows.

    ``expect`` is what the desk then shows for this reader: a state, or the code of an error.
    """

    do: Act
    reader: int = Field(default=0, ge=0, le=1)
    image: str = Field(default="", max_length=256)
    mute: bool = False
    charset: Charset | None = None
    fault: tuple[CardFault, ...] = Field(default=(), max_length=50)
    seconds: float = Field(default=3.0, ge=0, le=600)
    times: int = Field(default=1, ge=1, le=1000)
    expect: str = Field(default="", pattern=r"^([a-z_]+|[A-Z_]+)?$")

    @model_validator(mode="after")
    def _only_a_card_fails(self) -> Self:
        if self.do != "insert" and (self.image or self.mute or self.charset or self.fault):
            raise ValueError("image, mute, charset and fault belong to do = insert")
        return self


class CardScript(_Entry):
    """A whole script."""

    step: tuple[CardStep, ...] = Field(min_length=1, max_length=1000)


class Slot(Protocol):
    """Where a card goes in and comes out."""

    def insert(self, plan: CardPlan) -> None:
        """Put a card in; one that is in already comes out first."""
        ...

    def remove(self) -> None:
        """Take the card out, if one is in."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A step and the card that it puts in, if it does."""

    step: CardStep
    plan: CardPlan | None


def load_card_script(path: Path, card: CardImage) -> tuple[Prepared, ...]:
    """Read a script and every image that it names; ``card`` is in the steps that name none.

    Raises:
        BadFile: an unknown key, or a value that does not fit, with file and key.
    """
    return prepared(load_file(path, CardScript), path, card)


def prepared(script: CardScript, path: Path, card: CardImage) -> tuple[Prepared, ...]:
    """Return the steps with their cards; images are looked for beside ``path``.

    Raises:
        BadFile: as ``load_card_script``.
    """
    return tuple(Prepared(step, _plan(step, path, card)) for step in script.step)


def play(
    steps: Iterable[Prepared],
    slots: Sequence[Slot],
    restart: Callable[[], None],
    wait: Callable[[CardStep], None],
) -> None:
    """Do the steps in order; ``wait`` is called after each, ``restart`` restarts the card service.

    Raises:
        IndexError: a step names a reader that is not there; check before.
    """
    for one in steps:
        for _ in range(one.step.times):
            _do(one, slots[one.step.reader], restart)
            wait(one.step)


def check_readers(steps: Iterable[Prepared], path: Path, count: int) -> None:
    """Refuse a script that needs more readers than there are.

    Raises:
        BadFile: it does.
    """
    for number, one in enumerate(steps, 1):
        if one.step.reader >= count:
            said = f"这里只有 {count} 个读卡器 / there are {count} readers here"
            raise BadFile(path, f"step.{number}.reader: {said}")


def _plan(step: CardStep, path: Path, card: CardImage) -> CardPlan | None:
    if step.do != "insert":
        return None
    image = load_image(path.parent / step.image) if step.image else card
    if step.charset:
        image = image.model_copy(update={"charset": step.charset})
    plan = image.plan().with_strikes({fault.apdu: fault.strike() for fault in step.fault})
    return replace(plan, mute=plan.mute or step.mute)


def _do(one: Prepared, slot: Slot, restart: Callable[[], None]) -> None:
    match one.step.do:
        case "insert":
            if one.plan is not None:
                slot.insert(one.plan)
        case "remove":
            slot.remove()
        case "restart":
            restart()
        case "wait":
            return
