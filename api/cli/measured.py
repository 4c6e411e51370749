"""What ``eval run`` measures: a pipeline opened here, over a collection made if need be, or a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from api.cli.collection import ingest_paths
from api.cli.output import messages, waiting
from rag.errors import ModelUnavailable, UsageError

if TYPE_CHECKING:
    from evals.loaders.formats import LoadedSet
    from evals.loaders.public import PublicSet
    from evals.lookups import Catalogue
    from evals.retrievers import Retriever
    from evals.subjects import Subject
    from rag.answering.answer import Answerer
    from rag.config import Settings
    from rag.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Measured:
    """A subject; the pipeline and its catalogue where it is in this process."""

    subject: Subject
    pipeline: Pipeline | None
    catalogue: Catalogue | None


@contextmanager
def opened_server(url: str, headers: Sequence[str]) -> Iterator[Measured]:
    """A server by its address; `headers` are "NAME: VALUE". Raises UsageError."""
    from evals.server import ServerSubject

    with ServerSubject(url, headers=_read_headers(headers)) as subject:
        yield Measured(subject, None, None)


@contextmanager
def opened_subject(settings: Settings, retriever: Retriever, repeats: int) -> Iterator[Measured]:
    """The pipeline of these settings; a language model gets another seed each further time.

    Raises CollectionError, CollectionEmpty among them, and ModelUnavailable.
    """
    from evals.lookups import Catalogue
    from evals.retrievers import chosen_search
    from evals.subjects import PipelineSubject

    if repeats > 1 and settings.llm_seed is None:
        settings = settings.model_copy(update={"llm_seed": 1})
    with waiting("Loading the models…"):
        from rag.bootstrap import build_pipeline, load_llm

        pipeline = build_pipeline(settings)

    # Only the latest is kept: a model in this process takes memory of its own.
    @lru_cache(maxsize=1)
    def llm_of(repeat: int) -> Answerer:
        llm = load_llm(settings.model_copy(update={"llm_seed": (settings.llm_seed or 0) + repeat - 1}))
        if llm is None:
            raise ModelUnavailable("No language model is configured: set CABLEQA_LLM.")
        return llm

    try:
        collection = pipeline.collection
        collection.require_cables()
        subject = PipelineSubject(
            pipeline,
            collection.store,
            search=chosen_search(retriever, collection),
            llm_of=llm_of,
            parts={
                "encoder": collection.encoder.fingerprint,
                "retriever": retriever.value,
                "answerer": pipeline.answerer_name,
                "verifier": pipeline.verifier.name,
            },
        )
        yield Measured(subject, pipeline, Catalogue(collection.store))
    finally:
        pipeline.collection.close()


def make_collection(loaded: LoadedSet, settings: Settings, *, sample: bool) -> None:
    """Fill the data directory with what the set is asked over, unless it is there already.

    UsageError where the set does not bring its cables.
    """
    from api.cli.sample import is_empty

    if (loaded.passages is None and not sample) or not is_empty(settings):
        return
    if loaded.passages is not None:
        _ingest_passages(loaded.passages, settings)
        return
    from ingestion.reading import IngestOptions

    with as_file(files("ingestion") / "sample") as folder:
        ingest_paths([folder], IngestOptions(corpus="sample"), settings)


def _ingest_passages(public: PublicSet, settings: Settings) -> None:
    from ingestion.chunk import chunk_cable
    from rag.index.collection import open_collection
    from rag.models.embeddings import load_encoder
    from rag.store.cable_store import CableStore

    messages().print(f"Making a collection of {len(public.passages)} passages…", markup=False)
    encoder = load_encoder(settings.embedding_model)
    store = CableStore.open(settings.data_dir, url=settings.store_url)
    try:
        for cable in public.cables():
            store.put(cable, chunk_cable(cable, encoder))
    finally:
        store.close()
    open_collection(settings, encoder, write=True).close()


def _read_headers(given: Sequence[str]) -> Mapping[str, str]:
    headers = {}
    for header in given:
        name, colon, value = header.partition(":")
        if not colon:
            raise UsageError(f"--header {name!r}: write it as 'NAME: VALUE'")
        headers[name.strip()] = value.strip()
    return headers
