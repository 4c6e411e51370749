"""Every example of the documents runs, and prints what the document shows beneath it.

A block with a title (```` ```text title="memo.txt" ````) is a file that its document's commands find.
Words in capitals (ANSWER_ID) stand for what an earlier command printed.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.opening import open_service
from rag.config import Settings
from tests.api.serving import serving

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "ingestion" / "sample"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SERVER = "http://127.0.0.1:8000"
BLOCK = re.compile(r'^```(\w+)(?: title="([\w.]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
# What no test runs, and why.
LEFT_OUT = {
    "make ": "installs, serves, or takes minutes; CI runs the targets themselves",
    "pip install": "installs",
    "chroma run": "a server of its own",
    "--engine ray": "needs Ray; tests/ingestion/test_ray.py",
    "openvino:": "needs OpenVINO; tests/rag/test_embeddings.py",
    "cableqa serve": "does not end; tests/api/test_cli.py starts it",
    "cableqa eval": "minutes; tests/api/test_cli_eval.py runs each command on a small set",
    "[OPTIONS]": "a form, not an example",
}
PRINTED = {
    "ANSWER_ID": re.compile(r"Answer ([0-9a-f]{32})\."),
    "BATCH_ID": re.compile(r'"batch_id": ?"([^"]+)"'),
    "KEY_ID": re.compile(r"Key ([0-9a-f]{12}) for"),
}


@dataclass
class Reader:
    """Somebody who types what a document shows, in a folder of their own."""

    folder: Path
    seen: str = ""
    ran: list[str] = field(default_factory=list)

    def filled_in(self, command: str) -> str:
        for name, pattern in PRINTED.items():
            if name in command:
                command = command.replace(name, pattern.findall(self.seen)[-1])
        return command

    def type(self, command: str) -> str:
        """What a command prints; fails where it does not end as it should."""
        command = self.filled_in(command)
        stages = [shlex.split(stage, comments=True) for stage in command.split(" | ")]
        printed = ""
        for words in stages:
            given = printed
            if words[0] == "echo":
                printed = " ".join(words[1:]) + "\n"
            elif words[0] == "curl":
                done = subprocess.run(
                    [*words, "--fail-with-body"], capture_output=True, text=True, timeout=60
                )
                printed = done.stdout
                assert done.returncode == 0, f"{command}\n{printed}"
            else:
                assert words[0].endswith("cableqa"), command
                printed = self._call(words[1:], given)
        self.seen += printed
        self.ran.append(command)
        return printed

    def _call(self, arguments: list[str], given: str) -> str:
        from api.cli.program import app

        result = CliRunner().invoke(app, arguments, input=given)
        # A text whose sentences do not all hold ends with 1.
        assert result.exit_code in ({0, 1} if arguments[0] == "verify" else {0}), result.output
        if arguments[0] in {"ask", "chat"}:
            assert "Not in this collection" not in result.output, "an example that finds nothing"
        return result.output


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of the sample cables that the documents name."""
    from api.cli.program import app

    named = {name for path in DOCUMENTS for name in re.findall(r"\b\d\d[A-Z]{5,}\d+\b", path.read_text())}
    folder = tmp_path_factory.mktemp("examples") / "data"
    sources = [str(SAMPLE / f"{name}.txt") for name in sorted(named) if (SAMPLE / f"{name}.txt").exists()]
    result = CliRunner().invoke(app, ["ingest", *sources, "--data-dir", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def reader(tmp_path: Path, loaded: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    shutil.copytree(loaded, tmp_path / ".cableqa")
    # What a document calls the reader's own.
    (tmp_path / "path" / "to").mkdir(parents=True)
    shutil.copytree(SAMPLE, tmp_path / "path" / "to" / "folder", ignore=lambda _, names: sorted(names)[3:])
    (tmp_path / "ingestion").symlink_to(SAMPLE.parent)
    (tmp_path / "memo.txt").write_text("The bus visited 71 schools (07TALLINN412 ¶2).\n")
    (tmp_path / "questions.csv").write_text("question\nHow many schools had the bus visited?\n")
    monkeypatch.chdir(tmp_path)
    return Reader(tmp_path)


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    service = open_service(Settings(data_dir=folder / ".cableqa"), guarded=False)
    try:
        with serving(service) as url:
            yield url
    finally:
        service.release()


def shown(document: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """The commands of a document that are run, each with the output shown; and its Python."""
    text = document.read_text(encoding="utf-8")
    commands, python = [], []
    for language, _, body in BLOCK.findall(text):
        if language == "console":
            commands += [
                (command.replace("\\\n", " "), output)
                for command, output in COMMAND.findall(body)
                if not any(part in command for part in LEFT_OUT)
            ]
        elif language == "python":
            python.append(body)
    return commands, python


def has_examples(document: Path) -> bool:
    return any(shown(document))


# The examples of `--help` are mostly those of the documents.
EXAMPLES = [
    pytest.param(path, id=path.stem, marks=pytest.mark.heavy if path.stem == "cli" else ())
    for path in filter(has_examples, DOCUMENTS)
]


@pytest.mark.parametrize("document", EXAMPLES)
def test_every_example_runs(document: Path, reader: Reader) -> None:
    for _, title, body in BLOCK.findall(document.read_text(encoding="utf-8")):
        if title:
            (reader.folder / title).write_text(body, encoding="utf-8")
    commands, python = shown(document)
    asked_of_server = [(command, output) for command, output in commands if SERVER in command]
    if asked_of_server and shutil.which("curl") is None:
        pytest.skip("no curl here: the examples were NOT run")
    if asked_of_server or python:
        with server(reader.folder) as url:
            for command, output in asked_of_server:
                check(output, reader.type(command.replace(SERVER, url)))
            for block in python:
                with contextlib.redirect_stdout(io.StringIO()) as printed:
                    exec(compile(block.replace(SERVER, url), document.name, "exec"), {})
                assert printed.getvalue()
    for command, output in commands:
        if SERVER not in command:
            check(output, reader.type(command))
    assert len(reader.ran) == len(commands)


def check(output: str, printed: str) -> None:
    """Each line that the document shows is in what was printed."""
    whole = " ".join(printed.split())
    for line in output.splitlines():
        assert " ".join(line.split()) in whole
