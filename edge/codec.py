"""Bytes of JSON to typed values and back, the same bytes each time.

The one importer of msgspec. Wrong input becomes ``BadInput`` that names the field.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from threading import Lock
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from edge.core.errors import BadInput, Words

T = TypeVar("T")

Raw = msgspec.Raw
"""A piece of JSON kept byte for byte."""


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """For what is read by the thousand and written again: half the time that a dataclass takes."""


_encoder = msgspec.json.Encoder(order="sorted")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_making = Lock()

_IN_QUOTES = Words(
    "须为带引号的文字：JSON 数字会丢失位数",
    "must be text in quotes: a number of JSON may lose digits",
)
_MEND = Words("按接口文档改正该字段后重新提交", "correct this field and send it again")


def decode(data: bytes | str, kind: type[T]) -> T:
    """Read JSON into ``kind`` (a dataclass, list, dict or builtin).

    Raises:
        BadInput: not JSON (code MALFORMED_JSON) or not of this shape (BAD_FIELD, with its path).
    """
    try:
        return _decoder(kind).decode(data)
    except msgspec.ValidationError as wrong:
        raise _bad_field(str(wrong)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise _malformed(str(wrong)) from wrong


def decode_exactly(data: bytes | str, kind: type[T]) -> T:
    """Read JSON into ``kind`` and refuse what it does not know: a key mistyped is a fact lost.

    A key that is null is a key left out.

    Raises:
        BadInput: as ``decode``; UNKNOWN_FIELD, naming the first such key.
    """
    given = decode(data, object)
    value = convert(_without_nulls(given), kind)
    stray = next(_strays(given, kind, ""), None)
    if stray:
        reason = Words(f"没有名为“{stray}”的字段", f"there is no field {stray!r}")
        raise BadInput("UNKNOWN_FIELD", reason, _MEND, field=stray)
    return value


def answers(data: bytes, kind: type[T], answer: Callable[[T], object]) -> bytes:
    """Answer JSON with JSON: one ``kind`` gives one answer, an array gives an array.

    Raises:
        BadInput: as ``decode_exactly`` or ``answer``; in an array the field begins with its
            place: ``[3].filing.valid_to``.
    """
    if not data.lstrip().startswith(b"["):
        return encode(answer(decode_exactly(data, kind)))
    many: list[T] = decode_exactly(data, list[kind])  # type: ignore[valid-type]
    return encode([_answer_at(place, one, answer) for place, one in enumerate(many)])


def convert(value: Any, kind: type[T]) -> T:  # noqa: ANN401 - whatever JSON or TOML can hold
    """Check a value already decoded (from TOML, from a request) into ``kind``.

    Raises:
        BadInput: not of this shape (code BAD_FIELD, with its path).
    """
    _decoder(kind)
    try:
        return msgspec.convert(value, type=kind)
    except msgspec.ValidationError as wrong:
        raise _bad_field(str(wrong)) from wrong


def encode(value: object) -> bytes:
    """Write canonical JSON: keys sorted, no spaces, UTF-8; equal values give equal bytes."""
    return _encoder.encode(value)


def encode_around(value: Any, **written: bytes) -> bytes:  # noqa: ANN401 - a dataclass
    """Write a dataclass as ``encode`` does; these fields of it have been written already."""
    whole = {field.name: getattr(value, field.name) for field in fields(value)}
    return encode(whole | {name: Raw(part) for name, part in written.items()})


def plain(value: object) -> Any:  # noqa: ANN401 - dicts, lists, strings, numbers
    """Turn a typed value into what JSON can hold."""
    return msgspec.to_builtins(value)


def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the one decoder of a type.

    One thread makes them: msgspec writes what it learns of a class on the class, and a second
    thread that reads it half-written takes the process down.
    """
    made = _decoders.get(kind)
    if made is None:
        with _making:
            made = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    return made


def _answer_at(place: int, one: T, answer: Callable[[T], object]) -> object:
    try:
        return answer(one)
    except BadInput as wrong:
        field = f"[{place}].{wrong.field}"
        raise type(wrong)(wrong.code, wrong.reason, wrong.next_action, field=field) from wrong


def _without_nulls(given: object) -> object:
    if isinstance(given, dict):
        return {key: _without_nulls(one) for key, one in given.items() if one is not None}
    return [_without_nulls(one) for one in given] if isinstance(given, list) else given


def _strays(given: object, kind: object, path: str) -> Iterator[str]:
    """Yield the paths in ``given`` that the dataclasses of ``kind`` have no field for."""
    if isinstance(given, list):
        (item, *_) = get_args(kind)
        for place, one in enumerate(given):
            yield from _strays(one, item, f"{path}[{place}]")
    elif isinstance(given, dict) and isinstance(kind, type) and is_dataclass(kind):
        yield from _strays_of(given, _hints(kind), f"{path}." if path else "")


def _strays_of(given: dict[str, object], fields: dict[str, object], path: str) -> Iterator[str]:
    for key, value in given.items():
        if key not in fields:
            yield path + key
        else:
            yield from _strays(value, _without_none(fields[key]), path + key)


def _without_none(hint: object) -> object:
    """Return the other member of ``X | None``."""
    members = [member for member in get_args(hint) if member is not NoneType]
    return members[0] if isinstance(hint, UnionType) and len(members) == 1 else hint


@cache
def _hints(kind: type) -> dict[str, object]:
    return get_type_hints(kind)


def _bad_field(message: str) -> BadInput:
    reason, _, path = message.partition(" - at `$")
    field = path.rstrip("`").removeprefix(".")
    if re.match(r"Expected `str`, got `(int|float)`", reason):
        return BadInput("BAD_FIELD", _IN_QUOTES, _MEND, field=field)
    named = re.match(r"Object missing required field `([^`]+)`", reason)
    if named:
        field = f"{field}.{named[1]}".lstrip(".")
    return BadInput("BAD_FIELD", Words("该字段的内容不符合要求", reason), _MEND, field=field)


def _malformed(message: str) -> BadInput:
    reason = Words(f"不是有效的 JSON：{message}", f"not valid JSON: {message}")
    return BadInput("MALFORMED_JSON", reason, _MEND)
