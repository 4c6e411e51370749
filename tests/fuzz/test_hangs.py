"""What an ingest once never came back from."""

from __future__ import annotations

import signal
from types import FrameType

import pytest

from ingestion.parse import parse_source
from ingestion.sources import SourceFile
from rag.types import Cable
from tests.telegrams import telegram


@pytest.mark.parametrize("length", [60, 100, 140, 180])
def test_an_address_too_long_to_be_one_is_passed(length: int) -> None:
    """It looked like the beginning of a repeated header, of which it then was no line."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError("it never ends")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, 20)
    try:
        text = telegram(1, ["Rain.", f"Hail.\n\nFM A{'9' * length}\nTO SECSTATE WASHDC\n\nSnow."])
        (cable,) = parse_source(SourceFile("a.txt", text.encode()))
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert isinstance(cable, Cable)
    assert "Rain." in cable.body and "Snow." in cable.body
