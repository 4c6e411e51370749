"""F1: telegrams of 1973-79 as the National Archives give them: the text alone, the file name its id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ingestion.identity import is_archive_id, mend_id
from ingestion.sources.records import Known, RawCable, SourceFile
from ingestion.views import whole
from rag.errors import ParseError


class NaraFormat:
    """Body text only; date to the year, by the message number."""

    name = "nara"

    def detect(self, source: SourceFile, text: str) -> bool:
        """By the form of the file name: nothing else tells a bare text of 1973-79."""
        return is_archive_id(mend_id(source.stem))

    def read(self, source: SourceFile, text: str, encoding: str) -> Iterator[RawCable | ParseError]:
        """One cable a file."""
        stem = mend_id(source.stem)
        cable_id = stem if is_archive_id(stem) else None
        known = Known()
        if cable_id:
            year = int(cable_id[:4])
            known = Known(day=date(year, 1, 1), day_to=date(year, 12, 31))
        yield RawCable(source.name, self.name, cable_id, source.data, encoding, text, whole(text), known)
