"""One module per format of source: a file in, its cables' records out.

SourceFile -> Format.detect -> Format.read -> RawCable, RawCable, ...
"""

from __future__ import annotations

from ingestion.sources.files import find_files
from ingestion.sources.formats import FORMATS, choose_format
from ingestion.sources.records import Known, RawCable, SourceFile

__all__ = ["FORMATS", "Known", "RawCable", "SourceFile", "choose_format", "find_files"]
