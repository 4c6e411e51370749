"""The one place that chooses implementations: settings in, a pipeline out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rag.answer import ExtractiveAnswerer
from rag.collection import open_collection
from rag.config import NO_ENTAILMENT, PACKAGED_ENTAILMENT, PACKAGED_MODEL, Settings
from rag.cross_encoder import load_cross_encoder
from rag.embeddings import Encoder, load_encoder
from rag.entailing import EntailmentVerifier
from rag.entailment import load_minilm_entailment
from rag.llm import LLMAnswerer, load_chat_model
from rag.pipeline import Limits, Pipeline
from rag.precision import has_bf16
from rag.reader import load_reader
from rag.retrieve import HybridSearch
from rag.verify import DeterministicVerifier, Verifier
from rag.weighing import AT_ITS_WORD, load_weigher


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
    reader = load_reader()
    encoder = load_encoder(settings.embedding_model)
    packaged = encoder if settings.embedding_model == PACKAGED_MODEL else None
    verifier = build_verifier(settings.entailment, packaged)
    # Opened last: what fails before it leaves no lock behind.
    collection = open_collection(settings, encoder, write=False)
    kept = timedelta(days=settings.keep_questions_days)
    collection.store.ledger.forget_before(datetime.now(UTC) - kept)
    return Pipeline(
        collection=collection,
        search=HybridSearch(collection),
        extractive=ExtractiveAnswerer(reader),
        llm=llm,
        verifier=verifier,
        limits=Limits(settings.question_limit_chars, kept),
    )


def build_verifier(entailment: str, packaged: Encoder | None = None) -> Verifier:
    """Rules with an entailment model: the packaged one, a CrossEncoder by name or folder, or "none".

    `packaged` is the packaged encoder where it is loaded already. Raises ModelUnavailable where a model
    cannot be loaded.
    """
    if entailment == NO_ENTAILMENT:
        return DeterministicVerifier()
    if entailment != PACKAGED_ENTAILMENT:
        return EntailmentVerifier(load_cross_encoder(entailment), AT_ITS_WORD)
    return EntailmentVerifier(load_minilm_entailment(packaged_encoder(packaged)), load_weigher())


def packaged_encoder(loaded: Encoder | None = None) -> Encoder:
    """The packaged encoder in the precision in which the entailment model wants it."""
    encoder = loaded or load_encoder(PACKAGED_MODEL)
    return encoder.at("bf16") if has_bf16() else encoder
