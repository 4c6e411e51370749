"""What is measured: the pipeline in this process, or a running server, seen through one interface."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from time import perf_counter
from typing import Protocol

from evals.meddling import MeddledSearch
from evals.observations import Cited, Observation, observe
from evals.samples import Meddling
from rag.answering.answer import Answerer
from rag.pipeline import Finder
from rag.types import (
    Answer,
    CableHeader,
    DraftSentence,
    FoundBy,
    Hit,
    Paragraph,
    Passage,
    Question,
    Quote,
    Verdict,
)
from rag.verifying.verify import Verifier


class Subject(Protocol):
    """Answers questions and knows its collection. `observe` raises CableqaError where there is no answer."""

    def observe(
        self, question: Question, meddling: Meddling | None = None, repeat: int = 1
    ) -> Observation: ...

    def find_text(self, cable_id: str, paragraph: str) -> str | None: ...

    def bears_out(self, sentence: str, cited: Sequence[Cited]) -> bool: ...

    def parts(self) -> dict[str, str]: ...


class AnswersQuestions(Protocol):
    """The part of the pipeline that is measured."""

    @property
    def verifier(self) -> Verifier: ...

    def answer(self, question: Question) -> Answer: ...

    def unrecorded(
        self, search: Callable[[Finder], Finder] | None = None, llm: Answerer | None = None
    ) -> AnswersQuestions: ...


class FindsParagraphs(Protocol):
    """The part of the store that citations are compared with."""

    def find_paragraph(self, cable_id: str, label: str) -> Paragraph | None: ...

    def headers(self, cable_ids: Collection[str]) -> Mapping[str, CableHeader]: ...


class PipelineSubject:
    """The pipeline in this process; citations are compared with the store, not with the answer's copy.

    Its answers are not kept in the collection. `llm_of(repeat)` gives the language model for each further
    time that the questions are asked; `search` changes how it searches; `parts` names what it is made of.
    """

    def __init__(
        self,
        pipeline: AnswersQuestions,
        store: FindsParagraphs,
        *,
        search: Callable[[Finder], Finder] | None = None,
        llm_of: Callable[[int], Answerer] | None = None,
        parts: Mapping[str, str] | None = None,
    ) -> None:
        self._pipeline = pipeline.unrecorded(search)
        self._store = store
        self._llm_of = llm_of
        self._parts = dict(parts or {})

    def observe(self, question: Question, meddling: Meddling | None = None, repeat: int = 1) -> Observation:
        llm = self._llm_of(repeat) if self._llm_of is not None and repeat > 1 else None
        pipeline = self._pipeline
        if meddling is not None:
            pipeline = pipeline.unrecorded(lambda search: MeddledSearch(search, meddling), llm)
        elif llm is not None:
            pipeline = pipeline.unrecorded(llm=llm)
        start = perf_counter()
        answer = pipeline.answer(question)
        elapsed_ms = (perf_counter() - start) * 1000
        return observe(answer, self.find_text, elapsed_ms)

    def find_text(self, cable_id: str, paragraph: str) -> str | None:
        found = self._store.find_paragraph(cable_id, paragraph)
        return None if found is None else found.text

    def bears_out(self, sentence: str, cited: Sequence[Cited]) -> bool:
        """Whether the verifier finds the sentence supported by these paragraphs as wholes."""
        headers = self._store.headers({citation.cable for citation in cited})
        passages: dict[int, Passage] = {}
        for citation in cited:
            paragraph = self._store.find_paragraph(citation.cable, citation.paragraph)
            if paragraph is not None and citation.cable in headers:
                number = len(passages) + 1
                hit = Hit(paragraph, headers[citation.cable], 0.0, FoundBy.LOOKUP)
                passages[number] = Passage(number, hit)
        draft = DraftSentence(sentence, tuple(Quote(number) for number in passages))
        return self._pipeline.verifier.check(draft, passages).verdict is Verdict.SUPPORTED

    def parts(self) -> dict[str, str]:
        return dict(self._parts)
