"""The shape of the house: short functions, short files, told by their first line."""

import ast

from tests.house.source import product, sources

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400


def test_no_function_is_longer_than_fifty_lines() -> None:
    long = [
        f"{source.path}:{node.lineno} {node.name}"
        for source in sources()
        for node in source.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert not long


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = [s.path for s in sources() if len(s.text.splitlines()) > FILE_LINES_MAX]
    assert not long


def test_every_module_of_the_product_says_what_it_is_for() -> None:
    silent = [source.path for source in product() if not ast.get_docstring(source.tree)]
    assert not silent
