"""A collection as understanding sees it, made of a few ids and values."""

from __future__ import annotations

from datetime import date

from rag.text.mrn import lookup_keys
from rag.types import Catalogue


class ListedArchive:
    """Knows the ids, titles and values that it was given."""

    def __init__(
        self,
        ids: tuple[str, ...],
        titles: dict[str, str] | None = None,
        known: Catalogue | None = None,
        sent: dict[tuple[str, date], tuple[str, ...]] | None = None,
    ) -> None:
        self._keys = {key: cable_id for cable_id in ids for key in lookup_keys(cable_id)}
        self._ids = ids
        self._titles = titles or {}
        self._known = known or Catalogue()
        self._sent = sent or {}

    def resolve_id(self, text: str) -> str | None:
        return next((self._keys[key] for key in lookup_keys(text) if key in self._keys), None)

    def near_ids(self, text: str) -> tuple[str, ...]:
        return tuple(cable_id for cable_id in self._ids if cable_id[:4] == text[:4])

    def titled(self, title: str) -> tuple[str, ...]:
        found = self._titles.get(" ".join(title.split()).strip(" .").casefold())
        return (found,) if found else ()

    def sent(self, origins: tuple[str, ...], day: date) -> tuple[str, ...]:
        return tuple(cable_id for origin in origins for cable_id in self._sent.get((origin, day), ()))

    def catalogue(self) -> Catalogue:
        return self._known
