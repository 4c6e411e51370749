"""A service made from settings: what the server, and whatever else wants all of it, starts with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.audit import AuditLog
from api.history import History
from api.keys import FILE_NAME as KEYS_FILE
from api.keys import KeyBook
from api.service import Service
from api.tables import FILE_NAME as HISTORY_FILE
from api.tracing import open_traces
from rag.bootstrap import build_pipelines
from rag.config import Settings
from rag.models.unpadded import one_core_each


def open_service(settings: Settings, *, guarded: bool) -> Service:
    """Open the collection with its history; `guarded`, with the keys that every request then needs one of.

    Raises CollectionError, ModelUnavailable. `Service.close` and then `Service.release` end it.
    """
    one_core_each()
    pipelines = build_pipelines(settings, serving=True)
    folder = settings.data_dir
    history = History.open(folder)
    # At least a day: where no answers are kept, a batch still lives long enough for its sheet.
    history.forget_before(datetime.now(UTC) - timedelta(days=max(settings.keep_questions_days, 1)))
    traces = () if settings.otlp_endpoint is None else (open_traces(settings.otlp_endpoint),)

    def release() -> None:
        for kept in traces:
            kept.close()
        pipelines.close()

    return Service(
        pipelines.whole,
        settings,
        history,
        keys=KeyBook.open(folder) if guarded else None,
        below=pipelines.below,
        audit=AuditLog(folder, settings.keep_questions_days) if guarded else None,
        release=release,
        observers=traces,
    )


def open_beside_store(folder: Path) -> None:
    """Open, and so upgrade, whatever lies beside the store in a folder. Raises CollectionDamaged."""
    if (folder / HISTORY_FILE).exists():
        History.open(folder).close()
    if (folder / KEYS_FILE).exists():
        KeyBook.open(folder).close()
