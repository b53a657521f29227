"""What stays and fittings have in common: how one is named, and that its state allows an act.

Knows neither of them; each is a module of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.core.errors import Conflict, Words


class CaseKind(StrEnum):
    """What a worker's case is: a stay (住院、门诊), or a fitting (辅助器具配置)."""

    STAY = "stay"
    FITTING = "fitting"


@dataclass(frozen=True, slots=True)
class CaseRef:
    """Names one case: whoever is asked for a stay never touches a fitting."""

    kind: CaseKind
    id: str


def require_allowed(
    ref: CaseRef, state: StrEnum, allowed: tuple[StrEnum, ...], names: Mapping[StrEnum, Words]
) -> None:
    """Refuse an act that the state of a case does not allow; ``names`` are the states' own.

    Raises:
        Conflict: STAY_STATE or FITTING_STATE, naming the state.
    """
    if state in allowed:
        return
    code, what = _WORDS[ref.kind]
    only = " / ".join(names[one].zh for one in allowed)
    raise Conflict(
        code,
        Words(
            f"该{what.zh}当前为“{names[state].zh}”，此操作仅限“{only}”",
            f"the {what.en} is {state}; this needs {' or '.join(allowed)}",
        ),
        Words("刷新页面查看当前状态", f"look at the {what.en} again and go on from its state"),
        field="state",
    )


_WORDS = {
    CaseKind.STAY: ("STAY_STATE", Words("住院记录", "stay")),
    CaseKind.FITTING: ("FITTING_STATE", Words("配置记录", "fitting")),
}
