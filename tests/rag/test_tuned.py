"""What is no weights file of a network is refused; `tests/test_distillation.py` has what a good one gives."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from rag.errors import ModelUnavailable
from rag.models.embeddings import packaged_model
from rag.models.reader import WEIGHTS as READER
from rag.models.reader import load_reader
from rag.models.reader_model import ReaderModel
from rag.models.tuned import load_frozen, save_tuned
from rag.text.loose import loose_passage

DATA = Path(str(files("rag"))) / "data"


@pytest.mark.parametrize("lacking", ["encoder.encoder.layer.5.output.dense.bias", "tokens.weight"])
def test_weights_of_another_network_are_refused(tmp_path: Path, lacking: str) -> None:
    whole = load_file(DATA / READER)
    other = {name: tensor for name, tensor in whole.items() if name != lacking}
    save_tuned(other, tmp_path / "other.safetensors", {})
    with pytest.raises(ModelUnavailable, match=r"other\.safetensors.*install cableqa again"):
        load_frozen(ReaderModel(), packaged_model(), tmp_path / "other.safetensors")


@pytest.mark.parametrize("wrong", ["encoder.encoder.layer.5.output.dense.bias", "tokens.weight"])
def test_weights_of_another_size_are_refused(tmp_path: Path, wrong: str) -> None:
    whole = load_file(DATA / READER)
    other = {**whole, wrong: torch.cat([whole[wrong], whole[wrong]])}
    save_tuned(other, tmp_path / "other.safetensors", {})
    with pytest.raises(ModelUnavailable, match="install cableqa again"):
        load_frozen(ReaderModel(), packaged_model(), tmp_path / "other.safetensors")


@pytest.mark.parametrize("kept", [0, 7, 100_000])
def test_weights_cut_short_are_refused(tmp_path: Path, kept: int) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((DATA / READER).read_bytes()[:kept])
    with pytest.raises(ModelUnavailable, match="install cableqa again"):
        load_frozen(ReaderModel(), packaged_model(), cut)


def test_what_has_no_token_answers_nothing() -> None:
    passages = [loose_passage(1, "\u200b"), loose_passage(2, "The consul signed the lease on May 3.")]
    nothing, something = load_reader().read("Who signed the lease?", passages)
    assert nothing.confidence == 0 < something.confidence
