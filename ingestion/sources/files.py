"""Files to read under a path: folders recursively, archives member by member, standard input."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ingestion.sources.archives import Limits, is_passed_over, members_of
from ingestion.sources.records import SourceFile
from ingestion.sources.tables import is_table
from rag.errors import ParseError, UsageError

__all__ = ["STDIN", "Limits", "find_files"]

STDIN = "-"
# A table beyond this is read row by row from where it lies; every other file is held whole.
HELD_TABLE = 16 * 1024 * 1024
_HEAD = 64 * 1024
_LIMITS = Limits()


def find_files(path: Path, limits: Limits = _LIMITS) -> Iterator[SourceFile | ParseError]:
    """Every readable file under `path`, in sorted order; what cannot be read is an error among them.

    Names are relative to `path` (a file: its own name). Hidden files, and files that are plainly no
    text of cables (``.json``, ``.py``...), are passed over unless named themselves. A folder reached
    again through a link is not entered twice. ``-`` is standard input. Raises UsageError when `path` does
    not exist.
    """
    if str(path) == STDIN:
        yield from _read_held("stdin", sys.stdin.buffer.read(limits.file_bytes + 1), limits)
    elif path.is_dir():
        yield from _walk(path, path, limits, set())
    elif path.exists():
        yield from _read_path(path, path.name, limits)
    else:
        raise UsageError(
            f"{path} does not exist: name a file, a folder, or - for standard input", path=str(path)
        )


def _walk(
    root: Path, folder: Path, limits: Limits, seen: set[tuple[int, int]]
) -> Iterator[SourceFile | ParseError]:
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield ParseError(f"{folder}: cannot be listed ({error.strerror})", file=str(folder))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        name = path.relative_to(root).as_posix()
        try:
            if entry.is_dir():
                yield from _walk(root, path, limits, seen)
            elif entry.is_file() and not is_passed_over(entry.name):
                yield from _read_path(path, name, limits)
            elif entry.is_symlink() and not path.exists():
                yield ParseError(f"{name}: a link that leads nowhere", file=name)
        except OSError as error:
            yield ParseError(f"{name}: cannot be read ({error.strerror})", file=name)


def _read_path(path: Path, name: str, limits: Limits) -> Iterator[SourceFile | ParseError]:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            size = os.fstat(stream.fileno()).st_size
            if members := members_of(name, head):
                stream.seek(0)
                yield from members(name, stream, size, limits)
            elif size > HELD_TABLE and is_table(head):
                yield SourceFile(name, head, opener=partial(_opened, path))
            else:
                # A number is allocated as a whole before a byte is read: only where the size tells less.
                most = -1 if 0 < size <= limits.file_bytes else max(limits.file_bytes + 1 - len(head), 0)
                yield from _read_held(name, head + stream.read(most), limits)
    except OSError as error:
        yield ParseError(f"{name}: cannot be read ({error.strerror})", file=name)


def _read_held(name: str, data: bytes, limits: Limits) -> Iterator[SourceFile | ParseError]:
    if len(data) > limits.file_bytes:
        yield ParseError(
            f"{name}: more than {limits.file_bytes} bytes: split it, or raise CABLEQA_FILE_LIMIT_BYTES",
            file=name,
        )
    elif members := members_of(name, data[:_HEAD]):
        yield from members(name, io.BytesIO(data), len(data), limits)
    else:
        yield SourceFile(name, data)


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")
