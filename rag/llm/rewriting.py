"""Follow-ups made to stand alone by a language model, where one is configured; by rule where it fails.

What was said before is context, never evidence: a name or a figure that stands nowhere in the talk is the
model's own, and its rewriting is then not used.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages.ai import AIMessageChunk, UsageMetadata, add_usage

from rag.asking.followups import plain_turn
from rag.llm import prompts
from rag.llm.deadline import within
from rag.types import REWRITING, Turn, Usage

# The latest turns are given; what opened a long talk is seldom what its last question leans on.
TURNS = 4
# A question to stand alone is one line of at most so many characters.
LONGEST = 400
_NAME_OR_NUMBER = re.compile(r"\b(?:[A-Z][\w'’-]*|\d[\d,.]*\d|\d)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A question that stands alone, or why there is none; `usage` is what the call cost."""

    text: str | None
    usage: Usage
    note: str | None = None


class Rewriter(Protocol):
    """Makes a follow-up stand alone."""

    name: str

    def rewrite(self, question: str, history: Sequence[Turn]) -> Rewriting: ...


class ModelRewriter:
    """Asks a chat model once, for at most `timeout_s`; nothing that it says or fails to say raises."""

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        timeout_s: float,
        cost: Callable[[UsageMetadata | None], float | None],
    ) -> None:
        self.name = name
        self._model = model
        self._timeout_s = timeout_s
        self._cost = cost

    def rewrite(self, question: str, history: Sequence[Turn]) -> Rewriting:
        """The question as the model would ask it alone, if nothing in it is the model's own."""
        talk = [(plain_turn(turn.question), plain_turn(turn.answer)) for turn in history[-TURNS:]]
        prompt = prompts.REWRITE.format_prompt(
            talk="\n".join(
                f"Question: {prompts.neutralise(asked)}\nAnswer: {prompts.neutralise(said)}"
                for asked, said in talk
            ),
            question=prompts.neutralise(question),
        )
        began = time.monotonic()
        tokens: UsageMetadata | None = None
        said, failure = "", None
        pieces = within(self._timeout_s, lambda: self._model.stream(prompt.to_messages()))
        try:
            for piece in pieces:
                said += str(piece.text)
                if isinstance(piece, AIMessageChunk) and piece.usage_metadata:
                    tokens = add_usage(tokens, piece.usage_metadata)
        # Every provider has errors of its own, with no common ancestor but this one.
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"
        finally:
            pieces.close()
        usage = Usage(
            model=self.name,
            prompt_sha256=prompts.sha256_of(prompts.REWRITE),
            input_tokens=tokens["input_tokens"] if tokens else None,
            output_tokens=tokens["output_tokens"] if tokens else None,
            cost_usd=self._cost(tokens),
            seconds=round(time.monotonic() - began, 3),
            form=REWRITING,
            failure=failure,
        )
        text = " ".join(said.split()).strip('"“”')
        reason = failure or fault(text, question, " ".join(part for turn in talk for part in turn))
        if reason is None:
            return Rewriting(text, usage)
        return Rewriting(None, usage, f"The follow-up was made to stand alone by rule: {reason}.")


def fault(text: str, question: str, talk: str) -> str | None:
    """Why a rewriting may not stand for a question; None where it may."""
    if not text or len(text) > LONGEST:
        return "the model gave no question of one line"
    asked, said = set(_words(question)), set(_words(text))
    if asked.isdisjoint(said):
        return "the model's question shares no word with the one that was asked"
    if said <= asked:
        return "the model added nothing to the question"
    own = list(_brought_along(text, {*asked, *_words(talk)}))
    if own:
        return f"the model brought along {', '.join(own)}, of which nothing was said"
    return None


def _brought_along(text: str, known: set[str]) -> Iterator[str]:
    """Names and figures of the text that were not said before; its first word may be any."""
    for match in _NAME_OR_NUMBER.finditer(text):
        if match.start() > 0 and not set(_words(match.group())) <= known:
            yield match.group()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
