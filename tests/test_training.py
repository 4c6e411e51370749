"""Training's own data and its sittings; the networks themselves are trained elsewhere."""

import json
import math
import random
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor, nn

from ingestion.parse import parse_source
from ingestion.sources import find_files
from ingestion.sources.records import SourceFile
from rag.types import Cable, Span
from training.contrast import Swaps, emptied
from training.reading_data import HERE, LAST_ROUND, TELEGRAMS, Asked, Example, OwnRow, find_place
from training.tuning import kept_batches, train


class Network(nn.Module):
    """An encoder with embeddings, which stay as they are, and a layer on it, which learns."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Module()
        self.encoder.embeddings = nn.Embedding(8, 4)
        self.verdict = nn.Linear(4, 1)

    def forward(self, ids: Tensor) -> Tensor:
        scores: Tensor = self.verdict(self.encoder.embeddings(ids)).squeeze(-1)
        return scores


def learn(folder: Path, minutes: float) -> tuple[bool, Network]:
    network = Network()

    def loss_of(batch: list[int]) -> Tensor:
        wanted = torch.tensor([float(one % 2) for one in batch])
        return nn.functional.binary_cross_entropy_with_logits(network(torch.tensor(batch)), wanted)

    batches = kept_batches(folder, lambda: [[n % 8, (n + 3) % 8] for n in range(20)])
    return train(network, batches, loss_of, 0.1, folder, minutes), network


def test_a_paused_training_goes_on_to_what_one_sitting_gives(tmp_path: Path) -> None:
    paused, untouched = learn(tmp_path / "two", 0)
    assert not paused
    assert torch.equal(untouched.verdict.weight, Network().verdict.weight)

    done, in_two = learn(tmp_path / "two", math.inf)
    assert done
    _, in_one = learn(tmp_path / "one", math.inf)
    assert torch.equal(in_two.verdict.weight, in_one.verdict.weight)
    assert not torch.equal(in_two.verdict.weight, untouched.verdict.weight)
    assert torch.equal(in_two.encoder.embeddings.weight, untouched.encoder.embeddings.weight)

    again, nothing_new = learn(tmp_path / "two", math.inf)
    assert again
    assert torch.equal(nothing_new.verdict.weight, in_two.verdict.weight)


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
