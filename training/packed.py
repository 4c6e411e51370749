"""What a network learns from and is measured by, as arrays: one file that any machine can train with.

A row is one input of a network, already cut into tokens of the packaged vocabulary, with what its heads
should say of it. Texts are not in the file, but their tokens are: it is no more to be published than they.
"""

from __future__ import annotations

import io
import lzma
import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Task = Literal["reader", "entailment"]
TASKS: tuple[Task, ...] = get_args(Task)
UNKNOWN = -1
# A passage comes with many questions, far apart: only a window of so many bytes sees it again.
_LEAST_WINDOW, _WINDOW = 1 << 12, 1 << 27


class Split(IntEnum):
    """What a row is for; no document is both trained on and held out, and `MEASURED` is of other sets."""

    TRAIN = 0
    HELD_OUT = 1
    MEASURED = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One input. `own` are the tokens that token targets are for: the passage's, or the sentence's.

    `label` is whether the passage answers or the sentence is supported, None where nobody has said;
    `targets` one of 0 and 1 for each token of `own`; `answer` its first and last token, (0, 0) where there is
    none. `repeats` is how often the row comes in an epoch, on average.
    """

    ids: Sequence[int]
    second: int
    own: range
    label: float | None
    source: str
    split: Split
    group: int
    contradicted: float | None = None
    targets: Sequence[int] | None = None
    answer: tuple[int, int] = (UNKNOWN, UNKNOWN)
    repeats: float = 1.0


@dataclass(frozen=True, slots=True)
class PackedRows:
    """The n rows of a task, with all their t tokens behind one another.

    `ids`, uint16, (t,): tokens of the packaged vocabulary. `targets`, int8, (t,): for the tokens of a row's
    own part 1 where they are evidence (reader) or in doubt (entailment), 0 where they are not, else -1.

    The others have one value a row, (n,). `length`, uint16: tokens. `second`, uint16: where segment 1 begins.
    `own_start`, `own_end`, uint16: the own part, half open. `label`, `contradicted`, float16: 0, 1, or NaN
    where it is not known. `answer_start`, `answer_end`, int16: the answer's first and last token, 0 where
    there is no answer, -1 where there is nothing to learn of it. `repeats`, float16: times an epoch. `split`,
    uint8: a `Split`. `source`, uint8: its place in `sources`. `group`, int32: the question, or the document.
    """

    task: Task
    sources: tuple[str, ...]
    ids: NDArray[np.uint16]
    targets: NDArray[np.int8]
    length: NDArray[np.uint16]
    second: NDArray[np.uint16]
    own_start: NDArray[np.uint16]
    own_end: NDArray[np.uint16]
    label: NDArray[np.float16]
    contradicted: NDArray[np.float16]
    answer_start: NDArray[np.int16]
    answer_end: NDArray[np.int16]
    repeats: NDArray[np.float16]
    source: NDArray[np.uint8]
    split: NDArray[np.uint8]
    group: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.length)

    @property
    def first(self) -> NDArray[np.int64]:
        """Where each row's tokens begin, (n,)."""
        return np.cumsum(self.length, dtype=np.int64) - self.length

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that tell these rows from any others."""
        return f"{zlib.crc32(self.length.tobytes(), zlib.crc32(self.ids.tobytes())):08x}"

    def rows_of(self, split: Split, *, labelled: bool) -> NDArray[np.int64]:
        """The rows of a split, by their numbers; those with a label alone, or all."""
        chosen = self.split == split
        return np.flatnonzero(chosen & ~np.isnan(self.label) if labelled else chosen)

    def save(self, path: Path) -> None:
        arrays: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = io.BytesIO()
        np.savez(plain, **arrays)
        window = min(max(_LEAST_WINDOW, plain.tell()), _WINDOW)
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 4, "dict_size": window}]
        path.write_bytes(lzma.compress(plain.getbuffer(), filters=filters))


def load_packed(path: Path) -> PackedRows:
    """What `PackedRows.save` wrote. Raises ValueError where it is no such file."""
    try:
        with np.load(io.BytesIO(lzma.decompress(path.read_bytes()))) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except lzma.LZMAError as error:
        raise ValueError(f"{path.name} was not made by pack_reader.py or pack_entailment.py.") from error
    wanted = {f.name for f in fields(PackedRows)}
    if found.keys() != wanted or str(found["task"]) not in TASKS:
        raise ValueError(f"{path.name} is of another version: make it anew.")
    task, sources = str(found.pop("task")), tuple(map(str, found.pop("sources")))
    return PackedRows(task="reader" if task == "reader" else "entailment", sources=sources, **found)


def pack(task: Task, rows: Iterable[Row]) -> PackedRows:
    """The rows in their order. Raises ValueError for targets that are not one for each own token."""
    kept: list[Row] = []
    ids: list[NDArray[np.uint16]] = []
    targets: list[NDArray[np.int8]] = []
    for row in rows:
        own = np.full(len(row.ids), UNKNOWN, np.int8)
        if row.targets is not None:
            if len(row.targets) != len(row.own):
                raise ValueError(f"{len(row.targets)} targets for {len(row.own)} tokens of {row.source}")
            own[row.own.start : row.own.stop] = row.targets
        targets.append(own)
        ids.append(np.asarray(row.ids, np.uint16))
        # Lists of tokens take twenty times the memory of arrays.
        kept.append(replace(row, ids=(), targets=None))
    sources = tuple(dict.fromkeys(row.source for row in kept))
    number = {source: i for i, source in enumerate(sources)}

    def of(values: Iterable[float], dtype: type[np.generic]) -> NDArray[Any]:
        return np.fromiter(values, dtype, len(kept))

    return PackedRows(
        task=task,
        sources=sources,
        ids=np.concatenate(ids),
        targets=np.concatenate(targets),
        length=of(map(len, ids), np.uint16),
        second=of((row.second for row in kept), np.uint16),
        own_start=of((row.own.start for row in kept), np.uint16),
        own_end=of((row.own.stop for row in kept), np.uint16),
        label=of((math.nan if row.label is None else row.label for row in kept), np.float16),
        contradicted=of(
            (math.nan if row.contradicted is None else row.contradicted for row in kept), np.float16
        ),
        answer_start=of((row.answer[0] for row in kept), np.int16),
        answer_end=of((row.answer[1] for row in kept), np.int16),
        repeats=of((row.repeats for row in kept), np.float16),
        source=of((number[row.source] for row in kept), np.uint8),
        split=of((row.split for row in kept), np.uint8),
        group=of((row.group for row in kept), np.int32),
    )
