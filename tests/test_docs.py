"""What the documents say holds: settings, commands, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag.config import Settings

ROOT = Path(__file__).resolve().parents[1]
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
