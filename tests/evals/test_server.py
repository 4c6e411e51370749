"""A run over HTTP scores like the same run in-process; what a server fails at is unscored with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from evals.run import run_eval
from evals.samples import Meddling, ParagraphKey, SampleSet
from evals.server import ServerSubject
from evals.subjects import PipelineSubject
from rag.errors import ServerFailed, UsageError
from rag.index.collection import Collection
from rag.record import AnswerRecord, ParagraphRecord
from rag.types import Question
from tests.api import small
from tests.api.serving import serving
from tests.evals.book import Book, BookPipeline, made_book, made_sample

QUESTIONS = SampleSet(
    "small",
    "2" * 64,
    (
        made_sample("a", small.QUESTION, [ParagraphKey("05TALLINN7", "2")], ["212"]),
        made_sample("b", small.EMPTY_QUESTION, [], [], answerable=False),
    ),
)


def test_a_real_server_is_measured_like_the_pipeline_behind_it(tmp_path: Path) -> None:
    collection: Collection = small.build_collection(tmp_path / "data", small.cables())
    service = small.build_service(collection)
    try:
        pipeline = small.build_pipeline(collection)
        inside = run_eval(QUESTIONS, PipelineSubject(pipeline, collection.store), tmp_path / "inside")
        with serving(service) as url, ServerSubject(url) as subject:
            outside = run_eval(QUESTIONS, subject, tmp_path / "outside", concurrency=2)
    finally:
        service.close()
        collection.close()
    assert outside.failed == {}
    assert outside.samples == inside.samples
    assert outside.overall["citation.validity"].mean == 1.0
    assert outside.overall["retrieval.hit@1"] == inside.overall["retrieval.hit@1"]


def test_what_bears_a_sentence_out_is_the_server_s_word(tmp_path: Path) -> None:
    collection: Collection = small.build_collection(tmp_path / "data", small.cables())
    service = small.build_service(collection)
    try:
        with serving(service) as url, ServerSubject(url) as subject:
            seen = subject.observe(Question(small.QUESTION))
            (sentence, *_), cited = seen.sentences, seen.citations
            assert subject.bears_out(sentence.text, [cited[number] for number in sentence.citations])
            elsewhere = replace(cited[0], cable="06LUSAKA12", paragraph="1")
            assert not subject.bears_out(sentence.text, [elsewhere])
            with pytest.raises(UsageError, match="cannot be meddled with"):
                subject.observe(Question(small.QUESTION), Meddling(shuffled=1))
    finally:
        service.close()
        collection.close()


class Served:
    """A book behind the HTTP contract; `unavailable` says for which questions it answers 503."""

    def __init__(self, book: Book, unavailable: str = "never") -> None:
        self.book = book
        self.pipeline = BookPipeline(book)
        self.unavailable = unavailable
        self.asked_paragraphs = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/answers":
            asked = json.loads(request.content)
            if self.unavailable in asked["question"]:
                error = {"code": "busy", "message": "too many questions", "detail": {}}
                return httpx.Response(503, json={"error": error})
            answer = self.pipeline.answer(Question(asked["question"], top_k=asked["top_k"]))
            return httpx.Response(200, text=AnswerRecord.of(answer).model_dump_json())
        self.asked_paragraphs += 1
        _, _, _, cable, _, label = request.url.path.split("/")
        found = self.book.find_paragraph(cable, label)
        if found is None:
            return httpx.Response(404, json={"error": {"code": "not_found", "message": "?", "detail": {}}})
        return httpx.Response(200, text=ParagraphRecord.of(found).model_dump_json())


def subject_of(served: Served) -> ServerSubject:
    return ServerSubject("http://cableqa.test", transport=httpx.MockTransport(served))


def test_a_server_that_is_busy_for_part_of_the_run(tmp_path: Path) -> None:
    book, questions = made_book()
    served = Served(book, unavailable="lamps")
    report = run_eval(questions, subject_of(served), tmp_path)
    assert len(report.failed) == 10
    reason = next(iter(report.failed.values()))
    assert "server_failed" in reason
    assert "answered 503: too many questions" in reason
    assert report.overall["answer.key_facts"].unscored == 10
    assert report.overall["answer.key_facts"].mean == 1.0
    assert report.exit_status == 1
    assert served.asked_paragraphs == 60


def test_markers_that_are_not_listed_are_known_by_their_look() -> None:
    book, questions = made_book()

    def terse(request: httpx.Request) -> httpx.Response:
        body = Served(book)(request).json()
        for sentence in body.get("sentences", []):
            del sentence["markers"]
        return httpx.Response(200, json=body)

    subject = ServerSubject("http://cableqa.test", transport=httpx.MockTransport(terse))
    seen = subject.observe(Question(questions.samples[0].question))
    assert seen.text.endswith(" [1]")
    assert seen.plain_text == seen.sentences[0].text == seen.text.removesuffix(" [1]")


def test_no_such_paragraph_is_none_and_no_server_is_a_failure() -> None:
    book, _ = made_book()
    assert subject_of(Served(book)).find_text("05NOWHERE1", "1") is None

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    subject = ServerSubject("http://cableqa.test", transport=httpx.MockTransport(refuse))
    with pytest.raises(ServerFailed, match="does not answer: ConnectError"):
        subject.find_text("05ARDEN1", "1")


def test_an_answer_out_of_contract_is_a_failure() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"text": "42"}))
    with pytest.raises(ServerFailed, match="out of contract: standalone_question"):
        ServerSubject("http://cableqa.test", transport=transport).observe(Question("?"))


def test_a_broken_promise_is_measured_not_refused(tmp_path: Path) -> None:
    book, questions = made_book()

    def shifted(request: httpx.Request) -> httpx.Response:
        body = Served(book)(request).json()
        for citation in body.get("citations", []):
            citation["char_start"] += 1
        return httpx.Response(200, json=body)

    few = replace(questions, samples=questions.samples[:5])
    subject = ServerSubject("http://cableqa.test", transport=httpx.MockTransport(shifted))
    assert run_eval(few, subject, tmp_path).overall["quote.fidelity"].mean == 0.0
