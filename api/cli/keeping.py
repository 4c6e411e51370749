"""What keeps a collection, and what takes out of it: backups, restoring, deletion."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel
from rich.text import Text

from api.cli import options
from api.cli.output import messages, out, print_json, waiting, write
from api.cli.progress import Bar
from rag.errors import UsageError
from rag.text.counting import count_of

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.keeping.backup import Backup
    from rag.models.embeddings import Encoder


class BackupReport(BaseModel):
    """A backup as a command prints it."""

    place: str
    made_at: datetime
    cables: int
    answers: int
    bytes: int
    files: tuple[str, ...]


class RemovedCable(BaseModel):
    """A cable that was deleted; `cited_by` are answers that keep hashes and offsets of it, and no text."""

    cable_id: str
    paragraphs: int
    cited_by: tuple[str, ...]


class DeletionReport(BaseModel):
    """Every cable that was deleted."""

    deleted: tuple[RemovedCable, ...]


def backup(
    place: Annotated[Path, typer.Argument(metavar="DIR|FILE.tar", help="A new folder, or a new tar file.")],
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Copy the collection, while it is served or read into: cables, vectors, answers, conversations, keys.

    The copy of each file is of one moment and is checked before it counts. Keep it as safe as the data.
    """
    from rag.keeping.backup import back_up

    settings = options.read_settings(data_dir)
    _require_file(settings)
    with waiting("Copying…"):
        made = back_up(settings.data_dir, place)
    _print(made, f"Backed up to {place}", json=json)


def restore(
    place: Annotated[Path, typer.Argument(metavar="DIR|FILE.tar", help="What `cableqa backup` made.")],
    check: Annotated[bool, typer.Option("--check", help="Only read it and verify; restore nothing.")] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Bring a backup back into an empty data directory, and build both indexes without embedding again.

    Every byte is held against the manifest first: a damaged or half backup restores nothing.
    """
    settings = options.read_settings(data_dir)
    if check:
        from rag.keeping.backup import verified

        _print(verified(place), f"{place} is whole", json=json)
        return
    _require_file(settings)
    encoder = _encoder(settings)
    from api.opening import open_beside_store
    from rag.keeping.restore import restore as bring_back

    with Bar("Verifying", "Building indexes") as bar:
        found, _ = bring_back(place, settings, encoder, open_beside_store, bar.show_rebuilt)
    _print(found, f"Restored into {settings.data_dir}", json=json)


def delete(
    cables: Annotated[list[str], typer.Argument(metavar="CABLE...", help="Ids, in any spelling.")],
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Delete cables for good; no file of the data directory keeps their text.

    Answers that cited them keep hashes and offsets. The indexes are built anew, without embedding again.
    The files that the cables were read from, and backups, are yours to delete.
    """
    settings = options.read_settings(data_dir)
    encoder = _encoder(settings)
    from api.removal import delete_cables

    with Bar("Deleting", "Building indexes") as bar:
        removed = delete_cables(cables, settings, encoder, bar.show_rebuilt)
    if json:
        deleted = tuple(
            RemovedCable(**{f: getattr(r, f) for f in RemovedCable.model_fields}) for r in removed
        )
        print_json(DeletionReport(deleted=deleted))
        return
    for one in removed:
        cited = f"; was cited by the answers {', '.join(one.cited_by)}" if one.cited_by else ""
        write(out(), Text(f"{one.cable_id}  {count_of(one.paragraphs, 'paragraph')} deleted{cited}"))


def _require_file(settings: Settings) -> None:
    """Raises UsageError where the store is on a server, whose own tools copy it."""
    if settings.store_url is not None:
        raise UsageError(
            "The store is on PostgreSQL: copy it with pg_dump, bring it back with pg_restore, and build the "
            "indexes with `cableqa doctor`. Conversations and keys are files in the data directory."
        )


def _encoder(settings: Settings) -> Encoder:
    with waiting("Loading the encoder…"):
        from rag.models.embeddings import load_encoder

        return load_encoder(settings.embedding_model)


def _print(found: Backup, what: str, *, json: bool) -> None:
    manifest = found.manifest
    if json:
        report = BackupReport(
            place=str(found.place),
            made_at=manifest.made_at,
            cables=manifest.cables,
            answers=manifest.answers,
            bytes=found.bytes,
            files=tuple(file.name for file in manifest.files),
        )
        print_json(report)
        return
    size = f"{found.bytes / 1_000_000:.1f} MB"
    made = f"made {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    held = f"{count_of(manifest.cables, 'cable')}, {count_of(manifest.answers, 'answer')}"
    write(messages(), Text(f"{what}: {held}, {size}, {made}."))
