"""What the tests of the cached list work with: a platform, a facility's folder, a frail line."""

from collections.abc import Callable
from pathlib import Path

from edge.site.opening import LIST_FILES
from simulators.platform.register import Register, Worker, load_register
from simulators.platform.releases import Releases
from sync.errors import PlatformUnreachable
from sync.lists import CachedList, Refreshed
from sync.lists.offer import Missing, Span
from sync.lists.source import TufSource
from sync.question import unreachable
from tests.sync.sender import FACILITY, HeldClock

KEY = bytes(range(32))


class Ground:
    """A platform with a register, a facility's folder, and a line that can break."""

    def __init__(self, folder: Path) -> None:
        self.clock = HeldClock()
        self.register = load_register()
        self.folder = folder
        self._platforms = 0
        self.releases = self.platform()
        self.breaks_after: int | None = None
        self.fetched: list[Span | None] = []

    def platform(self, facility: str = FACILITY) -> Releases:
        """Return a repository of this facility's, under keys of its own."""
        self._platforms += 1
        folder = self.folder / f"platform-{self._platforms}"
        return Releases(lambda: self.register, folder, facility=facility, key=KEY, clock=self.clock)

    def again(self) -> Releases:
        """Return the platform as it comes up again in the folder of the last one."""
        folder = self.folder / f"platform-{self._platforms}"
        return Releases(lambda: self.register, folder, facility=FACILITY, key=KEY, clock=self.clock)

    def fetch(self, path: str, span: Span | None) -> bytes:
        """Bring a published file, until the line breaks."""
        if self.breaks_after is not None and len(self.fetched) >= self.breaks_after:
            raise PlatformUnreachable(unreachable("cut"))
        self.fetched.append(span)
        kind, name = path.rsplit("/", 2)[1:]
        found = self.releases.repository.file(kind, name)
        if found is None:
            raise Missing(path)
        content = found if isinstance(found, bytes) else found.read_bytes()
        return content[span.first : span.last + 1] if span else content

    def cached(self, key: bytes = KEY) -> CachedList:
        """Open the facility's folder."""
        return CachedList(
            self.folder / "list",
            facility=FACILITY,
            key=key,
            files=LIST_FILES,
            source=self.source_of(self.releases.repository.root),
            notice_s=0,
        )

    def source_of(self, root: bytes) -> Callable[[], TufSource]:
        """Return what opens the repository with a root received once, whatever comes later."""

        def source() -> TufSource:
            base = f"/v1/lists/{FACILITY}"
            return TufSource(self.folder / "trust", root=root, base=base, fetch=self.fetch)

        return source

    def refreshed(self, cached: CachedList, floor: int = 0) -> Refreshed:
        """Bring the newest release into use."""
        done = cached.refresh(self.clock(), floor=floor)
        assert done
        return done

    def change(self, **change: object) -> Worker:
        """Change the first worker in the register and return it."""
        first, *others = self.register.workers
        changed = first.model_copy(update=change)
        self.register = Register(facilities=self.register.facilities, workers=(changed, *others))
        return changed
