"""What was read, in groups that are looked up and written together, as if each had come alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingestion.report import IngestLine
from rag.store.work import FileRecord
from rag.types import Cable

# Paragraphs and things read after which a group is written: about what the encoder takes at a time.
PARAGRAPHS = 256
THINGS = 256


@dataclass(frozen=True, slots=True)
class ReadCable:
    """A cable, the place that it was found at, and its signature (see ingestion/retransmission.py)."""

    cable: Cable
    location: str
    bands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The end of a file, behind all that was in it: ids of the cables that left it, and how it was read.

    There is no `record` where nothing has to be noted: the file is unchanged, or is none.
    """

    location: str
    name: str
    left: frozenset[str] = frozenset()
    record: FileRecord | None = None


Read = ReadCable | ReadFile | IngestLine


@dataclass(slots=True)
class Group:
    """Things read, in their order. Its cables share no id and no band: none depends on another."""

    read: list[Read] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _bands: set[tuple[int, int]] = field(default_factory=set)
    _paragraphs: int = 0

    @property
    def cables(self) -> list[ReadCable]:
        return [thing for thing in self.read if isinstance(thing, ReadCable)]

    def takes(self, thing: Read) -> bool:
        """Whether there is room for it, and nothing that must be written before."""
        if len(self.read) >= THINGS or self._paragraphs >= PARAGRAPHS:
            return False
        last = self.read[-1] if self.read else None
        if isinstance(last, ReadFile) and last.left:
            return False
        return not isinstance(thing, ReadCable) or (
            thing.cable.header.cable_id not in self._ids and self._bands.isdisjoint(enumerate(thing.bands))
        )

    def add(self, thing: Read) -> None:
        self.read.append(thing)
        if isinstance(thing, ReadCable):
            self._ids.add(thing.cable.header.cable_id)
            self._bands.update(enumerate(thing.bands))
            self._paragraphs += len(thing.cable.paragraphs)


def grouped(things: Iterable[Read]) -> Iterator[Group]:
    """All of them, in their order."""
    group = Group()
    for thing in things:
        if not group.takes(thing):
            yield group
            group = Group()
        group.add(thing)
    if group.read:
        yield group
