"""The one place that chooses implementations: settings in, a pipeline out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rag.answer import ExtractiveAnswerer
from rag.ceiling import Ceiling
from rag.collection import Collection, open_collection
from rag.config import Settings
from rag.embeddings import load_encoder
from rag.llm import LLMAnswerer, load_chat_model
from rag.pipeline import Limits, Pipeline
from rag.reader import load_reader
from rag.retrieve import HybridSearch
from rag.store_ceiling import StoreBelow
from rag.verify import DeterministicVerifier


class Pipelines:
    """The same models over the whole collection, and over what lies below a ceiling."""

    def __init__(self, collection: Collection, assemble: Callable[[Collection], Pipeline]) -> None:
        self.whole = assemble(collection)
        self._collection = collection
        self._assemble = assemble
        self._below: dict[Ceiling, Pipeline] = {}
        self._lock = threading.Lock()

    def below(self, ceiling: Ceiling) -> Pipeline:
        """A pipeline for which the cables above the ceiling do not exist."""
        with self._lock:
            if ceiling not in self._below:
                hidden = replace(self._collection, store=StoreBelow(self._collection.store, ceiling))
                self._below[ceiling] = self._assemble(hidden)
            return self._below[ceiling]

    def close(self) -> None:
        for pipeline in self._below.values():
            pipeline.collection.store.close()
        self._collection.close()


def build_pipeline(settings: Settings) -> Pipeline:
    """The pipeline over the whole collection; as ``build_pipelines``."""
    return build_pipelines(settings).whole


def build_pipelines(settings: Settings) -> Pipelines:
    """Open the collection for reading and load the models.

    Raises CollectionError where the data directory cannot serve, ModelUnavailable where a model cannot
    be loaded. An empty collection opens; asking it raises CollectionEmpty.
    """
    llm = None
    if settings.llm is not None:
        model = load_chat_model(settings.llm, settings.llm_base_url, settings.llm_timeout_s)
        # A model file is named without its folder: the record is shown to others.
        provider, _, rest = settings.llm.partition(":")
        name = f"local:{Path(rest).name}" if provider == "local" else settings.llm
        llm = LLMAnswerer(model, name, settings.llm_context_chars)
    reader = load_reader()
    # Opened last: what fails before it leaves no lock behind.
    collection = open_collection(settings, load_encoder(settings.embedding_model), write=False)
    kept = timedelta(days=settings.keep_questions_days)
    collection.store.ledger.forget_before(datetime.now(UTC) - kept)
    extractive, verifier = ExtractiveAnswerer(reader), DeterministicVerifier()
    limits = Limits(settings.question_limit_chars, kept)

    def assemble(collection: Collection) -> Pipeline:
        search = HybridSearch(collection)
        return Pipeline(collection, search, extractive, llm, verifier, limits)

    return Pipelines(collection, assemble)
