"""What everything but the model costs: the milliseconds around an answer of five sentences.

    python benchmarks/overhead.py DATA_DIR [--questions evals/sets/sample.jsonl] [--n 60] [--json]

A chat model that is always ready writes five sentences, verbatim out of the paragraphs that it is given, each
with its marker. So what is left is ours: reading the question, both searches with the encoder's one vector,
the prompt, the parser, five checks, the answer put together, and its record. No answer is kept. The target
is 80 ms at the 95th percentile. The entailment model is not asked; beside the time on the clock stands that
of the processor, which other work on the machine does not stretch as much.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from evals.samples import load_samples
from rag.bootstrap import build_pipeline
from rag.config import NO_ENTAILMENT, Settings
from rag.llm.answerer import LLMAnswerer
from rag.record import AnswerRecord
from rag.text.citations import split_sentences
from rag.types import Mode, Policy, Question

ROOT = Path(__file__).resolve().parents[1]
SENTENCES = 5
TARGET_P95_MS = 80.0
PASSAGE = re.compile(r"<passage>\n\[(\d+)\] [^\n]*:\n(.*?)\n</passage>", re.DOTALL)


class QuotingModel(BaseChatModel):
    """A chat model that quotes the first sentences of its passages, and takes no time for it."""

    @property
    def _llm_type(self) -> str:
        return "quoting"

    def _reply(self, messages: Sequence[BaseMessage]) -> str:
        quoted: list[str] = []
        for number, text in PASSAGE.findall(str(messages[-1].content)):
            for span in split_sentences(text)[:2]:
                sentence = text[span.start : span.end].rstrip(".")
                quoted.append(f"{sentence} [{number}].")
        return " ".join(quoted[:SENTENCES])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self._reply(messages)))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._reply(messages)
        for at in range(0, len(reply), 12):
            yield ChatGenerationChunk(message=AIMessageChunk(content=reply[at : at + 12]))


@dataclass(frozen=True, slots=True)
class Overhead:
    """Milliseconds of all but the model, and of its parts, at the median; how many sentences were shown."""

    answers: int
    sentences_median: float
    p50_ms: float
    p95_ms: float
    processor_p50_ms: float
    processor_p95_ms: float
    retrieve_p50_ms: float
    answer_p50_ms: float
    verify_p50_ms: float
    cables: int
    paragraphs: int


def measure(data_dir: Path, questions: Path, n: int) -> Overhead:
    pipeline = build_pipeline(Settings(data_dir=data_dir, llm=None, entailment=NO_ENTAILMENT)).unrecorded(
        llm=LLMAnswerer(QuotingModel(), "quoting")
    )
    samples = load_samples(questions).samples
    asked = samples[:: max(1, len(samples) // n)][:n]
    try:
        pipeline.answer(Question(asked[0].question, mode=Mode.LLM))
        spent, worked, parts, shown = [], [], [], []
        for sample in asked:
            start, started = perf_counter(), process_time()
            answer = pipeline.answer(Question(sample.question, mode=Mode.LLM, policy=Policy.DROP))
            AnswerRecord.of(answer).model_dump_json()
            spent.append((perf_counter() - start) * 1000)
            worked.append((process_time() - started) * 1000)
            parts.append(answer.timings_ms)
            shown.append(len(answer.sentences) + len(answer.removed))
        counts = pipeline.collection.store.counts()
    finally:
        pipeline.collection.close()

    def part(name: str) -> float:
        return median(timings.get(name, 0.0) for timings in parts)

    return Overhead(
        len(asked), median(shown), median(spent), quantiles(spent, n=20)[-1],
        median(worked), quantiles(worked, n=20)[-1],
        part("retrieve"), part("answer"), part("verify"), counts.cables, counts.paragraphs,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--questions", type=Path, default=ROOT / "evals" / "sets" / "sample.jsonl")
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.data_dir, given.questions, given.n)
    if given.json:
        print(json.dumps(asdict(found), indent=2))
    else:
        print(f"{found.answers} answers of {found.sentences_median:g} sentences over {found.cables} cables")
        print(f"all but the model   p50 {found.p50_ms:6.1f} ms   p95 {found.p95_ms:6.1f} ms")
        print(
            f"of the processor    p50 {found.processor_p50_ms:6.1f} ms   p95 {found.processor_p95_ms:6.1f} ms"
        )
        print(
            f"  retrieve {found.retrieve_p50_ms:.1f}, prompt and parse {found.answer_p50_ms:.1f}, "
            f"verify {found.verify_p50_ms:.1f} ms at the median"
        )
    return 0 if found.p95_ms <= TARGET_P95_MS else 1


if __name__ == "__main__":
    sys.exit(main())
