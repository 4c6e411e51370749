"""What is measured: the pipeline in this process, or a running server, seen through one interface."""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

from evals.observations import Observation, observe
from rag.types import Answer, Paragraph, Question


class Subject(Protocol):
    """Answers questions and knows its collection. `observe` raises CableqaError where there is no answer."""

    def observe(self, question: Question) -> Observation: ...

    def find_text(self, cable_id: str, paragraph: str) -> str | None: ...


class AnswersQuestions(Protocol):
    """The part of the pipeline that is measured."""

    def answer(self, question: Question) -> Answer: ...


class FindsParagraphs(Protocol):
    """The part of the store that citations are compared with."""

    def find_paragraph(self, cable_id: str, label: str) -> Paragraph | None: ...


class PipelineSubject:
    """The pipeline in this process; citations are compared with the store, not with the answer's copy."""

    def __init__(self, pipeline: AnswersQuestions, store: FindsParagraphs) -> None:
        self._pipeline = pipeline
        self._store = store

    def observe(self, question: Question) -> Observation:
        start = perf_counter()
        answer = self._pipeline.answer(question)
        elapsed_ms = (perf_counter() - start) * 1000
        return observe(answer, self.find_text, elapsed_ms)

    def find_text(self, cable_id: str, paragraph: str) -> str | None:
        found = self._store.find_paragraph(cable_id, paragraph)
        return None if found is None else found.text
