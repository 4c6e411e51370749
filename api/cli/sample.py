"""The bundled sample collection: fictional cables for a first look."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from rich.text import Text

from api.cli.collection import ingest_paths
from api.cli.output import messages
from rag.store.cable_store import CableStore

if TYPE_CHECKING:
    from rag.config import Settings


def is_empty(settings: Settings) -> bool:
    """Whether the data directory holds no cable; it is made where it is missing."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = CableStore.open(settings.data_dir, write=False, url=settings.store_url)
    try:
        return store.is_empty()
    finally:
        store.close()


def load_sample_if_empty(settings: Settings) -> None:
    """Ingest the sample where the data directory holds no cable; leave any other collection alone."""
    if not is_empty(settings):
        return
    from ingestion.reading import IngestOptions

    messages().print(Text("The collection is empty: loading 48 fictional sample cables."))
    with as_file(files("ingestion") / "sample") as folder:
        ingest_paths([folder], IngestOptions(corpus="sample"), settings)
