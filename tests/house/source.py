"""What the house tests read: our own files, parsed once."""

import ast
import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("edge", "drivers", "sync", "simulators", "bench", "tests")


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the root, its text, its syntax tree, and what it imports.

    ``nodes`` is the tree gone through once.
    """

    path: str
    text: str
    tree: ast.Module
    nodes: tuple[ast.AST, ...]
    imports: frozenset[str]

    @property
    def module(self) -> str:
        """The dotted name by which it is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def sources() -> tuple[Source, ...]:
    """Return every Python file of the project."""
    paths = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    # Their nodes live to the end of the run: the collector would go through them all, many times.
    gc.disable()
    try:
        return tuple(_read(path) for path in paths)
    finally:
        gc.freeze()
        gc.enable()


def product() -> tuple[Source, ...]:
    """Return the files that are shipped: everything but the benches and the tests."""
    return tuple(s for s in sources() if not s.path.startswith(("bench/", "tests/")))


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    nodes = tuple(ast.walk(tree))
    imports = frozenset(_imports(nodes))
    return Source(path.relative_to(ROOT).as_posix(), text, tree, nodes, imports)


def _imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the dotted name of every module that is imported."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
