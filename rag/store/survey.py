"""What values the cables have, and which paragraphs pass: what understanding and search ask of the store."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Engine, Text, cast, func, select

from rag.store.schema import ALIASES, CABLES, PARAGRAPHS, TAGS
from rag.store.vectors import IN_LIMIT, parts
from rag.types import Catalogue, ClueField, Kind

_FIELDS = {
    ClueField.DATE: CABLES.c.date_from,
    ClueField.ORIGIN: CABLES.c.origin,
    ClueField.CLASSIFICATION: CABLES.c.classification,
    ClueField.SENDER: CABLES.c.signature,
}
# Lists are kept as JSON: a cable without any has this.
_NONE = json.dumps([])


class Survey:
    """Reads over all cables at once, none of them over their texts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def catalogue(self) -> Catalogue:
        """The distinct values of every field that a question can speak of."""
        with self._engine.connect() as connection:

            def distinct(field: ClueField) -> frozenset[str]:
                column = _FIELDS[field]
                return frozenset(connection.scalars(select(column).where(column.is_not(None)).distinct()))

            silent = {
                field
                for field, column in _FIELDS.items()
                if connection.scalar(select(CABLES.c.cable_id).where(column.is_(None)).limit(1))
            }
            for field, listed in ((ClueField.TAG, CABLES.c.tags), (ClueField.ADDRESSEE, CABLES.c.addressees)):
                if connection.scalar(select(CABLES.c.cable_id).where(listed == _NONE).limit(1)):
                    silent.add(field)
            first, last = connection.execute(
                select(func.min(CABLES.c.date_from), func.max(CABLES.c.date_to))
            ).one()
            return Catalogue(
                origins=distinct(ClueField.ORIGIN),
                tags=frozenset(connection.scalars(select(TAGS.c.tag).distinct())),
                classifications=distinct(ClueField.CLASSIFICATION),
                signatures=distinct(ClueField.SENDER),
                silent=frozenset(silent),
                first=first,
                last=last,
            )

    def posts(self) -> frozenset[str]:
        """The posts of all message numbers, as `rag.text.mrn.lookup_keys` has them."""
        with self._engine.connect() as connection:
            keys = connection.scalars(select(ALIASES.c.key).where(ALIASES.c.key.contains("/")))
            return frozenset(key.split("/", 1)[0] for key in keys)

    def titled(self, title: str, limit: int = 20) -> tuple[str, ...]:
        """Ids of the cables whose subject is `title`, case and blanks aside."""
        wanted = " ".join(title.split()).strip(" .,;:?!\"'“”‘’")
        if not wanted:
            return ()
        # SQLite folds ASCII only: what it lets through is compared again.
        query = select(CABLES.c.cable_id, CABLES.c.subject).where(
            func.lower(CABLES.c.subject).like(_pattern(wanted), escape="\\")
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(CABLES.c.cable_id)).all()
        folded = wanted.casefold()
        return tuple(i for i, s in rows if " ".join(s.split()).strip(" .").casefold() == folded)[:limit]

    def paragraphs_of_kind(
        self, kinds: Collection[Kind], cable_ids: Collection[str] | None
    ) -> frozenset[tuple[str, str]]:
        """(cable id, label) of every paragraph of one of these kinds, of all cables or of those named."""
        query = select(PARAGRAPHS.c.cable_id, PARAGRAPHS.c.label).where(
            PARAGRAPHS.c.kind.in_([kind.value for kind in kinds])
        )
        with self._engine.connect() as connection:
            rows = ((row.cable_id, row.label) for row in connection.execute(query))
            return frozenset(rows if cable_ids is None else (r for r in rows if r[0] in cable_ids))

    def kinds(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Kind]:
        """The kinds of these paragraphs, those that exist."""
        wanted = set(keys)
        query = select(PARAGRAPHS.c.cable_id, PARAGRAPHS.c.label, PARAGRAPHS.c.kind)
        with self._engine.connect() as connection:
            return {
                (row.cable_id, row.label): Kind(row.kind)
                for part in parts(sorted({cable_id for cable_id, _ in wanted}), IN_LIMIT)
                for row in connection.execute(query.where(PARAGRAPHS.c.cable_id.in_(part)))
                if (row.cable_id, row.label) in wanted
            }

    def dates(self, cable_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """The first and last day on which these cables may have been sent, as "1976-05-06", where known."""
        query = select(
            CABLES.c.cable_id,
            cast(CABLES.c.date_from, Text).label("date_from"),
            cast(CABLES.c.date_to, Text).label("date_to"),
        )
        with self._engine.connect() as connection:
            return {
                row.cable_id: (row.date_from, row.date_to)
                for part in parts(sorted(cable_ids), IN_LIMIT)
                for row in connection.execute(query.where(CABLES.c.cable_id.in_(part)))
                if row.date_from is not None and row.date_to is not None
            }

    def cable_count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(CABLES)).scalar_one()

    def paragraph_count(self, cable_ids: Collection[str] | None) -> int:
        """How many paragraphs all cables have, or those named."""
        counted = select(func.count()).select_from(PARAGRAPHS)
        with self._engine.connect() as connection:
            if cable_ids is None:
                return connection.execute(counted).scalar_one()
            return sum(
                connection.execute(counted.where(PARAGRAPHS.c.cable_id.in_(part))).scalar_one()
                for part in parts(sorted(cable_ids), IN_LIMIT)
            )

    def labels(self, cable_ids: Collection[str] | None) -> list[tuple[str, str]]:
        """(cable id, label) of every paragraph of all or these cables, in the order of ids and texts."""
        query = select(PARAGRAPHS.c.cable_id, PARAGRAPHS.c.label).order_by(
            PARAGRAPHS.c.cable_id, PARAGRAPHS.c.ordinal
        )
        among = [None] if cable_ids is None else parts(sorted(cable_ids), IN_LIMIT)
        with self._engine.connect() as connection:
            return [
                (row.cable_id, row.label)
                for part in among
                for row in connection.execute(
                    query if part is None else query.where(PARAGRAPHS.c.cable_id.in_(part))
                )
            ]


def _pattern(title: str) -> str:
    """LIKE's pattern for a title whose blanks may be any run of signs."""
    escaped = title.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    plain = "".join(sign if sign.isascii() else "_" for sign in escaped)
    return "%" + "%".join(plain.split()) + "%"
