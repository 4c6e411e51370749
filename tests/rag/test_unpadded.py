"""Networks without padding say what they say with it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from torch import Tensor
from transformers import BertConfig, BertModel

from rag.models import unpadded
from rag.models.embeddings import Encoder, packaged_model
from rag.models.unpadded import LENGTHS, PASS_TOKENS, UnpaddedEncoder, filled_up, passes
from rag.models.weights import BertWeights

SMALL = BertConfig(
    vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=48
)


@pytest.fixture(scope="module")
def bert() -> BertModel:
    torch.manual_seed(0)
    return BertModel(SMALL, add_pooling_layer=False).eval()


def padded(rows: Sequence[list[int]]) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=9), st.integers(0, 999))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_input_reads_as_it_does_in_a_padded_batch(
    bert: BertModel, lengths: list[int], seed: int
) -> None:
    chance = torch.Generator().manual_seed(seed)
    ids = [torch.randint(1, 50, (n,), generator=chance).tolist() for n in lengths]
    types = [[0] * (n // 2) + [1] * (n - n // 2) for n in lengths]
    mask = padded([[1] * n for n in lengths])
    with torch.inference_mode():
        wanted = bert(input_ids=padded(ids), attention_mask=mask, token_type_ids=padded(types))
        read = UnpaddedEncoder(BertWeights.of(bert), torch.float32)(ids, types)
        half = UnpaddedEncoder(BertWeights.of(bert), torch.bfloat16)(ids, types)
        between = UnpaddedEncoder(BertWeights.of(bert), torch.bfloat16, fp32_between=False)(ids, types)
    for row, rough, rougher, whole, n in zip(
        read, half, between, wanted.last_hidden_state, lengths, strict=True
    ):
        assert torch.allclose(row, whole[:n], atol=1e-5)
        assert torch.allclose(rough, whole[:n], atol=0.1)
        assert torch.allclose(rougher, whole[:n], atol=0.1)


@pytest.fixture(params=["on all cores", "on one core each"])
def cores(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.get_num_threads()
    if request.param == "on one core each":
        unpadded.one_core_each()
    yield
    torch.set_num_threads(before)


def test_no_more_passes_run_at_once_than_there_are_cores_for(bert: BertModel) -> None:
    rows = [[1] * 500] * (2 * unpadded.PASS_TOKENS // 500)
    before, own = torch.get_num_threads(), os.sched_getaffinity(0)
    unpadded.one_core_each()
    os.sched_setaffinity(0, {min(own)})
    try:
        read = UnpaddedEncoder(BertWeights.of(bert))
        others = set(threading.enumerate())
        read(rows, rows)
        assert set(threading.enumerate()) == others
    finally:
        os.sched_setaffinity(0, own)
        torch.set_num_threads(before)


@pytest.mark.usefixtures("cores")
def test_more_than_one_pass_holds_is_read_in_several(bert: BertModel) -> None:
    rows = [[n % 49 + 1] * 500 for n in range(2 * unpadded.PASS_TOKENS // 500)]
    types = [[0] * 500 for _ in rows]
    read = UnpaddedEncoder(BertWeights.of(bert), torch.float32)
    every = read(rows, types)
    assert len(every) == len(rows)
    for n in (0, -1):
        assert torch.allclose(every[n], read([rows[n]], [types[n]])[0], atol=1e-5)
    assert read([], []) == []


def test_the_encoder_is_what_sentence_transformers_makes_of_its_model(encoder: Encoder) -> None:
    texts = ["Cotton.", "", "80,000 flyers were printed in Kazakh and Russian. " * 40]
    theirs = SentenceTransformer(str(packaged_model()))
    wanted = theirs.encode(texts, normalize_embeddings=True)
    assert (encoder.dimension, encoder.max_tokens) == (wanted.shape[1], theirs.max_seq_length)
    for text, spans in zip(texts, map(encoder.token_spans, texts), strict=True):
        read = theirs.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        assert spans == read["offset_mapping"]
    assert (encoder.at("fp32").encode(texts) * wanted).sum(axis=1) == pytest.approx(1.0, abs=1e-5)


@given(st.integers(1, PASS_TOKENS))
def test_passes_are_of_few_lengths_and_little_longer_than_what_is_read(tokens: int) -> None:
    computed = filled_up(tokens)
    assert tokens <= computed < tokens + max(32, tokens / 8)
    assert {filled_up(n) for n in range(1, PASS_TOKENS + 1)} == set(LENGTHS)
    assert len(LENGTHS) <= 40


@given(st.lists(st.integers(1, 2 * PASS_TOKENS), max_size=40), st.integers(1, 4))
def test_passes_hold_all_inputs_in_their_order_and_no_more_than_they_may(
    lengths: list[int], at_once: int
) -> None:
    parts = passes(lengths, at_once)
    assert [n for part in parts for n in range(part.start, part.stop)] == list(range(len(lengths)))
    assert all(sum(lengths[part]) <= PASS_TOKENS or part.stop - part.start == 1 for part in parts)


@given(st.lists(st.integers(20, 256), min_size=256, max_size=256), st.integers(1, 2))
def test_passes_of_a_window_leave_no_core_waiting(lengths: list[int], at_once: int) -> None:
    ends = [0] * at_once
    for part in passes(lengths, at_once):
        ends[ends.index(min(ends))] += filled_up(sum(lengths[part]))
    assert max(ends) <= 1.1 * sum(lengths) / at_once


_FIFTY_LENGTHS = """
import re
from pathlib import Path
from rag.models.embeddings import load_encoder
from rag.config import PACKAGED_MODEL

def megabytes():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

encoder = load_encoder(PACKAGED_MODEL).at("bf16")
texts = [" ".join(["cable"] * n) for n in range(1, 200)]
encoder.encode([texts[-1]] * 8)
for n in range(50):
    encoder.encode(texts[n : n + 1] * 7)
before = megabytes()
for n in range(50, 150):
    encoder.encode(texts[n : n + 1] * 7)
print(megabytes() - before)
"""


@pytest.mark.heavy
def test_inputs_of_ever_new_lengths_do_not_fill_the_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FIFTY_LENGTHS], capture_output=True, text=True, check=True, timeout=300
    )
    assert float(done.stdout) < 250  # 508 where each length has products of its own


_COMPILED_AHEAD = """
import random, re, sys
from pathlib import Path
from rag.models.embeddings import packaged_model
from rag.models.tuned import TunedModel
from rag.models.weights import BertWeights

def megabytes():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

model = TunedModel()
model.freeze(BertWeights.in_folder(packaged_model()))
if "ahead" in sys.argv:
    model.compile_ahead()
chance = random.Random(1)

def read(tokens):
    rows = [[chance.randrange(1000, 20000)] * 64] * (tokens // 64)
    model.read(rows, [[0] * 64 for _ in rows])

for _ in range(3):
    read(1024)
before = megabytes()
for tokens in range(64, 1024, 64):
    read(tokens)
print(megabytes() - before)
"""


@pytest.mark.heavy
def test_what_was_compiled_ahead_is_not_compiled_when_it_is_asked_for() -> None:
    grown = [
        float(
            subprocess.run(
                [sys.executable, "-c", _COMPILED_AHEAD, *given],
                capture_output=True,
                text=True,
                check=True,
                timeout=300,
            ).stdout
        )
        for given in ([], ["ahead"])
    ]
    assert grown[1] < grown[0] / 3
