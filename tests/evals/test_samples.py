"""Sets are read strictly: what is wrong is named by file and line, and nothing is skipped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.samples import (
    ParagraphKey,
    clusters,
    load_samples,
    missing_paragraphs,
)
from rag.errors import UsageError
from rag.types import Turn
from tests.evals.book import made_book, made_sample
from tests.shared import SHARED, needs_shared

GOOD = {
    "id": "s1",
    "question": "How many nets?",
    "type": "number",
    "gold": [{"cable": "05ARDEN1", "paragraph": "2"}],
    "also": [{"cable": "05ARDEN1", "paragraph": "1"}],
    "answer": "Forty.",
    "key_facts": ["nets", ["40", "forty"]],
    "answerable": True,
}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), encoding="utf-8")
    return path


def test_a_line_becomes_a_sample(tmp_path: Path) -> None:
    history = [{"question": "And boats?", "answer": "Nine."}]
    path = written(tmp_path, "", {**GOOD, "history": history, "note": "ignored"}, "")
    found = load_samples(path)
    (sample,) = found.samples
    assert found.name == "set.jsonl"
    assert sample.gold == (ParagraphKey("05ARDEN1", "2"),)
    assert sample.also == (ParagraphKey("05ARDEN1", "1"),)
    assert sample.key_facts == (("nets",), ("40", "forty"))
    assert sample.history == (Turn("And boats?", "Nine."),)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{not json", "JSON"),
        ("[1, 2]", "object"),
        ({**GOOD, "gold": [{"cable": "05ARDEN1"}]}, "gold.0.paragraph"),
        ({**GOOD, "gold": [{"cable": "05ARDEN1", "paragraph": 2}]}, "gold.0.paragraph"),
        ({key: value for key, value in GOOD.items() if key != "question"}, "question"),
        ({**GOOD, "question": "  "}, "question"),
        ({**GOOD, "answerable": "yes"}, "answerable"),
        ({**GOOD, "answerable": False}, "names gold"),
        ({**GOOD, "key_facts": [[]]}, "key_facts"),
        (GOOD, "already on line 1"),
    ],
    ids=["json", "array", "no label", "label a number", "no question", "blank", "bool", "contradiction",
         "empty fact", "duplicate"],
)  # fmt: skip
def test_a_bad_line_is_named(tmp_path: Path, line: object, says: str) -> None:
    path = written(tmp_path, GOOD, line)
    with pytest.raises(UsageError) as error:
        load_samples(path)
    assert f"{path}:2: " in error.value.message
    assert says in error.value.message


def test_bytes_that_are_not_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(
        json.dumps(GOOD).encode() + b"\n" + json.dumps(GOOD).encode().replace(b"nets", b"\xff\xfe")
    )
    with pytest.raises(UsageError, match=r"set\.jsonl:2: "):
        load_samples(path)


def test_all_bad_lines_are_counted_and_the_first_listed(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        load_samples(written(tmp_path, *["{"] * 30))
    assert "30 bad line(s)" in error.value.message
    assert "and 10 more" in error.value.message


@pytest.mark.parametrize("content", ["", "\n \n"], ids=["no bytes", "blank lines"])
def test_an_empty_set_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(content)
    with pytest.raises(UsageError, match="empty"):
        load_samples(path)


def test_a_missing_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the question set"):
        load_samples(tmp_path / "nowhere.jsonl")
    with pytest.raises(UsageError, match="cannot read the question set"):
        load_samples(tmp_path)


def test_missing_gold_is_listed() -> None:
    book, made = made_book()
    absent = ParagraphKey("05NOWHERE1", "1")
    sample = made_sample("lost", "Where?", [absent], ["x"])

    def find_text(cable: str, label: str) -> str | None:
        found = book.find_paragraph(cable, label)
        return None if found is None else found.text

    assert missing_paragraphs(made.samples, find_text) == ()
    assert [str(item) for item in missing_paragraphs([sample], find_text)] == ["lost: 05NOWHERE1 ¶1"]


def test_samples_that_share_a_cable_are_one_cluster() -> None:
    def gold(*cables: str) -> list[ParagraphKey]:
        return [ParagraphKey(cable, "1") for cable in cables]

    found = clusters(
        [
            made_sample("a", "?", gold("X"), []),
            made_sample("b", "?", gold("X", "Y"), []),
            made_sample("c", "?", gold("Y"), []),
            made_sample("d", "?", gold("Z"), []),
            made_sample("e", "?", [], [], answerable=False),
            made_sample("f", "?", [], [], answerable=False),
        ]
    )
    assert found["a"] == found["b"] == found["c"]
    assert len(set(found.values())) == 4


@needs_shared
def test_the_development_set_is_read() -> None:
    found = load_samples(SHARED / "benchmarks" / "cable-qa-dev.jsonl")
    assert len(found.samples) == 150
    assert sum(not sample.answerable for sample in found.samples) == 25
    assert sum(bool(sample.history) for sample in found.samples) == 15
