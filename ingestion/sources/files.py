"""Files to read under a path: folders recursively, archives member by member, standard input."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingestion.sources.records import SourceFile
from rag.errors import ParseError, UsageError

_SKIPPED_SUFFIXES = frozenset(
    {".json", ".jsonl", ".yaml", ".yml", ".py", ".sh", ".sqlite", ".db", ".lock", ".log"}
)
_CHUNK = 1 << 20
STDIN = "-"


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file, one archive and one archive member may weigh, in bytes, and how much it may expand."""

    file_bytes: int = 256 * 1024 * 1024
    archive_bytes: int = 4 * 1024 * 1024 * 1024
    members: int = 1_000_000
    ratio: int = 200


def find_files(path: Path, limits: Limits = Limits()) -> Iterator[SourceFile | ParseError]:
    """Every readable file under `path`, in sorted order; what cannot be read is an error among them.

    Names are relative to `path` (a file: its own name). Hidden files, and files that are plainly no
    text of cables (``.json``, ``.py``...), are passed over unless named themselves. A folder reached
    again through a link is not entered twice. ``-`` is standard input. Raises UsageError when `path` does
    not exist.
    """
    if str(path) == STDIN:
        yield from _read_stream("stdin", sys.stdin.buffer, limits)
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
            elif entry.is_file() and path.suffix.lower() not in _SKIPPED_SUFFIXES:
                yield from _read_path(path, name, limits)
        except OSError as error:
            yield ParseError(f"{name}: cannot be read ({error.strerror})", file=name)


def _read_path(path: Path, name: str, limits: Limits) -> Iterator[SourceFile | ParseError]:
    try:
        with path.open("rb") as stream:
            yield from _read_stream(name, stream, limits)
    except OSError as error:
        yield ParseError(f"{name}: cannot be read ({error.strerror})", file=name)


def _read_stream(name: str, stream: Readable, limits: Limits) -> Iterator[SourceFile | ParseError]:
    data = stream.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        yield ParseError(
            f"{name}: more than {limits.file_bytes} bytes: split it, or raise CABLEQA_FILE_LIMIT_BYTES",
            file=name,
        )
        return
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _read_zip(name, data, limits)
    elif data.startswith(b"\x1f\x8b"):
        yield from _read_gzip(name, data, limits)
    else:
        yield SourceFile(name, data)


def _read_zip(name: str, data: bytes, limits: Limits) -> Iterator[SourceFile | ParseError]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        yield ParseError(f"{name}: damaged zip archive ({error})", file=name)
        return
    with archive:
        total = 0
        for count, member in enumerate(sorted(archive.infolist(), key=lambda info: info.filename)):
            shown = f"{name}!{member.filename}"
            if member.is_dir() or _is_passed_over(member.filename):
                continue
            if count >= limits.members or total > limits.archive_bytes:
                yield ParseError(
                    f"{name}: holds more than the limit; stopped before {member.filename}", file=name
                )
                return
            try:
                with archive.open(member) as stream:
                    content = _read_bounded(stream, member.compress_size, limits)
            except (
                zipfile.BadZipFile,
                zlib.error,
                EOFError,
                RuntimeError,
                NotImplementedError,
                ValueError,
            ) as error:
                yield ParseError(f"{shown}: cannot be unpacked ({error})", file=shown)
                continue
            total += len(content)
            yield SourceFile(shown, content)


def _read_gzip(name: str, data: bytes, limits: Limits) -> Iterator[SourceFile | ParseError]:
    inner = name.removesuffix(".gz").removesuffix(".tgz")
    try:
        if name.endswith((".tar.gz", ".tgz")):
            yield from _read_tar(name, data, limits)
        else:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                yield SourceFile(inner, _read_bounded(stream, len(data), limits))
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        yield ParseError(
            f"{name}: damaged or oversized archive ({error}); what came before it was read", file=name
        )


def _read_tar(name: str, data: bytes, limits: Limits) -> Iterator[SourceFile | ParseError]:
    total = 0
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for count, member in enumerate(archive):
            if not member.isfile() or _is_passed_over(member.name):
                continue
            if count >= limits.members or total > limits.archive_bytes:
                raise ValueError(f"holds more than the limit; stopped before {member.name}")
            stream = archive.extractfile(member)
            if stream is None:
                continue
            content = _read_bounded(stream, len(data), limits)
            total += len(content)
            yield SourceFile(f"{name}!{member.name}", content)


def _is_passed_over(member: str) -> bool:
    last = member.rsplit("/", 1)[-1]
    return last.startswith(".") or "__MACOSX/" in member or Path(last).suffix.lower() in _SKIPPED_SUFFIXES


def _read_bounded(stream: Readable, packed: int, limits: Limits) -> bytes:
    """All of `stream`; ValueError once it is beyond the limit on size or on expansion (a bomb)."""
    content = bytearray()
    most = min(limits.file_bytes, max(packed, 4096) * limits.ratio)
    while chunk := stream.read(_CHUNK):
        content += chunk
        if len(content) > most:
            raise ValueError(f"unpacks to more than {most} bytes")
    return bytes(content)
