"""What an ingest must remember to be resumed: pending index work, files read, retransmissions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, and_, bindparam, func, select

from rag.store.dialect import forget_deleted, insert
from rag.store.row_values import unpack_strings
from rag.store.schema import CHUNKS, DUPLICATES, FILES, LOCATIONS, OUTBOX, SHINGLES
from rag.store.vectors import IN_LIMIT, drop_unused_vectors, parts
from rag.store.writes import get_meta, set_meta

# Forms that thousands of cables fill in share their bands: looking at all of them would take for ever.
_BANDS_LOOKED_AT = 2_048
# Set while files of the indexes may hold words of deleted cables.
UNPURGED = "unpurged"
# Which of the built indexes is the one in use, and what its words were struck off as.
GENERATION, WORDS_REVISION = "generation", "words_revision"


@dataclass(frozen=True, slots=True)
class PendingCable:
    """A cable whose indexes are behind the store; `stale` are chunk ids that must leave them."""

    cable_id: str
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file as it was read last: the hash of its bytes and of the options it was parsed with."""

    sha256: str
    options: str


class WorkLog:
    """The store's own tables about the work on it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pending(self, after: str, limit: int) -> tuple[PendingCable, ...]:
        """Cables that wait for their indexes, in the order of their ids, from the one behind `after`."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(OUTBOX).where(OUTBOX.c.cable_id > after).order_by(OUTBOX.c.cable_id).limit(limit)
            )
            return tuple(PendingCable(row.cable_id, unpack_strings(row.stale)) for row in rows)

    def pending_cable(self, cable_id: str) -> PendingCable:
        """The work that one cable waits for; none if it does not wait."""
        with self._engine.connect() as connection:
            stale = connection.scalar(select(OUTBOX.c.stale).where(OUTBOX.c.cable_id == cable_id))
            return PendingCable(cable_id, unpack_strings(stale) if stale else ())

    def pending_count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one()

    def words_revision(self) -> str | None:
        """Names what was struck off last: words that were brought up to an earlier state are out of date."""
        with self._engine.connect() as connection:
            return get_meta(connection, WORDS_REVISION)

    def mark_done(self, cable_ids: Collection[str], revision: str) -> None:
        """Strike off cables whose indexes are up to the store, as `revision` of the words."""
        with self._engine.begin() as connection:
            for part in parts(list(cable_ids), IN_LIMIT):
                connection.execute(OUTBOX.delete().where(OUTBOX.c.cable_id.in_(part)))
            set_meta(connection, WORDS_REVISION, revision)

    def change_over(self, generation: int, revision: str) -> None:
        """Use the indexes of another generation, which were built from all cables: nothing is pending."""
        with self._engine.begin() as connection:
            connection.execute(OUTBOX.delete())
            set_meta(connection, GENERATION, str(generation))
            set_meta(connection, WORDS_REVISION, revision)

    def is_purged(self) -> bool:
        """Whether no file of the indexes can hold anything of a deleted cable."""
        with self._engine.connect() as connection:
            return not get_meta(connection, UNPURGED)

    def mark_purged(self) -> None:
        """Note that the indexes were built anew, and leave nothing deleted in the store's own files."""
        with self._engine.begin() as connection:
            set_meta(connection, UNPURGED, "")
        forget_deleted(self._engine)

    def set_embedded(self, hashes: Mapping[tuple[str, str, int], str]) -> None:
        """Record what was embedded for each chunk, by (cable id, label, ordinal); frees what was before."""
        if not hashes:
            return
        with self._engine.begin() as connection:
            connection.execute(
                CHUNKS.update()
                .where(
                    CHUNKS.c.cable_id == bindparam("of_cable"),
                    CHUNKS.c.label == bindparam("of_label"),
                    CHUNKS.c.ordinal == bindparam("of_ordinal"),
                )
                .values(embedded_sha256=bindparam("sha256")),
                [
                    {"of_cable": cable_id, "of_label": label, "of_ordinal": ordinal, "sha256": sha256}
                    for (cable_id, label, ordinal), sha256 in hashes.items()
                ],
            )

    def files(self) -> dict[str, FileRecord]:
        """Everything that was read, by location."""
        with self._engine.connect() as connection:
            return {
                row.location: FileRecord(row.sha256, row.options) for row in connection.execute(select(FILES))
            }

    def put_files(self, records: Mapping[str, FileRecord]) -> None:
        """Note files as read, by location."""
        if not records:
            return
        with self._engine.begin() as connection:
            statement = insert(connection, FILES)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[FILES.c.location],
                    set_={"sha256": statement.excluded.sha256, "options": statement.excluded.options},
                ),
                [
                    {"location": location, "sha256": record.sha256, "options": record.options}
                    for location, record in records.items()
                ],
            )

    def forget_record(self, location: str) -> None:
        """Have a file read again next time."""
        with self._engine.begin() as connection:
            connection.execute(FILES.delete().where(FILES.c.location == location))

    def forget_file(self, location: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(FILES.delete().where(FILES.c.location == location))
            connection.execute(LOCATIONS.delete().where(LOCATIONS.c.location == location))

    def remove_location(self, cable_id: str, location: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                LOCATIONS.delete().where(LOCATIONS.c.cable_id == cable_id, LOCATIONS.c.location == location)
            )

    def owner(self, cable_id: str) -> str | None:
        """The place whose text is the stored one; None where no file is noted for it."""
        query = select(LOCATIONS.c.location).where(LOCATIONS.c.cable_id == cable_id, LOCATIONS.c.owner)
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def locations(self, cable_id: str) -> list[str]:
        """Every place where a cable was found."""
        query = select(LOCATIONS.c.location).where(LOCATIONS.c.cable_id == cable_id)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def cables_at(self) -> dict[str, list[tuple[str, str | None]]]:
        """The cables of each location, each with the location of its owner."""
        owners = LOCATIONS.alias()
        query = (
            select(LOCATIONS.c.location, LOCATIONS.c.cable_id, owners.c.location.label("owner"))
            .outerjoin(owners, and_(owners.c.cable_id == LOCATIONS.c.cable_id, owners.c.owner))
            .order_by(LOCATIONS.c.cable_id)
        )
        found: dict[str, list[tuple[str, str | None]]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.location, []).append((row.cable_id, row.owner))
        return found

    def sharing_a_band(self, signatures: Mapping[str, Sequence[int]]) -> dict[str, dict[str, int]]:
        """By signature's name: the cables with an equal band at an equal place, and how many they share.

        Of very many for one signature, the first.
        """
        places: dict[tuple[int, int], list[str]] = {}
        for name, bands in signatures.items():
            for place in enumerate(bands):
                places.setdefault(place, []).append(name)
        found: dict[str, Counter[str]] = {name: Counter() for name in signatures}
        with self._engine.connect() as connection:
            for part in parts(list({value for _, value in places}), IN_LIMIT):
                query = select(SHINGLES.c.cable_id, SHINGLES.c.band, SHINGLES.c.hash)
                rows = connection.execute(
                    query.where(SHINGLES.c.hash.in_(part)).limit(_BANDS_LOOKED_AT)
                ).all()
                if len(rows) == _BANDS_LOOKED_AT and len(signatures) > 1:
                    # One of them crowds the others out.
                    return {name: self.sharing_a_band({name: own})[name] for name, own in signatures.items()}
                for row in rows:
                    for name in places.get((row.band, row.hash), ()):
                        found[name][row.cable_id] += 1
        return {name: dict(shared) for name, shared in found.items()}

    def originals(self, cable_ids: Collection[str]) -> dict[str, str]:
        """Of the cables that repeat another: the one they repeat."""
        found: dict[str, str] = {}
        with self._engine.connect() as connection:
            for part in parts(list(cable_ids), IN_LIMIT):
                rows = connection.execute(
                    select(DUPLICATES.c.cable_id, DUPLICATES.c.original).where(
                        DUPLICATES.c.cable_id.in_(part)
                    )
                )
                found.update((cable_id, original) for cable_id, original in rows)
        return found

    def drop_unused_vectors(self) -> int:
        with self._engine.begin() as connection:
            return drop_unused_vectors(connection)
