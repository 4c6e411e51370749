"""The header of a telegram, line by line: who, to whom, when, how secret, about what, after what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from ingestion.dates import read_dtg
from ingestion.lines import Lines
from ingestion.patterns import (
    ADDRESS,
    BREAK_NUMBER,
    CAPTION,
    CLASS_LETTERS,
    CLASS_LINE,
    CLASS_STAMP,
    FROM_LINE,
    LABEL,
    LABEL_STARTS,
    NUMBERED,
    PAGE_BANNER,
    PAGE_BREAK,
    PASS_LINE,
    REFERENCE_ENTRY,
    ROUTING_RULE,
    RULE,
    TO_LINE,
    TRAILER,
    TRAILER_SIGNS,
    TRANSMISSION,
    canonical_classification,
)

# A line that had room for the next line's first word was ended on purpose.
_FULL_LINE = 52
_LONGEST_LINE = 240
_FIELD_REASONS = {
    "order": "executive_order",
    "tags": "tags",
    "subject": "subject",
    "reference": "reference",
    "classified": "classified_by",
}


@dataclass(slots=True)
class Header:
    """What the header lines say, as written. `lines` are all of them, to know them again when repeated."""

    precedence: str | None = None
    sent_at: datetime | None = None
    sender: str | None = None
    addressees: list[str] = field(default_factory=list)
    info: list[str] = field(default_factory=list)
    classification: str | None = None
    captions: list[str] = field(default_factory=list)
    post: str | None = None
    serial: int | None = None
    order: str | None = None
    tags: str | None = None
    subject: str | None = None
    reference: str | None = None
    lines: set[str] = field(default_factory=set)

    def holds(self, line: str) -> bool:
        """Whether the line, blanks apart, stood in this header."""
        return squeeze(line) in self.lines


def squeeze(line: str) -> str:
    """The line with single blanks and without a leading star."""
    return " ".join(line.split()).lstrip("*")


class HeaderReader:
    """Reads header lines from the first on, writes their roles, and finds where the text begins."""

    def __init__(self, lines: Lines, start: int) -> None:
        self._lines = lines
        self._start = start
        self._state = "transmission"
        self._repeated = False
        self._blank_before = True
        self._previous = ""
        self.header = Header()
        self.labelled = False

    def read(self) -> int:
        """The index of the first line of text; the roles of the lines before it are set."""
        lines, index = self._lines, self._start
        texts = lines.texts
        while index < len(texts):
            text = texts[index]
            if not text:
                self._blank_before = True
                index += 1
                continue
            role = self._role(index, text)
            if role is None:
                return index
            lines.roles[index] = role
            if role in ("page_banner", "page_break", "classification_stamp", "transmission"):
                self._blank_before = True
            else:
                self.header.lines.add(squeeze(text))
                self._blank_before = False
                self._previous = text
            index += 1
        return index

    def _role(self, index: int, text: str) -> str | None:
        furniture = self._furniture(text)
        if furniture:
            return furniture
        label = LABEL.match(text) if text[:2] in LABEL_STARTS else None
        if label and label.lastgroup:
            return self._begin_field(label, text)
        found = CLASS_LINE.match(text) if text[0] in CLASS_LETTERS and len(text) <= _LONGEST_LINE else None
        if found and self._state != "subject":
            return self._class_line(found)
        if not text[0].isupper() and self._state not in ("transmission", "address") and NUMBERED.match(text):
            return None
        return self._continue(index, text)

    def _furniture(self, text: str) -> str | None:
        first = text[0]
        if len(text) > _LONGEST_LINE or not (first.isupper() or first in "*-=_~@"):
            return None
        if "OF" in text and text[-1].isdigit() and PAGE_BANNER.match(text):
            return "page_banner"
        if first == "P" and PAGE_BREAK.match(text):
            return "page_break"
        if first in CLASS_LETTERS and CLASS_STAMP.match(text):
            if self.header.classification is None:
                self.header.classification = canonical_classification(text)
            return "classification_stamp"
        if (not first.isalnum() and ROUTING_RULE.match(text)) or (
            first in TRAILER_SIGNS and TRAILER.match(text)
        ):
            return "transmission"
        return None

    def _begin_field(self, label: re.Match[str], text: str) -> str:
        name = str(label.lastgroup)
        self._state = name
        self.labelled = True
        value = text[label.end() :].strip()
        if name == "order":
            value = text
        if name != "classified":
            entry = REFERENCE_ENTRY.match(text) if name == "reference" else None
            if getattr(self.header, name) is None:
                setattr(self.header, name, value)
                self._repeated = False
            elif entry and not self._repeated and self._expects(entry["letter"]):
                # "REF A: ..." and "REF B: ..." under it are one list.
                self.header.reference = f"{self.header.reference}\n{value}"
            else:
                self._repeated = True
        return "repeated_header" if self._repeated else _FIELD_REASONS[name]

    def _class_line(self, found: re.Match[str]) -> str:
        header = self.header
        repeated = header.classification is not None and (header.serial is not None or self.labelled)
        header.classification = header.classification or canonical_classification(found["class"])
        if found["post"] and header.serial is None:
            header.post, header.serial = found["post"], int(found["serial"])
        self._state = "captions"
        return "repeated_header" if repeated and self.labelled else "classification_line"

    def _continue(self, index: int, text: str) -> str | None:
        state = self._state
        if state in ("transmission", "address"):
            return self._transmission(index, text)
        if state == "captions":
            return self._caption(text)
        if state == "classified":
            return None if self._blank_before else "classified_by"
        if CAPTION.match(text) and not text.endswith("."):
            return self._caption(text)
        if self.header.holds(text) and self._repeated:
            return "repeated_header"
        return self._field_line(state, text)

    def _transmission(self, index: int, text: str) -> str | None:
        header = self.header
        moment = read_dtg(text) if header.sent_at is None else None
        if moment:
            header.precedence, header.sent_at = moment
        if text.startswith("FM") and FROM_LINE.match(text):
            self._state = "address"
            self._list: list[str] = []
            header.sender = header.sender or text.split(None, 1)[1]
            return "address"
        if self._state == "address":
            if text.startswith("INFO ") or (text.startswith("TO") and TO_LINE.match(text)):
                self._list = header.addressees if text.startswith("TO") else header.info
                self._list.append(text.split(None, 1)[1])
                return "address"
            if ADDRESS.match(text) or (text.isupper() and not text.endswith(".")):
                self._list.append(text)
                return "address"
            return None if self._blank_before else "address"
        if TRANSMISSION.match(text) or moment:
            return "transmission"
        return "preamble"

    def _caption(self, text: str) -> str | None:
        if CAPTION.match(text):
            self.header.captions.extend(word for word in re.split(r"[\s,/*]+", text) if word)
            return "repeated_header" if self._repeated else "caption"
        if PASS_LINE.match(text) or self.header.holds(text):
            return "pass_line"
        if BREAK_NUMBER.match(text) and not self._blank_before:
            return "classification_line"
        if text.isupper() and not text.endswith(".") and len(text) < 70 and not self.labelled:
            return "pass_line"
        return None

    def _field_line(self, name: str, text: str) -> str | None:
        """A further line of a field, or None where the text begins."""
        reason = "repeated_header" if self._repeated else _FIELD_REASONS[name]
        if RULE.match(text):
            return None
        first_word = text.split(None, 1)[0]
        if name == "reference":
            entry = REFERENCE_ENTRY.match(text)
            goes_on = not self._blank_before or (entry is not None and self._expects(entry["letter"]))
            goes_on = goes_on and (
                text.upper() == text or entry is not None or len(self._previous) > _FULL_LINE
            )
        elif name == "order":
            goes_on = not self._blank_before
        elif name == "tags":
            goes_on = not self._blank_before and re.fullmatch(r"[A-Z0-9 ,()./'-]+", text) is not None
        else:
            goes_on = not self._blank_before and len(self._previous) + 1 + len(first_word) > _FULL_LINE
        if not goes_on:
            return None
        if not self._repeated:
            joiner = "\n" if name == "reference" else " "
            setattr(self.header, name, f"{getattr(self.header, name) or ''}{joiner}{text}".strip())
        return reason

    def _expects(self, letter: str) -> bool:
        """Whether `letter` is the next one in the REF line read so far."""
        read = re.findall(r"(?:^|[\s,;])\(?([A-Z])[.):]", self.header.reference or "")
        return letter == "A" if not read else (ord(letter) == ord(read[-1]) + 1 or self._repeated)
