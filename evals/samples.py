"""Question sets: the contract's JSON Lines, read strictly; a bad line is named, never skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from rag.errors import UsageError
from rag.types import Turn

LISTED = 20  # problems named in one message; the rest are counted
FOLLOWUP = "followup"
FALSE_PREMISE = "false_premise"
WRONG_PREMISE = "wrong_premise"  # constructed: refused, or answered with what is true


class ParagraphKey(NamedTuple):
    """A paragraph by cable id and label."""

    cable: str
    paragraph: str

    def __str__(self) -> str:
        return f"{self.cable} ¶{self.paragraph}"


@dataclass(frozen=True, slots=True)
class Meddling:
    """What is done to the evidence on its way to the answerer.

    Paragraphs of `without` are taken out; the rest is put into an order drawn by the seed `shuffled`;
    the instruction `planted` is written behind the text of the first piece.
    """

    without: tuple[ParagraphKey, ...] = ()
    shuffled: int | None = None
    planted: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One question with what is known of its answer.

    `gold` paragraphs hold the answer, `also` ones repeat it. `key_facts` are alternatives to look
    for in the answer: each fact is a tuple of variants. `cluster` names what samples that are not
    independent share (a cable, an article); None takes it from the gold cables. A question is
    narrowed to the cables of `within` where it names any. `review` says why a person must look at the
    sample before its gold counts. Of a constructed sample, `family` says how it was made and `twin` is
    the sample that must get the same answer; `repeat` counts the times that a question is asked.
    """

    id: str
    question: str
    type: str
    gold: tuple[ParagraphKey, ...]
    also: tuple[ParagraphKey, ...]
    answer: str | None
    key_facts: tuple[tuple[str, ...], ...]
    answerable: bool
    history: tuple[Turn, ...] = ()
    cluster: str | None = None
    within: tuple[str, ...] = ()
    review: str | None = None
    family: str | None = None
    twin: str | None = None
    meddling: Meddling | None = None
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class SampleSet:
    """A set as read: its name, the sha256 of its file, and its samples in the file's order."""

    name: str
    sha256: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class MissingParagraph:
    """A paragraph that a sample names and the collection does not hold."""

    sample_id: str
    key: ParagraphKey

    def __str__(self) -> str:
        return f"{self.sample_id}: {self.key}"


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _KeyRecord(BaseModel):
    cable: Text
    paragraph: Text

    def key(self) -> ParagraphKey:
        return ParagraphKey(self.cable, self.paragraph)


class _TurnRecord(BaseModel):
    question: str
    answer: str


class _SampleRecord(BaseModel):
    """A line of a set at the border; fields beyond the contract's are ignored."""

    model_config = ConfigDict(strict=True)

    id: Text
    question: Text
    type: Text
    gold: list[_KeyRecord]
    also: list[_KeyRecord] = Field(default_factory=list)
    answer: str | None = None
    key_facts: list[Text | Annotated[list[Text], Field(min_length=1)]] = Field(default_factory=list)
    answerable: bool
    history: list[_TurnRecord] = Field(default_factory=list)
    cluster: Text | None = None
    within: list[Text] = Field(default_factory=list)
    review: Text | None = None

    @model_validator(mode="after")
    def _agrees(self) -> _SampleRecord:
        if not self.answerable and self.gold:
            raise ValueError("says answerable: false and yet names gold paragraphs")
        return self

    def sample(self) -> Sample:
        return Sample(
            id=self.id,
            question=self.question,
            type=self.type,
            gold=tuple(dict.fromkeys(record.key() for record in self.gold)),
            also=tuple(dict.fromkeys(record.key() for record in self.also)),
            answer=self.answer,
            key_facts=tuple((fact,) if isinstance(fact, str) else tuple(fact) for fact in self.key_facts),
            answerable=self.answerable,
            history=tuple(Turn(turn.question, turn.answer) for turn in self.history),
            cluster=self.cluster,
            within=tuple(self.within),
            review=self.review,
        )


def load_samples(path: Path) -> SampleSet:
    """Read a JSON Lines set. UsageError names file and line of every malformed or repeated sample."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the question set {path}: {error.strerror}") from error
    problems: list[str] = []
    samples: list[Sample] = []
    first_line: dict[str, int] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            sample = _SampleRecord.model_validate_json(line).sample()
        except ValidationError as error:
            problems.append(f"{path}:{number}: {_first_problem(error)}")
            continue
        if sample.id in first_line:
            problems.append(
                f"{path}:{number}: id {sample.id!r} stands already on line {first_line[sample.id]}"
            )
            continue
        first_line[sample.id] = number
        samples.append(sample)
    if problems:
        raise UsageError(listing(f"{len(problems)} bad line(s) in the question set", problems))
    if not samples:
        raise UsageError(f"the question set {path} is empty: it needs one JSON object a line")
    return SampleSet(path.name, sha256(data).hexdigest(), tuple(samples))


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def listing(head: str, items: Sequence[object]) -> str:
    """`head` and the first items, one a line; what is not listed is counted."""
    rest = len(items) - LISTED
    lines = [f"{head}:", *(f"  {item}" for item in items[:LISTED])]
    return "\n".join([*lines, f"  ... and {rest} more"] if rest > 0 else lines)


def missing_paragraphs(
    samples: Iterable[Sample], find_text: Callable[[str, str], str | None]
) -> tuple[MissingParagraph, ...]:
    """The gold and also paragraphs that `find_text(cable, label)` does not know."""
    known: dict[ParagraphKey, bool] = {}
    missing = []
    for sample in samples:
        for key in (*sample.gold, *sample.also):
            if key not in known:
                known[key] = find_text(key.cable, key.paragraph) is not None
            if not known[key]:
                missing.append(MissingParagraph(sample.id, key))
    return tuple(missing)


def clusters(samples: Sequence[Sample]) -> dict[str, str]:
    """Sample id -> name of its cluster: samples that share a gold cable, directly or by a chain, are one.

    A sample without gold and without a named cluster stands alone.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    first: dict[str, str] = {}
    for sample in samples:
        if sample.cluster is not None:
            names = [f"cluster {sample.cluster}"]
        else:
            names = [f"cable {key.cable}" for key in sample.gold] or [f"sample {sample.id}"]
        for name in names[1:]:
            parent[root(name)] = root(names[0])
        first[sample.id] = names[0]
    return {sample_id: root(name) for sample_id, name in first.items()}


def count_types(samples: Iterable[Sample]) -> dict[str, int]:
    """How many samples there are of each type, by name."""
    return dict(sorted(Counter(sample.type for sample in samples).items()))
