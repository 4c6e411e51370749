"""One process writes a data directory, or any number read it.

Chroma has no lock of its own: two writers lost 28 % of the vectors without an error. The kernel lets
go of an flock when its process dies, so that nothing has to be cleaned up after a kill.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rag.errors import CollectionDamaged, CollectionError, CollectionLocked
from rag.store.postgres import ServerLock

LOCK_NAME = "lock"
# A folder that is there while a backup is being restored.
RESTORING = "restoring"
COMMAND_LIMIT_CHARS = 200


class DirectoryLock:
    """A held lock on a data directory, with a note beside it that says who holds it."""

    def __init__(self, file: IO[bytes], note: Path, server: ServerLock | None = None) -> None:
        self._file = file
        self._server = server
        self._note = note

    @classmethod
    def acquire(
        cls, directory: Path, *, write: bool, restoring: bool = False, url: str | None = None
    ) -> DirectoryLock:
        """Take the directory for writing (alone) or for reading (with other readers), without waiting.

        Raises CollectionLocked, naming the pid and the command of who has it, and CollectionDamaged where
        a restore was cut short, to all but the next one; CollectionError where it cannot be written. With
        `url` the store there is locked as well.
        """
        try:
            directory.mkdir(parents=True, exist_ok=True)
            file = (directory / LOCK_NAME).open("ab")
        except OSError as error:
            raise CollectionError(
                f"{directory} cannot be written ({error.strerror}): let the user that runs cableqa write "
                "to it, and look whether the disk was mounted read-only.",
                directory=str(directory),
            ) from error
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if write else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise _locked(directory, write) from None
        if (directory / RESTORING).exists() and not restoring:
            file.close()
            raise CollectionDamaged(
                f"A restore into {directory} was cut short: run the same `cableqa restore` again.",
                directory=str(directory),
            )
        try:
            server = None if url is None else ServerLock.acquire(url, write=write)
        except BaseException:
            file.close()
            raise
        # One process may hold it more than once for reading: the address keeps the notes apart.
        note = directory / f"{LOCK_NAME}.{os.getpid()}.{id(file):x}"
        note.write_text(f"{'writing' if write else 'reading'}\n{_command()}\n", encoding="utf-8")
        return cls(file, note, server)

    def release(self) -> None:
        """Let go; a second call does nothing."""
        self._note.unlink(missing_ok=True)
        self._file.close()
        if self._server is not None:
            self._server.release()
            self._server = None


def holders(directory: Path) -> Iterator[tuple[int, str, str]]:
    """(pid, "reading" or "writing", command) of the processes that hold `directory`; old notes go."""
    for note in sorted(directory.glob(f"{LOCK_NAME}.*.*")):
        pid = int(note.name.split(".")[-2])
        if not _is_alive(pid):
            note.unlink(missing_ok=True)
            continue
        try:
            doing, command = note.read_text(encoding="utf-8").splitlines()[:2]
        except (OSError, ValueError):
            continue
        yield pid, doing, command


def _locked(directory: Path, write: bool) -> CollectionLocked:
    found = list(holders(directory))
    who = "; ".join(f"process {pid} is {doing} it: {command}" for pid, doing, command in found)
    wanted = "write" if write else "read"
    return CollectionLocked(
        f"Cannot {wanted} {directory}: {who or 'another process has it'}. Wait until it is done, or stop it "
        "and try again.",
        directory=str(directory),
        pids=[str(pid) for pid, _, _ in found],
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command() -> str:
    return shlex.join([Path(sys.argv[0]).name or "python", *sys.argv[1:]])[:COMMAND_LIMIT_CHARS].replace(
        "\n", " "
    )
