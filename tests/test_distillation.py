"""How networks learn: rows as they are packed and given out, the networks trained, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from transformers import MPNetConfig, MPNetModel

from rag.models.embeddings import packaged_model, packaged_tokenizer
from rag.models.reader import WEIGHTS as READER
from rag.models.reader import WindowCutter
from rag.models.reader_model import ReaderModel
from rag.models.tuned import load_frozen, save_tuned
from rag.models.unpadded import UnpaddedEncoder
from rag.models.weights import BertWeights
from rag.types import Span
from rag.verifying.entailment import WEIGHTS as ENTAILMENT
from rag.verifying.entailment_model import Encoded, EntailmentModel
from training.batching import Batch, Feed, RowNumbers, class_weights
from training.calibrate_reader import calibrate, measure, write
from training.learning import Budget, figures_of, learn, load_labels, save_labels, soft_labels
from training.losses import loss_of
from training.network import Network
from training.packed import PackedRows, Row, Split, Task, load_packed, pack
from training.reading_data import Asked, Example
from training.weights_files import card_of, export, mean_of, student, teacher

DATA = Path(str(files("rag"))) / "data"
PACKAGED: dict[Task, Path] = {"reader": DATA / READER, "entailment": DATA / ENTAILMENT}
CPU = torch.device("cpu")
STEPS = 10
IDS = [[101, 2054, 2003, 102, 1996, 6090, 2993, 102], [101, 2040, 102, 6060, 102]]
SECOND = [4, 3]


@st.composite
def made_rows(draw: st.DrawFn) -> Row:
    length = draw(st.integers(4, 40))
    start = draw(st.integers(1, length - 1))
    own = range(start, draw(st.integers(start, length)))
    label = draw(st.sampled_from([0.0, 1.0, None]))
    targets = draw(st.none() | st.lists(st.integers(0, 1), min_size=len(own), max_size=len(own)))
    return Row(
        draw(st.lists(st.integers(1, 30_521), min_size=length, max_size=length)),
        draw(st.integers(1, length)), own, label, draw(st.sampled_from(["own", "squad2", "wice"])),
        draw(st.sampled_from(Split)), draw(st.integers(0, 9)), draw(st.sampled_from([0.0, 1.0, None])),
        targets, repeats=draw(st.sampled_from([0.5, 1.0, 6.0])),
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(made_rows(), min_size=1, max_size=12), tokens=st.integers(16, 200))
def test_rows_come_out_of_file_and_batches_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], tokens: int
) -> None:
    path = tmp_path_factory.mktemp("packed") / "rows.xz"
    pack("entailment", rows).save(path)
    packed = load_packed(path)
    assert packed.digest == pack("entailment", rows).digest and packed.task == "entailment"
    feed = Feed(packed, CPU)
    every = np.arange(len(rows))
    batches = [*feed.in_order(every, tokens)]
    assert sorted(int(number) for batch in batches for number in batch) == [*every]
    for numbers in batches:
        assert len(numbers) == 1 or len(numbers) * packed.length[numbers].max() <= tokens
        batch = feed.batch(numbers)
        for at, number in enumerate(numbers):
            check(rows[number], packed, batch, at, int(number))


def check(row: Row, packed: PackedRows, batch: Batch, at: int, number: int) -> None:
    """The row at a place of a batch is `row`, and padding behind it."""
    assert batch.ids[at][batch.mask[at]].tolist() == row.ids
    assert int(batch.mask[at].sum()) == len(row.ids) and not batch.ids[at][~batch.mask[at]].any()
    assert torch.nonzero(batch.own[at]).flatten().tolist() == [*row.own]
    assert batch.targets[at][batch.own[at]].tolist() == (row.targets or [-1] * len(row.own))
    assert int(batch.second[at]) == row.second
    for value, told in ((batch.label[at], row.label), (batch.contradicted[at], row.contradicted)):
        assert value.isnan() if told is None else float(value) == told
    assert packed.sources[packed.source[number]] == row.source
    assert (packed.split[number], packed.group[number], packed.repeats[number]) == (
        row.split, row.group, row.repeats,
    )  # fmt: skip


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.xz").write_bytes(b"no such file")
    with pytest.raises(ValueError, match=r"rows\.xz was not made by pack_reader\.py"):
        load_packed(tmp_path / "rows.xz")


def test_targets_are_one_for_each_token_of_the_own_part() -> None:
    row = Row([101, 7, 8, 102], 2, range(1, 3), 1.0, "wice", Split.TRAIN, 0, targets=[1])
    with pytest.raises(ValueError, match="1 targets for 2 tokens of wice"):
        pack("entailment", [row])


def test_a_rare_class_counts_as_much_as_a_frequent_one() -> None:
    rows = [Row([1, 2, 3], 2, range(1, 2), float(n < 10), "own", Split.TRAIN, n) for n in range(30)]
    weights = class_weights(pack("entailment", rows))
    assert weights[:10].sum() == pytest.approx(weights[10:].sum())
    assert (class_weights(pack("reader", rows)) == 1).all()


def inputs(lists: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Padded tokens, and which are none."""
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in lists], batch_first=True)
    return ids, torch.nn.utils.rnn.pad_sequence([torch.ones(len(r)) for r in lists], batch_first=True) > 0


