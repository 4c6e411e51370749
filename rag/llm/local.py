"""A GGUF model run in this process by llama.cpp (extra ``cableqa[local]``), spoken to as an OpenAI server."""

from __future__ import annotations

import os
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from rag.errors import ModelUnavailable

CONTEXT_TOKENS = 8192


class _LocalChatModel(ChatOpenAI):
    """A client that keeps the server it speaks to alive."""

    _server: object = PrivateAttr(default=None)


def load_local_model(
    path: str,
    timeout_s: float,
    *,
    temperature: float = 0.0,
    seed: int | None = None,
    answer_tokens: int = 400,
) -> BaseChatModel:
    """Start llama.cpp's server on loopback inside this process; it ends with the process.

    Raises ModelUnavailable where the extra is not installed, or the file is missing or no model.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise ModelUnavailable(f"There is no model file at {file}. Set CABLEQA_LLM=local:/path/model.gguf.")
    # llama.cpp's threads spin while they wait; with another busy process beside them they starve.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelUnavailable("A local model needs the extra: pip install 'cableqa[local]'.") from error
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(file)
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.port = 0
    parameters.verbosity = 0
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise ModelUnavailable(f"llama.cpp cannot load {file}: {error}") from error
    model = _LocalChatModel(
        base_url=f"{server.listening_address}/v1",
        api_key=SecretStr("local"),
        model=file.stem,
        temperature=temperature,
        seed=seed,
        timeout=timeout_s,
        max_retries=0,
        max_completion_tokens=answer_tokens,
        stream_usage=True,
    )
    model._server = server
    return model
