"""Lines of a printed volume that are no text: datelines, grades, references, footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.sources.records import Note
from ingestion.views import Cut, View, compose, cut_out

_GRADES = (
    r"(?:TOP SECRET|SECRET|CONFIDENTIAL|RESTRICTED|UNCLASSIFIED|MOST IMMEDIATE|IMMEDIATE|EMERGENCY|PRIORITY"
    r"|ROUTINE|IMPORTANT|AUSTEO|PERSONAL|EYES ONLY|GUARD|CLEAR|FLASH|DEFERRED|COVERING|OFFICIAL USE ONLY)"
)
_MARK = r"(?:\[\^?\d{1,3}\])?"
_SERIAL = r"(?:(?:0\.|[A-Z]{0,2}\.?)[A-Z]{0,3}\s?\d{1,6}[A-Z]?)"
_GRADE_LINE = re.compile(
    rf"^(?:{_SERIAL}{_MARK}[.,:]?\s*)?(?P<grades>{_GRADES}(?:[\s,./&-]+(?:AND\s+)?{_GRADES})*)\.?\s*{_MARK}\.?$",
    re.I,
)
_SERIAL_LINE = re.compile(rf"^(?:No\.?\s*)?{_SERIAL}{_MARK}[.]?$")
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATELINE = re.compile(
    rf"^(?!\d{{1,2}}\.).{{0,110}}(?:\b\d{{1,2}}\]?,?\s+\[?{_MONTH}\]?,?(?:\s+\[?\d{{4}}\]?)?|\b{_MONTH},?\s+\[?\d{{4}}"
    r"|undated)\]?(?:,?\s*\[?\d{1,2}(?:\.\d{2})?\s*\[?(?:[ap]\.?\s?m|noon|midnight)?\.?\]?)?\.?\s*"
    rf"{_MARK}\.?$"
)
_EXTRACT = re.compile(rf"^EXTRACTS?\s*{_MARK}\d?$", re.I)
# Short lines about telegrams: "Your telegram 340. [1]", "My immediately preceding telegram.", "Our 81".
_REFERENCE = re.compile(
    r"^(?:Ref(?:erence|s)?(?:tel)?\b\s?[.:]?|(?:Addressed|Further to|Repeated)\b.{0,40}?"
    r"|(?:(?:Your|My|Our|Also)|[A-Z]\w+[’'](?:s\b)?)(?=.{0,60}(?:\d|preceding)))"
    r"(?:[^.]|\.(?=\S)|\bNos?\. |\b[A-Z]\. ){2,80}\.?\s*" + _MARK + r"\.?$"
)
_ARCHIVAL = re.compile(
    r"\[(?<=^\[)\s?(?:NAA|AA|NLA|AWM|PRO|TNA|NARA|NA|ANZ|UN|FRUS)\b[^\]\n]*\]\s*$"
    r"|\[(?<=^\[)[^\]\n]{0,12}:\s?[A-Z]+\d+[^\]\n]*\]\s*$",
    re.M,
)
# Lines behind another, with the break before them: from one break `re` skips to the next.
_ARCHIVAL_RAW = re.compile(r"\n[ \t]*_?\[[^\]\n]{0,12}:\s?[^\]\n]*\]_?[ \t]*$", re.M)
_NOTES_BEGIN = re.compile(r"\n[ \t]*(?:_[ \t]*$|\*[ \t]+1[ \t]|_1[ \t](?=[^_\n]*$))", re.M)
_NOTE_LINE = re.compile(r"^[ \t]*(?P<number>\d{1,3})(?![\d.)\\:])[ \t]*(?=\S)", re.M)
_HEADER_LINES = 14
_DATELINES = 2
_NOTE_JUMP = 5
_TEXT_LINE = 90


def without_header(plain: View) -> tuple[View, str | None, str | None]:
    """Without dateline, grade and reference lines, and archival references; the grade and the references."""
    cuts: list[Cut] = []
    grade = None
    seen = at = 0
    text = plain.text
    while seen < _HEADER_LINES and at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].strip()
        if line:
            seen += 1
            graded = _GRADE_LINE.match(line)
            grade = grade or (_grade(graded) if graded else None)
            reason = "classification_line" if graded else _header_reason(line, first=seen <= _DATELINES)
            if reason:
                start = at + len(text[at:end]) - len(text[at:end].lstrip())
                cuts.append(Cut(start, start + len(line), reason))
            elif line.endswith((".", ":")) or len(line) > _TEXT_LINE:
                if line.startswith("2.") and cuts and cuts[-1].reason in ("reference", "dateline"):
                    # What looked like a header line is all that there is of paragraph 1.
                    cuts.pop()
                break
        at = end + 1
    top = cuts[-1].end if cuts else 0
    cuts += [
        Cut(found.start(), found.end(), "archival_reference")
        for found in _ARCHIVAL.finditer(text)
        if found.start() >= top
    ]
    references = " ".join(text[cut.start : cut.end] for cut in cuts if cut.reason == "reference")
    return compose(cut_out(text, cuts), plain), grade, references or None


def _header_reason(line: str, *, first: bool) -> str | None:
    if first and len(line) < 140 and _DATELINE.match(line):
        return "dateline"
    if _EXTRACT.match(line) or _SERIAL_LINE.match(line):
        return "telegram_number"
    return "reference" if _REFERENCE.match(line) else None


def _grade(found: re.Match[str]) -> str | None:
    grades = found["grades"].upper()
    return next(
        (
            name
            for name in ("TOP SECRET", "SECRET", "CONFIDENTIAL", "RESTRICTED", "UNCLASSIFIED")
            if name in grades
        ),
        None,
    )


def footnotes(text: str, visible: View, front_end: int) -> Iterator[Note]:
    """The notes at the end of a document.

    Volumes mark them by a line with nothing but "_", by a list, or put them behind the archival reference;
    where none of these is there, they are the longest run of lines that begin with 1, 2, 3...
    """
    region = _notes_region(text, front_end)
    begin = visible.place_of(region) if region is not None else None
    notes = _rising(list(_NOTE_LINE.finditer(visible.text, begin))) if begin is not None else []
    notes = notes or _longest_run(list(_NOTE_LINE.finditer(visible.text)))
    for note, following in zip(notes, [*notes[1:], None], strict=False):
        end = following.start() if following else len(visible.text)
        yield Note(int(note["number"]), note.start(), note.end(), end)


def _notes_region(text: str, front_end: int) -> int | None:
    found = _NOTES_BEGIN.search(text, front_end)
    if found:
        return found.start() + 1
    last = None
    for reference in _ARCHIVAL_RAW.finditer(text, front_end):
        last = reference.end()
    return last if last is not None and text[last:].strip() else None


def _rising(lines: list[re.Match[str]]) -> list[re.Match[str]]:
    notes: list[re.Match[str]] = []
    for found in lines:
        number, last = int(found["number"]), int(notes[-1]["number"]) if notes else 0
        if last < number <= last + _NOTE_JUMP:
            notes.append(found)
    return notes


def _longest_run(lines: list[re.Match[str]]) -> list[re.Match[str]]:
    best: list[re.Match[str]] = []
    run: list[re.Match[str]] = []
    for found in lines:
        number = int(found["number"])
        if run and number == int(run[-1]["number"]) + 1:
            run.append(found)
        elif number == 1:
            run = [found]
        if len(run) >= len(best):
            best = run
    return best
