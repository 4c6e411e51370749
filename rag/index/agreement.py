"""Whether the indexes hold what the store holds: by counts, by a trial process, and one by one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rag.config import Settings
from rag.errors import CollectionDamaged
from rag.index.segments import read_revisions
from rag.store.cable_store import CableStore

PROBE_TIMEOUT_S = 120.0
COMPARISON_TIMEOUT_S = 24 * 3600.0
REPAIR = "Run `cableqa doctor`: it says what is wrong and mends it from the store."


def probe(chroma: Path, name: str, fingerprint: str) -> None:
    """Open and ask the vector index in a child process: a broken one can end the process that opens it.

    Raises CollectionDamaged.
    """
    if chroma.is_dir():
        _in_child("rag.index.probe", [str(chroma), name, fingerprint], PROBE_TIMEOUT_S)


def compare(settings: Settings, vectors_of: str, fingerprint: str) -> dict[str, list[str]]:
    """What is wrong with each index, as sentences, after a child process looked at every part of both.

    `vectors_of` is the encoder's fingerprint, `fingerprint` the index's. Raises CollectionDamaged where the
    child does not come to its end.
    """
    # Not among the arguments, which everybody on the machine can read: an address may hold a password.
    where = settings.model_dump_json(include={"data_dir", "chroma_url", "store_url"}).encode()
    done = _in_child("rag.index.comparison", [vectors_of, fingerprint], COMPARISON_TIMEOUT_S, where)
    found: dict[str, list[str]] = json.loads(done)
    return found


def require_words_of(store: CableStore, folder: Path) -> None:
    """Raises CollectionDamaged where the words in `folder` are not those that the store was told of last.

    So it is on a machine that did not see another one's changes. Words of an older cableqa say nothing.
    """
    revision = store.work.words_revision()
    if revision is not None and revision not in read_revisions(folder):
        raise CollectionDamaged(f"The word index is not that of the store's last change. {REPAIR}")


def _in_child(module: str, arguments: list[str], timeout_s: float, said: bytes = b"") -> bytes:
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(command, input=said, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise CollectionDamaged(f"The vector index does not answer. {REPAIR}") from error
    if done.returncode != 0:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise CollectionDamaged(
            f"The vector index cannot be opened (a trial process ended with {done.returncode}: {last}). "
            f"{REPAIR}",
            exit_status=done.returncode,
        )
    return done.stdout
