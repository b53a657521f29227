"""``python -m simulators card``: cards from images in vpcd's readers, mishaps by script.

What IT staff do by hand; a rehearsal of a whole hospital is `simulators.hospital`.
"""

import argparse
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from simulators.card.image import IMAGES, CardImage, Person, load_image
from simulators.card.psam import powered
from simulators.card.recorder import Recorder
from simulators.card.script import (
    CardStep,
    Prepared,
    check_readers,
    load_card_script,
    play,
)
from simulators.commands.ending import told_to_stop
from simulators.pcscd import READERS, ensure_running
from simulators.reader import VpcdCard
from simulators.script_file import SCRIPTS, BadFile, shipped


def add_words(parser: argparse.ArgumentParser) -> None:
    """Add what the command line may say."""
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="FILE",
        help="a card image, or the name of one that ships; a second one is for the second reader",
    )
    parser.add_argument(
        "--person",
        type=int,
        choices=range(1000),
        default=0,
        metavar="N",
        help="which synthetic person, 0 to 999",
    )
    parser.add_argument("--version", choices=["1.00", "2.00", "3.00"], default="2.00")
    parser.add_argument("--script", help="mishaps to play: a file, or the name of one that ships")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write a masked trace")
    parser.add_argument("--list", action="store_true", help="list images and scripts that ship")


def run(given: argparse.Namespace) -> int:
    """Put the cards in, play the script, and leave the cards until told to stop.

    Raises:
        BadFile: an image or a script with a mistake.
        Fault: no card service here, or a script restarts one that is not ours.
    """
    if given.list:
        sys.stdout.write(listing())
        return 0
    images = [load_image(shipped(name, IMAGES)) for name in given.image]
    images = images or [CardImage(person=Person(sequence=given.person), version=given.version)]
    if len(images) > len(READERS):
        raise BadFile(Path(given.image[-1]), "只有两个读卡器 / there are two readers")
    steps = _steps(given.script, images[0])
    recorder = Recorder(given.record) if given.record else None
    ending = told_to_stop()
    with ExitStack() as stack:
        service = stack.enter_context(ensure_running())
        if recorder:
            stack.callback(recorder.save)
        made = recorder.made if recorder else powered
        slots = [VpcdCard(number, made=made) for number in range(len(READERS))]
        for slot in slots:
            stack.callback(slot.remove)
        if steps:
            play(steps, slots, service.restart, told(ending))
        else:
            _insert(slots, images)
        ending.wait()
    return 0


def told(ending: threading.Event) -> Callable[[CardStep], None]:
    """Return what tells each step on the terminal and waits as long as it says."""

    def wait(step: CardStep) -> None:
        what = ", ".join(f"{fault.do} @ {fault.apdu}" for fault in step.fault)
        words = (f"reader {step.reader}: {step.do}", step.image, what)
        shows = f" -> {step.expect}" if step.expect else ""
        sys.stdout.write(f"{' '.join(word for word in words if word)}{shows}\n")
        sys.stdout.flush()
        ending.wait(step.seconds)

    return wait


def listing() -> str:
    """Return the names of images and scripts with the first line of each."""
    lines = ["images (--image):", *_names(IMAGES), "", "scripts (--script):"]
    return "\n".join([*lines, *_names(SCRIPTS / "card")]) + "\n"


def _names(folder: Path) -> Sequence[str]:
    files = sorted(folder.glob("*.toml"))
    return [f"  {f.stem:24}{f.read_text(encoding='utf-8').splitlines()[0][2:]}" for f in files]


def _steps(name: str | None, card: CardImage) -> tuple[Prepared, ...]:
    if name is None:
        return ()
    path = shipped(name, SCRIPTS / "card")
    steps = load_card_script(path, card)
    check_readers(steps, path, len(READERS))
    return steps


def _insert(slots: Sequence[VpcdCard], images: Sequence[CardImage]) -> None:
    for slot, image in zip(slots, images, strict=False):
        slot.insert(image.plan())
        person = image.person.synthetic()
        held = f"{person.name} {person.number}" if image.kind == "social_security" else image.kind
        sys.stdout.write(f"{held} in {slot.reader}\n")
    sys.stdout.flush()
