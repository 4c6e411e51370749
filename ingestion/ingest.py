"""Files into a collection: read, parse, store, embed; each step can be killed and taken up again.

    find_files -> parse_source -> store.write (one transaction a group) -> Indexer (windows) -> files noted

While the encoder works on one window, the next group is parsed and stored. A file is noted as read only
when all of its cables are in the store; the store knows itself what its indexes still lack.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingestion.decisions import Decisions
from ingestion.groups import Group, Read, ReadCable, ReadFile, grouped
from ingestion.leaving import Leaving
from ingestion.reading import IngestOptions, count_files, is_under, parsed, sources
from ingestion.report import IngestLine, IngestProgress, IngestReport, Progress, Status, silent
from ingestion.retransmission import signature
from ingestion.sources import SourceFile
from rag.errors import ParseError
from rag.index.collection import Collection
from rag.index.indexing import IndexedTotals, Indexer
from rag.index.ray_embedder import Embedder
from rag.store.batches import Batch
from rag.store.work import FileRecord


def ingest(
    paths: Iterable[Path],
    collection: Collection,
    options: IngestOptions,
    progress: Progress = silent,
    embedder: Embedder | None = None,
) -> IngestReport:
    """Bring a collection that is open for writing up to date with files, folders and archives.

    With an `embedder` everything is parsed and stored first, then embedded by it, then indexed.
    Raises UsageError for a path that does not exist, before anything is read. What fails inside is a
    line of the report; everything before it is safe.
    """
    return _Run(list(paths), collection, options, progress, embedder).run()


class _Run:
    """The state of one ingest."""

    def __init__(
        self,
        roots: list[Path],
        collection: Collection,
        options: IngestOptions,
        progress: Progress,
        embedder: Embedder | None,
    ) -> None:
        self._roots = roots
        self._store = collection.store
        self._work = collection.store.work
        self._encoder = collection.encoder
        self._options = options
        self._progress = progress
        self._embedder = embedder
        self._indexer = Indexer(
            collection.store, collection.chunks, collection.lexical, collection.encoder, self._on_indexed
        )
        self._decisions = Decisions(collection.store, collection.encoder, self._holds)
        self._key = options.key(collection.encoder.max_tokens)
        self._known_files = self._work.files()
        self._known_cables = self._work.cables_at()
        self._seen: set[str] = set()
        self._lines: list[IngestLine] = []
        self._files = self._failures = self._chunks = 0
        self._fails = False  # something in the file that is being taken
        self._again = False  # what is read now was read before in this run
        self._leaving = Leaving(collection.store)
        self._files_total = count_files(roots)
        self._started = time.perf_counter()

    def run(self) -> IngestReport:
        for group in grouped(self._read(sources(self._roots, self._options))):
            self._take(group)
        if self._options.sync:
            self._remove_gone()
        ahead = 0
        if self._embedder is not None:
            ahead = self._embedder.embed(self._store, self._encoder.fingerprint, self._encoder.precision)
            self._indexer.drain()
        self._indexer.finish()
        self._tell()
        totals = self._indexer.totals
        return IngestReport.of(
            self._lines,
            self._files,
            totals.embedded + ahead,
            totals.reused - ahead,
            time.perf_counter() - self._started,
        )

    def _read(self, found: Iterable[tuple[str, SourceFile | ParseError]]) -> Iterator[Read]:
        """What is in the files, each with its end behind it."""
        for location, source in found:
            self._seen.add(location)
            if isinstance(source, ParseError):
                yield IngestLine.of_error(source)
                yield ReadFile(location, location)
            else:
                yield from self._read_file(source, location)

    def _read_file(self, source: SourceFile, location: str) -> Iterator[Read]:
        record = FileRecord(source.sha256(), self._key)
        known = self._known_files.get(location) == record and not self._again
        if known and self._is_settled(location):
            for cable_id, _ in self._known_cables.get(location, ()):
                yield IngestLine(source.name, Status.UNCHANGED, cable_id)
            yield ReadFile(location, source.name)
            return
        produced: set[str] = set()
        for item in parsed(source, self._options):
            if isinstance(item, ParseError):
                yield IngestLine.of_error(item)
            else:
                produced.add(item.header.cable_id)
                yield ReadCable(item, location, signature(item.body))
        here = self._known_cables.get(location, ()) if self._options.sync and not self._again else ()
        left = frozenset(cable_id for cable_id, _ in here if cable_id not in produced)
        yield ReadFile(location, source.name, left, record)

    def _is_settled(self, location: str) -> bool:
        """Whether every cable here is this file's own, or its owner is still there to be read."""
        return all(
            owner == location or (owner is not None and self._is_there(owner))
            for _, owner in self._known_cables.get(location, ())
        )

    def _take(self, group: Group) -> None:
        """Store what is new in a group and have it indexed, then note the files that end in it."""
        batch = Batch()
        lines = self._decisions.decide(group.cables, batch)
        self._indexer.settle(cable.header.cable_id for cable, _ in batch.cables)
        pending = self._store.write(batch)
        self._chunks += sum(len(chunks) for _, chunks in batch.cables)
        if self._embedder is None:
            for work, (cable, chunks) in zip(pending, batch.cables, strict=True):
                self._indexer.add_put(work, cable, chunks)
        records: dict[str, FileRecord] = {}
        for thing in group.read:
            if isinstance(thing, ReadFile):
                self._end(thing, records)
            else:
                line = thing if isinstance(thing, IngestLine) else lines[thing.cable.header.cable_id]
                self._fails = self._fails or line.status is Status.FAILED
                self._report(line)
        self._work.put_files(records)

    def _end(self, file: ReadFile, records: dict[str, FileRecord]) -> None:
        """Add a file to the `records` if all of its cables are in the store."""
        if self._fails:
            self._work.forget_record(file.location)
        elif file.record is not None and file.left:
            for cable_id in sorted(file.left):
                self._leaving.leave(cable_id, file.location, file.name)
            self._leaving.note(file.location, file.record)
        elif file.record is not None:
            records[file.location] = file.record
        self._fails = False
        self._files += not self._again
        self._tell()

    def _remove_gone(self) -> None:
        """Take out what was not found where it was; what another place has too is read from there."""
        for location in sorted(self._known_files.keys() | self._known_cables.keys()):
            if location not in self._seen and any(is_under(location, root) for root in self._roots):
                for cable_id, _ in self._known_cables.get(location, ()):
                    self._leaving.leave(cable_id, location, location)
                self._leaving.forget(location)
        for removed in self._leaving.settle():
            if self._embedder is None:
                self._indexer.add(self._work.pending_cable(removed.cable_id))
            cited = f"was cited by the answers {', '.join(removed.cited)}" if removed.cited else None
            self._report(IngestLine(removed.source, Status.REMOVED, removed.cable_id, cited))
        self._again = True
        if behind := self._leaving.left_behind():
            found = sources(self._roots, self._options)
            for group in grouped(self._read((place, source) for place, source in found if place in behind)):
                self._take(group)

    def _holds(self, location: str, cable_id: str) -> bool:
        """Whether a place still has a cable, as far as it is known now."""
        return self._is_there(location) and not self._leaving.has_left(cable_id, location)

    def _is_there(self, location: str) -> bool:
        return location in self._seen or Path(location.split("!", 1)[0]).exists()

    def _report(self, line: IngestLine) -> None:
        self._lines.append(line)
        self._failures += line.status is Status.FAILED

    def _on_indexed(self, _totals: IndexedTotals) -> None:
        self._tell()

    def _tell(self) -> None:
        self._progress(
            IngestProgress(
                files_done=self._files,
                files_total=max(self._files_total, self._files),
                cables=len(self._lines) - self._failures,
                failures=self._failures,
                chunks_done=self._indexer.totals.chunks,
                chunks_total=max(self._chunks, self._indexer.totals.chunks),
                seconds=time.perf_counter() - self._started,
            )
        )
