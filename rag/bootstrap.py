"""The one place that chooses implementations: settings in, a pipeline out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rag.answer import ExtractiveAnswerer
from rag.collection import open_collection
from rag.config import Settings
from rag.embeddings import load_encoder
from rag.llm import LLMAnswerer, load_chat_model
from rag.pipeline import Limits, Pipeline
from rag.reader import load_reader
from rag.rerank import RememberingReader, load_reranker
from rag.retrieve import HybridSearch
from rag.verify import DeterministicVerifier


def build_pipeline(settings: Settings) -> Pipeline:
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
    # What is read to rank is not read again to answer.
    reader = RememberingReader(load_reader())
    reranker = load_reranker(settings.reranker, reader)
    # Opened last: what fails before it leaves no lock behind.
    collection = open_collection(settings, load_encoder(settings.embedding_model), write=False)
    kept = timedelta(days=settings.keep_questions_days)
    collection.store.ledger.forget_before(datetime.now(UTC) - kept)
    return Pipeline(
        collection=collection,
        search=HybridSearch(collection, reranker),
        extractive=ExtractiveAnswerer(reader),
        llm=llm,
        verifier=DeterministicVerifier(),
        limits=Limits(settings.question_limit_chars, kept),
    )
