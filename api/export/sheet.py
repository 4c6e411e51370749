"""CSV: a citation sheet with one row for each sentence and citation, or the hits of a search.

A spreadsheet takes a cell that begins with "=", "+", "-" or "@" for a formula. Texts of cables begin
so ("- 186 tons"), and could be written to; such a cell gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from api.export.dossier import Dossier, shown_date, shown_filters
from api.outcomes import heading, is_told_by_headers
from rag.record import AnswerRecord, CitationRecord, EvidenceRecord

Cell = str | int | float | None
FORMULA_SIGNS = tuple("=+-@＝＋－＠")
# Blanks, and what is not seen at all: a spreadsheet may pass over either before it looks for a formula.
UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
CONTROLS = ("\t", "\r", "\n")
SOURCE = ("cable_id", "paragraph", "label", "origin", "sent", "classification", "subject")
ANSWER_COLUMNS = (
    *("question", "outcome", "heading", "state"),
    *("sentence_number", "sentence", "verdict", "reason", "marker"),
    *(*SOURCE, "quote", "char_start", "char_end", "citation_verdict", "citation_reason", "paragraph_sha256"),
    *("answer_id", "answerer", "verifier", "policy", "snapshot", "filters", "asked_at", "notes"),
)
HIT_COLUMNS = ("rank", *SOURCE, "text", "score", "found_by", "paragraph_sha256")


def sheet(dossier: Dossier) -> str:
    """Rows under their names; with the method in each row of an answer, and behind the rows of a search."""
    if dossier.answers or not dossier.hits:
        return table(ANSWER_COLUMNS, (row for answer in dossier.answers for row in answer_rows(answer)))
    method = {f"method: {name.lower()}": text for name, text in dossier.method}
    rows = ([*_hit(rank, hit), *method.values()] for rank, hit in enumerate(dossier.hits, start=1))
    return table((*HIT_COLUMNS, *method), rows)


def table(columns: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    """CSV as RFC 4180 has it, every text cell harmless in a spreadsheet."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def harmless(cell: Cell) -> Cell:
    """``"=1+1" -> "'=1+1"``; a number stays a number."""
    if not isinstance(cell, str):
        return cell
    # A NUL ends the cell for some readers, and what follows begins another.
    cell = cell.replace("\0", "�")
    unseen = UNSEEN.match(cell)
    begins = cell[unseen.end() :] if unseen else cell
    return f"'{cell}" if cell.startswith(CONTROLS) or begins.startswith(FORMULA_SIGNS) else cell


def answer_rows(answer: AnswerRecord) -> Iterator[list[Cell]]:
    """A row for each citation of each sentence, for each sentence without one, and for what was withheld."""
    method: list[Cell] = [
        *(answer.answer_id, answer.answerer, answer.verifier, answer.policy.value, answer.snapshot),
        *(shown_filters(answer.filters_applied), answer.created_at.isoformat()),
        " | ".join(answer.notes),
    ]
    begin: list[Cell] = [answer.question, answer.outcome.value, heading(answer)]
    if answer.lead:
        yield [*begin, "told", None, answer.lead, None, None, *_citation(None), *method]
    if not answer.sentences:
        state = "told" if is_told_by_headers(answer) else "no answer"
        yield [*begin, state, None, answer.text, None, None, *_citation(None), *method]
    for number, sentence in enumerate(answer.sentences, start=1):
        said: list[Cell] = ["shown", number, sentence.text, sentence.verdict.value, sentence.reason]
        if not sentence.citations:
            yield [*begin, *said, *_citation(None), *method]
        for index in sentence.citations:
            yield [*begin, *said, *_citation(answer.citations[index]), *method]
    for removed in answer.removed:
        said = ["withheld", None, removed.text, removed.verdict.value, removed.reason]
        yield [*begin, *said, *_citation(None), *method]


def _citation(cited: CitationRecord | None) -> list[Cell]:
    if cited is None:
        return [None] * (len(SOURCE) + 7)
    return [
        *(cited.marker, *_source(cited), cited.quote, cited.char_start, cited.char_end),
        *(cited.verdict.value, cited.reason, cited.paragraph_sha256),
    ]


def _hit(rank: int, hit: EvidenceRecord) -> list[Cell]:
    return [rank, *_source(hit), hit.text, hit.score, hit.found_by.value, hit.sha256]


def _source(of: CitationRecord | EvidenceRecord) -> list[Cell]:
    place: list[Cell] = [of.cable_id, of.paragraph, of.label]
    return [*place, of.origin, shown_date(of), of.classification, of.subject]
