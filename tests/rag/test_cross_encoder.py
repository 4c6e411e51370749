"""Any CrossEncoder from a folder: its labels say which output means support."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from rag.bootstrap import build_verifier
from rag.errors import ModelUnavailable
from rag.models.embeddings import packaged_model
from rag.types import DraftSentence, Quote
from rag.verifying.cross_encoder import load_cross_encoder
from rag.verifying.entailment import Pair
from tests.made import passages

PAIRS = [
    Pair("The ferry sank.", "", "The ferry went down in the night."),
    Pair("Nobody was hurt.", "Embassy Tallinn", "The crew swam ashore. " * 200),
]


def save_model(folder: Path, labels: list[str]) -> str:
    """A classifier of four small layers with random weights."""
    torch.manual_seed(1)
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=128,
        id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(packaged_model(), model_max_length=128).save_pretrained(folder)
    return str(folder)


def test_support_is_the_share_of_the_label_that_says_so(tmp_path: Path) -> None:
    first = load_cross_encoder(save_model(tmp_path / "a", ["contradiction", "neutral", "entailment"]))
    turned = load_cross_encoder(save_model(tmp_path / "b", ["entailment", "neutral", "contradiction"]))
    for one, other in zip(first.judge(PAIRS), turned.judge(PAIRS), strict=True):
        assert one.supported == pytest.approx(other.contradicted, abs=1e-4)
        assert one.contradicted == pytest.approx(other.supported, abs=1e-4)
    assert first.judge([]) == []


def test_one_output_is_the_logit_of_support(tmp_path: Path) -> None:
    for judged in load_cross_encoder(save_model(tmp_path, ["LABEL_0"])).judge(PAIRS):
        assert judged.contradicted == -judged.supported != 0


def test_labels_that_say_nothing_of_support_are_refused(tmp_path: Path) -> None:
    name = save_model(tmp_path, ["positive", "negative"])
    with pytest.raises(ModelUnavailable, match="none of them says that"):
        load_cross_encoder(name)


def test_a_name_that_leads_nowhere_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="CABLEQA_ENTAILMENT"):
        load_cross_encoder(str(tmp_path / "nothing"))


def test_the_setting_chooses_the_verifier(tmp_path: Path) -> None:
    name = save_model(tmp_path / "tiny-nli", ["entailment", "neutral", "contradiction"])
    assert build_verifier("none").name == "deterministic-3"
    verifier = build_verifier(name)
    assert verifier.name == "deterministic-3+tiny-nli"
    draft = DraftSentence("The vessel foundered by night, it is said.", (Quote(1),))
    assert verifier.check(draft, passages("The ferry went down in the night.")).reason
