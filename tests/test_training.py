"""Training's own data, and what is packed of it; `test_distillation.py` has how networks learn."""

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

from ingestion.parse import parse_source
from ingestion.sources import find_files
from ingestion.sources.records import SourceFile
from rag.models.embeddings import packaged_tokenizer
from rag.models.reader import WindowCutter
from rag.types import Cable, Span
from rag.verifying.entailment import Pair, PairEncoder
from training.contrast import Swaps, emptied
from training.entailment_data import Example as Claim
from training.pack_entailment import Labelled
from training.pack_entailment import rows as claim_rows
from training.pack_reader import trained_rows
from training.packed import Split
from training.reading_data import HERE, LAST_ROUND, TELEGRAMS, Asked, Example, OwnRow, find_place


def test_every_question_over_an_invented_telegram_points_into_one() -> None:
    cables = {
        f"{TELEGRAMS}/{Path(source.name).name}": cable
        for source in find_files(HERE / TELEGRAMS)
        if isinstance(source, SourceFile)
        for cable in parse_source(source)
        if isinstance(cable, Cable)
    }
    lines = (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [OwnRow(number, **json.loads(line)) for number, line in enumerate(lines)]
    invented = [row for row in rows if row.file.startswith(TELEGRAMS)]
    assert {row.file for row in invented} == set(cables)
    for row in invented:
        cable = cables[row.file]
        assert cable.header.cable_id == row.cable
        near = find_place(cable, *row.near)
        assert near is not None, row
        for answer in row.answers:
            assert find_place(cable, *answer) is not None, row
        if row.answers:
            place = find_place(cable, *row.answers[0])
            assert place is not None and place[0].label == near[0].label, row


def test_no_mark_of_a_question_tells_whether_it_has_an_answer() -> None:
    lines = (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    begun = Counter((row["round"], bool(row["answers"]), row["question"][0].isupper()) for row in rows)
    for number in range(1, LAST_ROUND + 1):
        capital = [
            begun[number, told, True] / (begun[number, told, True] + begun[number, told, False])
            for told in (True, False)
        ]
        assert abs(capital[0] - capital[1]) < 0.05, number


TEXT = (
    "The minister said on May 3 that the port of Beira would stay open until the harvest was in. "
    "Forty trucks of maize left for Harare with the blessing of the governor. "
    "The embassy thinks that the road will hold through the rains, and that traders will come back."
)


def example(question: str, answer: str) -> Example:
    at = TEXT.index(answer)
    return Example(question, "Embassy Maputo. May 1987.", TEXT, (Span(at, at + len(answer)),))


def test_an_emptied_passage_keeps_all_but_the_sentences_that_answer() -> None:
    asked = example("How many trucks left for Harare?", "Forty trucks")
    less = emptied(asked)
    assert less is not None and not less.answers and less.question == asked.question
    assert "Forty" not in less.text and "The embassy thinks" in less.text and "May 3" in less.text


def test_a_passage_that_says_it_twice_is_not_emptied() -> None:
    twice = TEXT + " Forty trucks are more than last year."
    at = twice.index("Forty trucks")
    assert emptied(Example("How many left?", "", twice, (Span(at, at + len("Forty trucks")),))) is None


def test_a_swapped_question_asks_of_what_the_passage_does_not_name() -> None:
    pairs = [
        example("How many trucks left for Harare?", "Forty trucks"),
        Example("Who left for Lusaka?", "", "Nobody.", ()),
        Example("Which port does Zambia use?", "", "Nobody.", ()),
    ]
    asked = [Asked(str(n), "maize", 4, "fact", False, (), (pair,)) for n, pair in enumerate(pairs)]
    swapped = Swaps(asked).swapped("maize", pairs[0], random.Random(0))
    assert swapped is not None and not swapped.answers and swapped.text == TEXT
    assert swapped.question == "How many trucks left for Lusaka?"
    assert Swaps(asked[:1]).swapped("maize", pairs[0], random.Random(0)) is None


def test_a_packed_answer_is_the_answer_and_its_sentence_the_evidence() -> None:
    pair = example("How many trucks left for Harare?", "Forty trucks")
    asked = Asked("0", "maize", 4, "fact", False, (pair,), (replace(pair, text=TEXT[:92], answers=()),))
    tokenizer = packaged_tokenizer()
    rows = [*trained_rows(WindowCutter(tokenizer), [asked], random.Random(0))]
    told, found, less = rows
    assert told.label == 1 and told.targets is not None
    first, last = told.answer
    assert tokenizer.decode(told.ids[first : last + 1]) == "forty trucks"
    evidence = [t for t, target in zip((told.ids[i] for i in told.own), told.targets, strict=True) if target]
    assert (
        tokenizer.decode(evidence)
        == "forty trucks of maize left for harare with the blessing of the governor."
    )
    assert (found.label, found.answer, found.source, found.repeats) == (0, (0, 0), "own", 1)
    assert (less.label, less.source, less.repeats) == (0, "emptied", 0.5)
    assert told.group == found.group == less.group


def test_the_tokens_of_a_changed_word_are_in_doubt() -> None:
    pair = Pair("Fifty trucks left for Harare.", "", TEXT)
    false = Claim(pair, False, True, (Span(0, 5),), "own", "a", False)
    (row,) = claim_rows(PairEncoder(packaged_tokenizer()), iter([Labelled(false, Split.TRAIN, 0.0)]))
    assert row.targets == [1, *[0] * (len(row.own) - 1)] and len(row.own) > 1
    assert row.ids[row.second - 1] == row.ids[-1] and row.contradicted == 1
    unknown = replace(false, doubts=None)
    (row,) = claim_rows(PairEncoder(packaged_tokenizer()), iter([Labelled(unknown, Split.TRAIN, 0.0)]))
    assert row.targets is None
