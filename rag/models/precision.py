"""In which precision a collection's vectors are computed: chosen once, by the machine that makes it."""

from __future__ import annotations

from rag.models.embeddings import Encoder
from rag.models.processor import has_bf16
from rag.models.worker import Precision

# bf16 is taken where every trial text keeps at least this cosine with its fp32 vector.
TRIAL_COSINE = 0.999
_TRIAL_TEXTS = (
    "The Ambassador raised the shipment with the Deputy Foreign Minister on March 12.",
    "BUDGET\n5. Field allowances absorbed 610 million kwacha; compensation was paid for 410 animals.",
    "TEXT NOT AVAILABLE",
    "Comment: Post sees no change in the government's position on fisheries, and expects none before the "
    "election. The opposition, which lost two by-elections in June, has said nothing on it. End comment.",
)


def choose_precision(encoder: Encoder) -> Precision:
    """bf16 where the processor computes in it (1.7x there) and the model keeps its directions, else fp32."""
    if not has_bf16():
        return "fp32"
    cosines = (encoder.at("bf16").encode(_TRIAL_TEXTS) * encoder.at("fp32").encode(_TRIAL_TEXTS)).sum(axis=1)
    return "bf16" if float(cosines.min()) >= TRIAL_COSINE else "fp32"
