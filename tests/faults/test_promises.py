"""Every promise names tests, and they exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMISES = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PROMISES)
HEADS = {"promise", "dependency", "limit"}


def rows() -> list[list[str]]:
    """The cells of every row of every table, heads and rulers aside."""
    found = [line.strip("| ").split(" | ") for line in PROMISES.splitlines() if line.startswith("| ")]
    return [row for row in found if row[0] not in HEADS]


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED)), ids=lambda part: Path(part).stem)
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert test.startswith("test_") and test in found


def test_every_promise_names_a_test() -> None:
    assert len(rows()) >= 9
    assert [row[0] for row in rows() if not re.search(r"`tests/[\w/]+\.py::test_\w+`", row[-1])] == []
