"""A client of Chroma, embedded or over HTTP, that does not wait for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api import ClientAPI
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, InternalError

from rag.errors import CollectionError, StorageFull

# How long a server may take: a reader has somebody waiting, a writer sends megabytes.
READ_TIMEOUT_S, WRITE_TIMEOUT_S = 5.0, 120.0
# What Chroma, its client, or an answer that is none of its own comes to.
FAILURES = (ChromaError, httpx.HTTPError, ValueError, TypeError, LookupError)


def connect(path: Path | None, url: str | None, *, write: bool) -> ClientAPI:
    """A client of the database in the folder `path`, or of the server at `url`."""
    settings = ChromaSettings(anonymized_telemetry=False)
    if url is None:
        return chromadb.PersistentClient(path=str(path), settings=settings)
    address = urlsplit(url if "//" in url else f"http://{url}")
    secure = address.scheme == "https"
    host, port = address.hostname or "127.0.0.1", address.port or (443 if secure else 8000)
    # Chroma's client waits for ever, from its first request on, which its constructor makes.
    httpx.get(f"{'https' if secure else 'http'}://{host}:{port}/api/v2/heartbeat", timeout=READ_TIMEOUT_S)
    client = chromadb.HttpClient(host=host, port=port, ssl=secure, settings=settings)
    for session in sessions(client):
        session.timeout = httpx.Timeout(WRITE_TIMEOUT_S if write else READ_TIMEOUT_S)
    return client


def drop_collections(url: str, chosen: Callable[[str], bool]) -> int:
    """Delete the collections on the server at `url` whose names are `chosen`; says how many.

    Raises CollectionError where the server does not answer.
    """
    with asking():
        client = connect(None, url, write=True)
        found = client.list_collections(limit=client.count_collections())
        names = [collection.name for collection in found if chosen(collection.name)]
        for name in names:
            client.delete_collection(name)
    return len(names)


def sessions(client: ClientAPI) -> Iterator[httpx.Client]:
    """The connections of a client over HTTP: one of its own, one for tenants."""
    for part in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(part, "_server", None), "_session", None)
        if isinstance(session, httpx.Client):
            yield session


@contextmanager
def asking() -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise CollectionError(
            f"The vector index does not answer ({error or type(error).__name__}). `cableqa doctor` builds it "
            "anew from the store; a Chroma server has to be started again."
        ) from error


@contextmanager
def writing() -> Iterator[None]:
    try:
        yield
    except InternalError as error:
        # Its own database and files say it in many words; nothing else fails a write of ours.
        raise StorageFull("The vector index", str(error)) from error
