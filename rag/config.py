"""Settings: values only, read from ``CABLEQA_*`` variables. Nothing in here builds anything."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGED_MODEL = "packaged:all-MiniLM-L6-v2"
ON_OPENVINO = "openvino:all-MiniLM-L6-v2"
PACKAGED_ENTAILMENT = "packaged"
NO_ENTAILMENT = "none"


class Settings(BaseSettings):
    """What an operator can choose; the words below each are its line in the documentation."""

    model_config = SettingsConfigDict(
        env_prefix="CABLEQA_",
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        use_attribute_docstrings=True,
    )

    data_dir: Path = Path(".cableqa")
    """Where the collection lies: SQLite, both indexes, answers."""
    embedding_model: str = PACKAGED_MODEL
    """The encoder: the packaged one (no download, checked by hash; `openvino:all-MiniLM-L6-v2` computes it by
    OpenVINO), a folder, or a name on a model hub."""
    embedding_precision: Literal["auto", "fp32", "bf16"] = "auto"
    """`fp32`, `bf16`, or `auto`: bf16 where the processor has it and the vectors stay the same; chosen
    once a collection.
    """
    entailment: str = PACKAGED_ENTAILMENT
    """The model that judges paraphrases: the project's own, `none` (rules alone), or a
    sentence-transformers CrossEncoder by folder or name.
    """
    reranker: str | None = None
    """What reads the first hits again to order them: `reader`, the project's own (about as slow as an
    answer), or the name or folder of any CrossEncoder of sentence-transformers.
    """
    llm: str | None = None
    """`provider:model` of LangChain, or `local:/path/model.gguf` with the extra `cableqa[local]`; none:
    answers are quoted.
    """
    llm_base_url: str | None = None
    """Any OpenAI-compatible server, with `CABLEQA_LLM=openai:NAME`."""
    llm_timeout_s: float | None = Field(default=None, gt=0)
    """Seconds that one call of a model may take; none: 60, or 300 for a local model."""
    llm_temperature: float = Field(default=0.0, ge=0, le=2)
    """How freely a model writes."""
    llm_seed: int | None = None
    """Handed to the provider, so that a model can say the same again; `eval run --repeats` counts it up."""
    llm_context_chars: int | None = Field(default=None, gt=0)
    """Characters of passages in a prompt; none: 12000, or 5000 for a local model."""
    llm_citing: Literal["auto", "markers", "schema", "documents"] = "auto"
    """How a model is asked to cite: `markers` in prose, `schema` (JSON), `documents` (Anthropic's
    citations); `auto` takes what its provider can, and a local model is held to the passages' numbers
    by a grammar.
    """
    llm_answer_tokens: int = Field(default=600, gt=0)
    """The longest reply."""
    llm_budget_tokens: int = Field(default=20_000, gt=0)
    """Tokens that one question may take, a repeated call included."""
    llm_input_price: float | None = Field(default=None, ge=0)
    """US dollars a million tokens read; with the other price, every record says what its answer cost."""
    llm_output_price: float | None = Field(default=None, ge=0)
    """US dollars a million tokens written."""
    store_url: str | None = None
    """A PostgreSQL database for the store, `postgresql://USER@HOST/DATABASE`, with `cableqa[postgres]`;
    none: a file in the data directory.
    """
    chroma_url: str | None = None
    """A Chroma server instead of the embedded index; it has no authentication, so keep it on loopback."""
    ray_address: str | None = None
    """The Ray cluster of `ingest --engine ray` (`auto`, `ray://host:10001`); none: this machine."""
    ray_workers: int = Field(default=2, gt=0)
    """Processes that encode at once with `--engine ray`, one core each."""
    default_classification: str | None = None
    """What a cable counts as that prints no classification; none: above every ceiling."""
    question_limit_chars: int = Field(default=4_000, gt=0)
    """The longest question."""
    queue_wait_s: float | None = Field(default=None, gt=0)
    """How many seconds a request may be expected to wait before its work begins; where it would be more, it
    is refused at once (503 with `Retry-After`). None: 0.4, or 60 where a language model writes.
    """
    file_limit_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    """The largest file or archive member that is read."""
    require_keys: Literal["auto", "always"] = "auto"
    """`auto`: the server wants a key unless it listens on loopback; `always`: there as well."""
    log_format: Literal["text", "json"] = "text"
    """`text`, or `json`: a line of JSON for each request and message of the server."""
    otlp_endpoint: str | None = None
    """Where traces go, e.g. `http://127.0.0.1:4317` (OTLP over gRPC); none: nothing is traced."""
    keep_questions_days: int = Field(default=365, ge=0, le=36_500)
    """How long answers are kept; 0 keeps none."""
