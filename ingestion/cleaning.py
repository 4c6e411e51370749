"""Text lines to the cleaned body: wrapped lines joined, hyphen breaks closed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from operator import itemgetter

from ingestion.headings import ENDED, begins_item
from ingestion.lines import Lines
from ingestion.paragraphs import Draft
from ingestion.views import Piece, Removed, View
from ingestion.words import is_word

_BROKEN = re.compile(r"(?<![\w-])(?P<left>[A-Za-z]{2,})(?P<break> ?- +)(?P<right>[A-Za-z]{2,})(?![\w-])")
_LEFT = re.compile(r"(?<![\w-])([A-Za-z]{2,})-$")
_LAST_PART = re.compile(r"([A-Za-z]{2,})-$")
_FIRST_PART = re.compile(r"([A-Za-z]{2,})")
_COLUMNS = re.compile(r"\S(?: {3,}|\t+)\S|\S\s*\|\s*\S")
# Longer lines than this are not wrapped: a line of such a text is a block of it.
_UNWRAPPED = 130
# Lines of such lengths may be wrapped even in a text that is not.
_WRAPPED = (40, 80)
_FIELD = re.compile(r"^[A-Z][A-Z ]{2,30}:")
# A line of less than this share of the text's width was ended on purpose.
_SHORT_LINE = 0.6


def _may_be_table(text: str) -> bool:
    return "   " in text or "|" in text or "\t" in text


def _is_table(text: str) -> bool:
    return _may_be_table(text) and _COLUMNS.search(text) is not None


class Body:
    """The cleaned body of a cable, its `text`, and where its paragraphs stand in it."""

    def __init__(self, lines: Lines, indexes: Sequence[int], paragraphs: Sequence[Draft]) -> None:
        self._lines = lines
        self._parts: list[str] = []
        self._segments: list[Piece] = []
        self._stripped: list[Removed] = []
        self._length = 0
        self._begins = {draft.lines[0] for draft in paragraphs}
        for draft in paragraphs:
            self._begins.update(draft.heading[:1])
        self._after_heading = {draft.heading[-1] for draft in paragraphs if draft.heading}
        texts = lines.texts
        widths = sorted([len(texts[i]) for i in indexes])
        self._short = (widths[-1] if widths else 0) * _SHORT_LINE
        self._may_have_tables = _may_be_table(lines.text)
        self._unwrapped = bool(widths) and widths[len(widths) * 9 // 10] > _UNWRAPPED
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._build(indexes)
        self.text = "".join(self._parts)

    @cached_property
    def _lower(self) -> str:
        return self._lines.text.lower()

    def view(self) -> View:
        """The body as a view of the visible text."""
        lines = self._lines
        self._stripped += [
            (start, end, role)
            for role, start, end in zip(lines.roles, lines.starts, lines.ends, strict=True)
            if role
        ]
        self._stripped.sort(key=itemgetter(0))
        return View(self.text, tuple(self._segments), tuple(self._stripped))

    def span(self, draft: Draft) -> tuple[int, int]:
        """Start and end of a paragraph's text in the body."""
        first = draft.lines[0]
        return self._first[first] + draft.start - self._lines.starts[first], self._last[draft.lines[-1]]

    def text_of(self, indexes: Sequence[int]) -> str:
        """Lines of a heading as one line."""
        return " ".join(self._lines.texts[i] for i in indexes)

    def _build(self, indexes: Sequence[int]) -> None:
        starts, ends, texts = self._lines.starts, self._lines.ends, self._lines.texts
        begins, after_heading = self._begins, self._after_heading
        previous: int | None = None
        for index in indexes:
            start, end, text = starts[index], ends[index], texts[index]
            if previous is not None:
                apart = index in begins or previous in after_heading
                separator = "\n\n" if apart else self._between(previous, index)
                self._parts.append(separator)
                self._length += len(separator)
            self._first[index] = self._length
            if "- " in text and (broken := list(_BROKEN.finditer(text))):
                at = start
                for found in broken:
                    if self._is_broken(found["left"], found["right"]):
                        cut, after = start + found.start("break"), start + found.end("break")
                        self._keep(at, cut)
                        self._stripped.append((cut, after, "hyphen_break"))
                        at = after
                self._keep(at, end)
            else:
                self._parts.append(text)
                self._segments.append((self._length, start, end - start))
                self._length += end - start
            self._last[index] = self._length
            previous = index

    def _keep(self, start: int, end: int) -> None:
        if end > start:
            self._parts.append(self._lines.text[start:end])
            self._segments.append((self._length, start, end - start))
            self._length += end - start

    def _between(self, previous: int, index: int) -> str:
        lines = self._lines
        above, below = lines.texts[previous], lines.texts[index]
        furniture = index > previous + 1
        if furniture and (
            not any(lines.roles[previous + 1 : index]) or self._ends_block(previous, above, below)
        ):
            return "\n\n"
        if (
            above[-1] == "-"
            and not above.endswith("--")
            and (joined := self._join_hyphen(previous, above, below))
        ):
            return joined[1:]
        if not furniture and self._is_own_line(above, below):
            return "\n"
        return " "

    def _ends_block(self, previous: int, above: str, below: str) -> bool:
        """Whether the text above a banner was complete, so that what follows is another block."""
        if ENDED.search(above) is None or below[0].islower():
            return False
        return self._unwrapped or len(above) < self._short or begins_item(below)

    def _is_own_line(self, above: str, below: str) -> bool:
        if begins_item(below) and not (below[0].isdigit() and above[-1].isalnum()):
            return not below[0].islower() or self._unwrapped
        if self._unwrapped:
            wrapped = _WRAPPED[0] <= len(above) <= _WRAPPED[1] and ENDED.search(above) is None
            return not wrapped or _FIELD.match(below) is not None
        if self._may_have_tables and (_is_table(above) or _is_table(below)):
            return True
        room = self._short - len(above) - 1
        return room > 1 and len(below.split(None, 1)[0]) < room

    def _join_hyphen(self, previous: int, above: str, below: str) -> str | None:
        """What joins the halves of a word: "=" and the separator; the hyphen is cut where it was a break."""
        end = above.rsplit(None, 1)[-1]
        left, right = _LEFT.search(end), _FIRST_PART.match(below)
        if left and right and self._is_broken(left[1], right[1]):
            self._cut_last_hyphen(previous)
            return "="
        return "=" if right and _LAST_PART.search(end) else None

    def _cut_last_hyphen(self, previous: int) -> None:
        self._parts[-1] = self._parts[-1][:-1]
        start, raw_start, length = self._segments.pop()
        if length > 1:
            self._segments.append((start, raw_start, length - 1))
        self._length -= 1
        end = self._lines.ends[previous]
        self._last[previous] = self._length
        self._stripped.append((end - 1, end, "hyphen_break"))

    def _is_broken(self, left: str, right: str) -> bool:
        """Whether two halves are one word: not where the text prints them with a hyphen elsewhere."""
        if left.isupper() != right.isupper() and not right.islower():
            return False
        joined = left + right
        if f"{left}-{right}".lower() in self._lower:
            return False
        return is_word(joined) or joined.lower() in self._lower