def in_float32(network: Network) -> Network:
    network.encoder.dtype = torch.float32
    return network.eval()


@torch.inference_mode()
def test_the_student_is_the_encoder_that_runs() -> None:
    encoder = in_float32(student("reader", packaged_model(), None)).encoder
    ids, mask = inputs(IDS)
    read = encoder(ids, mask, torch.tensor(SECOND))
    types = [
        [int(place >= second) for place in range(len(row))] for row, second in zip(IDS, SECOND, strict=True)
    ]
    run = UnpaddedEncoder(BertWeights.in_folder(packaged_model()), torch.float32)(IDS, types)
    for one, other, row in zip(read, run, IDS, strict=True):
        assert torch.allclose(one[: len(row)], other, atol=1e-4)


@pytest.mark.parametrize("task", ["reader", "entailment"])
def test_exported_weights_are_those_that_the_network_began_with(task: Task, tmp_path: Path) -> None:
    export(student(task, packaged_model(), PACKAGED[task]), tmp_path / "out.safetensors", {"seed": "0"})
    began, out = load_file(PACKAGED[task]), load_file(tmp_path / "out.safetensors")
    assert began.keys() == out.keys()
    assert all(torch.equal(began[name], out[name]) for name in began if name != "calibration")
    assert card_of(tmp_path / "out.safetensors") == {"seed": "0"}


@torch.inference_mode()
def test_the_reader_says_in_use_what_it_said_in_training() -> None:
    network = in_float32(student("reader", packaged_model(), PACKAGED["reader"]))
    used = ReaderModel()
    load_frozen(used, packaged_model(), PACKAGED["reader"])
    ids, mask = inputs(IDS)
    said = network(ids, mask, torch.tensor(SECOND), mask)
    types = [
        [int(place >= second) for place in range(len(row))] for row, second in zip(IDS, SECOND, strict=True)
    ]
    for at, scored in enumerate(used.score(IDS, types)):
        # What runs computes in bf16 where the processor does.
        assert scored.answers == pytest.approx(said.rows[at, 0].item(), abs=0.2)
        assert torch.allclose(torch.from_numpy(scored.tokens), said.tokens[at][: len(IDS[at])], atol=0.3)


