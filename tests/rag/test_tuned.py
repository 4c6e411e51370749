"""The networks read for use what they read in training: the same weights, with transformers and without."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rag.errors import ModelUnavailable
from rag.models.embeddings import packaged_model
from rag.models.reader import WEIGHTS as READER
from rag.models.reader_model import ReaderModel, load_reader_model
from rag.models.tuned import load_frozen, save_tuned
from rag.verifying.entailment import WEIGHTS as ENTAILMENT
from rag.verifying.entailment_model import Encoded, EntailmentModel, load_entailment_model

DATA = Path(str(files("rag"))) / "data"
IDS = [[101, 2054, 2003, 102, 1996, 6090, 2993, 102], [101, 2040, 102, 6060, 102]]
TYPES = [[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1]]


def test_the_reader_scores_as_the_network_it_was_trained_as() -> None:
    trained = load_reader_model(packaged_model(), DATA / READER)
    frozen = ReaderModel()
    load_frozen(frozen, packaged_model(), DATA / READER)
    assert torch.equal(frozen.calibration, trained.calibration)
    for one, other in zip(frozen.score(IDS, TYPES), trained.score(IDS, TYPES), strict=True):
        assert one.answers == other.answers
        assert (one.tokens == other.tokens).all()
    with torch.inference_mode():
        tokens, answers = trained(torch.tensor(IDS[:1]), torch.ones(1, 8), torch.tensor(TYPES[:1]))
    (one,) = frozen.score(IDS[:1], TYPES[:1])
    # The one is padded and in fp32, the other in bf16 where the processor computes in it.
    assert one.answers == pytest.approx(answers.item(), abs=0.2)
    assert torch.allclose(torch.from_numpy(one.tokens), tokens[0], atol=0.3)


def test_the_entailment_network_scores_as_the_one_that_was_trained() -> None:
    trained = load_entailment_model(packaged_model(), DATA / ENTAILMENT)
    frozen = EntailmentModel()
    load_frozen(frozen, packaged_model(), DATA / ENTAILMENT)
    inputs = [Encoded(ids, types, range(1, 2)) for ids, types in zip(IDS, TYPES, strict=True)]
    assert frozen.score(inputs) == trained.score(inputs)


@pytest.mark.parametrize("lacking", ["encoder.encoder.layer.5.output.dense.bias", "tokens.weight"])
def test_weights_of_another_network_are_refused(tmp_path: Path, lacking: str) -> None:
    class Lacking(nn.Module):
        def state_dict(self) -> dict[str, Tensor]:  # type: ignore[override]
            return {name: tensor for name, tensor in whole.items() if name != lacking}

    whole = load_reader_model(packaged_model(), DATA / READER).state_dict()
    save_tuned(Lacking(), tmp_path / "other.safetensors", {})
    with pytest.raises(ModelUnavailable, match=r"other\.safetensors.*install cableqa again"):
        load_frozen(ReaderModel(), packaged_model(), tmp_path / "other.safetensors")


@pytest.mark.parametrize("wrong", ["encoder.encoder.layer.5.output.dense.bias", "tokens.weight"])
def test_weights_of_another_size_are_refused(tmp_path: Path, wrong: str) -> None:
    class Wider(nn.Module):
        def state_dict(self) -> dict[str, Tensor]:  # type: ignore[override]
            return {**whole, wrong: torch.cat([whole[wrong], whole[wrong]])}

    whole = load_reader_model(packaged_model(), DATA / READER).state_dict()
    save_tuned(Wider(), tmp_path / "other.safetensors", {})
    with pytest.raises(ModelUnavailable, match="install cableqa again"):
        load_frozen(ReaderModel(), packaged_model(), tmp_path / "other.safetensors")


@pytest.mark.parametrize("kept", [0, 7, 100_000])
def test_weights_cut_short_are_refused(tmp_path: Path, kept: int) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((DATA / READER).read_bytes()[:kept])
    with pytest.raises(ModelUnavailable, match="install cableqa again"):
        load_frozen(ReaderModel(), packaged_model(), cut)
