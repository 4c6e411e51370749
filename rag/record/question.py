"""What a caller sends: a question with its filters, checked at the border."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from rag.types import Filters, Kind, Mode, Policy, Question, Turn


def _day(value: object) -> object:
    """Only a day as it is written: a number would be taken for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("a day is written like 2009-07-21")


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Day = Annotated[date, BeforeValidator(_day)]


def _unicode(value: str) -> str:
    """JSON can spell half of a sign; no store or response can hold it."""
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError("a lone surrogate is no character: send valid Unicode")
    return value


Name = Annotated[str, AfterValidator(_unicode)]


class FiltersIn(BaseModel):
    """What a question or search is narrowed to; dates test overlap, an empty list means everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origins: tuple[Name, ...] = Field(default=(), max_length=200)
    tags: tuple[Name, ...] = Field(default=(), max_length=200)
    classifications: tuple[Name, ...] = Field(default=(), max_length=20)
    cable_ids: tuple[Name, ...] = Field(default=(), max_length=1000)
    corpora: tuple[Name, ...] = Field(default=(), max_length=50)
    date_from: Day | None = None
    date_to: Day | None = None
    senders: tuple[Name, ...] = Field(default=(), max_length=200)
    addressees: tuple[Name, ...] = Field(default=(), max_length=200)
    kinds: tuple[Kind, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _check_dates(self) -> Self:
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError(f"date_from {self.date_from} is after date_to {self.date_to}")
        return self

    @classmethod
    def of(cls, filters: Filters) -> Self:
        return cls(**{name: getattr(filters, name) for name in cls.model_fields})

    def to_filters(self) -> Filters:
        return Filters(**{name: getattr(self, name) for name in type(self).model_fields})


class TurnIn(BaseModel):
    """An earlier question of the same conversation, with the answer that was shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = Field(max_length=20_000)
    answer: str = Field(max_length=100_000)


class QuestionIn(BaseModel):
    """A question as the contract writes it."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"question": "How many flyers were printed?", "top_k": 8}]},
    )

    question: str
    history: tuple[TurnIn, ...] = Field(default=(), max_length=50)
    filters: FiltersIn = FiltersIn()
    mode: Mode = Mode.AUTO
    policy: Policy = Policy.REPAIR
    top_k: int = Field(default=8, ge=1, le=50)
    explain: bool = Field(default=False, description="Give the parts of every hit's score.")
    conversation_id: str | None = Field(
        default=None,
        max_length=100,
        description="Add the answer to this conversation; its earlier turns are the history.",
    )

    def to_question(self) -> Question:
        return Question(
            text=self.question,
            history=tuple(Turn(turn.question, turn.answer) for turn in self.history),
            filters=self.filters.to_filters(),
            mode=self.mode,
            policy=self.policy,
            top_k=self.top_k,
            explain=self.explain,
        )
