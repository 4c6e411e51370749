"""Prometheus metrics: of requests, of answers by outcome and stage, and of the collection."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from rag.types import Answer

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


class Metrics:
    """One process's, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.open_requests = Gauge(
            "cableqa_open_requests",
            "Requests and streams that are open in this process",
            registry=self._registry,
        )
        self._requests = Counter(
            "cableqa_requests", "Requests", ("method", "route", "status"), registry=self._registry
        )
        self._request_s = Histogram(
            "cableqa_request_seconds",
            "Time to the end of a response",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._answers = Counter(
            "cableqa_answers", "Questions answered", ("outcome", "answerer"), registry=self._registry
        )
        self._failures = Counter(
            "cableqa_failed_questions", "Questions that failed", ("code",), registry=self._registry
        )
        self._sentences = Counter(
            "cableqa_sentences", "Sentences shown, by verdict", ("verdict",), registry=self._registry
        )
        self._removed = Counter(
            "cableqa_removed_sentences", "Sentences withheld after checking", registry=self._registry
        )
        self._tokens = Counter(
            "cableqa_model_tokens", "Tokens of language models", ("direction",), registry=self._registry
        )
        self._stage_s = Histogram(
            "cableqa_stage_seconds",
            "Time of a question by stage",
            ("stage",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._held = Gauge(
            "cableqa_collection", "What the collection holds", ("of",), registry=self._registry
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        # A method is what a client says: unknown ones share a name, so that none can fill the memory.
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._request_s.labels(route).observe(seconds)

    def over(self, began_ns: int, answer: Answer | None, failure: str | None) -> None:
        """Count a question that is over."""
        if answer is None:
            self._failures.labels(failure or "stopped").inc()
            return
        self._answers.labels(answer.outcome.value, answer.answerer).inc()
        for sentence in answer.sentences:
            self._sentences.labels(sentence.verdict.value).inc()
        self._removed.inc(len(answer.removed))
        for usage in answer.usage:
            self._tokens.labels("in").inc(usage.input_tokens or 0)
            self._tokens.labels("out").inc(usage.output_tokens or 0)
        for stage, spent_ms in answer.timings_ms.items():
            self._stage_s.labels(stage).observe(spent_ms / 1000)

    def written(self, cables: int, paragraphs: int) -> str:
        """Everything in the text format of Prometheus."""
        self._held.labels("cables").set(cables)
        self._held.labels("paragraphs").set(paragraphs)
        return generate_latest(self._registry).decode()
