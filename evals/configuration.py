"""The file of ``eval run --config``: which product is measured, and how it is asked.

    settings:                # any setting of docs/reference/settings.md, in small letters
      llm: openai:gpt-4.1-mini
      llm_temperature: 0.7
    retriever: hybrid        # or dense, lexical
    mode: llm                # auto, extractive, llm
    policy: repair           # annotate, drop, repair, abstain
    repeats: 3
    concurrency: 2

What the command line says stands above the file.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.retrievers import Retriever
from rag.config import Settings
from rag.errors import UsageError
from rag.types import Mode, Policy

# What names a place or holds a secret is no part of a report.
PRIVATE = frozenset({"data_dir", "llm_base_url", "chroma_url"})


class Configuration(BaseModel):
    """A configuration as written; what is None is left to the command line and the defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    retriever: Retriever = Retriever.HYBRID
    mode: Mode | None = None
    policy: Policy | None = None
    repeats: int | None = Field(default=None, ge=1)
    concurrency: int | None = Field(default=None, ge=1)


def read_configuration(path: Path | None) -> Configuration:
    """The file's configuration, the default one without a file. UsageError names file and place."""
    if path is None:
        return Configuration()
    try:
        written = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read the configuration {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    try:
        configuration = Configuration.model_validate(written or {})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}: {place}: {first['msg']}") from error
    unknown = configuration.settings.keys() - Settings.model_fields.keys()
    if unknown:
        raise UsageError(f"{path}: settings: there is no setting {', '.join(sorted(unknown))}")
    return configuration


def applied(configuration: Configuration, settings: Settings) -> Settings:
    """The settings with those of the configuration above them. Raises UsageError."""
    try:
        return Settings(**{**settings.model_dump(), **configuration.settings})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"the configuration's settings: {place}: {first['msg']}") from error


def described(settings: Settings, retriever: Retriever) -> dict[str, str]:
    """What differs from the defaults, for the report; a model file is named without its folder."""
    changed = {
        name: str(getattr(settings, name))
        for name, field in Settings.model_fields.items()
        if name not in PRIVATE and getattr(settings, name) != field.default
    }
    for name in ("llm", "embedding_model"):
        if name in changed:
            provider, _, rest = changed[name].rpartition(":")
            changed[name] = ":".join(part for part in (provider, Path(rest).name) if part)
    if retriever is not Retriever.HYBRID:
        changed["retriever"] = retriever.value
    return changed
