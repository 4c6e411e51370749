"""What the documents say holds: settings, commands, files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag.config import Settings

ROOT = Path(__file__).resolve().parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.md"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_setting_is_documented_with_its_default() -> None:
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `CABLEQA_(\w+)` \| `?([^|`]*?)`? \|", table, re.MULTILINE))
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    assert documented.keys() == defaults.keys()
    for name, default in defaults.items():
        shown = documented[name]
        assert shown == (
            "none" if default is None else f"{default:g}" if isinstance(default, float) else str(default)
        )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_local_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_that_are_shown_exist(document: Path) -> None:
    from typer.main import get_command

    from api.cli.program import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    shown = re.findall(
        r"(?:^\$ (?:\S*/)?|`)cableqa ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(shown) <= known


def test_the_tutorial_shows_what_its_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command runs over the cables that the tutorial names; each line shown is in what it prints."""
    from api.cli.program import app

    text = TUTORIAL.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (memo,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    (tmp_path / "memo.txt").write_text(memo, encoding="utf-8")
    named = sorted(set(re.findall(r"\b\d\d[A-Z]{5,}\d+\b", text)))
    sources = [str(ROOT / "ingestion" / "sample" / f"{cable_id}.txt") for cable_id in named]
    assert CliRunner().invoke(app, ["ingest", *sources]).exit_code == 0
    ran = []
    for command, shown in re.findall(r"^\$ \S*/cableqa (.+)\n((?:[^`$].*\n)*)", text, re.MULTILINE):
        name, *arguments = shlex.split(command)
        if name == "ingest":
            continue
        result = CliRunner().invoke(app, [name, *arguments])
        assert result.exit_code == (1 if name == "verify" else 0), result.output
        printed = " ".join(result.output.split())
        for line in shown.splitlines():
            assert " ".join(line.split()) in printed
        assert shown
        ran.append(name)
    assert ran == ["ask", "show", "search", "verify"]


def test_the_screenshots_are_there_and_light() -> None:
    images = sorted((ROOT / "docs" / "images").iterdir())
    assert len(images) == 6
    assert {image.name for image in images} == set(
        re.findall(r"images/([\w-]+\.webp)", TUTORIAL.read_text(encoding="utf-8"))
    )
    for image in images:
        assert image.read_bytes()[:4] == b"RIFF"
        assert image.stat().st_size <= 150_000
