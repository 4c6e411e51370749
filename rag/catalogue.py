"""What understanding asks of a collection: ids, titles, and the values that its cables have."""

from __future__ import annotations

from typing import Protocol

from rag.store import CableStore
from rag.types import Catalogue


class Archive(Protocol):
    """A collection as the reader of a question sees it."""

    def resolve_id(self, text: str) -> str | None:
        """The stored id that `text` spells in any way; None where there is none, or more than one."""
        ...

    def near_ids(self, text: str) -> tuple[str, ...]:
        """Stored ids like the one that `text` spells, the nearest first."""
        ...

    def titled(self, title: str) -> tuple[str, ...]:
        """Ids of the cables whose subject is `title`, case and blanks aside."""
        ...

    def catalogue(self) -> Catalogue:
        """The values that the cables have."""
        ...


class StoredArchive:
    """A store as an `Archive`; the catalogue is read once for each state of the collection."""

    def __init__(self, store: CableStore) -> None:
        self._store = store
        self._known: tuple[str, Catalogue] | None = None

    def resolve_id(self, text: str) -> str | None:
        return self._store.resolve_id(text)

    def near_ids(self, text: str) -> tuple[str, ...]:
        return self._store.near_ids(text)

    def titled(self, title: str) -> tuple[str, ...]:
        return self._store.survey.titled(title)

    def catalogue(self) -> Catalogue:
        snapshot = self._store.snapshot()
        if self._known is None or self._known[0] != snapshot:
            self._known = (snapshot, self._store.survey.catalogue())
        return self._known[1]
