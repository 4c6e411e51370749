"""Checks as they leave the program: of any text with citations, and of a stored answer later on."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rag.record.evidence import Record
from rag.types import Verdict


class ParagraphIn(BaseModel):
    """A paragraph that a caller brings along, cited in the text as [1], [2]... in this order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1, max_length=100_000)
    label: str | None = Field(default=None, max_length=200)


class VerifyIn(BaseModel):
    """A text to check: with citations like "(09ASTANA1206 ¶9)", or with the paragraphs it cites."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Police registered 151 women (09ASTANA1206 ¶9)."}]},
    )

    text: str = Field(min_length=1, max_length=200_000)
    paragraphs: tuple[ParagraphIn, ...] | None = Field(default=None, max_length=200)


class CheckedCitationRecord(Record):
    """One citation of a checked sentence; `quote` is the words of the paragraph that it rests on.

    Where the cited paragraph does not exist, `quote` and the offsets are null.
    """

    cable_id: str | None
    paragraph: str | None
    label: str
    quote: str | None
    char_start: int | None
    char_end: int | None
    verdict: Verdict
    reason: str


class CheckedSentenceRecord(Record):
    """One sentence of a checked text with its verdict."""

    text: str
    verdict: Verdict
    reason: str
    citations: tuple[CheckedCitationRecord, ...]


class VerifyRecord(Record):
    """The verdicts on a text, sentence by sentence, and how often each was given."""

    sentences: tuple[CheckedSentenceRecord, ...]
    verdicts: dict[Verdict, int]
    verifier: str


class RecheckedCitationRecord(Record):
    """A citation of a stored answer against today's collection.

    `state`: the paragraph is the `same`, was `changed`, or is `gone`; `quote_found`: its words are
    still there.
    """

    marker: int
    cable_id: str
    paragraph: str
    label: str
    state: Literal["same", "changed", "gone"]
    quote_found: bool


class RecheckedSentenceRecord(Record):
    """A sentence of a stored answer, checked again; `verdict` is null where its words were deleted."""

    text: str
    verdict_then: Verdict
    verdict: Verdict | None
    reason: str


class ReverifyRecord(Record):
    """A stored answer's citations, checked again. `holds`: each one's words still stand."""

    answer_id: str
    snapshot: str
    snapshot_then: str
    holds: bool
    citations: tuple[RecheckedCitationRecord, ...]
    sentences: tuple[RecheckedSentenceRecord, ...]
    verifier: str
    verifier_then: str

    @model_validator(mode="after")
    def _check_holds(self) -> Self:
        if self.holds != all(citation.quote_found for citation in self.citations):
            raise ValueError("holds says otherwise than the citations")
        return self
