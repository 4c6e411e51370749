"""What the surfaces share: the pipeline, the settings, the workers, and the answers in the making."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from api.runs import Runs
from api.workers import Workers
from rag.config import Settings
from rag.errors import CollectionEmpty
from rag.types import Filters

if TYPE_CHECKING:
    # Only named, never loaded from here: a client of a running server must not wait for torch.
    from rag.pipeline import Pipeline
    from rag.store import CableStore

T = TypeVar("T")


@dataclass(frozen=True)
class Service:
    """One open collection with everything that is needed to answer from it."""

    pipeline: Pipeline
    settings: Settings
    workers: Workers = field(default_factory=Workers)
    runs: Runs = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", Runs(self.workers))

    @property
    def store(self) -> CableStore:
        return self.pipeline.collection.store

    def warm_up(self) -> None:
        """Answer a question to nobody, so that the first real one does not pay for lazy loading."""
        with contextlib.suppress(CollectionEmpty):
            self.pipeline.search("readiness", Filters(), 1)

    async def work(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a worker thread. Raises ``Busy`` when too much waits already."""
        return await self.workers.run(work)

    def close(self) -> None:
        self.runs.stop()
        self.workers.close()
