"""One question on its way: what was found, what was admitted or removed and why, what it cost.

A turn is the ledger of its own citations: only passages of this turn can be cited in it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rag.answer import Rejected
from rag.compose import Composer
from rag.types import (
    Answer,
    Coverage,
    DraftSentence,
    Hit,
    Outcome,
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

FAILING = frozenset({Verdict.CONTRADICTED, Verdict.MISATTRIBUTED, Verdict.NOT_FOUND, Verdict.UNCITED})
NOT_IN_COLLECTION = "Not in this collection: none of the paragraphs found answers the question."
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
    coverage: Coverage = Coverage.SAMPLE
    total: int | None = None
    scanned: int | None = None
    passages: dict[int, Passage] = field(init=False)
    composer: Composer = field(init=False)

    def __post_init__(self) -> None:
        # A scan finds more than an answerer can read.
        read = self.hits[: self.question.top_k]
        self.passages = {number: Passage(number, hit) for number, hit in enumerate(read, start=1)}
        self.composer = Composer(self.passages)

    @property
    def has_answer(self) -> bool:
        return bool(self.composer.sentences)

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
        """Whether every sentence is supported and nothing had to be removed."""
        return not self.removed and all(s.verdict is Verdict.SUPPORTED for s in self.composer.sentences)

    def withhold(self) -> None:
        """Refuse as a whole: what was written moves to `removed`, and nothing is shown."""
        self.removed += [Removed(s.text, s.verdict, s.reason) for s in self.composer.sentences]
        self.composer = Composer(self.passages)
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

    def answer(self, answerer: str, verifier: str, snapshot: str) -> Answer:
        """The record of the turn as it stands."""
        return Answer(
            answer_id=uuid.uuid4().hex,
            question=self.question.text,
            standalone_question=self.query.standalone,
            outcome=self._outcome(),
            text=self.composer.text or (WITHHELD if self.removed else NOT_IN_COLLECTION),
            sentences=tuple(self.composer.sentences),
            citations=tuple(self.composer.citations),
            evidence=self.hits,
            removed=tuple(self.removed),
            filters_applied=self.query.filters,
            coverage=self.coverage,
            answerer=answerer,
            verifier=verifier,
            snapshot=snapshot,
            timings_ms=dict(self.timings_ms),
            policy=self.question.policy,
            created_at=datetime.now(UTC),
            usage=tuple(self.usage),
            notes=tuple(self.notes),
            confidence=self.confidence,
            query=self.query,
            total=self.total,
            scanned=self.scanned,
        )

    def _outcome(self) -> Outcome:
        if not self.has_answer:
            return Outcome.NOT_IN_CORPUS
        return Outcome.ANSWERED if self.stands_whole() else Outcome.PARTIAL
