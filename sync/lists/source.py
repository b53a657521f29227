"""Where releases come from: the platform's TUF repository for this facility. Installs nothing.

The one importer of ``tuf`` here; it costs a tenth of a second, so import this when it is needed.
Its client keeps the trusted metadata in a folder of its own, outside the database and its backups:
a restored site still refuses what is older than what it had seen. It judges the repository's own
expiry by the machine's clock; a release's expiry is judged by the site's (``release``).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.api.metadata import TargetFile  # type: ignore[attr-defined] # re-exported without saying so
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from sync.errors import ListRefused, PlatformUnreachable, Reason
from sync.lists.offer import MANIFEST, Fetch, Missing, Offer, Progress, Span
from sync.lists.reasons import (
    LIST_DAMAGED,
    LIST_EXPIRED,
    LIST_ROLLED_BACK,
    LIST_SIGNATURE,
    LIST_UNREADABLE,
)
from sync.lists.release import read_release
from sync.question import unreachable

PIECE_BYTES = 1024 * 1024


class TufSource:
    """The repository of one facility. ``root`` is the trusted root, received at registration."""

    def __init__(self, folder: Path, *, root: bytes, base: str, fetch: Fetch) -> None:
        self._folder = folder
        self._root = root
        self._base = base
        self._fetch = fetch
        self._updater: Updater | None = None

    def offer(self) -> Offer:
        """Ask for the newest release and verify what is said of it.

        Raises:
            ListRefused: LIST_SIGNATURE, LIST_ROLLED_BACK, LIST_EXPIRED, LIST_UNREADABLE.
            PlatformUnreachable: no answer.
        """
        with _refusals_named():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._updater = Updater(
                metadata_dir=str(self._folder),
                metadata_base_url=f"{self._base}/metadata/",
                fetcher=_Line(self._fetch),
                config=UpdaterConfig(app_user_agent=None),
                bootstrap=self._root,
            )
            self._updater.refresh()
        manifest = self._whole(MANIFEST)
        return Offer(read_release(manifest), manifest)

    def download(self, target: str, part: Path, progress: Progress) -> None:
        """Bring a file of the offered release to ``part``, going on where it was broken off.

        Raises:
            ListRefused: LIST_DAMAGED, when what came is not what was signed; ``part`` is gone.
            PlatformUnreachable: broken off; ``part`` keeps what came.
        """
        info = self._info(target)
        size = info.length
        with part.open("ab+") as file:
            seen = _hash_of(file)
            while (here := file.tell()) < size:
                span = Span(here, min(here + PIECE_BYTES, size) - 1)
                piece = self._piece(target, info, span)
                seen.update(piece)
                file.write(piece)
                progress(file.tell(), size)
        if seen.hexdigest() != info.hashes["sha256"]:
            part.unlink()
            raise ListRefused(LIST_DAMAGED, field=part.name)

    def size(self, target: str) -> int:
        """Return how many bytes a file of the offered release has."""
        return self._info(target).length

    def _piece(self, target: str, info: TargetFile, span: Span) -> bytes:
        try:
            piece = self._fetch(self._address(target, info), span)
        except Missing as missing:
            raise ListRefused(LIST_UNREADABLE, field=target) from missing
        if len(piece) != span.last - span.first + 1:
            raise PlatformUnreachable(unreachable("short piece"))
        return piece

    def _whole(self, target: str) -> bytes:
        info = self._info(target)
        if info.length > PIECE_BYTES:
            raise ListRefused(LIST_UNREADABLE, field=target)
        content = self._piece(target, info, Span(0, info.length - 1))
        if hashlib.sha256(content).hexdigest() != info.hashes.get("sha256"):
            raise ListRefused(LIST_SIGNATURE, field=target)
        return content

    def _info(self, target: str) -> TargetFile:
        info = self._updater.get_targetinfo(target) if self._updater else None
        if info is None or "sha256" not in info.hashes:
            raise ListRefused(LIST_UNREADABLE, field=target)
        return info

    def _address(self, target: str, info: TargetFile) -> str:
        name = PurePosixPath(target)
        hashed = name.with_name(f"{info.hashes['sha256']}.{name.name}")
        return f"{self._base}/targets/{hashed}"


class _Line(FetcherInterface):
    """Our one HTTP client, as tuf wants it."""

    def __init__(self, fetch: Fetch) -> None:
        self._bring = fetch

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            return iter([self._bring(url, None)])
        except Missing as missing:
            raise DownloadHTTPError(url, 404) from missing


def _hash_of(file: BinaryIO) -> "hashlib._Hash":
    """Hash what an earlier try has brought, and stand at its end."""
    seen = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        seen.update(piece)
    return seen


@contextmanager
def _refusals_named() -> Iterator[None]:
    """Say in our words why the repository is not believed."""
    try:
        yield
    except DownloadError as lost:
        if isinstance(lost.__cause__, PlatformUnreachable):
            raise lost.__cause__ from lost
        raise PlatformUnreachable(unreachable(type(lost).__name__)) from lost
    except RepositoryError as wrong:
        raise ListRefused(_reason(wrong)) from wrong


def _reason(wrong: RepositoryError) -> Reason:
    match wrong:
        case ExpiredMetadataError():
            return LIST_EXPIRED
        case BadVersionNumberError():
            return LIST_ROLLED_BACK
        case _:
            return LIST_SIGNATURE
