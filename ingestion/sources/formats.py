"""All formats, and how the one that fits is chosen."""

from __future__ import annotations

from ingestion.sources.dfat import DfatFormat
from ingestion.sources.frus import FrusFormat
from ingestion.sources.nara import NaraFormat
from ingestion.sources.records import Format, SourceFile
from ingestion.sources.tables import TableFormat
from ingestion.sources.telegram import TelegramFormat
from rag.errors import ParseError, UsageError

# In the order in which they are asked: the most particular first.
FORMATS: tuple[Format, ...] = (
    DfatFormat(),
    FrusFormat(),
    NaraFormat(),
    TableFormat(),
    TelegramFormat(),
)
AUTO = "auto"


def choose_format(name: str, source: SourceFile, text: str) -> Format:
    """The format called `name`, or with "auto" the first that recognises `text`.

    Raises UsageError for an unknown name and ParseError where no format recognises the text.
    """
    if name != AUTO:
        for known in FORMATS:
            if known.name == name:
                return known
        names = ", ".join((AUTO, *(known.name for known in FORMATS)))
        raise UsageError(f"there is no format {name!r}: choose one of {names}", format=name)
    for known in FORMATS:
        if known.detect(source, text):
            return known
    raise ParseError(
        f"{source.name}: line 1: not recognised as a cable (no header line, no message number, "
        "no known layout): name its format with --format, and its id with --id",
        file=source.name,
        line=1,
    )
