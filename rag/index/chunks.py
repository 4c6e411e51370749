"""ChunkIndex: nearest neighbours among chunks. Beside `chroma_client` the only module that knows Chroma.

Chroma holds ids, vectors and nothing else: no text, no metadata to filter by. Its distance becomes a
similarity here, once. Filters are resolved in our own store and answered exactly (rag/index/exact.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.api.types import GetResult, Include
from chromadb.errors import NotFoundError

from rag.errors import CollectionDamaged, CollectionError
from rag.index.chroma_client import FAILURES, asking, connect, sessions, writing
from rag.index.exact import ExactSearch
from rag.index.huge_pages import use_huge_pages
from rag.index.matrix import ScoredChunk, paragraph_of
from rag.models.worker import Vectors

OVER_FETCH = 1.5
# HNSW as recall@10 >= 0.99 against brute force asks for: docs/benchmarks/retrieval.md has what it finds with
# other settings. A graph that was built with others keeps them, and is searched as it is.
HNSW = CreateHNSWConfiguration(space="cosine", max_neighbors=32, ef_construction=500, ef_search=200)
FETCH_IDS, PROBES, SAME = 10_000, 32, 1e-3


class ChunkIndex:
    """Unit vectors by chunk id, in one Chroma collection.

    `path` is an embedded database of our own (one process writes: rag/store/lock.py), `url` a Chroma server.
    """

    def __init__(self, client: ClientAPI | None, collection: chromadb.Collection | None, exact: ExactSearch):
        self._client = client
        self._collection = collection
        self.exact = exact
        self._count: int | None = None

    @classmethod
    def open(
        cls,
        path: Path | None,
        url: str | None,
        fingerprint: str,
        *,
        name: str,
        exact: ExactSearch,
        write: bool,
    ) -> ChunkIndex:
        """Open the collection `name`; a writer makes it where it is missing.

        Raises CollectionError where the server does not answer, CollectionDamaged where the database
        cannot be opened or holds vectors of another encoder.
        """
        if path is not None and url is None and not path.is_dir() and not write:
            return cls(None, None, exact)
        try:
            client = connect(path, url, write=write)
            if write:
                collection = client.get_or_create_collection(
                    name,
                    embedding_function=None,
                    configuration={"hnsw": HNSW},
                    metadata={"fingerprint": fingerprint},
                )
            else:
                collection = client.get_collection(name, embedding_function=None)
        except NotFoundError:
            return cls(client, None, exact)
        except FAILURES as error:
            if url is not None:
                raise CollectionError(
                    f"The Chroma server at {url} does not answer ({error}). Start it, or correct "
                    "CABLEQA_CHROMA_URL.",
                    url=url,
                ) from error
            raise CollectionDamaged(
                f"The vector index cannot be opened ({error}). Run `cableqa doctor`: it is rebuilt from the "
                "store without embedding again.",
                path=str(path),
            ) from error
        if (found := (collection.metadata or {}).get("fingerprint")) != fingerprint:
            raise CollectionDamaged(
                f"The vector index was made by {found}, and this is {fingerprint}. Set "
                "CABLEQA_EMBEDDING_MODEL back, or run `cableqa doctor` to embed anew.",
                found=str(found),
                wanted=fingerprint,
            )
        return cls(client, collection, exact)

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add or replace; `vectors` is (n, dimension) of unit length, `ids` has no id twice."""
        collection = self._changing()
        with writing():
            for part in self._parts(len(ids)):
                collection.upsert(ids=list(ids[part]), embeddings=np.asarray(vectors[part], dtype=np.float32))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove; an id that is not there is no error."""
        if not ids:
            return
        collection = self._changing()
        with writing():
            for part in self._parts(len(ids)):
                collection.delete(ids=list(ids[part]))

    def search(
        self,
        vector: Vectors,
        k: int,
        allowed_cables: frozenset[str] | None = None,
        paragraphs: frozenset[tuple[str, str]] | None = None,
    ) -> list[ScoredChunk]:
        """The `k` nearest chunks, best first, among all or among those of `allowed_cables`.

        With `allowed_cables`, `paragraphs` may narrow further, to (cable id, label). Raises CollectionError
        where Chroma fails, is gone, is slow, or answers something else.
        """
        if self._collection is None or k <= 0:
            return []
        if allowed_cables is None:
            return self._nearest(vector, k)
        rows = self.exact.share(allowed_cables) * self.count()
        passing = rows if paragraphs is None else min(rows, len(paragraphs))
        if not self.exact.takes(passing):
            width = math.ceil(OVER_FETCH * k * self.count() / passing) + k
            found = [
                chunk
                for chunk in self._nearest(vector, width)
                if (key := paragraph_of(chunk.chunk_id))[0] in allowed_cables
                and (paragraphs is None or key in paragraphs)
            ]
            if len(found) >= k:
                return found[:k]
        return self.exact.search(np.asarray(vector, dtype=np.float32), k, allowed_cables, paragraphs)

    def ids(self) -> Iterator[str]:
        """Every chunk id, in no order."""
        for page in self._pages([]):
            yield from page["ids"]

    def vectors(self) -> Iterator[tuple[list[str], Vectors]]:
        """Every chunk id with its vector, in runs, in no order."""
        for page in self._pages(["embeddings"]):
            yield page["ids"], np.asarray(page["embeddings"], dtype=np.float32)

    def _pages(self, include: Include) -> Iterator[GetResult]:
        offset = 0
        while self._collection is not None:
            page = self._collection.get(include=include, limit=FETCH_IDS, offset=offset)
            if not page["ids"]:
                return
            yield page
            offset += len(page["ids"])

    def count(self) -> int:
        # Chroma counts anew each time, which takes longer than a search; only we write to the collection.
        if self._count is None:
            with asking():
                self._count = 0 if self._collection is None else self._collection.count()
        return self._count

    def prepare(self) -> None:
        """Read the graph, into huge pages where it is in this process, and begin the matrix in any case.

        Raises CollectionError as `search` does.
        """
        try:
            with asking():
                if self.count() and self._finds_itself(0) and self._is_own():
                    use_huge_pages()
        finally:
            self.exact.prepare()

    def settle(self) -> None:
        """Let Chroma work off its queue, so that readers find nothing left to write."""
        if self.count():
            with writing():
                self._finds_itself(0)

    def is_sound(self) -> bool:
        """Whether vectors from everywhere in the index find themselves, as in the graph that was written."""
        with asking():
            return all(map(self._finds_itself, range(0, self.count(), max(self.count() // PROBES, 1))))

    def _is_own(self) -> bool:
        return self._client is not None and self._client.get_settings().is_persistent

    def _finds_itself(self, place: int) -> bool:
        assert self._collection is not None
        peek = self._collection.get(limit=1, offset=place, include=["embeddings"])["embeddings"]
        if peek is None or not len(peek):
            return False
        (nearest,) = self._nearest(np.asarray(peek[0], dtype=np.float32), 1)
        return nearest.similarity > 1 - SAME

    def close(self) -> None:
        """Release the database. Nothing may be called after."""
        self.exact.close()
        if self._client is not None:
            self._client.close()  # type: ignore[attr-defined]
            # chromadb 1.5 leaves them open.
            for session in sessions(self._client):
                session.close()
            self._client = None
            self._collection = None

    def _nearest(self, vector: Vectors, k: int) -> list[ScoredChunk]:
        assert self._collection is not None
        if (count := self.count()) == 0:
            return []
        with asking():
            found = self._collection.query(
                query_embeddings=np.asarray(vector, dtype=np.float32)[None, :],
                n_results=min(k, count),
                include=["distances"],
            )
            distances = cast("list[list[float]]", found["distances"])
            scored = [
                ScoredChunk(chunk_id, 1.0 - distance)
                for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)
            ]
            if not scored or not all(_is_sound(one) for one in scored):
                raise ValueError("what came back is no answer to what was asked")
        return scored

    def _changing(self) -> chromadb.Collection:
        if self._collection is None:
            raise CollectionError("The vector index was opened for reading and does not exist yet.")
        self.exact.forget()
        self._count = None
        return self._collection

    def _parts(self, n: int) -> Iterator[slice]:
        assert self._client is not None
        size = self._client.get_max_batch_size()
        return (slice(start, start + size) for start in range(0, n, size))


def _is_sound(scored: ScoredChunk) -> bool:
    return scored.chunk_id.count("|") >= 2 and -1.001 <= scored.similarity <= 1.001
