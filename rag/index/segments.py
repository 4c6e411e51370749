"""The files of a word index: whether they are as they were written, and what their failures are called."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.errors import CollectionDamaged, StorageFull

FOOTER_MAGIC = 1337
META = "meta.json"
# Which states of the store the words may be of: a line each.
REVISIONS = "revisions"


def damaged_files(path: Path) -> list[str]:
    """Files of the index in the folder `path` whose checksum is not that of their content.

    tantivy ends each with a footer: JSON with the CRC-32 of what is before it, its length, a magic number.
    What a writer that was killed had begun and not committed belongs to no index, and is passed over.
    """
    try:
        committed = _segments(path / META)
    except (ValueError, LookupError, TypeError):
        return [META]
    found = []
    for file in sorted(path.iterdir()) if committed else ():
        if file.name.partition(".")[0] not in committed:
            continue
        content = file.read_bytes()
        try:
            length, magic = struct.unpack("<II", content[-8:])
            footer = json.loads(content[-8 - length : -8])
            body = memoryview(content)[: -8 - length]
            sound = magic == FOOTER_MAGIC and zlib.crc32(body) == footer["crc"]
        except (struct.error, ValueError, LookupError, TypeError):
            sound = False
        if not sound:
            found.append(file.name)
    return found


def _segments(meta: Path) -> set[str]:
    """The segments that the index consists of, as their files are called."""
    if not meta.is_file():
        return set()
    return {part["segment_id"].replace("-", "") for part in json.loads(meta.read_text("utf-8"))["segments"]}


def read_revisions(path: Path) -> frozenset[str]:
    """What was written last for the index in the folder `path`; none where nothing was."""
    try:
        return frozenset((path / REVISIONS).read_text(encoding="ascii").split())
    except (FileNotFoundError, UnicodeDecodeError):
        return frozenset()


def write_revisions(path: Path, revisions: Sequence[str]) -> None:
    """Replace them, whole or not at all."""
    beside = path / f"{REVISIONS}.new"
    with beside.open("w", encoding="ascii") as file:
        file.write("\n".join(revisions))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path / REVISIONS)


@contextmanager
def reading_words() -> Iterator[None]:
    """Files that were damaged while they are read come as an error, or end a thread of tantivy's."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError | OSError) or type(error).__name__ == "PanicException":
            raise CollectionDamaged(
                f"The word index cannot be read ({error}). `cableqa doctor` builds it anew from the store."
            ) from error
        raise


@contextmanager
def writing_words() -> Iterator[None]:
    """tantivy tells of a disk that takes no more by a ValueError, in the words of whichever thread met it."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise StorageFull("The word index", str(error)) from error
