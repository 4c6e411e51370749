"""F2: modern telegrams, bare or as a web archive's page (text or HTML); F1 with its header."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.identity import mend_id
from ingestion.patterns import CLASS_LINE, LABEL, TRANSMISSION
from ingestion.sources.records import RawCable, SourceFile
from ingestion.sources.webpage import is_html, visible_page
from ingestion.views import whole
from rag.errors import ParseError

_SAMPLE = 20_000
_SAMPLE_LINES = 400
_FEATURES = (
    re.compile(r"^VZCZ[A-Z]", re.M),
    re.compile(r"^[ \t]*FM\s+[A-Z][A-Z ]+", re.M),
    re.compile(r"^[ \t]*TO\s+(?:R[A-Z]{3,7}/|SECSTATE|[A-Z ]*EMBASSY|ALL )", re.M),
    re.compile(r"^[ \t]*[ZOPR]\s+\d{6}Z\s", re.M),
    re.compile(r"^[ \t]*(?:Identifier|Reference ID|Canonical ID)\b", re.M),
)
_MESSAGE_NUMBER = re.compile(r"^\d{2}[A-Z]{3,24}\d{1,8}$", re.I)
_LABELS_NEEDED = 2


class TelegramFormat:
    """Telegrams with their header."""

    name = "telegram"

    def detect(self, source: SourceFile, text: str) -> bool:
        """Two header lines of different kinds, or one and a message number as file name."""
        sample = text[:_SAMPLE]
        if is_html(sample):
            sample = visible_page(text).text[:_SAMPLE]
        sample = sample.replace("\r", "\n")
        score = int(_MESSAGE_NUMBER.match(mend_id(source.stem)) is not None)
        for feature in _FEATURES:
            score += feature.search(sample) is not None
            if score >= _LABELS_NEEDED:
                return True
        return score + len(_header_kinds(sample)) >= _LABELS_NEEDED

    def read(self, source: SourceFile, text: str, encoding: str) -> Iterator[RawCable | ParseError]:
        """One cable a file."""
        visible = visible_page(text) if is_html(text[:_SAMPLE]) else whole(text)
        visible_page.cache_clear()
        stem = mend_id(source.stem)
        yield RawCable(
            source.name,
            self.name,
            stem if _MESSAGE_NUMBER.match(stem) else None,
            source.data,
            encoding,
            text,
            visible,
        )


def _header_kinds(sample: str) -> set[str]:
    """Which kinds of header lines stand in a text."""
    kinds: set[str] = set()
    for line in sample.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES]:
        if not (line[:1].isspace() or line[:1].isupper() or line[:1] == "*"):
            continue
        if (found := LABEL.match(line)) and found.lastgroup:
            kinds.add(found.lastgroup)
        elif (found := CLASS_LINE.match(line)) and found["serial"]:
            kinds.add("classification")
        elif TRANSMISSION.match(line):
            kinds.add("transmission")
    return kinds
