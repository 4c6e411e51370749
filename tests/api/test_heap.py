"""A server's threads allocate from one heap."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HEAPS = """
import ctypes, sys, threading
from pathlib import Path
from api.heap import one_heap

if "one" in sys.argv:
    one_heap()
together = threading.Barrier(4)
kept = []

def allocate():
    together.wait()
    kept.append([bytearray(4_000) for _ in range(100)])
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
print(Path(sys.argv[1]).read_text().count("<heap nr="))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other libraries have other heaps")
def test_all_threads_allocate_from_one_heap(tmp_path_factory: pytest.TempPathFactory) -> None:
    counts = []
    for given in ((), ("one",)):
        told = str(tmp_path_factory.mktemp("heap") / "info.xml")
        command = [sys.executable, "-c", _HEAPS, told, *given]
        counts.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert counts[0] > 1
    assert counts[1] == 1
