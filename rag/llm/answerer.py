"""The answerer that writes: any LangChain chat model, streamed, its reply parsed sentence by sentence."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessageChunk
from langchain_core.messages.ai import UsageMetadata, add_usage

from rag.answering.answer import Draft, Refusal, Rejected
from rag.errors import ModelUnavailable
from rag.llm import prompts
from rag.llm.deadline import within
from rag.llm.provider_errors import may_pass, unavailable, wanted_wait_s
from rag.llm.replies import Asked, MarkedReplies, ReplyForm
from rag.llm.rewriting import ModelRewriter
from rag.text.citations import parse_sentence
from rag.types import DraftSentence, Passage, Query, Usage

_NUMBER = re.compile(r"\[(\d+)\]")
NO_TEXT = "the model returned no text"
# A call that fails is made once more.
CALLS = 2
# A longer wait is the caller's to make: here it would hold a thread that others could have.
LONGEST_WAIT_S = 5.0
# What a token is taken for before the provider has counted.
_CHARS_A_TOKEN = 3.5
# Status codes of requests that another form of reply may mend.
_REFUSED_FORM = frozenset({400, 404, 422})


@dataclass(frozen=True, slots=True)
class LLMSettings:
    """What a model may take: characters of passages, seconds a call, tokens a question, and its prices.

    Prices are in US dollars a million tokens; None where nobody told them.
    """

    context_chars: int = 12_000
    timeout_s: float = 60.0
    budget_tokens: int = 20_000
    answer_tokens: int = 600
    input_price: float | None = None
    output_price: float | None = None
    retry_pause_s: float = 0.5

    def cost(self, tokens: UsageMetadata | None) -> float | None:
        """US dollars; None where tokens or prices are not known."""
        if tokens is None or self.input_price is None or self.output_price is None:
            return None
        spent = tokens["input_tokens"] * self.input_price + tokens["output_tokens"] * self.output_price
        return round(spent / 1e6, 8)


@dataclass(slots=True)
class _Call:
    """What is known of one call while it runs."""

    began: float = field(default_factory=time.monotonic)
    tokens: UsageMetadata | None = None
    wrote: bool = False

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def count(self, piece: BaseMessageChunk) -> None:
        self.wrote = self.wrote or bool(str(piece.text).strip())
        if isinstance(piece, AIMessageChunk):
            told = piece.usage_metadata or _told_by_openai(piece)
            self.tokens = self.tokens if told is None else add_usage(self.tokens, told)


class LLMAnswerer:
    """Prose with citations from a chat model. Unknown markers are kept for the checker, never repaired."""

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        settings: LLMSettings | None = None,
        forms: Sequence[ReplyForm] = (MarkedReplies(),),
    ) -> None:
        self.name = name
        self._model = model
        self._settings = settings or LLMSettings()
        self._forms = tuple(forms)

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        """As `Answerer.draft`. A call that brings nothing is made once more; its `Usage` says why.

        Where the provider says when to come back, that is waited for if it is in a few seconds and before
        the call's deadline.
        """
        if not passages:
            yield Refusal("no paragraph was found")
            return
        numbered = prompts.fitting(turn_numbers(query, passages), self._settings.context_chars)
        failed = 0
        while True:
            form = self._forms[0]
            asked = self._asked(form, query, numbered, rejected)
            self._require_budget(asked, calls=1 + failed + bool(rejected))
            call = _Call()
            usage = Usage(model=self.name, prompt_sha256=prompts.sha256_of(asked.prompt), form=form.name)
            failure: str | None = None
            wait_s: float | None = None
            try:
                yield from self._reply(form, asked, call)
                failure = None if call.wrote else NO_TEXT
            # Every provider has errors of its own, with no common ancestor but this one.
            except Exception as error:
                failure = f"{type(error).__name__}: {error}"
                if not call.wrote and self._takes_another_form(error):
                    yield self._closed(usage, call, failure)
                    continue
                wait_s = wanted_wait_s(error)
                left_s = min(LONGEST_WAIT_S, self._settings.timeout_s - call.seconds())
                too_long = wait_s is not None and wait_s > left_s
                if call.wrote or failed + 1 >= CALLS or too_long or not may_pass(error):
                    yield self._closed(usage, call, failure)
                    raise unavailable(self.name, failure, wait_s) from error
            yield self._closed(usage, call, failure)
            if failure is None:
                return
            failed += 1
            if failed >= CALLS:
                yield Refusal(NO_TEXT)
                return
            time.sleep(self._settings.retry_pause_s if wait_s is None else wait_s)

    def rewriter(self) -> ModelRewriter:
        """The same model, asked to make follow-ups stand alone; it may take a quarter of an answer's time."""
        return ModelRewriter(self._model, self.name, self._settings.timeout_s / 4, self._settings.cost)

    def _asked(
        self, form: ReplyForm, query: Query, numbered: Mapping[int, Passage], rejected: Sequence[Rejected]
    ) -> Asked:
        values = {
            "refusal": prompts.REFUSAL,
            "passages": prompts.render_passages(numbered, self._settings.context_chars),
            "question": prompts.neutralise(query.standalone),
        }
        if rejected:
            # A reason names passages by their place in the turn, which is not what the model sees.
            seen = {passage.number: number for number, passage in numbered.items()}
            values["failures"] = "\n".join(
                f"- {prompts.neutralise(item.text)} (refused: {_as_seen(item.reason, seen)})"
                for item in rejected
            )
        return Asked(form.repair if rejected else form.answer, values, numbered)

    def _reply(self, form: ReplyForm, asked: Asked, call: _Call) -> Generator[Draft, None, None]:
        """One call's sentences. What was not yet a sentence when a stream broke is never given."""
        known = {number: passage.number for number, passage in asked.passages.items()}
        reader = form.reader(asked)
        pieces = within(self._settings.timeout_s, lambda: form.stream(self._model, asked))
        try:
            for piece in pieces:
                call.count(piece)
                for sentence in reader.feed(piece):
                    yield _sentence_or_refusal(sentence, known)
        finally:
            pieces.close()
        for sentence in reader.flush():
            yield _sentence_or_refusal(sentence, known)

    def _require_budget(self, asked: Asked, calls: int) -> None:
        """Raises ModelUnavailable where this call, and those made before it, may take too many tokens."""
        chars = sum(len(str(message.text)) for message in asked.messages())
        needed = calls * (int(chars / _CHARS_A_TOKEN) + self._settings.answer_tokens)
        if needed > self._settings.budget_tokens:
            raise ModelUnavailable(
                f"The question may take {needed} tokens of {self.name}, more than the "
                f"{self._settings.budget_tokens} allowed: raise CABLEQA_LLM_BUDGET_TOKENS, lower "
                "CABLEQA_LLM_CONTEXT_CHARS, or ask with mode=extractive.",
                model=self.name,
                needed=needed,
            )

    def _takes_another_form(self, error: Exception) -> bool:
        """Whether the provider refuses this form of reply and there is another, which is then used on."""
        if len(self._forms) < 2 or getattr(error, "status_code", None) not in _REFUSED_FORM:
            return False
        self._forms = self._forms[1:]
        return True

    def _closed(self, usage: Usage, call: _Call, failure: str | None) -> Usage:
        tokens = call.tokens
        return replace(
            usage,
            input_tokens=tokens["input_tokens"] if tokens else None,
            output_tokens=tokens["output_tokens"] if tokens else None,
            cost_usd=self._settings.cost(tokens),
            seconds=round(call.seconds(), 3),
            failure=failure,
        )


