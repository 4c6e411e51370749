"""Where the vectors of a store on PostgreSQL are: on a Chroma server, or in one data directory.

Machines that share a store must share its vectors: each would build an embedded index anew for what another
one wrote, and never come to an end. One machine alone may keep them in its data directory, which the store
notes; a second one is refused. Where the first is gone, `cableqa doctor` brings them to another.
"""

from __future__ import annotations

import socket
import uuid
from pathlib import Path

from rag.config import Settings
from rag.errors import UsageError
from rag.store.cable_store import CableStore

VECTORS_AT = "vectors_at"
ON_SERVER = "server"
# In the data directory: what tells it from every other, wherever it is mounted or moved.
FILE_NAME = "directory"


def require_home(settings: Settings, store: CableStore) -> None:
    """Raises UsageError where the vectors of the store are not where the settings have them."""
    if store.url is None or settings.chroma_url is not None:
        return
    noted = store.get_meta(VECTORS_AT)
    if noted == ON_SERVER:
        raise UsageError(
            "The vectors of this store are on a Chroma server: set CABLEQA_CHROMA_URL to its address."
        )
    name, _, place = (noted or "").partition(" ")
    if noted is not None and name != _own_name(settings.data_dir):
        raise UsageError(
            f"The vectors of this store are at {place}, and this is another data directory. "
            "Machines that share a store need a Chroma server: set CABLEQA_CHROMA_URL on each, then run "
            "`cableqa doctor`. Where the other directory is gone, `cableqa doctor` builds them here."
        )


def note_home(settings: Settings, store: CableStore) -> None:
    """Have the store know that its vectors are where the settings have them; for who writes it alone."""
    if store.url is None:
        return
    if settings.chroma_url is not None:
        store.set_meta(VECTORS_AT, ON_SERVER)
        return
    name = _own_name(settings.data_dir)
    if name is None:
        name = uuid.uuid4().hex
        (settings.data_dir / FILE_NAME).write_text(name, encoding="ascii")
    store.set_meta(VECTORS_AT, f"{name} {socket.gethostname()}:{settings.data_dir.resolve()}")


def _own_name(data_dir: Path) -> str | None:
    try:
        return (data_dir / FILE_NAME).read_text(encoding="ascii").strip() or None
    except (FileNotFoundError, UnicodeDecodeError):
        return None
