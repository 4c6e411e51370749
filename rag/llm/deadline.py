"""A limit on what may take for ever: items of a blocking iterator, until a deadline."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None


def within(seconds: float, start: Callable[[], Iterator[T]]) -> Generator[T, None, None]:
    """The items of `start()`, read in a thread of their own. Raises TimeoutError when they take longer.

    A provider's own time-out is counted anew for every piece of a stream, and a model that hangs may have
    none. What hangs is left behind: its thread ends with the process, or when its next item comes.
    """
    inbox: SimpleQueue[_Item[T] | _End] = SimpleQueue()
    left = threading.Event()

    def read() -> None:
        try:
            items = start()
            for item in items:
                inbox.put(_Item(item))
                if left.is_set():
                    break
            if isinstance(items, Generator):
                items.close()
            inbox.put(_End(None))
        # Handed to the reader, who raises it.
        except Exception as error:
            inbox.put(_End(error))

    ends = time.monotonic() + seconds
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(read,), daemon=True, name="model").start()
    try:
        while True:
            try:
                found = inbox.get(timeout=max(0.0, ends - time.monotonic()))
            except Empty:
                raise TimeoutError(f"no end after {seconds:g} s") from None
            if isinstance(found, _Item):
                yield found.value
            elif found.error is not None:
                raise found.error
            else:
                return
    finally:
        left.set()
