"""Which chat model a name stands for, and the forms of reply that it can give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel

from rag.errors import ModelUnavailable
from rag.llm.replies import DocumentReplies, GrammarReplies, MarkedReplies, ReplyForm, SchemaReplies

Citing = Literal["auto", "markers", "schema", "documents"]


def load_chat_model(
    name: str,
    base_url: str | None,
    timeout_s: float,
    *,
    temperature: float = 0.0,
    seed: int | None = None,
    answer_tokens: int = 600,
) -> BaseChatModel:
    """The chat model of a name: "provider:model" as LangChain spells it, or "local:/path/model.gguf".

    A `seed` is handed to the provider, which may not know such a thing and say so. The provider's own retries
    are off: they would hide a failure, and count its time anew. Raises ModelUnavailable where the
    provider is unknown, its package is missing, or the file is.
    """
    if name.startswith("local:"):
        from rag.llm.local import load_local_model

        return load_local_model(
            name.removeprefix("local:"),
            timeout_s,
            temperature=temperature,
            seed=seed,
            answer_tokens=answer_tokens,
        )
    from langchain.chat_models import init_chat_model

    given: dict[str, Any] = {"base_url": base_url, "seed": seed}
    # Servers other than OpenAI's say what a stream cost only when they are asked.
    if name.startswith("openai:") and base_url is not None:
        given["stream_usage"] = True
    try:
        model: BaseChatModel = init_chat_model(
            name,
            temperature=temperature,
            timeout=timeout_s,
            max_retries=0,
            max_tokens=answer_tokens,
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


def reply_forms(name: str, base_url: str | None, citing: Citing) -> Sequence[ReplyForm]:
    """The forms to ask a model in, the best first; markers in prose, which any model can write, last.

    A schema is the choice only of OpenAI's own models: small ones, held to JSON, invent what they refuse
    in prose.
    """
    markers = MarkedReplies()
    chosen: dict[str, ReplyForm] = {
        "local": GrammarReplies(),
        "anthropic": DocumentReplies(),
        "schema": SchemaReplies(),
        "documents": DocumentReplies(),
    }
    key: str = citing
    if citing == "auto":
        key, _, _ = name.partition(":")
        if key == "openai" and base_url is None:
            key = "schema"
    best = chosen.get(key)
    return (markers,) if best is None else (best, markers)
