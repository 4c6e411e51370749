"""Checks of the map between a cable's body and its raw text."""

from __future__ import annotations

from rag.types import Cable


def unaccounted(cable: Cable) -> str:
    """Characters of the raw text that are neither kept nor stripped; fails where the map is wrong."""
    text = cable.raw.decode(cable.encoding)
    seen = bytearray(len(text))
    at = 0
    for segment in cable.segments:
        end = segment.raw_start + segment.length
        assert segment.length > 0 and segment.start >= at, segment
        assert cable.body[segment.start : segment.start + segment.length] == text[segment.raw_start : end], (
            segment
        )
        assert not any(seen[segment.raw_start : end]), segment
        seen[segment.raw_start : end] = b"\x01" * segment.length
        at = segment.start + segment.length
    for run in cable.stripped:
        assert run.reason and run.raw_start < run.raw_end, run
        assert not any(seen[run.raw_start : run.raw_end]), (run, text[run.raw_start : run.raw_end])
        seen[run.raw_start : run.raw_end] = b"\x02" * (run.raw_end - run.raw_start)
    for paragraph in cable.paragraphs:
        assert cable.body[paragraph.start : paragraph.end] == paragraph.text
        assert paragraph.text == paragraph.text.strip() != ""
    assert len({paragraph.label for paragraph in cable.paragraphs}) == len(cable.paragraphs)
    return "".join(sign for sign, mark in zip(text, seen, strict=True) if not mark and not sign.isspace())
