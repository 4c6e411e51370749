"""The files of a word index: whether they are as they were written, and what their failures are called."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import CollectionDamaged, StorageFull

FOOTER_MAGIC = 1337


def damaged_files(path: Path) -> list[str]:
    """Files of the index in the folder `path` whose checksum is not that of their content.

    tantivy ends each with a footer: JSON with the CRC-32 of what is before it, its length, a magic number.
    """
    found = []
    for file in sorted(path.iterdir()) if path.is_dir() else ():
        if file.name.startswith(".") or file.name == "meta.json":
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
