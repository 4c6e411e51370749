"""BibTeX and RIS: one entry for each cable, with the paragraphs used, their words and verdicts as notes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from api.export.dossier import Dossier, Work
from rag.types import DatePrecision

LATEX = {
    "\\": r"\textbackslash{}",
    # BibTeX counts a brace behind a backslash like any other: these are words, and balanced.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "%": r"\%",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    # An "@" begins an entry for readers that do not count braces.
    "@": r"{\char64}",
}
NOTE_CHARS = 600


def bibtex(dossier: Dossier) -> str:
    """Entries for LaTeX and reference managers, the method above them as comments."""
    lines = [f"% {_comment(dossier.title)}"]
    lines += [f"% {name}: {_comment(text)}" for name, text in dossier.method]
    for work in dossier.works():
        lines += ["", *_entry(work)]
    return "\n".join([*lines, ""])


def ris(dossier: Dossier) -> str:
    """Records of RIS; each carries the method in its last note, because the format has no other place."""
    method = "; ".join(f"{name}: {text}" for name, text in dossier.method)
    lines: list[str] = []
    for work in dossier.works():
        lines += [f"{tag}  - {_line(text)}" for tag, text in _fields(work, method)]
        lines += ["ER  - ", ""]
    return "\r\n".join(lines)


def _entry(work: Work) -> Iterator[str]:
    yield f"@misc{{{re.sub(r'[^A-Za-z0-9]', '', work.cable_id) or 'cable'},"
    facts = [
        ("author", f"{{{_latex(work.origin)}}}" if work.origin else None),
        ("title", f"{{{_latex(work.subject)}}}" if work.subject else f"{{Cable {_latex(work.cable_id)}}}"),
        ("year", str(work.date_from.year) if work.date_from else None),
        ("date", work.sent if work.date_from else None),
        ("number", _latex(work.cable_id)),
        ("howpublished", "Diplomatic cable"),
        ("keywords", _latex(work.classification) if work.classification else None),
        ("annote", _latex(" | ".join(_uses(work)))),
    ]
    for name, value in facts:
        if value is not None:
            yield f"  {name} = {{{value}}},"
    yield "}"


def _fields(work: Work, method: str) -> Iterator[tuple[str, str]]:
    yield "TY", "GOVDOC"
    yield "ID", work.cable_id
    yield "AU", work.origin or "Unknown post"
    yield "TI", work.subject or f"Cable {work.cable_id}"
    if work.date_from:
        yield "PY", f"{work.date_from.year}"
        # YYYY/MM/DD/, no more exact than the cable is dated.
        exact = {DatePrecision.YEAR: "%Y///", DatePrecision.MONTH: "%Y/%m//"}
        yield "DA", work.date_from.strftime(exact.get(work.precision, "%Y/%m/%d/"))
    yield "M1", work.cable_id
    yield "M3", "Diplomatic cable"
    if work.classification:
        yield "C1", work.classification
    for use in _uses(work):
        yield "N1", use
    yield "N1", f"Method. {method}"


def _uses(work: Work) -> Iterator[str]:
    for use in work.uses:
        words = _line(use.quote)
        shown = words if len(words) <= NOTE_CHARS else f"{words[:NOTE_CHARS]}…"
        yield f"{use.label}: “{shown}”" + (f" ({use.verdict})" if use.verdict else "")


def _line(text: str) -> str:
    """One line: a line break in a value would begin another field."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _comment(text: str) -> str:
    # BibTeX passes over all that is no entry, and to it an "@" begins one behind a "%" as well.
    return _line(text).replace("@", "(at)")


def _latex(text: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in _line(text))
