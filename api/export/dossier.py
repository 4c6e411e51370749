"""What a work product is made of: answers or hits, the cables they rest on, and the method note."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.outcomes import heading
from api.version import VERSION
from rag.record import AnswerRecord, CitationRecord, EvidenceRecord, FiltersIn, SearchRecord
from rag.text.counting import count_of
from rag.types import DatePrecision


@dataclass(frozen=True, slots=True)
class Use:
    """A paragraph as it is used: its words, and the verdict on them where there is one."""

    label: str
    quote: str
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """A cable that is cited or was found, with each use of it."""

    cable_id: str
    origin: str | None
    sent: str
    date_from: date | None
    precision: DatePrecision
    classification: str | None
    subject: str | None
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Answers, or what a search found, under a title; `method` says how it came about, line by line."""

    title: str
    answers: tuple[AnswerRecord, ...]
    hits: tuple[EvidenceRecord, ...]
    method: tuple[tuple[str, str], ...]

    @classmethod
    def of_answers(cls, title: str, answers: Sequence[AnswerRecord]) -> Dossier:
        verdicts = Counter(sentence.verdict.value for answer in answers for sentence in answer.sentences)
        removed = sum(len(answer.removed) for answer in answers)
        withheld = f"; {removed} withheld after checking" if removed else ""
        outcomes = Counter(heading(answer).lower() for answer in answers)
        method = (
            ("Questions", f"{len(answers)}: {_tally(outcomes)}" if answers else "none"),
            ("Collection", f"snapshot {_distinct(answer.snapshot for answer in answers)}"),
            ("Filters", _distinct(shown_filters(answer.filters_applied) for answer in answers)),
            ("Written by", _distinct(answer.answerer for answer in answers)),
            ("Checked by", _distinct(answer.verifier for answer in answers)),
            ("Policy", _distinct(answer.policy.value for answer in answers)),
            ("Verdicts on sentences", (_tally(verdicts) or "no sentence") + withheld),
            ("Read", _distinct(_read(len(answer.evidence), answer.coverage.value) for answer in answers)),
            ("Asked", _distinct(f"{answer.created_at:%Y-%m-%d %H:%M} UTC" for answer in answers)),
            ("Made by", f"cableqa {VERSION}"),
        )
        return cls(title, tuple(answers), (), method)

    @classmethod
    def of_search(cls, query: str, found: SearchRecord, snapshot: str, searched_at: datetime) -> Dossier:
        method = (
            ("Search", query),
            ("Collection", f"snapshot {snapshot}"),
            ("Filters", shown_filters(found.filters_applied)),
            ("Written by", "nobody: paragraphs as they stand in the cables"),
            ("Checked by", "not checked: a search makes no claim"),
            ("Read", _read(len(found.hits), found.coverage.value)),
            ("Searched", f"{searched_at:%Y-%m-%d %H:%M} UTC"),
            ("Made by", f"cableqa {VERSION}"),
        )
        return cls(f"Search: {query}", (), found.hits, method)

    def works(self) -> tuple[Work, ...]:
        """The cables cited by the answers, or found by the search, each once, in the order of their use."""
        used: dict[str, list[Use]] = {}
        first: dict[str, CitationRecord | EvidenceRecord] = {}
        for answer in self.answers:
            for cited in answer.citations:
                first.setdefault(cited.cable_id, cited)
                used.setdefault(cited.cable_id, []).append(Use(cited.label, cited.quote, cited.verdict.value))
        for hit in self.hits:
            first.setdefault(hit.cable_id, hit)
            used.setdefault(hit.cable_id, []).append(Use(hit.label, hit.text, None))
        return tuple(
            Work(
                cable_id=cable_id,
                origin=of.origin,
                sent=shown_date(of),
                date_from=of.sent_at.date() if of.sent_at else of.date_from,
                precision=of.date_precision,
                classification=of.classification,
                subject=of.subject,
                uses=tuple(dict.fromkeys(used[cable_id])),
            )
            for cable_id, of in first.items()
        )


def shown_date(of: CitationRecord | EvidenceRecord) -> str:
    """No more exact than the source: "2009-07-21", "2009-07", "2009" or "undated"."""
    day = of.sent_at or of.date_from
    if day is None:
        return "undated"
    exact = {DatePrecision.YEAR: "%Y", DatePrecision.MONTH: "%Y-%m"}
    return day.strftime(exact.get(of.date_precision, "%Y-%m-%d"))


def shown_filters(filters: FiltersIn) -> str:
    """ "origins: Embassy Astana; date_from: 2009-01-01", or "none"."""
    parts = []
    for name, value in filters:
        if value:
            parts.append(f"{name}: {', '.join(value) if isinstance(value, tuple) else value}")
    return "; ".join(parts) or "none"


def _read(count: int, coverage: str) -> str:
    all_there_is = "all that match" if coverage == "complete" else "the best found, not all there are"
    return f"{count_of(count, 'paragraph')}, {all_there_is}"


def _tally(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counted.most_common())


def _distinct(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(values)) or "none"
