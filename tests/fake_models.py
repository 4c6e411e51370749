"""Chat models that say what they are told, through LangChain's real interface."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

# A paragraph as a prompt shows it: "[412] 07TALLINN412 ¶2, Embassy Tallinn, ...".
_OFFERED = re.compile(r"^\[(\d+)\] (\S+ ¶\S+?)[,:]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pause:
    """A model that hangs for so long."""

    seconds: float


class BadRequest(Exception):
    """A provider's refusal of a request, as their clients raise it."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code


Piece = str | list[dict[str, Any]] | Pause | Exception
# A whole reply, or its pieces in order.
Reply = str | Sequence[Piece]


class ToldModel(BaseChatModel):
    """Gives its replies one call after the other, the last one for ever.

    "[05TALLINN7 ¶2]" in a reply becomes the number that this prompt gives the paragraph. `asked` keeps
    the prompts, `options` what else each call was given.
    """

    replies: list[Any]
    asked: list[str]
    options: list[dict[str, Any]]
    tokens: tuple[int, int] | None = None
    _calls: int = PrivateAttr(default=0)

    @property
    def _llm_type(self) -> str:
        return "told"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> ChatResult:  # fmt: skip
        pieces = list(self._stream(messages, stop, run_manager, **kwargs))
        whole = pieces[0].message
        for piece in pieces[1:]:
            whole = whole + piece.message  # type: ignore[assignment]
        return ChatResult(generations=[ChatGeneration(message=whole)])

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:  # fmt: skip
        prompt = "\n".join(str(message.content) for message in messages)
        self.asked.append(prompt)
        self.options.append(kwargs)
        reply: Reply = self.replies[min(self._calls, len(self.replies) - 1)]
        self._calls += 1
        numbers = {citation: number for number, citation in _OFFERED.findall(prompt)}
        for piece in _pieces(reply):
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, Pause):
                time.sleep(piece.seconds)
                continue
            if isinstance(piece, str):
                for citation, number in numbers.items():
                    piece = piece.replace(f"[{citation}]", f"[{number}]").replace(f"<{citation}>", number)
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))  # type: ignore[arg-type]
        if self.tokens is not None:
            read, written = self.tokens
            cost = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=cost))


def _pieces(reply: Reply) -> Iterator[Piece]:
    if not isinstance(reply, str):
        yield from reply
        return
    # Whole markers, so that their paragraphs can be looked up; the rest in pieces that cut words.
    for part in re.split(r"(\[[^\]]*\])", reply):
        step = len(part) if part.startswith("[") else 7
        yield from (part[at : at + step] for at in range(0, len(part), step))


def told(*replies: Reply, tokens: tuple[int, int] | None = None) -> ToldModel:
    """A model that gives these replies, one a call."""
    return ToldModel(replies=list(replies) or [""], asked=[], options=[], tokens=tokens)
