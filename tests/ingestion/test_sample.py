"""The bundled sample collection parses to what its authors wrote down."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from ingestion.parse import parse_source
from ingestion.sources import SourceFile
from rag.types import Cable

EXPECTED = json.loads((Path(__file__).parents[1] / "sample_expected.json").read_text(encoding="utf-8"))


def sample(cable_id: str) -> Cable:
    data = files("ingestion").joinpath(f"sample/{cable_id}.txt").read_bytes()
    (cable,) = parse_source(SourceFile(f"{cable_id}.txt", data))
    assert isinstance(cable, Cable)
    return cable


@pytest.mark.parametrize("cable_id", sorted(EXPECTED))
def test_sample_cable(cable_id: str) -> None:
    cable, expected = sample(cable_id), EXPECTED[cable_id]
    assert cable.header.cable_id == cable_id
    assert [paragraph.label for paragraph in cable.paragraphs] == expected["labels"]
    references = [{"letter": r.letter, "cable_id": r.cable_id, "text": r.text} for r in cable.references]
    assert references == expected["references"]
    assert cable.header.signature == expected["signature"]
    assert cable.header.subject == expected["subject"]
    assert cable.header.origin is not None and cable.header.classification == "UNCLASSIFIED"
    assert cable.header.sent_at is not None and cable.header.tags


def test_every_sample_file_is_expected() -> None:
    names = {entry.name.removesuffix(".txt") for entry in files("ingestion").joinpath("sample").iterdir()}
    assert names - {"README.md", "README"} == set(EXPECTED)
