"""A PostgreSQL server of the tests' own, on a socket that only they know; gone when they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
# The server refuses to run as root.
AS_USER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
MISSING = "PostgreSQL is not installed: this test did NOT run"


class Cluster:
    """A running server; every database made on it is new and empty."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self.tables = socket / "data" / "base"
        self._numbers = count()

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"cables{next(self._numbers)}"
        with psycopg.connect(f"host={self._socket} user=postgres dbname=postgres", autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://postgres@/{name}?host={self._socket}"


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A new cluster; skips the test, and says so, where the binaries are absent."""
    bin_folder = FOUND[-1] if FOUND else None
    if bin_folder is None or (AS_USER and shutil.which("runuser") is None):
        pytest.skip(MISSING)
    # Short: the path of a socket has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if AS_USER:
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"
    try:
        made = [bin_folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*AS_USER, *map(str, made)], check=True, capture_output=True)
        flags = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        control = [*AS_USER, str(bin_folder / "pg_ctl"), "-D", str(data)]
        subprocess.run(
            [*control, "-l", str(log), "-o", flags, "-w", "start"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Cluster(folder)
        finally:
            # Not "immediate", which leaves a segment of shared memory behind.
            subprocess.run([*control, "-m", "fast", "stop"], check=True, capture_output=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
