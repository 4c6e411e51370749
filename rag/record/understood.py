"""What a question was understood to ask, as it leaves the program: filters and boosts are never silent."""

from __future__ import annotations

from typing import Self

from rag.record.evidence import Record
from rag.types import Clue, ClueField, Mention, ParagraphRef, Query, ReferenceAsk, Scope, Strength, Wanted


class ClueRecord(Record):
    """What some words of the question were read as, and whether they exclude or only lift."""

    field: ClueField
    strength: Strength
    text: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, clue: Clue) -> Self:
        return cls(field=clue.field, strength=clue.strength, text=clue.text, values=clue.values)


class NamedRecord(Record):
    """A cable that the question names, with its paragraph or null for the whole."""

    cable_id: str
    paragraph: str | None

    @classmethod
    def of(cls, named: ParagraphRef) -> Self:
        return cls(cable_id=named.cable_id, paragraph=named.label)


class FollowedRecord(Record):
    """A reference that was followed from a cable; null for all that it gives."""

    cable_id: str
    letter: str | None

    @classmethod
    def of(cls, ask: ReferenceAsk) -> Self:
        return cls(cable_id=ask.cable_id, letter=ask.letter)


class MentionRecord(Record):
    """What an exhaustive question looks for; `together`: as one phrase."""

    text: str
    together: bool

    @classmethod
    def of(cls, mention: Mention) -> Self:
        return cls(text=mention.text, together=mention.together)


class UnderstoodRecord(Record):
    """How a question was read: what kind of finding it needs, what it names, narrows and implies.

    `parts` are the questions that a compound one asks; each was searched and answered by itself.
    """

    scope: Scope
    wanted: Wanted
    standalone_question: str
    standalone_by: str | None = None
    named: tuple[NamedRecord, ...]
    references: tuple[FollowedRecord, ...]
    mentions: tuple[MentionRecord, ...]
    clues: tuple[ClueRecord, ...]
    expansions: tuple[str, ...]
    contradiction: str | None
    parts: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: Query) -> Self:
        return cls(
            scope=query.scope,
            wanted=query.wanted,
            standalone_question=query.standalone,
            standalone_by=query.standalone_by,
            named=tuple(NamedRecord.of(named) for named in query.named),
            references=tuple(FollowedRecord.of(ask) for ask in query.references),
            mentions=tuple(MentionRecord.of(mention) for mention in query.mentions),
            clues=tuple(ClueRecord.of(clue) for clue in query.clues),
            expansions=query.expansions,
            contradiction=query.contradiction,
            parts=tuple(part.standalone for part in query.parts),
        )
