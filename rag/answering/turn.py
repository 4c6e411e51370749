"""One question on its way: what was found, what was admitted or removed and why, what it cost.

A turn is the ledger of its own citations: only passages of this turn can be cited in it.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rag.answering.absence import wording
from rag.answering.answer import Rejected
from rag.answering.compose import Composer
from rag.text.leads import by_post_and_date
from rag.types import (
    REWRITING,
    Absence,
    Answer,
    Coverage,
    Dispute,
    DisputeSide,
    DraftSentence,
    Hit,
    Outcome,
    Paragraph,
    Passage,
    Policy,
    Query,
    Question,
    Removed,
    SentenceCheck,
    SentenceReady,
    Usage,
    Verdict,
)

_WORD = re.compile(r"\w+")
_MARK = re.compile(r"\[\d+\]")
FAILING = frozenset({Verdict.CONTRADICTED, Verdict.MISATTRIBUTED, Verdict.NOT_FOUND, Verdict.UNCITED})
WITHHELD = "No answer is shown: what was written did not stand its check. See what was removed, and why."


@dataclass(slots=True)
class Turn:
    """The state of one question; the only mutable value of the question path, and never shared."""

    question: Question
    query: Query
    hits: tuple[Hit, ...]
    notes: list[str] = field(default_factory=list)
    usage: list[Usage] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    timings_ms: dict[str, float] = field(default_factory=dict)
    confidence: float | None = None
    answerer: str = ""
    absence: Absence | None = None
    coverage: Coverage = Coverage.SAMPLE
    total: int | None = None
    scanned: int | None = None
    counted: str | None = None  # what the answer begins with, and no note says again
    dispute: Dispute | None = None
    _settled: int = 0
    _broken: bool = False
    passages: dict[int, Passage] = field(init=False)
    composer: Composer = field(init=False)

    def __post_init__(self) -> None:
        # A scan finds more than an answerer can read.
        read = self.hits[: self.question.top_k]
        self.passages = {number: Passage(number, hit) for number, hit in enumerate(read, start=1)}
        self.composer = Composer(self.passages, self.counted or "")

    @property
    def has_answer(self) -> bool:
        return bool(self.composer.sentences)

    @property
    def is_silent(self) -> bool:
        """Whether the model's last call for an answer failed, so that its saying nothing means nothing."""
        written = [call for call in self.usage if call.form != REWRITING]
        return bool(written) and written[-1].failure is not None

    def repeats(self, draft: DraftSentence) -> bool:
        """Whether a sentence says what is shown already, from no passage that is new.

        A second draft is a whole answer again, and small models say a sentence twice.
        """
        cited = {(p.cable_id, p.label) for p in self._paragraphs(draft)}
        words = set(_WORD.findall(draft.text.lower()))
        for shown in self.composer.sentences:
            said = set(_WORD.findall(_MARK.sub(" ", shown.text).lower()))
            sources = {self.composer.citations[at].paragraph for at in shown.citations}
            if words <= said and cited <= {(p.cable_id, p.label) for p in sources}:
                return True
        return False

    def settle(self, removed: int) -> None:
        """The first `removed` of what was taken out no longer tells against the answer: it was replaced."""
        self._settled = removed

    def cites(self, side: DisputeSide) -> bool:
        """Whether the answer cites this side's words already."""
        paragraph = self.passages[side.passage].hit.paragraph
        return any(
            c.paragraph == paragraph and c.char_start < side.end and side.start < c.char_end
            for c in self.composer.citations
        )

    def disagree(self, dispute: Dispute) -> None:
        """The cables set figures against each other, and the answer shows each of them."""
        self.dispute = dispute
        told = []
        for side in dispute.sides:
            hit = self.passages[side.passage].hit
            told.append(f"{by_post_and_date(hit.header)}: {side.figure} ({hit.paragraph.citation})")
        self.notes.append(f"The cables disagree. {'; '.join(told)}.")

    def pass_over(self, draft: DraftSentence) -> None:
        """Leave out a quoted sentence that speaks to its reader; that tells nothing against the answer."""
        reason = "it speaks to its reader and not of what was asked: ask for it to have it quoted"
        self.removed.insert(0, Removed(draft.text, Verdict.SUPPORTED, reason))
        self._settled += 1

    def broke_off(self, note: str) -> None:
        """What is shown stands, and more was to come."""
        self._broken = True
        self.notes.append(note)

    def admit(self, draft: DraftSentence, check: SentenceCheck) -> SentenceReady | Rejected:
        """Apply the policy to a checked sentence: shown, or removed with its reason.

        `annotate` shows everything. The other policies take out a sentence that fails, and from a
        sentence that stands the citations that do not.
        """
        for marker in draft.unknown_markers:
            self.removed.append(
                Removed(
                    f"{marker} in “{draft.text}”", Verdict.NOT_FOUND, f"no passage {marker} was retrieved"
                )
            )
        if self.question.policy is Policy.ANNOTATE:
            return self.composer.add(draft.text, check)
        if check.verdict in FAILING:
            self.removed.append(Removed(draft.text, check.verdict, check.reason))
            return Rejected(draft.text, check.reason)
        standing = tuple(citation for citation in check.citations if citation.verdict not in FAILING)
        for citation in check.citations:
            if citation.verdict in FAILING and citation.passage in self.passages:
                cited = self.passages[citation.passage].hit.paragraph.citation
                self.removed.append(
                    Removed(f"{cited} as a source of “{draft.text}”", citation.verdict, citation.reason)
                )
        return self.composer.add(draft.text, replace(check, citations=standing))

    def stands_whole(self) -> bool:
        """Whether every sentence is supported, and nothing had to be removed that was not replaced."""
        if self._broken or self.removed[self._settled :]:
            return False
        return all(s.verdict is Verdict.SUPPORTED for s in self.composer.sentences)

    def withhold(self) -> None:
        """Refuse as a whole: what was written moves to `removed`, and nothing is shown."""
        self.removed += [Removed(s.text, s.verdict, s.reason) for s in self.composer.sentences]
        self.composer = Composer(self.passages)
        self.dispute = None
        self.notes.append("Policy abstain: not every sentence was supported, so nothing is shown.")

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time spent inside to the stage's milliseconds."""
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = (time.perf_counter() - began) * 1000
            self.timings_ms[stage] = round(self.timings_ms.get(stage, 0.0) + spent, 3)

    def answer(self, verifier: str, snapshot: str, failure: str | None = None) -> Answer:
        """The record of the turn as it stands, or as it failed."""
        return Answer(
            answer_id=uuid.uuid4().hex,
            question=self.question.text,
            standalone_question=self.query.standalone,
            outcome=Outcome.FAILED if failure else self._outcome(),
            text=self._text(failure),
            sentences=tuple(self.composer.sentences),
            citations=tuple(self.composer.citations),
            evidence=self.hits,
            removed=tuple(self.removed),
            filters_applied=self.query.filters,
            coverage=self.coverage,
            answerer=self.answerer,
            verifier=verifier,
            snapshot=snapshot,
            timings_ms=dict(self.timings_ms),
            policy=self.question.policy,
            created_at=datetime.now(UTC),
            usage=tuple(self.usage),
            notes=tuple(self.notes),
            confidence=self.confidence,
            absence=self.absence,
            conflict=() if self.dispute is None else self.dispute.sides,
            failure=failure,
            query=self.query,
            total=self.total,
            scanned=self.scanned,
        )

    def _text(self, failure: str | None) -> str:
        if failure or self.has_answer:
            return "" if failure else self.composer.text
        # What was written and withheld is not the collection's silence, nor is a model's.
        if self.removed or self.is_silent or self.absence is None:
            return WITHHELD
        if self.counted is not None:
            return self.counted
        return wording(self.absence, self.query)

    def _paragraphs(self, draft: DraftSentence) -> Iterator[Paragraph]:
        for quote in draft.quotes:
            if quote.passage in self.passages:
                yield self.passages[quote.passage].hit.paragraph

    def _outcome(self) -> Outcome:
        if not self.has_answer:
            return Outcome.NOT_IN_CORPUS
        if self.dispute is not None:
            return Outcome.CONFLICTING
        return Outcome.ANSWERED if self.stands_whole() else Outcome.PARTIAL
