"""``cableqa eval`` through its entry point: a run and what is made of it, feedback, bad input."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.program import app
from api.history import History, Reason
from evals.samples import load_samples
from rag.record import AnswerRecord
from tests.api.serving import serving

SAMPLE = Path(__file__).resolve().parents[2] / "ingestion" / "sample"
QUESTIONS = (
    {
        "id": "cod",
        "question": "How many tons of cod did inspectors weigh out of the trawler Hrafnsey?",
        "type": "number",
        "gold": [{"cable": "05REYKJAVIK118", "paragraph": "1"}],
        "answer": "186 tons.",
        "key_facts": ["186"],
        "answerable": True,
    },
    {
        "id": "volcano",
        "question": "Which volcano erupted beneath parliament yesterday?",
        "type": "unanswerable",
        "gold": [],
        "answer": None,
        "key_facts": [],
        "answerable": False,
    },
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def written(folder: Path, *rows: object) -> Path:
    path = folder / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "data"
    result = run("ingest", SAMPLE / "05REYKJAVIK118.txt", SAMPLE / "05TALLINN604.txt", "--data-dir", folder)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def measured(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with two families, and a baseline of the same questions to compare it with."""
    folder = tmp_path_factory.mktemp("run")
    path = written(folder, *QUESTIONS)
    families = ("--family", "gold_paragraph_removed", "--family", "lookup", "--family", "wrong_premise")
    result = run("eval", "run", path, "--collection", data, "--out", folder / "out", *families)
    assert result.exit_code == 0, result.output
    assert "retrieval.hit@1" in result.stdout
    return folder / "out"


def test_a_run_leaves_report_page_and_records(measured: Path) -> None:
    report = json.loads((measured / "report.json").read_text())
    assert report["set"]["families"] == ["gold_paragraph_removed", "lookup", "wrong_premise"]
    assert report["overall"]["quote.fidelity"]["mean"] == 1.0
    assert report["verifier_audit"]["sentences"] > 0
    assert report["provenance"]["parts"]["retriever"] == "hybrid"
    page = (measured / "report.html").read_text(encoding="utf-8")
    assert "Constructed families" in page
    assert "lookup title" in page


def test_measuring_leaves_no_answers_behind(measured: Path, data: Path) -> None:
    from rag.store.cable_store import CableStore

    store = CableStore.open(data)
    try:
        assert store.ledger.citing("05REYKJAVIK118") == ()
    finally:
        store.close()


