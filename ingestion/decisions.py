"""What becomes of a cable that was read: new, changed, there already, or under an id that another has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingestion.chunk import Tokenizer, chunk_cable
from ingestion.groups import ReadCable
from ingestion.report import IngestLine, Status
from ingestion.retransmission import SAME_TEXT, similarity
from rag.store.batches import Batch
from rag.store.cable_store import CableStore
from rag.types import CableHeader


class Decisions:
    """Looks cables up in the store, and writes nothing.

    `holds` says whether a location still has a cable, by its id.
    """

    def __init__(self, store: CableStore, tokenizer: Tokenizer, holds: Callable[[str, str], bool]) -> None:
        self._store = store
        self._work = store.work
        self._tokenizer = tokenizer
        self._holds = holds

    def decide(self, cables: Sequence[ReadCable], batch: Batch) -> dict[str, IngestLine]:
        """Put into `batch` what is to be written; what becomes of each cable, as its line of the report."""
        stored = self._store.headers([read.cable.header.cable_id for read in cables])
        shared = self._work.sharing_a_band({read.cable.header.cable_id: read.bands for read in cables})
        lines: dict[str, IngestLine] = {}
        for read in cables:
            cable_id = read.cable.header.cable_id
            # A cable of the group has no band in common with this one, but the text that it replaces may.
            likely = {other: bands for other, bands in shared[cable_id].items() if other not in shared}
            lines[cable_id] = self._decide(read, stored.get(cable_id), likely, batch)
        return lines

    def _decide(
        self, read: ReadCable, stored: CableHeader | None, likely: dict[str, int], batch: Batch
    ) -> IngestLine:
        cable, location = read.cable, read.location
        cable_id = cable.header.cable_id
        if stored is None:
            return self._put(read, Status.ADDED, None, likely, batch)
        owner = self._work.owner(cable_id)
        foreign = owner is not None and owner != location and self._holds(owner, cable_id)
        if self._store.says_the_same(cable):
            if foreign:
                batch.locations.append((cable_id, location, False))
                return IngestLine.of_cable(cable, Status.DUPLICATE, f"the same cable as in {stored.source}")
            if stored.source != cable.header.source:
                return self._put(read, Status.REPLACED, f"moved from {stored.source}", likely, batch)
            batch.locations.append((cable_id, location, True))
            self._link(read, likely, batch)
            return IngestLine.of_cable(cable, Status.UNCHANGED)
        if not foreign:
            return self._put(read, Status.REPLACED, None, likely, batch)
        common = similarity(cable.body, self._store.get_cable(cable_id).body)
        if common >= SAME_TEXT:
            batch.locations.append((cable_id, location, False))
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

    def _put(
        self, read: ReadCable, status: Status, message: str | None, likely: dict[str, int], batch: Batch
    ) -> IngestLine:
        chunks = chunk_cable(read.cable, self._tokenizer)
        batch.cables.append((read.cable, chunks))
        batch.locations.append((read.cable.header.cable_id, read.location, True))
        repeated = self._link(read, likely, batch)
        return IngestLine.of_cable(read.cable, status, "; ".join(filter(None, (message, repeated))) or None)

    def _link(self, read: ReadCable, likely: dict[str, int], batch: Batch) -> str | None:
        """Note which cable this one repeats under another number, and say so."""
        cable_id = read.cable.header.cable_id
        batch.bands[cable_id] = read.bands
        if not likely:
            return None
        nearest = min(likely, key=lambda other: (-likely[other], other))
        common = similarity(read.cable.body, self._store.get_cable(nearest).body)
        if common < SAME_TEXT:
            return None
        original = self._work.originals([nearest]).get(nearest, nearest)
        if original == cable_id:
            return None
        batch.duplicates.append((cable_id, original, common))
        return f"repeats {original} ({common:.0%} of the text)"
