"""The formats that work products come in."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How a work product is written."""

    MARKDOWN = "markdown"
    CSV = "csv"
    BIBTEX = "bibtex"
    RIS = "ris"
    HTML = "html"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]

    @property
    def suffix(self) -> str:
        return SUFFIXES[self]


MEDIA_TYPES = {
    Format.MARKDOWN: "text/markdown",
    Format.CSV: "text/csv",
    Format.BIBTEX: "application/x-bibtex",
    Format.RIS: "application/x-research-info-systems",
    Format.HTML: "text/html",
}
SUFFIXES = {
    Format.MARKDOWN: ".md",
    Format.CSV: ".csv",
    Format.BIBTEX: ".bib",
    Format.RIS: ".ris",
    Format.HTML: ".html",
}
