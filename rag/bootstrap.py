"""The one place that chooses implementations: settings in, a pipeline out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rag.answering.answer import ExtractiveAnswerer
from rag.answering.gate import load_gate
from rag.config import NO_ENTAILMENT, PACKAGED_ENTAILMENT, Settings
from rag.errors import CollectionError
from rag.finding.rerank import RememberingReader, load_reranker
from rag.finding.retrieve import HybridSearch
from rag.index.collection import Collection, open_collection
from rag.index.healing import Healer, open_what_is_whole
from rag.llm.answerer import LLMAnswerer, LLMSettings
from rag.llm.chat_models import load_chat_model, reply_forms
from rag.models.embeddings import Encoder, load_encoder
from rag.models.reader import MiniLMReader, load_reader
from rag.pipeline import Limits, Pipeline
from rag.store.ceiling import Ceiling
from rag.store.under_ceiling import StoreBelow
from rag.verifying.cross_encoder import load_cross_encoder
from rag.verifying.entailing import EntailmentVerifier
from rag.verifying.entailment import load_minilm_entailment
from rag.verifying.verify import DeterministicVerifier, Verifier
from rag.verifying.weighing import AT_ITS_WORD, load_weigher

# Where no setting says otherwise. A processor reads some fifty tokens a second for a small local model, so a
# prompt of 12,000 characters is a minute's work before the first word.
HOSTED_CONTEXT_CHARS, LOCAL_CONTEXT_CHARS = 12_000, 5_000
HOSTED_TIMEOUT_S, LOCAL_TIMEOUT_S = 60.0, 300.0


class Pipelines:
    """The same models over the whole collection, and over what lies below a ceiling."""

    def __init__(
        self,
        collection: Collection,
        assemble: Callable[[Collection], Pipeline],
        healer: Healer | None = None,
    ) -> None:
        self._healer = healer
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
        if self._healer is not None:
            self._healer.close()
        for pipeline in self._below.values():
            pipeline.collection.store.close()
        self._collection.close()


def build_pipeline(settings: Settings) -> Pipeline:
    """The pipeline over the whole collection; as ``build_pipelines``."""
    return build_pipelines(settings).whole


def build_pipelines(settings: Settings, *, serving: bool = False) -> Pipelines:
    """Open the collection for reading and load the models.

    With `serving`, a damaged index is done without, and built anew from the store meanwhile; and what would
    be compiled for one question or another is compiled now.

    Raises CollectionError where the data directory cannot serve, ModelUnavailable where a model cannot
    be loaded. An empty collection opens; asking it raises CollectionEmpty.
    """
    llm = load_llm(settings)
    # What is read to rank is not read again to answer.
    minilm = load_reader()
    reader = RememberingReader(minilm)
    reranker = load_reranker(settings.reranker, reader)
    encoder = load_encoder(settings.embedding_model)
    verifier = build_verifier(settings.entailment)
    # Opened last: what fails before it leaves no lock behind.
    collection = (
        _open_while_compiling(settings, encoder, minilm)
        if serving
        else open_collection(settings, encoder, write=False)
    )
    kept = timedelta(days=settings.keep_questions_days)
    collection.store.ledger.forget_before(datetime.now(UTC) - kept)
    extractive = ExtractiveAnswerer(reader, gate=load_gate())
    limits = Limits(settings.question_limit_chars, kept)
    rewriter = None if llm is None else llm.rewriter()

    def assemble(collection: Collection) -> Pipeline:
        search = HybridSearch(collection, reranker)
        return Pipeline(collection, search, extractive, llm, verifier, limits, rewriter)

    healer = Healer(settings, collection) if serving else None
    if healer is not None:
        healer.start()
        # A server is asked again and again. What fails here fails with a question, and is done without.
        with suppress(CollectionError):
            collection.chunks.prepare()
    return Pipelines(collection, assemble, healer)


def _open_while_compiling(settings: Settings, encoder: Encoder, reader: MiniLMReader) -> Collection:
    # Opening waits for a child process that tries the vector index, compiling for a core: a second each.
    with ThreadPoolExecutor(1) as beside:
        compiling = beside.submit(reader.compile_ahead)
        collection = open_what_is_whole(settings, encoder)
    try:
        compiling.result()
    except BaseException:
        collection.close()
        raise
    return collection


def load_llm(settings: Settings) -> LLMAnswerer | None:
    """The answerer that writes, None where no model is configured. Raises ModelUnavailable."""
    if settings.llm is None:
        return None
    provider, _, rest = settings.llm.partition(":")
    local = provider == "local"
    limits = LLMSettings(
        context_chars=settings.llm_context_chars or (LOCAL_CONTEXT_CHARS if local else HOSTED_CONTEXT_CHARS),
        timeout_s=settings.llm_timeout_s or (LOCAL_TIMEOUT_S if local else HOSTED_TIMEOUT_S),
        budget_tokens=settings.llm_budget_tokens,
        answer_tokens=settings.llm_answer_tokens,
        input_price=settings.llm_input_price,
        output_price=settings.llm_output_price,
    )
    model = load_chat_model(
        settings.llm,
        settings.llm_base_url,
        limits.timeout_s,
        temperature=settings.llm_temperature,
        seed=settings.llm_seed,
        answer_tokens=limits.answer_tokens,
    )
    # A model file is named without its folder: the record is shown to others.
    name = f"local:{Path(rest).name}" if local else settings.llm
    forms = reply_forms(settings.llm, settings.llm_base_url, settings.llm_citing)
    return LLMAnswerer(model, name, limits, forms)


def build_verifier(entailment: str) -> Verifier:
    """Rules with an entailment model: the packaged one, a CrossEncoder by name or folder, or "none".

    Raises ModelUnavailable where a model cannot be loaded.
    """
    if entailment == NO_ENTAILMENT:
        return DeterministicVerifier()
    if entailment != PACKAGED_ENTAILMENT:
        return EntailmentVerifier(load_cross_encoder(entailment), AT_ITS_WORD)
    return EntailmentVerifier(load_minilm_entailment(), load_weigher())
