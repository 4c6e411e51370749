"""Taking cables out for good: of the store, the indexes, the answers, and every file that held their text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.history import History
from rag.config import Settings
from rag.errors import NotFound
from rag.index.collection import settled_encoder, store_alone
from rag.index.home import require_home
from rag.index.indexing import IndexedTotals
from rag.index.rebuild import rebuild
from rag.models.embeddings import Encoder
from rag.store.cable_store import CableStore


@dataclass(frozen=True, slots=True)
class Removed:
    """A cable that was deleted, and the answers that cited it: they keep hashes and offsets of it."""

    cable_id: str
    paragraphs: int
    cited_by: tuple[str, ...]


def delete_cables(
    spellings: Sequence[str],
    settings: Settings,
    encoder: Encoder,
    on_progress: Callable[[IndexedTotals], None] = lambda _: None,
) -> tuple[Removed, ...]:
    """Delete cables, each named in any spelling, and build the indexes anew from what is left.

    Killed in between, the cables are out of every search, and the doctor builds the indexes anew. Raises
    NotFound before anything is deleted, CollectionLocked, CollectionError, UsageError.
    """
    with store_alone(settings) as store:
        require_home(settings, store)
        removed = tuple(_facts(store, cable_id) for cable_id in _resolved(store, spellings))
        # First what hangs on the store: killed after this, the same command does it all again.
        redact_history(settings.data_dir, [one.cable_id for one in removed])
        for one in removed:
            store.delete(one.cable_id)
        rebuild(settings, store, settled_encoder(settings, store, encoder, write=True), on_progress)
    return removed


def redact_history(data_dir: Path, cable_ids: Collection[str]) -> None:
    """Take the text of deleted cables out of batches: conversations and searches hold none."""
    history = History.open(data_dir)
    try:
        for cable_id in cable_ids:
            history.batches.redact(cable_id)
    finally:
        history.close()


def _resolved(store: CableStore, spellings: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for text in spellings:
        cable_id = store.resolve_id(text)
        if cable_id is None:
            near = list(store.near_ids(text))
            hint = f" Near it: {', '.join(near)}." if near else ""
            raise NotFound(f"There is no cable {text[:80]!r}: nothing was deleted.{hint}", near=near)
        found[cable_id] = None
    return list(found)


def _facts(store: CableStore, cable_id: str) -> Removed:
    return Removed(cable_id, len(store.cable_paragraphs(cable_id)), store.ledger.citing(cable_id))
