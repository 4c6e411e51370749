"""A record that came without its text is kept, and says so when it is asked."""

from __future__ import annotations

from pathlib import Path

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions
from rag.config import Settings
from rag.index.collection import open_collection
from rag.types import Outcome, Question
from tests.api.small import build_pipeline
from tests.fakes import WordEncoder
from tests.telegrams import telegram


def test_a_cable_without_its_text_says_so_when_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "1976RIGA04189.txt").write_text(
        "ERROR READING TEXT INDEX FILE; TELEGRAM TEXT FOR THIS MRN IS UNAVAILABLE\n", encoding="utf-8"
    )
    (tmp_path / "a.txt").write_text(telegram(1), encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data")
    with open_collection(settings, WordEncoder(), write=True) as collection:
        files = [tmp_path / "1976RIGA04189.txt", tmp_path / "a.txt"]
        report = ingest(files, collection, IngestOptions())
        assert any("not available" in warning for line in report.lines for warning in line.warnings)
        assert not collection.store.headers(["1976RIGA04189"])["1976RIGA04189"].text_available
        pipeline = build_pipeline(collection)
        asked = pipeline.answer(Question("What does 1976RIGA04189 say about the harvest?"))
        assert any("Text not available for 1976RIGA04189" in note for note in asked.notes)
        summed_up = pipeline.answer(Question("Summarise 1976RIGA04189"))
        assert summed_up.outcome is Outcome.NOT_IN_CORPUS
        assert summed_up.text.startswith("Text not available for 1976RIGA04189")
        unknown = pipeline.answer(Question("Summarise 1976RIGA04190"))
        assert unknown.outcome is Outcome.NOT_IN_CORPUS
        assert "there is no cable 1976RIGA04190" in unknown.text
        other = pipeline.answer(Question("What does 08REYKJAVIK1 say about pigeons?"))
        assert not any("not available" in note for note in other.notes)
