"""The shapes of OpenAI's chat completions, and how an answer reads in them.

The content is the answer's text with its markers, then one footnote for each citation. The whole
record travels beside it as `cableqa`, on the message or on the last chunk of a stream.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import NotFound, UsageError
from rag.record import AnswerRecord, QuestionIn, TurnIn
from rag.types import Mode

MODELS = {"cableqa": Mode.AUTO, "cableqa-extractive": Mode.EXTRACTIVE, "cableqa-llm": Mode.LLM}


class Part(BaseModel):
    """A piece of a message's content; only text is read."""

    type: str
    text: str = ""


class Message(BaseModel):
    """A message of the caller. System messages change nothing: the policy is the server's."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class Completion(BaseModel):
    """What a chat client sends; sampling options have no meaning here and are passed over."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [{"model": "cableqa", "messages": [{"role": "user", "content": "How many flyers?"}]}]
        },
    )

    model: str = "cableqa"
    messages: list[Message] = Field(min_length=1, max_length=200)
    stream: bool = False

    def to_question(self) -> QuestionIn:
        """The last user message is the question; the pairs before it are its history."""
        mode = MODELS.get(self.model)
        if mode is None:
            raise NotFound(f"There is no model {self.model[:60]!r} here.", models=list(MODELS))
        spoken = [message for message in self.messages if message.role in {"user", "assistant"}]
        if not spoken or spoken[-1].role != "user":
            raise UsageError("The last message must be the user's question.")
        try:
            return self._question(spoken, mode)
        except ValidationError as error:
            raise UsageError(f"A message is too long: {error.errors()[0]['msg']}.") from None

    def _question(self, spoken: Sequence[Message], mode: Mode) -> QuestionIn:
        turns = [
            TurnIn(question=asked.text, answer=_without_footnotes(answered.text))
            for asked, answered in pairwise(spoken)
            if asked.role == "user" and answered.role == "assistant"
        ]
        return QuestionIn(question=spoken[-1].text, history=tuple(turns[-50:]), mode=mode)


class ReplyMessage(BaseModel):
    """The answer as a chat message."""

    role: Literal["assistant"] = "assistant"
    content: str
    cableqa: AnswerRecord


class Choice(BaseModel):
    """The only choice there is."""

    index: int = 0
    message: ReplyMessage
    finish_reason: Literal["stop"] = "stop"


class Tokens(BaseModel):
    """Tokens as the model's provider counted them; 0 where none took part."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Reply(BaseModel):
    """A whole completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Tokens


class Delta(BaseModel):
    """What a chunk adds."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(BaseModel):
    """The only choice of a chunk."""

    index: int = 0
    delta: Delta
    finish_reason: Literal["stop"] | None = None


class Chunk(BaseModel):
    """One event of a streamed completion; the last one carries the record."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    cableqa: AnswerRecord | None = None


class Model(BaseModel):
    """A way of answering, as a model."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "cableqa"


class ModelList(BaseModel):
    """The ways of answering that this server has."""

    object: Literal["list"] = "list"
    data: list[Model]


FOOTNOTES = "\n\nSources:\n"


def content(record: AnswerRecord) -> str:
    """The text with its markers, and below it what each marker stands for."""
    if not record.citations:
        return record.text
    notes = (f"[{cited.marker}] {cited.label}: “{cited.quote}”" for cited in record.citations)
    return f"{record.text}{FOOTNOTES}" + "\n".join(notes)


def reply(record: AnswerRecord, model: str) -> Reply:
    asked = sum(usage.input_tokens or 0 for usage in record.usage)
    written = sum(usage.output_tokens or 0 for usage in record.usage)
    return Reply(
        id=f"chatcmpl-{record.answer_id}",
        created=int(time.time()),
        model=model,
        choices=[Choice(message=ReplyMessage(content=content(record), cableqa=record))],
        usage=Tokens(prompt_tokens=asked, completion_tokens=written, total_tokens=asked + written),
    )


def _without_footnotes(text: str) -> str:
    return text.partition(FOOTNOTES)[0]
