"""The data dictionary: every table and column of the newest schema, each with its sentence.

The schema is read from a database that has just been made; the sentences are docs/dictionary.toml.
"""

import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edge.store.database import Rows, Store
from edge.store.migrations import migrate

SENTENCES = Path(__file__).parents[1] / "dictionary.toml"

_ITSELF = "_"
_HEADS = {
    "zh": ("列", "类型", "内容", "主键", "可空", "已加密"),
    "en": ("column", "type", "what it holds", "key", "may be empty", "sealed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as the schema has it; ``refers`` is the table it points into, or empty."""

    name: str
    kind: str
    key: bool
    empty: bool
    refers: str


def made(language: str) -> str:
    """Return the dictionary as Markdown: a heading and a table for each table."""
    return "\n\n".join(_told(name, columns, language) for name, columns in schema().items())


def sentence(table: str, column: str = _ITSELF) -> tuple[str, str]:
    """Return what a column, or the table itself, holds, in both languages; empty if nobody said."""
    words = _words()
    said = words["tables"].get(table, {}).get(column) or words["every"].get(column, "")
    zh, _, en = str(said).partition(" / ")
    return zh, en


def needless() -> list[str]:
    """Return what has a sentence and is not in the schema."""
    tables = schema()
    names = {column.name for columns in tables.values() for column in columns}
    known = {(t, c.name) for t, columns in tables.items() for c in columns}
    told = [(t, c) for t, columns in _words()["tables"].items() for c in columns]
    return [
        *(name for name in _words()["every"] if name not in names),
        *(f"{t}.{c}" for t, c in told if (t, c) not in known and (c != _ITSELF or t not in tables)),
    ]


@cache
def schema() -> Mapping[str, tuple[Column, ...]]:
    """Return the tables of a new database with their columns, by name."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "edge.db"))
        migrate(store)
        db = store.read()
        names = db.tuples("select name from sqlite_master where type = 'table' order by name")
        tables = {str(name): _columns(db, name) for (name,) in list(names) if "sqlite_" not in name}
        store.close()
    return tables


def _columns(db: Rows, table: str) -> tuple[Column, ...]:
    refers = {row["from"]: row["table"] for row in db.query(f"pragma foreign_key_list({table})")}
    return tuple(
        Column(
            name=row["name"],
            kind=str(row["type"]).lower(),
            key=bool(row["pk"]),
            empty=not row["notnull"] and not row["pk"],
            refers=refers.get(row["name"], ""),
        )
        for row in db.query(f"pragma table_info({table})")
    )


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    with SENTENCES.open("rb") as file:
        return tomllib.load(file)


def _told(table: str, columns: tuple[Column, ...], language: str) -> str:
    side, head = ("zh", "en").index(language), _HEADS[language]
    lines = [f"## {table} {{#{table}}}", "", sentence(table)[side], ""]
    lines += [f"| {' | '.join(head)} |", "|---|---|---|---|---|---|"]
    for one in columns:
        words = sentence(table, one.name)[side]
        linked = f"{words} → [{one.refers}](#{one.refers})" if one.refers else words
        marks = (one.key, one.empty, one.name.endswith("_sealed"))
        cells = (f"`{one.name}`", one.kind, linked, *("●" if mark else "" for mark in marks))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
