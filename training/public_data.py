"""Training examples for the reader out of public sets, and own questions over the passages of these.

SQuAD 2 and CLAPNQ are read from the files as they lie; `passage_questions.jsonl` names passages of them by
set and number and answers by offsets, so that no text of them is in this repository. With each question come
passages of all sets that an encoder finds for it: what a reader has to tell from an answer.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rag.models.embeddings import Encoder
from rag.types import Span
from training.reading_data import HERE, Asked, Example

# Articles that are never trained on; figures on SQuAD 2 are of these alone.
HELD_OUT_ARTICLES = frozenset({"Huguenot", "Geology", "Rhine", "Packet_switching"})
# So many passages that the encoder finds, and so many of them kept that do not hold an answer's words.
FOUND = 16
KEPT = 6
# When the questions over passages were written.
PASSAGE_ROUND = 5


def squad2(path: Path, seed: int) -> Iterator[Asked]:
    """Every question of the file, with another paragraph of its article."""
    chance = random.Random(seed)
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        paragraphs = article["paragraphs"]
        for paragraph in paragraphs:
            text = paragraph["context"]
            for asked in paragraph["qas"]:
                context = title if chance.random() < 0.5 else ""
                spans = {
                    (a["answer_start"], a["answer_start"] + len(a["text"])) for a in asked["answers"][:1]
                }
                example = Example(asked["question"], context, text, tuple(Span(*span) for span in spans))
                other = Example(asked["question"], context, chance.choice(paragraphs)["context"], ())
                held_out = article["title"] in HELD_OUT_ARTICLES
                if asked["is_impossible"]:
                    yield Asked(asked["id"], title, 0, "squad2", held_out, (), (example,))
                    continue
                gold = asked["answers"][0]["text"]
                others = (other,) if gold not in other.text and chance.random() < 0.3 else ()
                yield Asked(asked["id"], title, 0, "squad2", held_out, (example,), others)


def clapnq(paths: Sequence[Path]) -> Iterator[Asked]:
    """Natural questions with the sentences that people marked; none of them is held out."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            passage = row["passages"][0]
            text = passage["text"]
            chosen = {s for output in row["output"] for s in output["selected_sentences"]}
            spans = tuple(Span(at, at + len(s)) for s in chosen if (at := text.find(s)) >= 0)
            example = Example(row["input"], passage["title"], text, spans)
            if spans:
                yield Asked(str(row["id"]), "clapnq", 0, "clapnq", False, (example,), ())
            elif not chosen:
                yield Asked(str(row["id"]), "clapnq", 0, "clapnq", False, (), (example,))


def passages(benchmarks: Path) -> dict[str, tuple[str, str]]:
    """Context and text of every passage of SQuAD 2 and CLAPNQ, by set and number ("squad2/Rhine#3")."""
    found = {}
    for article in json.loads((benchmarks / "squad2-dev.json").read_text(encoding="utf-8"))["data"]:
        for number, paragraph in enumerate(article["paragraphs"]):
            title = article["title"]
            found[f"squad2/{title}#{number}"] = (title.replace("_", " "), paragraph["context"])
    for path in clapnq_files(benchmarks):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found[f"clapnq/{row['id']}"] = (row["passages"][0]["title"], row["passages"][0]["text"])
    return found


def clapnq_files(benchmarks: Path) -> list[Path]:
    return [benchmarks / f"clapnq-{kind}-dev.jsonl" for kind in ("answerable", "unanswerable")]


def passage_questions(benchmarks: Path) -> Iterator[Asked]:
    """The own questions over passages of public sets; none of them is held out."""
    held = passages(benchmarks)
    lines = (HERE / "passage_questions.jsonl").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        row = json.loads(line)
        context, text = held[row["passage"]]
        example = Example(row["question"], context, text, tuple(Span(*span) for span in row["answers"]))
        yield Asked(
            f"passage-{number}", context, PASSAGE_ROUND, "passage", False,
            (example,) if row["answers"] else (), () if row["answers"] else (example,),
        )  # fmt: skip


def public_questions(benchmarks: Path, encoder: Encoder, seed: int) -> list[Asked]:
    """All questions of and over public sets, those to train on with the passages found for each."""
    asked = [*squad2(benchmarks / "squad2-dev.json", seed)]
    asked += [*clapnq(clapnq_files(benchmarks)), *passage_questions(benchmarks)]
    trained = [one for one in asked if not one.held_out]
    return [one for one in asked if one.held_out] + with_found(trained, encoder)


def with_found(asked: Sequence[Asked], encoder: Encoder) -> list[Asked]:
    """Each question with the passages of all that are nearest to it and hold no words of its answer."""
    texts = list(dict.fromkeys((e.context, e.text) for one in asked for e in (*one.answering, *one.others)))
    vectors = encoder.encode([f"{context}: {text}" for context, text in texts])
    questions = encoder.encode([_example_of(one).question for one in asked])
    made = []
    for one, vector in zip(asked, questions, strict=True):
        example = _example_of(one)
        answers = {example.text[a.start : a.end].lower() for a in example.answers}
        found = []
        for at in np.argsort(-(vectors @ vector))[:FOUND]:
            context, text = texts[int(at)]
            if text != example.text and not any(words in text.lower() for words in answers):
                found.append(Example(example.question, context, text, ()))
        near = () if one.answering else one.others[:1]
        made.append(replace(one, others=(*near, *found[:KEPT])))
    return made


def _example_of(asked: Asked) -> Example:
    return (*asked.answering, *asked.others)[0]