@torch.inference_mode()
def test_the_entailment_model_says_in_use_what_it_said_in_training() -> None:
    network = in_float32(student("entailment", packaged_model(), PACKAGED["entailment"]))
    used = EntailmentModel()
    load_frozen(used, packaged_model(), PACKAGED["entailment"])
    ids, mask = inputs(IDS)
    own = torch.zeros_like(mask)
    own[0, 1:3] = True
    said = network(ids, mask, torch.tensor(SECOND), own)
    pairs = [Encoded(IDS[0], [0] * 4 + [1] * 4, range(1, 3)), Encoded(IDS[1], [0] * 3 + [1] * 2, range(1, 1))]
    for at, scored in enumerate(used.score(pairs)):
        assert (scored.supported, scored.contradicted) == pytest.approx(said.rows[at].tolist(), abs=0.2)
        assert scored.doubts == pytest.approx(said.tokens[at, own[at], 0].tolist(), abs=0.3)


@pytest.fixture(scope="module")
def mpnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an MPNet of two layers that has learned nothing."""
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=30_527, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=300, layer_norm_eps=1e-5,
    )  # fmt: skip
    model = MPNetModel(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    folder = tmp_path_factory.mktemp("mpnet")
    model.save_pretrained(folder)
    return folder


@torch.inference_mode()
def test_the_teacher_is_mpnet_and_leans_on_distance_as_it_does(mpnet: Path) -> None:
    encoder = in_float32(teacher("reader", mpnet)).encoder
    long = [
        101,
        *torch.randint(1000, 30_000, (250,), generator=torch.Generator().manual_seed(1)).tolist(),
        102,
    ]
    ids, mask = inputs([long, IDS[0]])
    own = [[{101: 0, 102: 2}.get(i, i + 4) for i in row] for row in (long, IDS[0])]
    theirs = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in own], batch_first=True, padding_value=1
    )
    wanted = MPNetModel.from_pretrained(mpnet).eval()(theirs, attention_mask=mask.long()).last_hidden_state
    read = encoder(ids, mask, torch.tensor([999, 999]))
    assert torch.allclose(read[mask], wanted[mask], atol=1e-3)


def some_rows(task: Task) -> PackedRows:
    """Inputs whose label is one of their tokens, some without a label, some held out."""
    chance = np.random.default_rng(0)
    made = []
    for number in range(120):
        label = number % 2
        ids = [101, *chance.integers(2000, 20_000, 4).tolist(), 102, 2009 + 900 * label, 2015, 2026, 102]
        split = Split.HELD_OUT if number % 5 == 0 else Split.TRAIN
        told = number % 7 > 0 or split is Split.HELD_OUT
        made.append(
            Row(
                ids, 6, range(6, 9) if task == "reader" else range(1, 5), float(label) if told else None,
                "own", split, number, targets=[label] * (3 if task == "reader" else 4) if told else None,
                answer=(6 * label, 6 * label) if told and task == "reader" else (-1, -1),
            )
        )  # fmt: skip
    return pack(task, made)


def by_steps() -> Callable[[], float]:
    """A clock by which each step takes a second."""
    return map(float, count()).__next__


@torch.inference_mode()
def loss_over(network: Network, feed: Feed, rows: RowNumbers) -> float:
    batch = feed.batch(rows)
    logits = network.eval()(batch.ids, batch.mask, batch.second, batch.own)
    return float(loss_of(feed.packed.task, logits, batch, 0.5))


@pytest.mark.parametrize("task", ["reader", "entailment"])
def test_a_student_learns_from_labels_and_teacher_and_keeps_its_embeddings(
    task: Task, mpnet: Path, tmp_path: Path
) -> None:
    packed = some_rows(task)
    rows = packed.rows_of(Split.TRAIN, labelled=False)
    labelled = packed.rows_of(Split.TRAIN, labelled=True)
    assert 0 < len(labelled) < len(rows)
    torch.manual_seed(0)
    taught = teacher(task, mpnet)
    learn(taught, Feed(packed, CPU), labelled, Budget(5, 1e-3, 200), 0.0, 0, by_steps())
    save_labels(soft_labels(taught, Feed(packed, CPU), rows), tmp_path / "labels")
    feed = Feed(packed, CPU, load_labels(tmp_path / "labels"))

    network = student(task, packaged_model(), None)
    before = {name: value.clone() for name, value in network.encoder.state_dict().items()}
    at_first = loss_over(network, feed, rows)
    learned = learn(network, feed, rows, Budget(STEPS + 1, 1e-3, 60), 0.5, 0, by_steps())
    assert learned.steps == STEPS
    assert loss_over(network, feed, rows) < 0.9 * at_first
    for name, value in network.encoder.state_dict().items():
        assert torch.equal(value, before[name]) is not name.startswith("layers."), name
    assert figures_of(network, feed)["own"].endswith("n 24")

    export(network, tmp_path / "out.safetensors", {})
    load_frozen(
        ReaderModel() if task == "reader" else EntailmentModel(),
        packaged_model(),
        tmp_path / "out.safetensors",
    )
    again = load_file(tmp_path / "out.safetensors")
    began = student(task, packaged_model(), tmp_path / "out.safetensors").heads.state_dict()
    assert all(torch.equal(began[name], again[name].float()) for name in began)


def test_labels_of_other_rows_are_refused(mpnet: Path, tmp_path: Path) -> None:
    packed = some_rows("reader")
    labels = soft_labels(
        teacher("reader", mpnet), Feed(packed, CPU), packed.rows_of(Split.TRAIN, labelled=False)
    )
    Feed(packed, CPU, labels)
    shorter = pack("reader", [Row([101, 102], 1, range(1, 1), None, "own", Split.TRAIN, 0)])
    with pytest.raises(ValueError, match=shorter.digest):
        Feed(shorter, CPU, labels)


def test_a_calibrated_reader_is_the_same_reader_but_for_its_calibration(tmp_path: Path) -> None:
    text = "Forty trucks of maize left for Harare. The governor of the province had given them his blessing."
    pairs = [
        Example(question, "", text, answers)
        for question, answers in (
            ("How many trucks left for Harare?", (Span(0, 12),)),
            ("Who blessed the trucks?", (Span(39, 66),)),
            ("Who was prime minister of Norway in 1981?", ()),
        )
    ]
    asked = [
        Asked(str(n), "", 4, "fact", True, (e,) if e.answers else (), () if e.answers else (e,))
        for n, e in enumerate(pairs)
    ]
    reader = ReaderModel()
    load_frozen(reader, packaged_model(), PACKAGED["reader"])
    calibrated = measure(reader, WindowCutter(packaged_tokenizer()), {"own": asked})
    assert "passage AUC 1.000, question AUC 1.000" in calibrated.figures["own"]
    write(calibrated, PACKAGED["reader"], tmp_path / "out")
    before, after = load_file(PACKAGED["reader"]), load_file(tmp_path / "out")
    assert after["calibration"].tolist() == pytest.approx(calibrated.weights, rel=1e-2)
    assert all(torch.equal(before[name], after[name]) for name in before if name != "calibration")
    assert card_of(tmp_path / "out")["own"] == calibrated.figures["own"]


@settings(max_examples=25, deadline=None)
@given(st.floats(0.3, 2), st.floats(-1, 1))
def test_calibration_finds_the_weights_that_labels_were_drawn_by(weight: float, bias: float) -> None:
    chance = np.random.default_rng(0)
    features = chance.normal(size=(4_000, 3))
    likely = 1 / (1 + np.exp(-(weight * features[:, 0] + bias)))
    found = calibrate(features, (chance.random(4_000) < likely).astype(float))
    assert found == pytest.approx([weight, 0, 0, bias], abs=0.25)


def test_the_mean_of_equal_weights_is_these_weights_and_of_two_lies_between(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    save_tuned({"a": torch.tensor([1.0, 2.0])}, one, {})
    save_tuned({"a": torch.tensor([3.0, 2.0])}, two, {})
    assert torch.equal(mean_of([one, one])["a"], load_file(one)["a"].float())
    assert mean_of([one, two])["a"].tolist() == [2.0, 2.0]
    save_tuned({"b": torch.tensor([1.0])}, two, {})
    with pytest.raises(ValueError, match="two is of another network than one"):
        mean_of([one, two])
