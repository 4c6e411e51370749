"""A configuration file names what is measured; a report says it without naming places or secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.configuration import Configuration, applied, described, read_configuration
from evals.provenance import code_sha256
from evals.retrievers import Retriever
from rag.config import Settings
from rag.errors import UsageError
from rag.types import Mode, Policy


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "settings:\n  llm: openai:made\n  llm_temperature: 0.7\nretriever: dense\nmode: llm\n"
        "policy: drop\nrepeats: 3\nconcurrency: 2\n"
    )
    found = read_configuration(path)
    assert (found.retriever, found.mode, found.policy) == (Retriever.DENSE, Mode.LLM, Policy.DROP)
    assert (found.repeats, found.concurrency) == (3, 2)
    settings = applied(found, Settings(data_dir=tmp_path))
    assert (settings.llm, settings.llm_temperature, settings.data_dir) == ("openai:made", 0.7, tmp_path)
    assert read_configuration(None) == Configuration()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("settings: {colour: red}", "no setting colour"),
        ("settings: {llm_timeout_s: -1}", "llm_timeout_s"),
        ("shape: round", "shape"),
        ("repeats: 0", "repeats"),
        ("a: [", "no YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        applied(read_configuration(path), Settings())


def test_a_report_names_no_place(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "secret",
        llm=f"local:{tmp_path}/secret/tiny.gguf",
        llm_base_url="http://secret:1",
        embedding_model=str(tmp_path / "secret" / "encoder"),
        llm_seed=7,
    )
    told = described(settings, Retriever.LEXICAL)
    assert told == {
        "llm": "local:tiny.gguf",
        "embedding_model": "encoder",
        "llm_seed": "7",
        "retriever": "lexical",
    }
    assert described(Settings(), Retriever.HYBRID) == {}


def test_the_code_has_one_hash() -> None:
    assert len(code_sha256()) == 64
    assert code_sha256() == code_sha256()
