"""Whether a server still goes on, told to the process that started it again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from api.processes import BEAT_S, Beat
from api.workers import Workers
from rag.config import Settings

# The loop turns ten times a second; work of other threads holds it up for a part of one.
LOOP_S = 5.0
# No piece of work takes so long (the longest text to check has 2,000 sentences), but for those that wait for
# a language model, a few times its limit.
WORK_S, MODEL_S, MODEL_CALLS = 900.0, 300.0, 4


class Pulse:
    """Beats while the event loop turns (`turned_at`, by the monotonic clock) and the workers are not stuck:
    while not each of their threads has been with one piece of work for `stuck_s`.

    In a thread of its own, so that a parent that does not listen holds nobody up.
    """

    def __init__(
        self, telling: Connection, turned_at: Callable[[], float], workers: Workers, stuck_s: float
    ) -> None:
        self._telling = telling
        self._turned_at = turned_at
        self._workers = workers
        self._stuck_s = stuck_s

    def start(self) -> None:
        threading.Thread(target=self._beat, name="pulse", daemon=True).start()

    def goes_on(self) -> bool:
        turns = time.monotonic() - self._turned_at() < LOOP_S
        return turns and self._workers.stuck_s() < self._stuck_s

    def _beat(self) -> None:
        while True:
            if self.goes_on():
                try:
                    self._telling.send(Beat())
                except OSError:  # the parent is gone
                    return
            time.sleep(BEAT_S)


def stuck_after_s(settings: Settings) -> float:
    """After how long with one piece of work a worker is taken to be stuck."""
    if settings.llm is None:
        return WORK_S
    return WORK_S + MODEL_CALLS * (settings.llm_timeout_s or MODEL_S)