def test_another_retriever_is_a_line_in_a_file(measured: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("retriever: lexical\npolicy: drop\n")
    result = run(
        "eval", "run", written(tmp_path, *QUESTIONS), "--collection", data, "--out", tmp_path / "out",
        "--config", tmp_path / "words.yaml", "--no-audit", "--no-texts", "--baseline", measured, "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["settings"]["policy"] == "drop"
    assert report["settings"]["configuration"] == {"retriever": "lexical"}
    records = (tmp_path / "out" / "samples.jsonl").read_text().splitlines()[1:]
    found = {
        piece["found_by"] for record in records for piece in json.loads(record)["observation"]["evidence"]
    }
    assert found == {"lexical"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Against the baseline" in page
    assert "Hrafnsey" not in page


def test_the_gate_s_exit_status_is_its_word(measured: Path, tmp_path: Path) -> None:
    passed = run("eval", "gate", measured, measured / "report.json")
    assert (passed.exit_code, "passed" in passed.stdout) == (0, True)
    broken = json.loads((measured / "report.json").read_text())
    broken["overall"]["quote.fidelity"]["mean"] = 0.99
    (tmp_path / "report.json").write_text(json.dumps(broken))
    refused = run("eval", "gate", measured, tmp_path)
    assert refused.exit_code == 1
    assert "refused: quote.fidelity is 0.9900" in refused.stdout
    told = run("eval", "gate", measured, tmp_path, "--json")
    assert told.exit_code == 1
    assert len(json.loads(told.stdout)["failures"]) == 1


def test_two_runs_side_by_side(measured: Path, tmp_path: Path) -> None:
    worse = json.loads((measured / "report.json").read_text())
    line = next(line for line in worse["samples"] if line["id"] == "cod")
    line["values"]["retrieval.hit@1"] = 1.0 - line["values"]["retrieval.hit@1"]
    (tmp_path / "report.json").write_text(json.dumps(worse))
    result = run("eval", "compare", measured, tmp_path, "--out", tmp_path / "c.html", "--json")
    assert result.exit_code == 0, result.output
    changes = {(c["metric"], c["family"]): c for c in json.loads(result.stdout)["changes"]}
    change = changes["retrieval.hit@1", None]
    assert [*change["worse"], *change["better"]] == ["cod"]
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert 'id="cod"' in page
    assert "inspectors weigh out" in page


def test_the_results_go_between_the_document_s_markers(measured: Path, tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("# Head\n<!-- results -->\n\n## Tail\n", encoding="utf-8")
    for _ in range(2):  # the second time it replaces what the first has put there
        assert run("eval", "table", measured, "--into", document).exit_code == 0
        text = document.read_text(encoding="utf-8")
        assert text.startswith("# Head\n<!-- results -->\n| | set (2 questions) |\n")
        assert text.endswith("<!-- /results -->\n\n## Tail\n")
        assert text.count("quotations are verbatim") == 1
    assert "quotations are verbatim" in run("eval", "table", measured).stdout
    document.write_text("# No place\n")
    assert run("eval", "table", measured, "--into", document).exit_code == 2


def test_feedback_becomes_samples_for_review(data: Path, tmp_path: Path) -> None:
    asked = run("ask", QUESTIONS[0]["question"], "--data-dir", data, "--json")
    record = AnswerRecord.model_validate_json(asked.stdout)
    history = History.open(data)
    history.feedback.add(record.answer_id, 1, Reason.DOES_NOT_SUPPORT, "it is about haddock")
    history.feedback.add("gone", None, Reason.WRONG, None)
    history.close()
    path = tmp_path / "set.jsonl"
    for _ in range(2):  # the second time nothing is added twice
        result = run("eval", "from-feedback", path, "--data-dir", data)
        assert result.exit_code == 1  # an answer that is no longer kept is listed
        assert "gone" in result.stderr
        (sample,) = load_samples(path).samples
    assert sample.question == record.standalone_question
    assert sample.review is not None and "it is about haddock" in sample.review
    assert sample.gold == ()
    assert run("eval", "from-feedback", path, "--data-dir", tmp_path / "nowhere").exit_code == 3


def test_a_server_by_its_address(tmp_path: Path) -> None:
    from tests.api import small

    collection = small.build_collection(tmp_path / "data", small.cables())
    service = small.build_service(collection)
    question = {
        **QUESTIONS[0],
        "question": small.QUESTION,
        "gold": [{"cable": "05TALLINN7", "paragraph": "2"}],
    }
    path = written(tmp_path, {**question, "key_facts": ["212"]})
    try:
        with serving(service) as url:
            result = run("eval", "run", path, "--url", url, "--out", tmp_path / "out", "--family", "dressed")
    finally:
        service.close()
        collection.close()
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["overall"]["answer.key_facts"]["mean"] == 1.0
    assert report["set"]["families"] == ["dressed"]


def test_a_server_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    path = written(tmp_path, QUESTIONS[1])
    result = run("eval", "run", path, "--url", "http://127.0.0.1:9", "--out", tmp_path / "out")
    assert result.exit_code == 1
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert "does not answer" in report["failed"]["volcano"]


def test_an_empty_collection_is_3(tmp_path: Path) -> None:
    path = written(tmp_path, QUESTIONS[1])
    result = run("eval", "run", path, "--collection", tmp_path / "bare", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "There is no cable in" in result.stderr


def test_a_public_set_makes_its_collection(tmp_path: Path) -> None:
    span = {"text": "fourteen tunnels", "answer_start": 12}
    qas = [{"id": "q1", "question": "How many tunnels do moles dig?", "answers": [span]}]
    paragraphs = [{"context": "Moles dig fourteen tunnels in a garden each night.", "qas": qas}]
    (tmp_path / "s.json").write_text(json.dumps({"data": [{"title": "Moles", "paragraphs": paragraphs}]}))
    arguments = (
        "eval",
        "run",
        tmp_path / "s.json",
        "--format",
        "squad",
        "--out",
        tmp_path / "out",
        "--no-audit",
    )
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["overall"]["retrieval.hit@1"]["mean"] == 1.0


def test_claims_measure_the_verifier_alone(tmp_path: Path) -> None:
    rows = [
        {"claim": "Moles dig 14 tunnels.", "evidence": ["Moles dig 14 tunnels."], "label": "supported",
         "meta": {"claim_title": "Mole"}},
        {"claim": "Moles dig 15 tunnels.", "evidence": ["Moles dig 14 tunnels."], "label": "not_supported",
         "meta": {"claim_title": "Mole"}},
    ]  # fmt: skip
    path = tmp_path / "w.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    result = run("eval", "claims", path, "--format", "wice", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["overall"]["balanced"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "empty.jsonl"], "is empty"),
        (["run", "torn.jsonl"], "torn.jsonl:2: "),
        (["run", "twice.jsonl"], "stands already on line 1"),
        (["run", "good.jsonl", "--family", "cousins"], "no family cousins"),
        (["run", "good.jsonl", "--repeats", "2"], "says the same each time"),
        (
            ["run", "good.jsonl", "--url", "http://x", "--config", "c.yaml"],
            "leave --collection and --config out",
        ),
        (["run", "good.jsonl", "--config", "wrong.yaml"], "no setting colour"),
        (["run", "good.jsonl", "--config", "odd.yaml"], "odd.yaml: policy"),
        (["run", "lost.jsonl"], "lost: 05NOWHERE1 ¶7"),
        (["gate", "absent.json", "absent.json"], "cannot read the report"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_bad_input_is_2_and_says_where(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CABLEQA_DATA_DIR", str(data))
    good = json.dumps(QUESTIONS[0])
    lost = {**QUESTIONS[0], "id": "lost", "gold": [{"cable": "05NOWHERE1", "paragraph": "7"}]}
    for name, text in {
        "empty.jsonl": "",
        "good.jsonl": good,
        "torn.jsonl": good + '\n{"id": "x"',
        "twice.jsonl": good + "\n" + good,
        "lost.jsonl": json.dumps(lost),
        "wrong.yaml": "settings: {colour: red}",
        "odd.yaml": "policy: shrug",
    }.items():
        Path(name).write_text(text, encoding="utf-8")
    result = run("eval", *arguments)
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.stderr.split())
