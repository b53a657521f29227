"""Whose list it is: a region by its 6-digit division code. Knows no region."""

from edge.core.errors import BadInput, Words

_DIGITS = 6


def require_region(region: str) -> None:
    """Refuse what is no division code.

    Raises:
        BadInput: NOT_A_DIVISION.
    """
    if not (len(region) == _DIGITS and region.isascii() and region.isdigit()):
        raise BadInput(
            "NOT_A_DIVISION",
            Words("地区编码须为6位数字", "not a 6-digit division code"),
            Words("填写6位行政区划代码，如 120000", "give six digits, such as 120000"),
            field="region",
        )
