"""A running server as the subject of a run: what a client of the HTTP contract sees is what is measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from time import perf_counter
from types import TracebackType
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from evals.metrics import SUPPORTED
from evals.observations import Cited, Evidence, ModelCall, Observation, Said, TakenOut, without_spans
from evals.samples import Meddling
from evals.server_bodies import AnswerBody, CheckedBody, FailureBody, ParagraphBody, SentenceBody
from rag.errors import ServerFailed, UsageError
from rag.record import FiltersIn
from rag.types import Question

TIMEOUT_S = 300.0
MARKER = re.compile(r"\[\d+\]")


Read = TypeVar("Read", bound=BaseModel)


class ServerSubject:
    """Asks a server over HTTP; citations are compared with the paragraphs that it serves."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._client = httpx.Client(
            base_url=url, headers=headers, transport=transport, timeout=httpx.Timeout(TIMEOUT_S, connect=10.0)
        )
        self._texts: dict[tuple[str, str], str | None] = {}

    def observe(self, question: Question, meddling: Meddling | None = None, repeat: int = 1) -> Observation:
        """Ask one question. Raises ServerFailed with the status and the server's own words.

        UsageError for `meddling`: what a server finds is out of reach.
        """
        if meddling is not None:
            raise UsageError("The evidence of a server cannot be meddled with: ask the pipeline in-process.")
        body = {
            "question": question.text,
            "history": [{"question": turn.question, "answer": turn.answer} for turn in question.history],
            "filters": FiltersIn.of(question.filters).model_dump(mode="json"),
            "mode": question.mode.value,
            "policy": question.policy.value,
            "top_k": question.top_k,
        }
        start = perf_counter()
        response = self._send(self._client.build_request("POST", "/v1/answers", json=body))
        elapsed_ms = (perf_counter() - start) * 1000
        return self._observation(_read(AnswerBody, response), elapsed_ms)

    def find_text(self, cable_id: str, paragraph: str) -> str | None:
        """The text of a paragraph as the server gives it, asked for once."""
        key = (cable_id, paragraph)
        if key not in self._texts:
            path = f"/v1/cables/{quote(cable_id, safe='')}/paragraphs/{quote(paragraph, safe='')}"
            response = self._send(self._client.build_request("GET", path), missing=True)
            self._texts[key] = None if response.status_code == 404 else _read(ParagraphBody, response).text
        return self._texts[key]

    def bears_out(self, sentence: str, cited: Sequence[Cited]) -> bool:
        """Whether the server's verifier finds the sentence supported by these paragraphs."""
        labels = "; ".join(f"{citation.cable} ¶{citation.paragraph}" for citation in cited)
        text = f"{sentence.rstrip('.')} ({labels})."
        response = self._send(self._client.build_request("POST", "/v1/verify", json={"text": text}))
        checked = _read(CheckedBody, response).sentences
        return bool(checked) and all(one.verdict == SUPPORTED for one in checked)

    def parts(self) -> dict[str, str]:
        return {"surface": "http"}

    def __enter__(self) -> ServerSubject:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _send(self, request: httpx.Request, *, missing: bool = False) -> httpx.Response:
        """`missing` allows a 404, which says that there is no such paragraph."""
        try:
            response = self._client.send(request)
        except httpx.HTTPError as error:
            raise ServerFailed(f"{request.url} does not answer: {type(error).__name__} {error}") from error
        if response.is_success or (missing and response.status_code == 404):
            return response
        try:
            said = FailureBody.model_validate_json(response.content).error.message
        except ValidationError:
            said = response.text[:200]
        raise ServerFailed(f"{request.url} answered {response.status_code}: {said}")

    def _observation(self, answer: AnswerBody, elapsed_ms: float) -> Observation:
        return Observation(
            outcome=answer.outcome,
            standalone_question=answer.standalone_question,
            text=answer.text,
            plain_text=_without_markers(answer.text, answer.sentences, 0, None),
            sentences=tuple(
                Said(_without_markers(answer.text, (s,), s.start, s.end), s.citations, s.verdict, s.reason)
                for s in answer.sentences
            ),
            citations=tuple(
                Cited(
                    c.cable_id,
                    c.paragraph,
                    c.quote,
                    c.char_start,
                    c.char_end,
                    c.verdict,
                    self.find_text(c.cable_id, c.paragraph),
                )
                for c in answer.citations
            ),
            evidence=tuple(
                Evidence(
                    e.cable_id,
                    e.paragraph,
                    e.score,
                    e.dense_score,
                    e.found_by,
                    e.text,
                    e.dense_rank,
                    e.lexical_rank,
                    e.lexical_score,
                )
                for e in answer.evidence
            ),
            removed=tuple(TakenOut(item.text, item.verdict, item.reason) for item in answer.removed),
            answerer=answer.answerer,
            verifier=answer.verifier,
            snapshot=answer.snapshot,
            calls=tuple(ModelCall(u.prompt_sha256, u.input_tokens, u.output_tokens) for u in answer.usage),
            notes=answer.notes,
            confidence=answer.confidence,
            timings_ms=answer.timings_ms,
            elapsed_ms=elapsed_ms,
        )


def _without_markers(text: str, sentences: tuple[SentenceBody, ...], start: int, end: int | None) -> str:
    """By the listed spans, or by their look where a server does not list them."""
    if any(sentence.markers is None for sentence in sentences):
        spans = [match.span() for match in MARKER.finditer(text, start, len(text) if end is None else end)]
    else:
        spans = [(m.start, m.end) for sentence in sentences for m in sentence.markers or ()]
    return without_spans(text, spans, start, end)


def _read(kind: type[Read], response: httpx.Response) -> Read:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ServerFailed(
            f"{response.request.url} answered out of contract: {place}: {first['msg']}"
        ) from error
