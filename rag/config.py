"""Settings: values only, read from ``CABLEQA_*`` variables. Nothing in here builds anything."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGED_MODEL = "packaged:all-MiniLM-L6-v2"


class Settings(BaseSettings):
    """What an operator can choose."""

    model_config = SettingsConfigDict(
        env_prefix="CABLEQA_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    data_dir: Path = Path(".cableqa")
    embedding_model: str = PACKAGED_MODEL
    embedding_precision: Literal["auto", "fp32", "bf16"] = "auto"
    llm: str | None = None
    llm_base_url: str | None = None
    llm_timeout_s: float = Field(default=60.0, gt=0)
    llm_context_chars: int = Field(default=12_000, gt=0)
    chroma_url: str | None = None
    default_classification: str | None = None
    question_limit_chars: int = Field(default=4_000, gt=0)
    file_limit_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    require_keys: Literal["auto", "always"] = "auto"
    log_format: Literal["text", "json"] = "text"
    otlp_endpoint: str | None = None
    keep_questions_days: int = Field(default=365, ge=0, le=36_500)
