"""The answerer that writes: any LangChain chat model, streamed, its markers parsed sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.prompts import ChatPromptTemplate

from rag import prompts
from rag.answer import Draft, Refusal, Rejected
from rag.citations import SentenceSplitter, parse_sentence
from rag.errors import ModelUnavailable
from rag.types import DraftSentence, Passage, Query, Usage


class LLMAnswerer:
    """Prose with markers from a chat model. Unknown markers are kept for the checker, never repaired."""

    def __init__(self, model: BaseChatModel, name: str, context_chars: int) -> None:
        self.name = name
        self._model = model
        self._context_chars = context_chars

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        prompt = prompts.REPAIR if rejected else prompts.ANSWER
        values = {
            "refusal": prompts.REFUSAL,
            "passages": prompts.render_passages(passages, self._context_chars),
            "question": prompts.neutralise(query.standalone),
        }
        if rejected:
            values["failures"] = "\n".join(
                f"- {prompts.neutralise(item.text)} (refused: {prompts.neutralise(item.reason)})"
                for item in rejected
            )
        known = {passage.number for passage in passages}
        splitter = SentenceSplitter()
        reply = AIMessageChunk(content="")
        wrote = False
        for piece in self._stream(prompt, values):
            reply = reply + piece
            for sentence in splitter.feed(piece.text):
                wrote = True
                yield _sentence_or_refusal(sentence, known)
        for sentence in splitter.flush():
            wrote = True
            yield _sentence_or_refusal(sentence, known)
        if not wrote:
            yield Refusal("the model returned no text")
        tokens = reply.usage_metadata
        yield Usage(
            model=self.name,
            prompt_sha256=prompts.sha256_of(prompt),
            input_tokens=tokens["input_tokens"] if tokens else None,
            output_tokens=tokens["output_tokens"] if tokens else None,
        )

    def _stream(self, prompt: ChatPromptTemplate, values: dict[str, str]) -> Iterator[AIMessageChunk]:
        try:
            for piece in (prompt | self._model).stream(values):
                yield cast(AIMessageChunk, piece)
        # Every provider has errors of its own, with no common ancestor but this one.
        except Exception as error:
            raise ModelUnavailable(
                f"The language model {self.name} did not answer ({type(error).__name__}: {error}). "
                "Check CABLEQA_LLM, its base URL and the provider's key, or ask with mode=extractive.",
                model=self.name,
            ) from error


def _sentence_or_refusal(text: str, known: set[int]) -> DraftSentence | Refusal:
    draft = parse_sentence(text, known)
    if draft.text.strip(" .!*\"'").upper() == prompts.REFUSAL:
        return Refusal("the model finds no answer in the passages")
    return draft


def load_chat_model(
    name: str, base_url: str | None, timeout_s: float, *, temperature: float = 0.0, seed: int | None = None
) -> BaseChatModel:
    """The chat model of a name: "provider:model" as LangChain spells it, or "local:/path/model.gguf".

    A `seed` is handed to the provider, which may not know such a thing and say so.
    Raises ModelUnavailable where the provider is unknown, its package is missing, or the file is.
    """
    if name.startswith("local:"):
        from rag.local_llm import load_local_model

        return load_local_model(name.removeprefix("local:"), timeout_s, temperature=temperature, seed=seed)
    from langchain.chat_models import init_chat_model

    given: dict[str, Any] = {"base_url": base_url, "seed": seed}
    try:
        model: BaseChatModel = init_chat_model(
            name,
            temperature=temperature,
            timeout=timeout_s,
            max_retries=1,
            **{key: value for key, value in given.items() if value is not None},
        )
        return model
    # Unknown providers, missing packages and missing keys are each another exception.
    except Exception as error:
        raise ModelUnavailable(
            f"CABLEQA_LLM={name!r} cannot be loaded: {error}. Write provider:model, for example "
            "openai:gpt-4.1-mini, with the provider's langchain package installed and its key set.",
            model=name,
        ) from error
