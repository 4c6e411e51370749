"""What the error of a language model's provider says: whether to ask again, and when (RFC 9110, 10.2.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from rag.errors import ModelUnavailable

# Status codes of requests that no repetition mends, and of those among them that one may.
_FINAL_STATUS = range(400, 500)
_PASSING_STATUS = frozenset({408, 409, 425, 429})
# Too many requests, not available, and what Anthropic says for overloaded.
_TOLD_BY = frozenset({429, 503, 529})
# Whoever says more than a week says nothing that helps.
_LONGEST_S = 7 * 24 * 3600.0


def may_pass(error: Exception) -> bool:
    """Whether the same request may succeed a little later."""
    status = getattr(error, "status_code", None)
    return status not in _FINAL_STATUS or status in _PASSING_STATUS


def wanted_wait_s(error: Exception) -> float | None:
    """The seconds after which the provider may be asked again, where its refusal says so.

    A date counts from the response's own, so that the two clocks need not agree.
    """
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None)
    if getattr(error, "status_code", None) not in _TOLD_BY or not isinstance(headers, Mapping):
        return None
    told = str(headers.get("retry-after", "")).strip()
    # Digits only: no sign, no exponent, no digits of other scripts.
    if told.isascii() and told.isdecimal():
        return min(float(told), _LONGEST_S)
    if (until := _date(told)) is None:
        return None
    now = _date(str(headers.get("date", ""))) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_S)


def unavailable(model: str, failure: str, wait_s: float | None) -> ModelUnavailable:
    """What the caller is told: when to come back, where the provider said so."""
    if wait_s is None:
        return ModelUnavailable(
            f"The language model {model} did not answer ({failure}). Check CABLEQA_LLM, its base URL and the "
            "provider's key, or ask with mode=extractive.",
            model=model,
        )
    seconds = max(1, math.ceil(wait_s))
    return ModelUnavailable(
        f"The language model {model} takes no more for now ({failure}): ask again in {seconds} s, or with "
        "mode=extractive.",
        model=model,
        retry_after_s=seconds,
    )


def _date(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
