"""Names of accounts, tokens and desks: what is none, what is taken, what nobody has."""

from edge.core.errors import BadInput, Conflict, NotFound, Words

NAME_LENGTH_MAX = 40


def require_name(name: str) -> None:
    """Refuse a name that cannot be read back from a list.

    Raises:
        BadInput: NAME_NOT_USABLE.
    """
    if name.strip() != name or not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise BadInput(
            "NAME_NOT_USABLE",
            Words(
                f"名称须为 1 至 {NAME_LENGTH_MAX} 个可见字符，首尾无空格",
                f"a name is 1 to {NAME_LENGTH_MAX} visible characters, no space at its ends",
            ),
            Words("换一个名称", "choose another name"),
            field="name",
        )


def name_taken(name: str) -> Conflict:
    """Return the error of a name that somebody has, or had."""
    return Conflict(
        "NAME_TAKEN",
        Words(f"名称“{name}”已被使用", f"the name {name!r} is taken"),
        Words("换一个名称，或先停用原有的", "choose another name, or end the present one first"),
        field="name",
    )


def unknown_name(name: str) -> NotFound:
    """Return the error of a name that nobody has, or has any more."""
    return NotFound(
        "NAME_UNKNOWN",
        Words(f"没有有效的“{name}”", f"there is no active {name!r}"),
        Words("核对名称；可能已被停用", "check the name; it may have been ended before"),
        field="name",
    )


def unknown_desk(desk: str) -> BadInput:
    """Return the error of a desk that the settings do not know."""
    return BadInput(
        "DESK_UNKNOWN",
        Words(f"本院没有窗口“{desk}”", f"there is no desk {desk!r} here"),
        Words("选择登记过的窗口", "choose a registered desk"),
        field="desk",
    )
