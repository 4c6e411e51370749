"""Work products: answers and searches as documents, each with a note on how it came about."""

from __future__ import annotations

from api.export.bibliography import bibtex, ris
from api.export.dossier import Dossier
from api.export.markdown import markdown
from api.export.printable import printable
from api.export.sheet import sheet
from api.formats import Format

__all__ = ["Dossier", "Format", "render"]

WRITERS = {
    Format.MARKDOWN: markdown,
    Format.CSV: sheet,
    Format.BIBTEX: bibtex,
    Format.RIS: ris,
    Format.HTML: printable,
}


def render(dossier: Dossier, format: Format) -> str:
    """The document of a dossier."""
    return WRITERS[format](dossier)
