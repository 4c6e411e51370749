"""The command line through its entry point: output, exit statuses, what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli.program import app
from rag.record import AnswerRecord, CableRecord, ErrorBody, ParagraphRecord, SearchRecord

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "ingestion" / "sample"
COMMANDS = [
    "ingest", "ask", "chat", "search", "show", "verify", "export", "serve", "doctor", "backup",
    "restore", "delete",
    "eval run", "eval gate", "eval compare", "eval table", "eval claims", "eval from-feedback",
]  # fmt: skip


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cables of the sample, read in by the command itself."""
    folder = tmp_path_factory.mktemp("cli")
    sources = [SAMPLE / f"{name}.txt" for name in ("05REYKJAVIK118", "05COLOMBO1899", "05TALLINN604")]
    result = run("ingest", *sources, "--data-dir", folder / "data")
    assert result.exit_code == 0, result.output
    return folder / "data"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which nothing was ever put."""
    return tmp_path_factory.mktemp("bare") / "data"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Example: " in result.output
    assert f"cableqa {command}" in " ".join(result.output.split())


def test_help_does_not_wait_for_torch() -> None:
    code = (
        "import sys\n"
        "from api.cli import main\n"
        "sys.argv = ['cableqa', 'ask', '--help']\n"
        "try:\n    main()\n"
        "finally:\n"
        "    slow = {'torch', 'chromadb', 'sentence_transformers', 'fastapi'} & set(sys.modules)\n"
        "    print('loaded:', sorted(slow), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "loaded: []" in done.stderr


_SERVED = """
import sys
from pathlib import Path
from api.app import create_app
from api.opening import open_service
from rag.config import Settings
service = open_service(Settings(data_dir=Path(sys.argv[1])), guarded=False)
service.warm_up(1)
create_app(service)
print("loaded:", sorted({"transformers", "sentence_transformers", "openai", "ray"} & set(sys.modules)))
service.close()
service.release()
"""


def test_a_server_is_ready_and_has_answered_without_libraries_that_it_may_never_need(data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SERVED, data], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "loaded: []" in done.stdout


def test_ingest_a_second_time_changes_nothing(data: Path) -> None:
    again = run("ingest", SAMPLE / "05REYKJAVIK118.txt", "--data-dir", data, "--json")
    assert again.exit_code == 0
    assert [line["status"] for line in json.loads(again.stdout)["lines"]] == ["unchanged"]


def test_ingest_says_what_failed_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "cables").mkdir()
    (tmp_path / "cables" / "good.txt").write_bytes((SAMPLE / "05COLOMBO1899.txt").read_bytes())
    (tmp_path / "cables" / "empty.txt").write_bytes(b"")
    (tmp_path / "cables" / "noise.txt").write_bytes(bytes(range(256)) * 40)
    result = run("ingest", tmp_path / "cables", "--data-dir", tmp_path / "data")
    assert result.exit_code == 1
    assert "empty.txt" in result.stdout
    assert "noise.txt" in result.stdout
    assert run("show", "05COLOMBO1899", "--data-dir", tmp_path / "data").exit_code == 0


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    result = run("ingest", SAMPLE / "05COLOMBO1899.txt", "--dry-run", "--data-dir", tmp_path / "data")
    assert result.exit_code == 0
    assert "1 parsed" in result.stdout
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest", "/no/such/folder"],
        ["ingest"],
        ["ingest", ".", "--format", "papyrus"],
        ["ask"],
        ["ask", "q", "--mode", "magic"],
        ["ask", "q", "--top-k", "0"],
        ["search", "q", "--date-from", "yesterday"],
        ["verify", "/no/such/file"],
        ["serve", "--port", "99999"],
        ["eval", "run", "/no/such/set.jsonl", "--out", "out"],
        ["export"],
        ["export", "one", "--search", "two"],
        ["export", "--batch", "/no/such/questions.csv"],
        ["fly"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(arguments: Sequence[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr
    assert not result.stdout


@pytest.mark.parametrize(
    "arguments",
    [["ask", "q?"], ["search", "q"], ["show", "05COLOMBO1899"], ["verify", "-"]],
    ids=lambda arguments: arguments[0],
)
def test_nothing_to_ask_is_3(bare: Path, arguments: Sequence[str]) -> None:
    result = run(*arguments, "--data-dir", bare, "--json", stdin="It rained (05COLOMBO1899 ¶1).")
    assert result.exit_code == 3
    assert ErrorBody.model_validate_json(result.stdout).error.code == "collection_empty"
    assert "cableqa ingest" in result.stderr


def test_a_locked_collection_is_3_and_names_the_holder(data: Path) -> None:
    from rag.store.lock import DirectoryLock

    held = DirectoryLock.acquire(data, write=False)
    try:
        result = run("ingest", SAMPLE / "05COLOMBO1899.txt", "--data-dir", data)
    finally:
        held.release()
    assert result.exit_code == 3
    assert str(os.getpid()) in result.stderr


@pytest.mark.parametrize("variable", ["CABLEQA_EMBEDDING_MODEL", "CABLEQA_LLM"])
def test_a_wrong_model_is_4(data: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "/no/such/model")
    result = run("ask", "How much cod?", "--data-dir", data)
    assert result.exit_code == 4, result.output
    assert "/no/such/model" in result.stderr


def test_a_wrong_setting_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CABLEQA_LLM_TIMEOUT_S", "soon")
    result = run("search", "cod")
    assert result.exit_code == 2
    assert "CABLEQA_LLM_TIMEOUT_S" in result.stderr


def test_show_prints_what_http_returns(data: Path) -> None:
    cable = CableRecord.model_validate_json(run("show", "reykjavik 118", "--data-dir", data, "--json").stdout)
    assert cable.cable_id == "05REYKJAVIK118"
    paragraph = run("show", "05REYKJAVIK118", "1", "--data-dir", data, "--json").stdout
    assert ParagraphRecord.model_validate_json(paragraph) == cable.paragraphs[0]
    printed = run("show", "05REYKJAVIK118", "¶1", "--data-dir", data).stdout
    assert cable.paragraphs[0].text in printed


def test_show_raw_is_the_source_byte_for_byte(data: Path) -> None:
    source = (SAMPLE / "05REYKJAVIK118.txt").read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", "show", "05REYKJAVIK118", "--raw"],
        cwd=ROOT,
        env={"CABLEQA_DATA_DIR": str(data), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=60,
    )
    assert done.stdout == source
    raw = run("show", "05REYKJAVIK118", "1", "--raw", "--data-dir", data).stdout
    assert raw.strip() in source.decode()
    cleaned = run("show", "05REYKJAVIK118", "1", "--data-dir", data, "--json").stdout
    assert "".join(json.loads(cleaned)["text"].split()) == "".join(raw.split())


def test_show_raw_paragraph_prints_the_bytes_it_came_from(tmp_path: Path) -> None:
    text = (
        "FM AMEMBASSY RIGA\r\nUNCLAS RIGA 000042\r\n\r\nTAGS: PREL, KTIP\r\nSUBJECT: RAIN\r\n\r\n"
        "REF: A. 06 OSLO 5\r\n     B. 07RIGA41\r\n\r\n1. It rained at the caf\xe9.\r\n\r\n"
        "2. As in REF B, para 2, rain\r\n\r\n"
        "RIGA 00000042  002 OF 002\r\n\r\nfell:\r\n\r\nA. in May;\r\n\r\nB. in June.\r\n"
    )
    for encoding in ("cp1252", "utf-8-sig", "utf-16"):
        source = text.encode(encoding)
        (tmp_path / "07RIGA42.txt").write_bytes(source)
        data = tmp_path / encoding
        assert run("ingest", tmp_path / "07RIGA42.txt", "--data-dir", data).exit_code == 0
        plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
        raw = run("show", "07RIGA42", "--raw", "--paragraph", "2", "--data-dir", data).stdout_bytes
        assert raw == text[text.index("As in") : -2].encode(plain) and raw in source
        first = run("show", "07RIGA42", "--raw", "--paragraph", "1", "--data-dir", data).stdout_bytes
        assert first == "It rained at the caf\xe9.".encode(plain)
    record = json.loads(run("show", "07RIGA42", "2.B", "--json", "--data-dir", data).stdout)
    assert [part["address"] for part in record["parts"]] == ["2.A", "2.B"]
    assert [(p["cable_id"], p["paragraph"], p["in_collection"]) for p in record["pointers"]] == [
        ("07RIGA41", "2", False)
    ]
    shown = run("show", "07RIGA42", "2.B", "--data-dir", data).stdout
    assert "B. in June." in shown and "in May" not in shown
    whole = run("show", "07RIGA42", "--data-dir", data).stdout
    assert "KTIP (Trafficking in persons)" in whole and "A. 06OSLO5, B. 07RIGA41" in whole
    assert "REF B, para 2 → 07RIGA41 ¶2" in whole


@pytest.mark.parametrize("arguments", [["05NOWHERE1"], ["05REYKJAVIK118", "99"]], ids=" ".join)
def test_what_is_not_there_is_1(data: Path, arguments: Sequence[str]) -> None:
    result = run("show", *arguments, "--data-dir", data, "--json")
    assert result.exit_code == 1
    assert ErrorBody.model_validate_json(result.stdout).error.code == "not_found"


def test_ask_prints_sentences_and_footnotes(data: Path) -> None:
    question = "How many tons of cod did inspectors weigh out of the trawler Hrafnsey in March 2005?"
    record = AnswerRecord.model_validate_json(run("ask", question, "--data-dir", data, "--json").stdout)
    assert "186" in record.text
    assert record.citations[0].cable_id in {"05REYKJAVIK118", "05TALLINN604"}
    printed = run("ask", question, "--data-dir", data)
    assert printed.exit_code == 0
    for citation in record.citations:
        assert f"[{citation.marker}] {citation.label}" in printed.stdout
        assert citation.quote in printed.stdout


def test_ask_admits_what_is_not_there(data: Path) -> None:
    result = run("ask", "Who won the 2008 presidential election in Kazakhstan?", "--data-dir", data)
    assert result.exit_code == 0
    assert "Not in this collection" in result.stdout


def test_ask_tells_what_a_header_says(data: Path) -> None:
    result = run("ask", "When was 05REYKJAVIK118 sent?", "--data-dir", data)
    assert "05REYKJAVIK118 was sent on 2005-" in " ".join(result.stdout.split())
    assert "In the header only; no paragraph was read" in " ".join(result.stdout.split())
    assert "searched" not in result.stdout


def test_a_question_of_20000_characters_is_2(data: Path) -> None:
    result = run("ask", "x" * 20_000, "--data-dir", data, "--json")
    assert result.exit_code == 2
    assert "20000" in ErrorBody.model_validate_json(result.stdout).error.message


def test_search_lists_paragraphs(data: Path) -> None:
    result = run("search", "tea auction bids by telephone", "--k", "3", "--data-dir", data, "--json")
    record = SearchRecord.model_validate_json(result.stdout)
    assert len(record.hits) == 3
    assert record.hits[0].cable_id == "05COLOMBO1899"
    narrowed = run("search", "tea", "--origin", "Embassy Tallinn", "--data-dir", data, "--json").stdout
    assert {hit.cable_id for hit in SearchRecord.model_validate_json(narrowed).hits} == {"05TALLINN604"}


def test_search_explains_itself(data: Path) -> None:
    shown = run("search", "cables from Colombo on tea in 2005", "--explain", "--data-dir", data).stdout
    assert "Only origin Embassy Colombo (“Colombo”)" in shown
    assert "Rather date 2005-01-01 to 2005-12-31" in shown
    assert "lexical rank" in shown


def test_verify_is_1_where_a_citation_fails(data: Path, tmp_path: Path) -> None:
    good = "Inspectors found 186 metric tons of cod in a hold whose logbook declared 112 (05REYKJAVIK118 ¶1)."
    (tmp_path / "memo.txt").write_text(good, encoding="utf-8")
    assert run("verify", tmp_path / "memo.txt", "--data-dir", data).exit_code == 0
    bad = run("verify", "-", "--data-dir", data, "--json", stdin=f"{good} It sank (05REYKJAVIK118 ¶77).")
    assert bad.exit_code == 1
    assert [s["verdict"] for s in json.loads(bad.stdout)["sentences"]] == ["supported", "not_found"]


def test_eval_run_writes_a_report(data: Path, tmp_path: Path) -> None:
    line = {
        "id": "one",
        "question": "How many metric tons of cod did inspectors find in the trawler Hrafnsey?",
        "type": "number",
        "gold": [{"cable": "05REYKJAVIK118", "paragraph": "1"}],
        "also": [],
        "answer": "186 metric tons",
        "key_facts": ["186"],
        "answerable": True,
    }
    (tmp_path / "set.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    arguments = ("eval", "run", tmp_path / "set.jsonl", "--out", tmp_path / "out", "--data-dir", data)
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["overall"]["retrieval.hit@5"]["mean"] == 1.0
    assert (tmp_path / "out" / "report.json").is_file()


def test_chat_through_a_pipe_keeps_what_was_said(data: Path, tmp_path: Path) -> None:
    question = "How many tons of cod did inspectors weigh out of the trawler Hrafnsey in March 2005?"
    lines = f"{question}\n/show 1\n/show 99\n\n/quit\nnever heard\n"
    talked = run("chat", "--data-dir", data, "--json", stdin=lines)
    assert talked.exit_code == 1, talked.output
    assert "none is [99]" in talked.stderr
    conversation = json.loads(talked.stdout)
    assert [answer["question"] for answer in conversation["answers"]] == [question]
    exported = run("export", "--conversation", conversation["conversation_id"], "--data-dir", data)
    assert exported.exit_code == 0
    assert f"# {question}" in exported.stdout.replace("\\", "")
    answer_id = conversation["answers"][0]["answer_id"]
    assert run("export", answer_id, "--format", "ris", "--data-dir", data).stdout.startswith("TY  - GOVDOC")
    assert run("export", "none", "--data-dir", data).exit_code == 1


def test_a_batch_becomes_a_sheet_and_is_not_asked_twice(data: Path, tmp_path: Path) -> None:
    questions, sheet = tmp_path / "questions.csv", tmp_path / "sheet.csv"
    questions.write_text("id,question\nq1,How many tons of cod were weighed?\n", encoding="utf-8")
    arguments = ("export", "--batch", questions, "--out", sheet, "--data-dir", data, "--json")
    first = run(*arguments)
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["answers"] == 1
    written = sheet.read_text(encoding="utf-8")
    assert '"q1"' in written
    assert run(*arguments).exit_code == 0
    # The very same answer, by its id: the second run asked nothing.
    assert sheet.read_text(encoding="utf-8") == written


def test_serve_answers_until_it_is_told_to_stop(data: Path) -> None:
    command = "from api.cli import main; main()"
    arguments = [sys.executable, "-c", command, "serve", "--port", "0", "--data-dir", str(data)]
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            opening = next(line for line in server.stderr if line.startswith("Open"))
            url = opening.split()[1]
            assert httpx.get(f"{url}readyz", timeout=60).json()["status"] == "ready"
            server.terminate()
            rest = server.stderr.read()
            assert server.wait(60) == 0, rest
        finally:
            # Without this a failed assertion would wait for a server that nobody stops.
            server.kill()
    assert "Traceback" not in rest


def test_serve_says_in_three_lines_what_to_do(service_greeting: tuple[str, str, str]) -> None:
    opening, asking, how = service_greeting
    assert "http://127.0.0.1:8000/" in opening
    assert "4 cables" in asking
    assert "extractive" in how


@pytest.fixture
def service_greeting(request: pytest.FixtureRequest) -> tuple[str, str, str]:
    from api.cli.serve import greeting

    return greeting(request.getfixturevalue("service"), "http://127.0.0.1:8000/")


def test_a_port_in_use_is_2(bare: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--port", str(taken.getsockname()[1]), "--data-dir", bare)
    assert result.exit_code == 2
    assert "--port 0" in result.stderr
