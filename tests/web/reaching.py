"""What an endpoint's code can come to: the ledger's entry, and the words on the way to it.

Reads compiled code, runs none. Follows functions and classes of the product by the names that the
code uses; what is called through a value that is built at run time is not followed.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, ModuleType
from typing import Any

PRODUCT = "edge"


@dataclass(slots=True)
class Reached:
    """What was come to: ``words`` are the code's texts; ``enters``: whether an entry is made."""

    words: set[str] = field(default_factory=set)
    enters: bool = False
    _seen: set[object] = field(default_factory=set)

    def follow(self, function: Callable[..., Any]) -> "Reached":
        """Add what this function can come to."""
        plain = inspect.unwrap(function)
        if not inspect.isfunction(plain) or plain in self._seen:
            return self
        self._seen.add(plain)
        codes = list(_with_inner(plain.__code__))
        names = {name for code in codes for name in (*code.co_names, *code.co_freevars)}
        self.enters |= "enter" in names
        self.words |= {one for code in codes for one in code.co_consts if isinstance(one, str)}
        known = {**plain.__globals__, **inspect.getclosurevars(plain).nonlocals}
        for value in (known[name] for name in names if name in known):
            self._follow_value(value, names)
        return self

    def _follow_value(self, value: object, names: set[str]) -> None:
        if isinstance(value, ModuleType):
            found = [getattr(value, name) for name in names if hasattr(value, name)]
            ours = found if value.__name__.startswith(PRODUCT) else []
        elif inspect.isclass(value):
            ours = list(vars(value).values()) if _is_ours(value) else []
        else:
            ours = [value]
        for one in ours:
            if inspect.isroutine(one) and _is_ours(one):
                self.follow(one)


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _with_inner(one)


def _is_ours(value: object) -> bool:
    return str(getattr(value, "__module__", "")).startswith(PRODUCT)
