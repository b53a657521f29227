"""Lists that nobody should believe: rolled back, spoilt, another's, stale, of tomorrow."""

import json
import random
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.site.opening import LIST_FILES
from simulators.platform.releases import BELIEVED
from sync.errors import SyncError
from sync.lists import CachedList
from sync.lists.offer import MANIFEST, Offer, Progress
from sync.lists.release import read_release
from tests.sync.list_ground import KEY, Ground
from tests.sync.sender import FACILITY
from tests.torture.promises import Broken

Fault = Callable[[Ground, random.Random], None]


@dataclass(frozen=True, slots=True)
class Trusting:
    """The control: takes whatever is served, and looks at no signature."""

    ground: Ground

    def offer(self) -> Offer:
        """Return the newest release as it is told."""
        manifest = self._content(MANIFEST)
        return Offer(read_release(manifest), manifest)

    def size(self, target: str) -> int:
        """Return how many bytes a file has."""
        return len(self._content(target))

    def download(self, target: str, part: Path, progress: Progress) -> None:
        """Bring a file."""
        content = self._content(target)
        part.write_bytes(content)
        progress(len(content), len(content))

    def _content(self, target: str) -> bytes:
        known = json.loads(self._targets())["signed"]["targets"][target]
        name = f"{known['hashes']['sha256']}.{target}"
        found = self.ground.releases.repository.file("targets", name)
        assert isinstance(found, Path)
        return found.read_bytes()

    def _targets(self) -> bytes:
        """Return what is served of all that there is, whichever number it has."""
        releases = self.ground.releases
        names = (f"{number}.targets.json" for number in range(releases.version, 0, -1))
        served = (releases.repository.file("metadata", name) for name in names)
        return next(one for one in served if isinstance(one, bytes))


def bad_lists(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Offer so many: one that is believed is torn; a good one after it that is not, is lost."""
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    found = Broken()
    with TemporaryDirectory(dir=folder) as place:
        ground = Ground(Path(place))
        ground.refreshed(ground.cached())
        for _ in range(rounds):
            found += _round(ground, dice, variant)
    return found


def _round(ground: Ground, dice: random.Random, variant: str) -> Broken:
    """Do one thing wrong, see it refused, and go on with a good list.

    Each time another process looks, with nothing but what lies in the folders; now and then the
    folder of what was trusted is gone, as after a restore, and the ledger's own memory must do.
    """
    good, now = ground.releases, ground.clock.now
    root = good.repository.root
    in_use = good.version
    dice.choice(FAULTS)(ground, dice)
    if dice.random() < 0.3:
        shutil.rmtree(ground.folder / "trust", ignore_errors=True)
    with closing(_list_of(ground, root, variant)) as cached:
        believed = _refreshed(cached, ground, floor=in_use)
        status = cached.status()
        moved = status is None or status.release.version != in_use
    ground.releases, ground.clock.now = good, now
    ground.releases.publish()
    with closing(_list_of(ground, root, variant)) as cached:
        lost = not _refreshed(cached, ground, floor=in_use)
    return Broken(lost=lost, torn=believed or moved)


def _refreshed(cached: CachedList, ground: Ground, floor: int) -> bool:
    try:
        done = cached.refresh(ground.clock(), floor=floor)
    except SyncError:
        return False
    return done is not None and done.by != "nothing"


def _list_of(ground: Ground, root: bytes, variant: str) -> CachedList:
    source = (lambda: Trusting(ground)) if variant == "trusting" else ground.source_of(root)
    return CachedList(
        ground.folder / "list",
        facility=FACILITY,
        key=KEY,
        files=LIST_FILES,
        source=source,
        notice_s=0,
    )


def _rolled_back(ground: Ground, dice: random.Random) -> None:
    if ground.releases.version > 1:
        ground.releases.repository.serve_again(dice.randint(1, ground.releases.version - 1))
    else:
        ground.releases.repository.spoil()


def _spoilt(ground: Ground, _dice: random.Random) -> None:
    ground.releases.publish()
    ground.releases.repository.spoil()


def _under_other_keys(ground: Ground, dice: random.Random) -> None:
    """Let somebody else publish for us, as far ahead as they like."""
    ahead = ground.releases.version
    ground.releases = ground.platform()
    for _ in range(min(ahead, 3) + dice.randint(0, 2)):
        ground.releases.publish()


def _of_another(ground: Ground, _dice: random.Random) -> None:
    ground.releases = ground.platform("TJ0002")


def _expired(ground: Ground, dice: random.Random) -> None:
    ground.releases.publish()
    ground.clock.now += BELIEVED + timedelta(hours=dice.uniform(0, 100))


def _of_tomorrow(ground: Ground, dice: random.Random) -> None:
    ground.releases.publish()
    ground.clock.now -= timedelta(hours=dice.uniform(1, 72))


def _stale(ground: Ground, dice: random.Random) -> None:
    ground.releases.publish(as_of=ground.clock() - dice.uniform(1, 3) * BELIEVED)


FAULTS: tuple[Fault, ...] = (
    _rolled_back,
    _spoilt,
    _under_other_keys,
    _of_another,
    _expired,
    _of_tomorrow,
    _stale,
)
