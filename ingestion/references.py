"""What a cable's REF line points to: cables with canonical ids, e-mails, telephone calls, meetings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.identity import archive_id, short_id
from ingestion.posts import Post, find_post
from rag.text.mrn import full_year
from rag.types import Reference, ReferenceKind

_LETTER = re.compile(r"(?:(?<=^)|(?<=[\s,;.]))\(?(?P<letter>[A-Z])[.):][):]?\s*(?=\S)")
_CABLE = re.compile(
    r"(?<![\w/-])(?:'?(?P<year>(?:19|20)\d\d|\d\d)[\s-]*)?"
    r"(?P<post>[A-Z]{2,}(?:[ .'-]+[A-Z]{1,}){0,3}?)\s*[-#]?\s*(?P<serial>\d{1,8})(?![\w/:])"
    r"(?P<after>\s*\(\s*'?(?P<late>\d\d)\s*\))?"
    r"(?:,?\s*(?:OF\s+|DTD\.?\s+|DATED\s+)?(?:\d{6}Z\s+[A-Z]{3}\s*|\d{1,2}[ /.-](?:[A-Z]{3}"
    r"|\d{1,2})[A-Z]*[ /.,-]+)(?P<dated>(?:19|20)\d\d|\d\d)(?![\d\w]))?"
)
_NEXT = re.compile(
    r"\s*(?:(?:,\s*)?AND|,|&|;)\s*(?P<serial>\d{2,7})(?![\d/:])(?!\s+(?!AND\b|ET\b|NOTAL)[A-Z]{2})(?!\s*\d)"
)
_TRAILING = re.compile(r"(?<![\s,;&])[\s,;&]*+(?:\bAND[\s,;&]*+)?$")
_KINDS = (
    (re.compile(r"\bE-?MAILS?\b", re.I), ReferenceKind.EMAIL),
    (re.compile(r"\b(?:TEL(?:E)?CONS?|(?:TELE)?PHONE|FONECON)\b", re.I), ReferenceKind.TELEPHONE),
    (
        re.compile(r"\b(?:MEETINGS?|CONVERSATIONS?|MEMCONS?|CONVOS?|DISCUSSIONS?)\b", re.I),
        ReferenceKind.MEETING,
    ),
)
_BLANK = re.compile(r"[ .'-]+")
_MONTH = r"(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_DATED = re.compile(
    rf"\b\d{{6}}Z\b|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}\b|\b\d{{1,2}}[ .-]*{_MONTH}"
    rf"|\b{_MONTH}[A-Z]*\.?\s+\d{{1,2}}\b",
    re.I,
)
_UNKNOWN_POST = re.compile(rf"(?!{_MONTH})[A-Z ]{{3,17}}")
_LABEL = re.compile(r"^\s*REF(?:ERENCES?|TELS?|TEL\(S\)|S|\(S\))?\s*[:;.]?\s*(?=\S)", re.I)


def read_references(
    text: str, *, year: int | None, origin: str | None, serial: int | None, archive: bool
) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """References of the text of a REF line (label included or not), and warnings.

    A year that is not printed is the cable's own; for an earlier number of the same post that would be
    later than the cable itself, the year before. `archive` asks for ids in the 1973-79 form.
    """
    own = find_post(origin) if origin else None
    reader = _Reader(year, own, serial, archive)
    references: list[Reference] = []
    for letter, entry in _entries(" ".join(_LABEL.sub("", text, count=1).split())):
        references.extend(reader.read(letter, entry))
    return tuple(references), tuple(reader.warnings)


def _entries(text: str) -> Iterator[tuple[str | None, str]]:
    """The lettered entries of a REF line; letters must follow one another, or they are text."""
    marks: list[re.Match[str]] = []
    for found in _LETTER.finditer(text):
        first = not marks and (found.start() == 0 or found["letter"] == "A")
        if first or (marks and ord(found["letter"]) == ord(marks[-1]["letter"]) + 1):
            marks.append(found)
    if not marks or marks[0].start() > 0:
        head = text[: marks[0].start()] if marks else text
        if head.strip(" ,;.-"):
            yield None, head.strip(" ,;")
    for mark, after in zip(marks, [*marks[1:], None], strict=False):
        entry = text[mark.end() : after.start() if after else len(text)].strip(" ,;")
        if entry:
            yield mark["letter"], entry


class _Reader:
    def __init__(self, year: int | None, own: Post | None, serial: int | None, archive: bool) -> None:
        self.year = year
        self.own = own
        self.serial = serial
        self.archive = archive
        self.warnings: list[str] = []

    def read(self, letter: str | None, entry: str) -> Iterator[Reference]:
        found = list(self._cables(entry))
        if not found:
            unnamed = ReferenceKind.DATE if _DATED.search(entry) else ReferenceKind.OTHER
            kind = next((kind for pattern, kind in _KINDS if pattern.search(entry)), unnamed)
            yield Reference(letter, kind, entry, None)
            return
        for index, (start, cable_id) in enumerate(found):
            first = 0 if index == 0 else start
            last = found[index + 1][0] if index + 1 < len(found) else len(entry)
            text = _TRAILING.sub("", entry[first:last])
            yield Reference(letter, ReferenceKind.CABLE, text, cable_id)

    def _cables(self, entry: str) -> Iterator[tuple[int, str]]:
        at = 0
        while found := _CABLE.search(entry, at):
            post, start = self._post(found)
            if post is None:
                named = _UNKNOWN_POST.fullmatch(found["post"])
                if named and not any(p.search(entry) for p, _ in _KINDS):
                    self.warnings.append(f"reference to an unknown post: {found[0].strip()}")
                at = found.end("post")
                continue
            year = found["year"] or found["late"] or found["dated"]
            yield start, self._id(year, post, int(found["serial"]))
            at = found.end()
            while more := _NEXT.match(entry, at):
                yield more.start("serial"), self._id(year, post, int(more["serial"]))
                at = more.end()

    @staticmethod
    def _post(found: re.Match[str]) -> tuple[Post | None, int]:
        """The post of a match, words before it dropped: "SEE ALSO STATE 123"."""
        words = found["post"]
        offset = found.start("post")
        post = find_post(words)
        start = found.start("year") if found["year"] else offset
        while post is None and (blank := _BLANK.search(words)):
            offset += blank.end()
            words = words[blank.end() :]
            post = find_post(words)
            start = offset
        return post, start

    def _id(self, written: str | None, post: Post, serial: int) -> str:
        if written is None and self.year is None:
            return f"{post.short}{serial}"
        year = full_year(written) if written else self.year or 0
        if written is None and post == self.own and self.serial is not None and serial > self.serial:
            year -= 1
        return archive_id(year, post.short, serial) if self.archive else short_id(year, post.short, serial)
