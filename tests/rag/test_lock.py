"""The lock: many readers or one writer, and a message that says who."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.errors import CollectionLocked
from rag.store.lock import DirectoryLock, holders

HOLD = """
import sys
from pathlib import Path
from rag.store.lock import DirectoryLock
lock = DirectoryLock.acquire(Path(sys.argv[1]), write=True)
print("held", flush=True)
sys.stdin.read()
"""


def test_readers_share_and_keep_a_writer_out(tmp_path: Path) -> None:
    first = DirectoryLock.acquire(tmp_path, write=False)
    second = DirectoryLock.acquire(tmp_path, write=False)
    first.release()
    with pytest.raises(CollectionLocked, match=f"process {os.getpid()} is reading it"):
        DirectoryLock.acquire(tmp_path, write=True)
    second.release()
    second.release()
    DirectoryLock.acquire(tmp_path, write=True).release()
    assert list(holders(tmp_path)) == []


def test_a_writer_in_another_process_is_named_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == b"held\n"
        for write in (False, True):
            with pytest.raises(CollectionLocked, match=f"process {child.pid} is writing it: -c") as caught:
                DirectoryLock.acquire(tmp_path, write=write)
            assert caught.value.detail["pids"] == [str(child.pid)]
        child.kill()
    DirectoryLock.acquire(tmp_path, write=True).release()
