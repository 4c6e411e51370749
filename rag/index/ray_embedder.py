"""Embedding on Ray: what waits for its vectors is encoded by many workers. The only module that knows Ray.

The workers' vectors go into the store's cache batch by batch, as they come; the indexes are then brought
up from the cache as always. Killed anywhere, the next run embeds only what is not in the cache.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rag.errors import ModelUnavailable
from rag.index.embedded import embedded_text, text_sha256
from rag.models.worker import Precision, Vectors
from rag.store.cable_store import CableStore

if TYPE_CHECKING:
    import pyarrow as pa

# Texts of one block of the data set; the smallest piece that a worker takes and that a kill can cost.
BLOCK = 256
# What Ray hands to and fro: a text's hash and the text in, the hash and its vector out.
Batch = dict[str, "np.ndarray[Any, Any]"]


class WorkerEncoder(Protocol):
    """What a worker needs of rag.models.embeddings.Encoder."""

    @property
    def fingerprint(self) -> str: ...

    def at(self, precision: Precision) -> WorkerEncoder: ...

    def encode(self, texts: list[str]) -> Vectors: ...


class Embedder(Protocol):
    """Embeds ahead of the indexer what is pending in a store."""

    def embed(self, store: CableStore, fingerprint: str, precision: Precision) -> int:
        """Fill the cache of vectors; how many were embedded."""


@dataclass(frozen=True, slots=True)
class RayEmbedder:
    """Workers on this machine, or on the cluster at `address` ("auto", "ray://host:10001").

    Every node needs cableqa[ray] and the model that `load` loads. `on_progress` is told the texts embedded
    and those that are to be. Raises ModelUnavailable where Ray or a worker fails.
    """

    load: Callable[[], WorkerEncoder]
    workers: int
    address: str | None = None
    on_progress: Callable[[int, int], None] = lambda done, total: None

    def embed(self, store: CableStore, fingerprint: str, precision: Precision) -> int:
        try:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            import ray
        except ImportError as error:
            raise ModelUnavailable(
                "Ray is not installed: `pip install -c constraints.txt -e '.[ray]'`, or leave --engine out."
            ) from error
        logging.getLogger("ray").setLevel(logging.ERROR)
        blocks = list(_blocks(store, fingerprint))
        if not blocks:
            return 0
        total = sum(len(block) for block in blocks)
        done = 0
        try:
            started = not ray.is_initialized()
            if started:
                ray.init(
                    address=self.address,
                    include_dashboard=None if self.address else False,
                    num_cpus=None if self.address else self.workers,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            try:
                for batch in self._vectors(blocks, fingerprint, precision):
                    vectors = batch["vector"].astype(np.float32)
                    store.vectors.put(dict(zip(batch["sha256"], vectors, strict=True)), fingerprint)
                    done += len(vectors)
                    self.on_progress(done, total)
            finally:
                if started:
                    ray.shutdown()
        except (ray.exceptions.RayError, ConnectionError, RuntimeError) as error:
            first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelUnavailable(
                f"Ray stopped after {done} of {total} texts ({first_line}). What was embedded is kept: run "
                "the same command again, or without --engine ray.",
                done=done,
            ) from error
        return done

    def _vectors(self, blocks: list[pa.Table], fingerprint: str, precision: Precision) -> Iterator[Batch]:
        import ray.data

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        data = ray.data.from_arrow(blocks).map_batches(
            _Worker,
            fn_constructor_args=(self.load, precision, fingerprint),
            batch_size=BLOCK,
            compute=ray.data.ActorPoolStrategy(size=min(self.workers, len(blocks))),
            num_cpus=1,
        )
        yield from data.iter_batches(batch_size=None, batch_format="numpy")


class _Worker:
    """One process that holds the model."""

    def __init__(self, load: Callable[[], WorkerEncoder], precision: Precision, fingerprint: str) -> None:
        self._encoder = load().at(precision)
        if self._encoder.fingerprint != fingerprint:
            raise RuntimeError(f"a node has the model {self._encoder.fingerprint}, not {fingerprint}")

    def __call__(self, batch: Batch) -> Batch:
        return {"sha256": batch["sha256"], "vector": self._encoder.encode(batch["text"].tolist())}


def _blocks(store: CableStore, fingerprint: str) -> Iterator[pa.Table]:
    """The texts that wait for a vector, each once."""
    import pyarrow as pa

    waiting: dict[str, str] = {}
    seen: set[bytes] = set()
    for texts in pending_texts(store):
        known = store.vectors.get(texts, fingerprint)
        for sha256, text in texts.items():
            if sha256 not in known and (short := bytes.fromhex(sha256)) not in seen:
                seen.add(short)
                waiting[sha256] = text
        while len(waiting) >= BLOCK:
            part = [waiting.popitem() for _ in range(BLOCK)]
            yield pa.table({"sha256": [sha for sha, _ in part], "text": [text for _, text in part]})
    if waiting:
        yield pa.table({"sha256": list(waiting), "text": list(waiting.values())})


def pending_texts(store: CableStore) -> Iterator[dict[str, str]]:
    """What is embedded for each chunk of each pending cable, by its hash."""
    after = ""
    while pending := store.work.pending(after, limit=200):
        headers = store.headers([cable.cable_id for cable in pending])
        for cable_id, header in headers.items():
            paragraphs = {paragraph.label: paragraph for paragraph in store.cable_paragraphs(cable_id)}
            chunks = store.cable_chunks(cable_id)
            texts = [embedded_text(header, paragraphs[chunk.label], chunk) for chunk in chunks]
            yield {text_sha256(text): text for text in texts}
        after = pending[-1].cable_id
