"""Training examples for the reader, from the files as they lie: SQuAD 2, and the project's own questions.

The own questions (`questions.jsonl`) name a passage of Documents on Australian Foreign Policy by file
and offsets; its text is read from the corpus, so that no text of it is in this repository.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Articles that are never trained on; figures on SQuAD 2 are of these alone.
HELD_OUT_ARTICLES = frozenset({"Huguenot", "Geology", "Rhine", "Packet_switching"})
# Of the own questions, documents whose name hashes into this fifth are never trained on.
HELD_OUT_FIFTH = 0


@dataclass(frozen=True, slots=True)
class Example:
    """A question with a passage; `start`..`end` are the answer's characters in it, or None."""

    question: str
    text: str
    start: int | None
    end: int | None
    held_out: bool

    @property
    def answerable(self) -> bool:
        return self.start is not None


def squad2(path: Path, seed: int) -> Iterator[Example]:
    """Every question of the file; besides, some asked of another paragraph of the same article."""
    chance = random.Random(seed)
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        held_out = article["title"] in HELD_OUT_ARTICLES
        paragraphs = article["paragraphs"]
        for paragraph in paragraphs:
            text = paragraph["context"]
            for asked in paragraph["qas"]:
                if asked["is_impossible"]:
                    yield Example(asked["question"], text, None, None, held_out)
                    continue
                answer = asked["answers"][0]
                start = answer["answer_start"]
                yield Example(asked["question"], text, start, start + len(answer["text"]), held_out)
                other = chance.choice(paragraphs)["context"]
                if chance.random() < 0.3 and other is not text and answer["text"] not in other:
                    yield Example(asked["question"], other, None, None, held_out)


def own_questions(corpus: Path, seed: int) -> Iterator[Example]:
    """The project's own questions; answerable ones are asked of another passage too, as unanswerable."""
    chance = random.Random(seed)
    rows = [json.loads(line) for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = {name: (corpus / name).read_text(encoding="utf-8") for name in {row["file"] for row in rows}}
    names = sorted(texts)
    held = {name for i, name in enumerate(names) if i % 5 == HELD_OUT_FIFTH}
    passages: dict[bool, list[str]] = {True: [], False: []}
    for row in rows:
        passages[row["file"] in held].append(texts[row["file"]][row["start"] : row["end"]])
    for row in rows:
        text = texts[row["file"]][row["start"] : row["end"]]
        held_out = row["file"] in held
        if row["answer_start"] is None:
            yield Example(row["question"], text, None, None, held_out)
            continue
        start, end = row["answer_start"] - row["start"], row["answer_end"] - row["start"]
        yield Example(row["question"], text, start, end, held_out)
        other = chance.choice(passages[held_out])
        if other != text:
            yield Example(row["question"], other, None, None, held_out)
