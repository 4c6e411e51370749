"""OpenTelemetry traces: a span for each question and one for each of its stages; no text of either.

Made when a question is over, from the times that its record has: a span that is current while a
generator is left and entered again would become the parent of whatever runs in between.
"""

from __future__ import annotations

import time

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode, set_span_in_context

from api.version import VERSION
from rag.types import Answer

# In the order in which they begin. The last two take turns, sentence by sentence: each span is as long as
# the sum of its turns.
STAGES = ("retrieve", "answer", "verify")


class Traces:
    """Spans of questions, given to `provider`."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("cableqa", VERSION)

    def over(self, began_ns: int, answer: Answer | None, failure: str | None) -> None:
        """The spans of a question that is over; `began_ns` is Unix time."""
        root = self._tracer.start_span("question", start_time=began_ns)
        if answer is None:
            root.set_status(Status(StatusCode.ERROR, failure or "stopped"))
        else:
            root.set_attributes(
                {
                    "cableqa.outcome": answer.outcome.value,
                    "cableqa.answerer": answer.answerer,
                    "cableqa.verifier": answer.verifier,
                    "cableqa.evidence": len(answer.evidence),
                    "cableqa.sentences": len(answer.sentences),
                    "cableqa.citations": len(answer.citations),
                    "cableqa.removed": len(answer.removed),
                }
            )
            start_ns = began_ns
            for stage in STAGES:
                spent_ns = int(answer.timings_ms.get(stage, 0.0) * 1e6)
                span = self._tracer.start_span(stage, context=set_span_in_context(root), start_time=start_ns)
                span.end(end_time=start_ns + spent_ns)
                if stage == "retrieve":
                    start_ns += spent_ns
        root.end(end_time=time.time_ns())

    def close(self) -> None:
        """Send what is not yet sent."""
        self._provider.shutdown()


def open_traces(endpoint: str) -> Traces:
    """Traces that go to an OTLP collector."""
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    resource = Resource.create({"service.name": "cableqa", "service.version": VERSION})
    provider = TracerProvider(resource=resource)
    insecure = endpoint.startswith("http://")
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, insecure=insecure)))
    return Traces(provider)
