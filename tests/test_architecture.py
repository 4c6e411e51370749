"""The house: imports run one way, each dependency has its room, modules stay small."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("rag", "ingestion", "evals", "api")
MAY_IMPORT = {
    "rag": {"rag"},
    "ingestion": {"rag", "ingestion"},
    "evals": {"rag", "evals"},
    "api": {"rag", "ingestion", "evals", "api"},
}
ROOM_OF = {
    "chromadb": {"rag/index/chunks.py", "rag/index/chroma_client.py"},
    "tantivy": {"rag/index/lexical.py"},
    "sentence_transformers": {
        "rag/models/embeddings.py",
        "rag/finding/rerank.py",
        "rag/verifying/cross_encoder.py",
    },
    "xllamacpp": {"rag/llm/local.py"},
    "ray": {"rag/index/ray_embedder.py"},
}
# Each imports only those before it.
ROOMS_OF_RAG = (
    "errors", "types", "text", "config", "models", "record", "store", "index", "asking", "finding",
    "verifying", "answering", "llm", "keeping", "pipeline", "bootstrap",
)  # fmt: skip
# The client is one file that its users copy: it cannot be split.
LINES = {"api/client.py": 370}
MODULES = [path.relative_to(ROOT) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
LIBRARY = [path for path in MODULES if path.parts[0] == "rag" and path != Path("rag/__init__.py")]


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it; relative imports are not used."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_run_one_way(path: Path) -> None:
    room = path.parts[0]
    rooms = {name.split(".")[0] for name in imported(path)} & set(ROOMS)
    assert rooms <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", LIBRARY, ids=str)
def test_the_rooms_of_the_library_import_one_way(path: Path) -> None:
    place = {name: number for number, name in enumerate(ROOMS_OF_RAG)}
    own = path.with_suffix("").parts[1]
    others = {name.split(".")[1] for name in imported(path) if name.startswith("rag.")} - {own}
    assert {name for name in others if place[name] > place[own]} == set()


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_dependency_stays_in_its_room(path: Path) -> None:
    wrong = [
        name
        for name in imported(path)
        if (rooms := ROOM_OF.get(name.split(".")[0])) is not None and path.as_posix() not in rooms
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_modules_stay_under_250_lines(path: Path) -> None:
    limit = LINES.get(path.as_posix(), 250)
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) < limit


def test_the_client_needs_httpx_alone() -> None:
    needed = {name.split(".")[0] for name in imported(Path("api/client.py"))} - set(sys.stdlib_module_names)
    assert needed == {"httpx"}


def test_no_module_is_called_utils() -> None:
    assert [path for path in MODULES if path.stem in {"utils", "helpers", "managers", "misc", "common"}] == []