def _told_by_openai(piece: AIMessageChunk) -> UsageMetadata | None:
    """What a reply cost, where langchain-openai leaves it as the service said it: under a schema."""
    told = piece.response_metadata.get("token_usage")
    if not isinstance(told, dict):
        return None
    read, written = int(told.get("prompt_tokens") or 0), int(told.get("completion_tokens") or 0)
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


def turn_numbers(query: Query, passages: Sequence[Passage]) -> dict[int, Passage]:
    """The numbers under which a model sees the passages: three digits that differ from turn to turn.

    So a number that a model brings along from elsewhere, out of habit, an earlier turn or a cable, is
    known for what it is. The same question over the same passages has the same numbers.
    """
    hashes = (passage.hit.paragraph.sha256 for passage in passages)
    salt = hashlib.sha256("\x00".join((query.standalone, *hashes)).encode()).digest()
    first = 100 + int.from_bytes(salt[:4], "big") % (900 - len(passages))
    return dict(enumerate(passages, start=first))


def _as_seen(reason: str, seen: Mapping[int, int]) -> str:
    """A checker's reason with the numbers that the model knows: "stands in passage [1]" -> "... (417)"."""
    named = _NUMBER.sub(lambda match: f"[{seen.get(int(match[1]), match[1])}]", reason)
    return prompts.neutralise(named)


def _sentence_or_refusal(text: str, known: Mapping[int, int]) -> DraftSentence | Refusal:
    draft = parse_sentence(text, known)
    if draft.text.strip(" .!*\"'").upper() == prompts.REFUSAL:
        return Refusal("the model finds no answer in the passages")
    quotes = tuple(replace(quote, passage=known[quote.passage]) for quote in draft.quotes)
    return replace(draft, quotes=quotes)
