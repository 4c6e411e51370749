"""What understanding asks of a collection: ids, titles, and the values that its cables have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from rag.store.cable_store import CableStore
from rag.text.mrn import POST_CUT, read_mrn
from rag.types import Catalogue, Filters

# A day on which a post sent more than these is no name for a cable.
SENT_LIMIT = 10


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

    def sent(self, origins: tuple[str, ...], day: date) -> tuple[str, ...]:
        """Ids of the cables that these posts are known to have sent on that day."""
        ...

    def catalogue(self) -> Catalogue:
        """The values that the cables have."""
        ...


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of one state of a collection."""

    snapshot: str
    catalogue: Catalogue
    posts: frozenset[str]


class StoredArchive:
    """A store as an `Archive`; the catalogue is read once for each state of the collection."""

    def __init__(self, store: CableStore) -> None:
        self._store = store
        self._known: _Known | None = None

    def resolve_id(self, text: str) -> str | None:
        # "May 1976" reads as number 1976 of a post MAY: most runs of a question fall here, without a query.
        number = read_mrn(text)
        known = self._known or self._state()
        if number is not None and number.post[:POST_CUT] not in known.posts:
            return None
        return self._store.resolve_id(text)

    def near_ids(self, text: str) -> tuple[str, ...]:
        return self._store.near_ids(text)

    def titled(self, title: str) -> tuple[str, ...]:
        return self._store.survey.titled(title)

    def sent(self, origins: tuple[str, ...], day: date) -> tuple[str, ...]:
        filters = Filters(origins=origins, date_from=day, date_to=day)
        headers = self._store.list_headers(filters, limit=SENT_LIMIT, after=None)
        return tuple(h.cable_id for h in headers if h.date_from == h.date_to == day)

    def catalogue(self) -> Catalogue:
        return self._state().catalogue

    def _state(self) -> _Known:
        snapshot = self._store.snapshot()
        if self._known is None or self._known.snapshot != snapshot:
            survey = self._store.survey
            self._known = _Known(snapshot, survey.catalogue(), survey.posts())
        return self._known
