"""Markdown: answers with footnotes that hold the quoted words. Text of cables is escaped, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from api.export.dossier import Dossier, shown_date
from api.outcomes import heading
from rag.record import AnswerRecord, CitationRecord, EvidenceRecord, MarkerRecord

# Signs that CommonMark and its common extensions take for markup anywhere, and those of a line's beginning.
MARKUP = re.compile(r"([\\`*_\[\]<>#|~$&])")
BEGINNING = re.compile(r"^(\d{0,9})([-+=.):])")


def markdown(dossier: Dossier) -> str:
    return "\n".join([*_lines(dossier), ""])


def escaped(text: str) -> str:
    """Text in one line in which nothing is markup."""
    return BEGINNING.sub(r"\1\\\2", MARKUP.sub(r"\\\1", " ".join(text.split())))


def _lines(dossier: Dossier) -> Iterator[str]:
    yield f"# {escaped(dossier.title)}"
    for number, answer in enumerate(dossier.answers, start=1):
        yield from _answer(answer, f"{number}-" if len(dossier.answers) > 1 else "")
    for rank, hit in enumerate(dossier.hits, start=1):
        yield from ("", f"{rank}. **{escaped(hit.label)}**, {_source(hit)}", "", f"   > {escaped(hit.text)}")
    yield from ("", "## Method", "")
    for name, text in dossier.method:
        yield f"- **{name}:** {escaped(text)}"


def _answer(answer: AnswerRecord, prefix: str) -> Iterator[str]:
    yield from ("", f"## {escaped(answer.question)}", "", f"*{heading(answer)}.*", "")
    if not answer.sentences:
        yield escaped(answer.text)
    if answer.lead:
        yield from (escaped(answer.lead), "")
    for sentence in answer.sentences:
        words = escaped(_without_markers(sentence.text, sentence.start, sentence.markers))
        notes = "".join(f"[^{prefix}{index + 1}]" for index in sentence.citations)
        doubt = (
            ""
            if sentence.verdict.value == "supported"
            else f" *({sentence.verdict.value}: {escaped(sentence.reason)})*"
        )
        yield from (f"{words}{notes}{doubt}", "")
    for cited in answer.citations:
        words = f"“{escaped(cited.quote)}” ({cited.verdict.value})"
        yield f"[^{prefix}{cited.marker}]: **{escaped(cited.label)}**, {_source(cited)}: {words}"
    for note in answer.notes:
        yield from ("", f"Note: {escaped(note)}")
    if answer.removed:
        yield from ("", "Withheld after checking:", "")
        for removed in answer.removed:
            yield f"- {escaped(removed.text)} ({removed.verdict.value}: {escaped(removed.reason)})"


def _source(of: CitationRecord | EvidenceRecord) -> str:
    parts = (of.origin, shown_date(of), of.subject, of.classification)
    return ", ".join(escaped(part) for part in parts if part)


def _without_markers(text: str, start: int, markers: tuple[MarkerRecord, ...]) -> str:
    for span in reversed(markers):
        text = text[: span.start - start].rstrip() + text[span.end - start :]
    return text
