"""Cables that leave places (`--sync`): each stays while another place has it, and goes with the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.store.cable_store import CableStore
from rag.store.work import FileRecord


@dataclass(frozen=True, slots=True)
class Removed:
    """A cable that was deleted, by the name of the file it was in, and the answers that cite it."""

    cable_id: str
    source: str
    cited: tuple[str, ...]


class Leaving:
    """What is taken out at the end of a run, when every place was looked at; until then nothing is."""

    def __init__(self, store: CableStore) -> None:
        self._store = store
        self._work = store.work
        self._left: dict[str, dict[str, str]] = {}
        self._records: dict[str, FileRecord] = {}
        self._gone: list[str] = []

    def leave(self, cable_id: str, location: str, source: str) -> None:
        """A cable is at this place no more."""
        self._left.setdefault(cable_id, {})[location] = source

    def has_left(self, cable_id: str, location: str) -> bool:
        return location in self._left.get(cable_id, ())

    def note(self, location: str, record: FileRecord) -> None:
        """A file to be noted as read when what left it is out."""
        self._records[location] = record

    def forget(self, location: str) -> None:
        """A file that is gone."""
        self._gone.append(location)

    def settle(self) -> Iterator[Removed]:
        """Delete what is nowhere any more; killed between two of them, the next run does the rest."""
        for cable_id, places in self._left.items():
            if set(self._work.locations(cable_id)) <= places.keys():
                cited = self._store.ledger.citing(cable_id)
                self._store.delete(cable_id)
                yield Removed(cable_id, next(iter(places.values())), tuple(cited))
            else:
                for location in places:
                    self._work.remove_location(cable_id, location)
        self._work.put_files(self._records)
        for location in self._gone:
            self._work.forget_file(location)

    def left_behind(self) -> set[str]:
        """After `settle`: places with a cable whose owner has left; it has none until they are read again."""
        return {
            location
            for cable_id in self._left
            if self._work.owner(cable_id) is None
            for location in self._work.locations(cable_id)
        }
