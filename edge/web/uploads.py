"""Catalogue files that were uploaded and compared, until somebody says yes. In memory, a few.

A restart, or half an hour, forgets them: what was looked at yesterday is looked at again.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edge.core.errors import NotFound, Words

if TYPE_CHECKING:
    from edge.steps.import_catalogue import Import, Report

KEPT_MAX = 4
KEPT_FOR = timedelta(minutes=30)
UPLOAD_BYTES_MAX = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file, what it was asked to be, and what a dry run told its uploader."""

    id: str
    by: str
    at: datetime
    asked: "Import"
    report: "Report"


@dataclass(slots=True)
class Uploads:
    """The newest few, one of each uploader. Thread-safe."""

    _kept: dict[str, Upload] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, new: Upload) -> None:
        """Keep an upload; the uploader's one before, and the oldest over the bound, go."""
        with self._guard:
            others = [one for one in self._kept.values() if one.by != new.by]
            self._kept = {one.id: one for one in [*others, new][-KEPT_MAX:]}

    def of(self, upload: str, by: str, *, now: datetime) -> Upload:
        """Return what ``by`` uploaded.

        Raises:
            NotFound: UPLOAD_GONE.
        """
        with self._guard:
            found = self._kept.get(upload)
        if found is None or found.by != by or abs(now - found.at) > KEPT_FOR:
            raise NotFound(
                "UPLOAD_GONE",
                Words("上传的文件已不在（超过半小时或已重启）", "the upload is not kept any more"),
                Words("重新上传并查看差异", "upload it again and look at what it changes"),
            )
        return found

    def forget(self, upload: str) -> None:
        """Let an upload go."""
        with self._guard:
            self._kept.pop(upload, None)
