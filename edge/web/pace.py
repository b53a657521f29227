"""How often somebody may ask: a bucket for each, filled at a steady pace. Holds no right.

By the machine's steady clock, never the wall's: setting the time must not stop a hospital's system.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from edge.core.errors import NotAllowed, Words

LOGINS_PER_MIN = 60
"""How often one address may try to log in; accounts lock by themselves long before."""

_KEPT_MAX = 10_000


class TooFast(NotAllowed):
    """Asked too often; ``wait_s`` is after how many seconds it may be tried again."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            "TOO_MANY_CALLS",
            Words("请求过于频繁", "too many calls in a short time"),
            Words(
                f"{wait_s} 秒后再试；接口按 Retry-After 等待",
                f"try again in {wait_s} s; systems wait as Retry-After says",
            ),
        )
        self.wait_s = wait_s


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(slots=True)
class Pace:
    """The buckets, the least recently used forgotten first. Thread-safe."""

    now: Callable[[], float] = monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, who: str, per_min: int) -> None:
        """Count one call of ``who``, who may make ``per_min``, all at once if they like.

        Raises:
            TooFast: TOO_MANY_CALLS.
        """
        with self._guard:
            now = self.now()
            bucket = self._buckets.pop(who, None) or _Bucket(float(per_min), now)
            self._buckets[who] = bucket
            if len(self._buckets) > _KEPT_MAX:
                self._buckets.popitem(last=False)
            bucket.left = min(float(per_min), bucket.left + (now - bucket.at) * per_min / 60)
            bucket.at = now
            if bucket.left < 1:
                raise TooFast(math.ceil((1 - bucket.left) * 60 / per_min))
            bucket.left -= 1
