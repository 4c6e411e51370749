"""What an ingest once never came back from: an address of no header looked like the beginning of one."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

import pytest

from tests.fuzz.targets import parse

FOUND = sorted((Path(__file__).parent / "found").iterdir())


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_never_ended_ends(path: Path) -> None:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError("it never ends")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, 5)
    try:
        for format in ("telegram", "nara"):
            parse(format, path.read_bytes())
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
