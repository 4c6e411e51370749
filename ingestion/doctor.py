"""Looks a collection over, mends it from the store, and says what it found and did."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.config import Settings
from rag.errors import CollectionError
from rag.index.agreement import compare
from rag.index.collection import UNCLEAN, index_fingerprint, settled_encoder, store_alone
from rag.index.generations import remove_old_generations
from rag.index.home import note_home
from rag.index.indexing import IndexedTotals
from rag.index.rebuild import rebuild, remove_matrices
from rag.models.embeddings import Encoder
from rag.store.cable_store import CableStore
from rag.text.counting import count_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it was well, and what was done where it was not."""

    check: str
    well: bool
    message: str
    done: str | None = None


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """All findings in the order of the checks. `healthy` counts what was mended as well."""

    findings: tuple[Finding, ...]
    seconds: float

    @property
    def healthy(self) -> bool:
        return all(finding.well or finding.done is not None for finding in self.findings)


def examine(
    settings: Settings,
    encoder: Encoder,
    *,
    repair: bool,
    on_progress: Callable[[IndexedTotals], None] = lambda _: None,
) -> DoctorReport:
    """Check store, indexes and their agreement; with `repair`, rebuild the indexes where they are not well.

    Needs the directory alone: raises CollectionLocked where it is in use, and CollectionDamaged where
    the store itself cannot be opened, which nothing here can mend.
    """
    started = time.perf_counter()
    with store_alone(settings) as store:
        findings = _Examination(settings, store, encoder, repair, on_progress).run()
    return DoctorReport(tuple(findings), time.perf_counter() - started)


class _Examination:
    def __init__(
        self,
        settings: Settings,
        store: CableStore,
        encoder: Encoder,
        repair: bool,
        on_progress: Callable[[IndexedTotals], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._encoder = settled_encoder(settings, store, encoder, write=True)
        self._repair = repair
        self._on_progress = on_progress

    def run(self) -> list[Finding]:
        store_findings = [self._store_file(), self._offsets(), self._vectors()]
        index_findings = [self._pending(), self._purged(), *self._compared()]
        if self._repair:
            if not all(finding.well for finding in index_findings):
                index_findings.append(self._rebuilt())
                index_findings = [_mended(finding) for finding in index_findings]
            index_findings.append(self._cleaned())
        findings = store_findings + index_findings
        if self._repair and all(finding.well or finding.done is not None for finding in findings):
            # Also where nothing was rebuilt: the directory may have lost what the store knows it by.
            note_home(self._settings, self._store)
        return findings

    def _store_file(self) -> Finding:
        problems = self._store.census.integrity_problems()
        counts = self._store.counts()
        if problems:
            return Finding(
                "store",
                False,
                f"the database file is damaged ({'; '.join(problems[:3])}): restore it from a backup, or "
                "move it away and ingest again",
            )
        return Finding(
            "store",
            True,
            f"{count_of(counts.cables, 'cable')}, {count_of(counts.paragraphs, 'paragraph')}, "
            f"{count_of(counts.chunks, 'chunk')}",
        )

    def _offsets(self) -> Finding:
        wrong = self._store.census.paragraphs_out_of_place()
        if wrong:
            return Finding(
                "offsets",
                False,
                f"{len(wrong)} paragraphs are not where they should be: {', '.join(wrong[:5])}",
            )
        return Finding("offsets", True, "every paragraph stands in its cable's text")

    def _vectors(self) -> Finding:
        chunks = self._store.counts().chunks
        cached = len(self._store.vectors.chunk_ids(self._encoder.fingerprint))
        note = "" if cached == chunks else ": the rest is embedded when the indexes are built"
        return Finding("vectors", True, f"{cached} of {chunks} chunks have a vector of this encoder{note}")

    def _pending(self) -> Finding:
        pending = self._store.work.pending_count()
        if pending:
            return Finding(
                "pending", False, f"{pending} cables wait for the indexes: an ingest was interrupted"
            )
        return Finding("pending", True, "nothing waits for the indexes")

    def _purged(self) -> Finding:
        if self._store.work.is_purged():
            return Finding("deletion", True, "the indexes hold nothing of deleted cables")
        return Finding(
            "deletion", False, "words of deleted cables are still in the files of the indexes, unfindable"
        )

    def _compared(self) -> list[Finding]:
        """What a trial process found; where it did not come to its end, an index ended it."""
        fingerprint = index_fingerprint(self._encoder)
        settings, counts = self._settings, self._store.counts()
        try:
            problems = compare(settings, self._encoder.fingerprint, fingerprint)
        except CollectionError as error:
            return [Finding("probe", False, error.message)]
        well = {
            "vector index": f"{counts.chunks} chunks, the same as the store, each with its vector",
            "word index": f"{count_of(counts.paragraphs, 'paragraph')}, the same as the store",
        }
        opened = Finding("probe", True, "a trial process opened the indexes and asked them")
        return [
            opened,
            *(
                Finding(check, not problems[check], "; ".join(problems[check]) or message)
                for check, message in well.items()
            ),
        ]

    def _rebuilt(self) -> Finding:
        totals = rebuild(self._settings, self._store, self._encoder, self._on_progress)
        return Finding(
            "rebuild",
            True,
            f"both indexes built anew from the store: {totals.chunks} chunks, {totals.reused} vectors from "
            f"the cache, {totals.embedded} embedded",
        )

    def _cleaned(self) -> Finding:
        vectors = self._store.work.drop_unused_vectors()
        folders = remove_old_generations(self._store, self._settings.chroma_url)
        remove_matrices(self._store)
        marker: Path = self._settings.data_dir / UNCLEAN
        marker.unlink(missing_ok=True)
        return Finding("cleaning", True, f"{vectors} unused vectors and {folders} old indexes removed")


def _mended(finding: Finding) -> Finding:
    return (
        finding if finding.well else Finding(finding.check, False, finding.message, "rebuilt from the store")
    )
