"""Archives member by member: zip, tar, gzip. Nothing is unpacked beyond a limit, nothing onto the disk."""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from ingestion.sources.records import SourceFile
from rag.errors import ParseError

_SKIPPED_SUFFIXES = frozenset(
    {".json", ".jsonl", ".yaml", ".yml", ".py", ".sh", ".sqlite", ".db", ".lock", ".log"}
)
_CHUNK = 1 << 20
_TAR_MARK = slice(257, 262)
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


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


class Members(Protocol):
    """Reads the members out of one kind of archive."""

    def __call__(
        self, name: str, stream: BinaryIO, size: int, limits: Limits, /
    ) -> Iterator[SourceFile | ParseError]: ...


def members_of(name: str, head: bytes) -> Members | None:
    """How to read the archive that begins with `head`; None where it is none."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _read_zip
    if head.startswith(b"\x1f\x8b"):
        return _read_gzip
    return _read_plain_tar if head[_TAR_MARK] == b"ustar" else None


def is_passed_over(member: str) -> bool:
    """Whether a name says that there is no cable in it: hidden, or a file of a program."""
    path = PurePosixPath(member)
    return path.name.startswith(".") or "__MACOSX" in path.parts or path.suffix.lower() in _SKIPPED_SUFFIXES


def _read_zip(name: str, stream: BinaryIO, size: int, limits: Limits) -> Iterator[SourceFile | ParseError]:
    try:
        archive = zipfile.ZipFile(stream)
    except _DAMAGE as error:
        yield ParseError(f"{name}: damaged zip archive ({error})", file=name)
        return
    with archive:
        total = 0
        for count, member in enumerate(sorted(archive.infolist(), key=lambda info: info.filename)):
            shown = f"{name}!{member.filename}"
            if member.is_dir() or is_passed_over(member.filename):
                continue
            if count >= limits.members or total > limits.archive_bytes:
                yield ParseError(
                    f"{name}: holds more than the limit; stopped before {member.filename}", file=name
                )
                return
            try:
                with archive.open(member) as opened:
                    content = _read_bounded(opened, member.compress_size, limits)
            except _DAMAGE as error:
                yield ParseError(f"{shown}: cannot be unpacked ({error})", file=shown)
                continue
            total += len(content)
            yield SourceFile(shown, content)


def _read_gzip(name: str, stream: BinaryIO, size: int, limits: Limits) -> Iterator[SourceFile | ParseError]:
    inner = name.removesuffix(".gz").removesuffix(".tgz")
    try:
        unpacked = gzip.GzipFile(fileobj=stream)
        if unpacked.peek(512)[_TAR_MARK] == b"ustar":
            yield from _read_tar(name, unpacked, size, limits)
        else:
            yield SourceFile(inner, _read_bounded(unpacked, size, limits))
    except _DAMAGE as error:
        yield _damaged(name, error)


def _read_plain_tar(
    name: str, stream: BinaryIO, size: int, limits: Limits
) -> Iterator[SourceFile | ParseError]:
    try:
        yield from _read_tar(name, stream, size, limits)
    except _DAMAGE as error:
        yield _damaged(name, error)


def _damaged(name: str, error: BaseException) -> ParseError:
    return ParseError(
        f"{name}: damaged or oversized archive ({error}); what came before it was read", file=name
    )


def _read_tar(name: str, stream: Readable, size: int, limits: Limits) -> Iterator[SourceFile | ParseError]:
    total = 0
    # Read in small pieces: what a damaged stream has before the damage is not lost with the piece.
    with tarfile.open(fileobj=stream, mode="r|", bufsize=tarfile.BLOCKSIZE) as archive:  # type: ignore[call-overload]
        for count, member in enumerate(archive):
            # Members that are passed over are unpacked all the same, on the way to the next.
            total += member.size
            if count >= limits.members or total > limits.archive_bytes:
                raise ValueError(f"holds more than the limit; stopped before {member.name}")
            opened = archive.extractfile(member) if member.isfile() else None
            if opened is None or is_passed_over(member.name):
                continue
            yield SourceFile(f"{name}!{member.name}", _read_bounded(opened, size, limits))


def _read_bounded(stream: Readable, packed: int, limits: Limits) -> bytes:
    """All of `stream`; ValueError once it is beyond the limit on size or on expansion (a bomb)."""
    content = bytearray()
    most = min(limits.file_bytes, max(packed, 4096) * limits.ratio)
    while chunk := stream.read(_CHUNK):
        content += chunk
        if len(content) > most:
            raise ValueError(f"unpacks to more than {most} bytes")
    return bytes(content)
