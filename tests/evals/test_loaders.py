"""Public sets are read as they are published: small files in their shapes, the real ones where they are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evals.loaders.attacks import load_bipia
from evals.loaders.beir import load_beir
from evals.loaders.claims import load_factcheck, load_summedits, load_wice
from evals.loaders.clapnq import load_clapnq
from evals.loaders.mtrag import load_mtrag
from evals.loaders.nomiracl import load_nomiracl
from evals.loaders.squad import load_squad
from evals.samples import ParagraphKey
from rag.errors import UsageError
from rag.types import Turn
from tests.shared import SHARED, needs_shared

BENCHMARKS = SHARED / "benchmarks"


def written(folder: Path, name: str, *rows: object) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_squad(tmp_path: Path) -> None:
    def asked(name: str, answers: list[str], *, impossible: bool) -> dict[str, object]:
        spans = [{"text": text, "answer_start": 0} for text in answers]
        return {"id": name, "question": f" {name}?", "answers": spans, "is_impossible": impossible}

    paragraphs = [
        {"context": "Moles dig.", "qas": [asked("q1", ["dig", "dig", "Moles"], impossible=False)]},
        {"context": "Voles run.", "qas": [asked("q2", [], impossible=True)]},
    ]
    found = load_squad(
        written(tmp_path, "s.json", {"data": [{"title": "Small_beasts", "paragraphs": paragraphs}]})
    )
    first, second = found.questions.samples
    assert first.gold == (ParagraphKey("SQUAD-1", "1"),)
    assert first.key_facts == (("dig", "Moles"),)
    assert (second.answerable, second.gold, second.cluster) == (False, (), "SQUAD-1")
    (cable,) = found.cables()
    assert cable.header.subject == "Small beasts"
    assert [cable.body[p.start : p.end] for p in cable.paragraphs] == ["Moles dig.", "Voles run."]


def test_clapnq_pools_both_files(tmp_path: Path) -> None:
    passage = {"title": "Moles", "text": "Moles dig .", "sentences": ["Moles dig ."]}
    yes = {"id": "1", "input": "what do moles do", "passages": [passage]}
    yes["output"] = [{"answer": "They dig.", "selected_sentences": ["Moles dig ."]}]
    no = {"id": "2", "input": "what do moles eat", "passages": [passage]}
    no["output"] = [{"answer": "", "selected_sentences": []}]
    found = load_clapnq([written(tmp_path, "a.jsonl", yes), written(tmp_path, "u.jsonl", no)])
    assert len(found.passages) == 1
    assert [sample.answerable for sample in found.questions.samples] == [True, False]
    assert found.questions.samples[0].gold == (found.passages[0].key,)


def test_mtrag_keeps_the_conversation(tmp_path: Path) -> None:
    def said(speaker: str, text: str) -> dict[str, str]:
        return {"speaker": speaker, "text": text}

    row = {
        "task_id": "c<::>2",
        "conversation_id": "c",
        "contexts": [{"document_id": "d1", "text": "\nMoles dig."}],
        "input": [said("user", "Moles?"), said("agent", "They dig."), said("user", "Where?")],
        "targets": [said("agent", "In gardens.")],
        "answerability": ["UNDERSPECIFIED"],
    }
    (sample,) = load_mtrag(written(tmp_path, "m.jsonl", row)).questions.samples
    assert sample.question == "Where?"
    assert sample.history == (Turn("Moles?", "They dig."),)
    assert (sample.answerable, sample.gold) == (False, (ParagraphKey("MTRAG-d1", "1"),))


def test_nomiracl_narrows_a_question_to_its_passages(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"q{n}",
            "question": "?",
            "answerable": n,
            "passages": [{"docid": f"d{n}", "text": "Moles dig."}],
        }
        for n in (0, 1)
    ]
    found = load_nomiracl(written(tmp_path, "n.jsonl", *rows))
    assert [sample.within for sample in found.questions.samples] == [("NOMIRACL-d0",), ("NOMIRACL-d1",)]
    assert [sample.answerable for sample in found.questions.samples] == [False, True]


def test_beir_folder(tmp_path: Path) -> None:
    written(
        tmp_path,
        "corpus.jsonl",
        {"_id": "d1", "title": "", "text": "Moles."},
        {"_id": "d2", "text": "Voles."},
    )
    written(tmp_path, "queries.jsonl", {"_id": "q1", "text": "moles"}, {"_id": "q2", "text": "unjudged"})
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n")
    (sample,) = load_beir(tmp_path).questions.samples
    assert sample.gold == (ParagraphKey("BEIR-d1", "1"),)
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\tmuch\n")
    with pytest.raises(UsageError, match=r"test\.tsv:2: "):
        load_beir(tmp_path)
    (tmp_path / "qrels" / "test.tsv").write_text("q1\td1\t1\n")
    with pytest.raises(UsageError, match=r"test\.tsv:1: the columns"):
        load_beir(tmp_path)


def test_claims_are_supported_or_not(tmp_path: Path) -> None:
    wice = [
        {"claim": "c", "evidence": ["a", "b"], "label": label, "meta": {"claim_title": "t"}}
        for label in ("supported", "partially_supported", "not_supported")
    ]
    edits = [{"domain": "news", "doc": "d", "summary": "s", "label": label} for label in (1, 0)]
    stances = [
        {"claim": "c", "evidence": "e", "stance": stance}
        for stance in ("completely-support", "partially-support", "refute", "irrelevant")
    ]
    assert [r.supported for r in load_wice(written(tmp_path, "w", *wice))] == [True, False, False]
    assert [r.supported for r in load_summedits(written(tmp_path, "s", *edits))] == [True, False]
    assert [r.supported for r in load_factcheck(written(tmp_path, "f", *stances))] == [True] + 3 * [False]
    with pytest.raises(UsageError, match=r"w:1: label"):
        load_wice(written(tmp_path, "w", {**wice[0], "label": "perhaps"}))


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        load_squad(tmp_path / "absent.json")
    with pytest.raises(UsageError, match="no questions"):
        load_squad(written(tmp_path, "s.json", {"data": []}))
    with pytest.raises(UsageError, match=r"m\.jsonl:2: task_id"):
        row = {"task_id": "t", "conversation_id": "c", "contexts": [], "targets": []}
        row |= {"input": [{"speaker": "user", "text": "?"}], "answerability": ["ANSWERABLE"]}
        load_mtrag(written(tmp_path, "m.jsonl", row, {}))


@needs_shared
def test_the_published_files_are_read_whole() -> None:
    squad = load_squad(BENCHMARKS / "squad2-dev.json")
    assert (len(squad.passages), len(squad.questions.samples)) == (636, 6307)
    clapnq = load_clapnq(
        [BENCHMARKS / "clapnq-answerable-dev.jsonl", BENCHMARKS / "clapnq-unanswerable-dev.jsonl"]
    )
    assert Counter(sample.answerable for sample in clapnq.questions.samples) == {True: 150, False: 150}
    mtrag = load_mtrag(BENCHMARKS / "mtrag-un-dev.jsonl")
    assert (len(mtrag.passages), sum(bool(s.gold) for s in mtrag.questions.samples)) == (563, 189)
    nomiracl = load_nomiracl(BENCHMARKS / "nomiracl-en-dev.jsonl")
    assert Counter(sample.answerable for sample in nomiracl.questions.samples) == {True: 125, False: 125}
    assert len(load_wice(BENCHMARKS / "wice-dev.jsonl")) == 349
    assert len(load_summedits(BENCHMARKS / "summedits-dev.jsonl")) == 2342
    assert sum(row.supported for row in load_factcheck(BENCHMARKS / "factcheck-stance-dev.jsonl")) == 349
    assert len({attack.category for attack in load_bipia(BENCHMARKS / "bipia-text-attacks-dev.json")}) > 5
