"""The encoder: unit vectors, one worker, errors that say what to do."""

from __future__ import annotations

import gc
import itertools
import subprocess
import sys
import threading
from importlib.util import find_spec

import numpy as np
import pytest

from rag.config import ON_OPENVINO, PACKAGED_MODEL
from rag.errors import ModelUnavailable
from rag.models.embeddings import Encoder, load_encoder
from rag.models.worker import Precision

TEXTS = [
    "The ambassador met the minister.",
    "Cotton.",
    "80,000 flyers were printed in Kazakh and Russian. " * 40,
    "",
]


def test_vectors_are_unit_float32_in_the_order_of_the_texts(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (4, encoder.dimension) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    for i, text in enumerate(TEXTS):
        assert vectors[i] @ encoder.encode([text])[0] == pytest.approx(1.0, abs=1e-4)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_bf16_points_the_same_way_and_has_its_own_fingerprint(encoder: Encoder) -> None:
    half = encoder.at("bf16")
    assert half.fingerprint != encoder.fingerprint
    cosines = (half.encode(TEXTS) * encoder.encode(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.999


def test_calls_from_many_threads_get_their_own_results(encoder: Encoder) -> None:
    wanted = encoder.encode([f"cable number {i}" for i in range(12)])
    got: dict[int, np.ndarray] = {}

    def ask(i: int) -> None:
        got[i] = np.asarray(encoder.embed_query(f"cable number {i}"))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(12):
        assert float(got[i] @ wanted[i]) == pytest.approx(1.0, abs=1e-4)


def test_token_spans_slice_the_text_and_are_never_cut(encoder: Encoder) -> None:
    text = "Flyers: 80,000 — Ust-Kamenogorsk. " * 100
    spans = encoder.token_spans(text)
    assert len(spans) == encoder.token_counts([text])[0] > encoder.max_tokens
    assert text[spans[0][0] : spans[0][1]] == "Flyers"
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_a_text_that_was_counted_gets_the_vector_that_it_gets_anyway(encoder: Encoder) -> None:
    before = encoder.encode(TEXTS)
    counts = encoder.token_counts(TEXTS)
    assert counts == [len(encoder.token_spans(text)) for text in TEXTS]
    assert np.array_equal(encoder.encode(TEXTS), before)


def test_a_wrong_model_name_says_what_to_do() -> None:
    with pytest.raises(ModelUnavailable, match=r"no-such-model.*CABLEQA_EMBEDDING_MODEL"):
        load_encoder("/nowhere/no-such-model")


def test_the_thread_ends_with_what_holds_it() -> None:
    others = set(threading.enumerate())
    encoder = load_encoder(PACKAGED_MODEL)
    half = encoder.at("bf16")
    (thread,) = set(threading.enumerate()) - others
    del encoder
    assert half.encode(["A cable."]).shape == (1, half.dimension) and thread.is_alive()
    del half
    gc.collect()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.mark.parametrize("last", ["", "del encoder", "encoder.close()"])
def test_a_process_ends_well_however_it_leaves_its_encoder(last: str) -> None:
    ask = (
        "from rag.config import PACKAGED_MODEL\nfrom rag.models.embeddings import load_encoder\n"
        f"encoder = load_encoder(PACKAGED_MODEL)\nencoder.at('bf16').encode(['A cable.'])\n{last}"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(find_spec("openvino") is not None, reason="the extra cableqa[openvino] is installed")
def test_openvino_that_is_not_installed_says_what_to_do() -> None:
    with pytest.raises(ModelUnavailable, match=r"OpenVINO.*CABLEQA_EMBEDDING_MODEL"):
        load_encoder(ON_OPENVINO)


@pytest.mark.heavy
@pytest.mark.skipif(find_spec("openvino") is None, reason="the extra cableqa[openvino] is not installed")
@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.99999), ("bf16", 0.999)])
def test_openvino_makes_vectors_that_compare(encoder: Encoder, precision: Precision, least: float) -> None:
    compiled = load_encoder(ON_OPENVINO)
    assert compiled.at(precision).fingerprint == encoder.at(precision).fingerprint
    texts = [*TEXTS, "A cable. " * 200]
    cosines = (compiled.at(precision).encode(texts) * encoder.at("fp32").encode(texts)).sum(axis=1)
    assert cosines.min() > least
