"""Files into a collection: read, parse, store, embed; each step can be killed and taken up again.

    find_files -> parse_source -> store.put (one transaction a cable) -> Indexer (windows) -> file noted

While the encoder works on one window, the next files are parsed. A file is noted as read only when all
of its cables are in the store; the store knows itself what its indexes still lack.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from ingestion.chunk import chunk_cable
from ingestion.reading import IngestOptions, count_files, is_under, parsed, sources
from ingestion.report import IngestLine, IngestProgress, IngestReport, Progress, Status, silent
from ingestion.retransmission import SAME_TEXT, signature, similarity
from ingestion.sources import SourceFile
from rag.collection import Collection
from rag.errors import ParseError
from rag.indexing import IndexedTotals, Indexer
from rag.ray_embedder import Embedder
from rag.store_work import FileRecord
from rag.types import Cable


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
        self._key = options.key(collection.encoder.max_tokens)
        self._known_files = self._work.files()
        self._known_cables = self._work.cables_at()
        self._seen: set[str] = set()
        self._lines: list[IngestLine] = []
        self._files = self._failures = self._chunks = 0
        self._files_total = count_files(roots)
        self._started = time.perf_counter()

    def run(self) -> IngestReport:
        for location, source in sources(self._roots, self._options):
            self._files += 1
            self._seen.add(location)
            if isinstance(source, ParseError):
                self._report(IngestLine.of_error(source))
            else:
                self._read(source, location)
            self._tell()
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

    def _read(self, source: SourceFile, location: str) -> None:
        record = FileRecord(source.sha256(), self._key)
        if self._known_files.get(location) == record and self._is_settled(location):
            for cable_id, _ in self._known_cables.get(location, ()):
                self._report(IngestLine(source.name, Status.UNCHANGED, cable_id))
            return
        produced: set[str] = set()
        failed = False
        for item in parsed(source, self._options):
            if isinstance(item, ParseError):
                line = IngestLine.of_error(item)
            else:
                line = self._take(item, location)
                produced.add(item.header.cable_id)
            failed = failed or line.status is Status.FAILED
            self._report(line)
        if failed:
            self._work.forget_record(location)
            return
        if self._options.sync:
            self._release(location, keep=produced, source=source.name)
        self._work.put_file(location, record)

    def _is_settled(self, location: str) -> bool:
        """Whether every cable here is this file's own, or its owner is still there to be read."""
        return all(
            owner == location or (owner is not None and self._is_there(owner))
            for _, owner in self._known_cables.get(location, ())
        )

    def _take(self, cable: Cable, location: str) -> IngestLine:
        """Store a cable unless the collection has it, and have it indexed: at once, or behind an embedder."""
        cable_id = cable.header.cable_id
        stored = self._store.find_header(cable_id)
        if stored is None:
            return self._put(cable, location, Status.ADDED, None)
        owner = self._work.owner(cable_id)
        foreign = owner is not None and owner != location and self._is_there(owner)
        if self._store.says_the_same(cable):
            self._work.add_location(cable_id, location, owner=not foreign)
            if foreign:
                return IngestLine.of_cable(cable, Status.DUPLICATE, f"the same cable as in {stored.source}")
            self._link(cable)
            if stored.source != cable.header.source:
                return self._put(cable, location, Status.REPLACED, f"moved from {stored.source}")
            return IngestLine.of_cable(cable, Status.UNCHANGED)
        if not foreign:
            return self._put(cable, location, Status.REPLACED, None)
        common = similarity(cable.body, self._store.get_cable(cable_id).body)
        if common >= SAME_TEXT:
            self._work.add_location(cable_id, location, owner=False)
            return IngestLine.of_cable(
                cable,
                Status.DUPLICATE,
                f"nearly the same text ({common:.0%}) as {cable_id} from {stored.source}, which is kept",
            )
        return IngestLine.of_cable(
            cable,
            Status.FAILED,
            f"{cable_id} is in the collection with another text, from {stored.source}: remove one of the two "
            "files, or read this one alone with --id",
        )

    def _put(self, cable: Cable, location: str, status: Status, message: str | None) -> IngestLine:
        chunks = chunk_cable(cable, self._encoder)
        self._store.put(cable, chunks)
        self._work.add_location(cable.header.cable_id, location, owner=True)
        repeated = self._link(cable)
        self._chunks += len(chunks)
        if self._embedder is None:
            self._indexer.add_put(self._work.pending_cable(cable.header.cable_id), cable, chunks)
        return IngestLine.of_cable(cable, status, "; ".join(filter(None, (message, repeated))) or None)

    def _link(self, cable: Cable) -> str | None:
        """Note which cable this one repeats under another number, and say so."""
        cable_id = cable.header.cable_id
        bands = signature(cable.body)
        shared = self._work.sharing_a_band(bands)
        shared.pop(cable_id, None)
        self._work.put_shingles(cable_id, bands)
        if not shared:
            return None
        likely = min(shared, key=lambda other: (-shared[other], other))
        common = similarity(cable.body, self._store.get_cable(likely).body)
        if common < SAME_TEXT:
            return None
        original = self._work.originals([likely]).get(likely, likely)
        if original == cable_id:
            return None
        self._work.link_duplicate(cable_id, original, common)
        return f"repeats {original} ({common:.0%} of the text)"

    def _remove_gone(self) -> None:
        """Take out what came from under the given paths and was not found there now."""
        for location in sorted(self._known_files.keys() | self._known_cables.keys()):
            if location not in self._seen and any(is_under(location, root) for root in self._roots):
                self._release(location, keep=set(), source=location)
                self._work.forget_file(location)

    def _release(self, location: str, *, keep: set[str], source: str) -> None:
        for cable_id, owner in self._known_cables.get(location, ()):
            if cable_id in keep:
                continue
            self._work.remove_location(cable_id, location)
            if owner == location and self._work.owner(cable_id) is None:
                cited = self._store.ledger.citing(cable_id)
                self._store.delete(cable_id)
                if self._embedder is None:
                    self._indexer.add(self._work.pending_cable(cable_id))
                message = f"was cited by the answers {', '.join(cited)}" if cited else None
                self._report(IngestLine(source, Status.REMOVED, cable_id, message))

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
