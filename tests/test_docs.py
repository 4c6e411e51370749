"""What the documents say holds: settings, commands, files."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from rag.config import Settings

ROOT = Path(__file__).resolve().parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.md"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_reference_is_what_the_code_says() -> None:
    """Where this fails: .venv/bin/python docs/reference.py writes it anew."""
    pages = runpy.run_path(str(ROOT / "docs" / "reference.py"))["PAGES"]
    assert {path.name for path in (ROOT / "docs" / "reference").iterdir()} == set(pages)
    for name, write in pages.items():
        assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == write(), name


def test_every_setting_says_what_it_does() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_site_is_built_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(
        build, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert built.returncode == 0, built.stderr
    pages = [path for path in tmp_path.rglob("*.html") if "reports" not in path.parts]
    assert len(pages) > 15
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=.?https?:[^>]*>", html) == []


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


def test_the_screenshots_are_there_and_light() -> None:
    images = sorted((ROOT / "docs" / "images").iterdir())
    assert len(images) == 6
    assert {image.name for image in images} == set(
        re.findall(r"images/([\w-]+\.webp)", TUTORIAL.read_text(encoding="utf-8"))
    )
    for image in images:
        assert image.read_bytes()[:4] == b"RIFF"
        assert image.stat().st_size <= 150_000
