"""Backups: a folder, or a tar file, with a copy of every database and a manifest of checksums.

What is copied is the truth alone: cables with their vectors, answers, conversations, keys, the audit log.
Both indexes are built from it when it is restored, without embedding again.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from rag.errors import CollectionDamaged, CollectionEmpty, StorageFull, UsageError
from rag.store.cable_store import FILE_NAME
from rag.store.engine import named_failure
from rag.store.migrations import copy_database

MANIFEST = "manifest.json"
ARCHIVE_SUFFIX = ".tar"
MANIFEST_LIMIT_BYTES = 1 << 20
READ_BYTES = 1 << 20


class BackupFile(BaseModel):
    """A file as it must be."""

    model_config = ConfigDict(frozen=True)

    name: str
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds."""

    model_config = ConfigDict(frozen=True)

    format: int = 1
    made_at: datetime
    cables: int
    answers: int
    files: tuple[BackupFile, ...]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made, or found whole."""

    place: Path
    manifest: Manifest

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.manifest.files)


def back_up(data_dir: Path, place: Path) -> Backup:
    """Copy the data directory to the new folder, or ``*.tar`` file, `place`; nobody has to stop for it.

    Every file is a copy of one moment. What names answers is copied before the answers: each that a
    conversation in the backup names is in it. Raises UsageError (`place` exists), CollectionEmpty (nothing
    to copy), CollectionDamaged (a file that is damaged is not taken for a backup), StorageFull.
    """
    if place.exists():
        raise UsageError(f"{place} exists already: a backup is never written over.", path=str(place))
    if not (data_dir / FILE_NAME).is_file():
        raise CollectionEmpty(f"There is no collection at {data_dir} to back up.", path=str(data_dir))
    partial, archive = (place.with_name(f"{place.name}.{end}") for end in ("partial", "partial-tar"))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove(partial)
        partial.mkdir(mode=0o700)
        manifest = _copied(data_dir, partial)
        if place.suffix == ARCHIVE_SUFFIX:
            _pack(partial, archive, manifest)
            archive.replace(place)
        else:
            partial.replace(place)
    except (OSError, sqlite3.OperationalError) as error:
        raise named_failure(data_dir / FILE_NAME, error) or StorageFull(str(place), str(error)) from error
    finally:
        _remove(partial)
        _remove(archive)
    return Backup(place, manifest)


def verified(place: Path) -> Backup:
    """The backup at `place`, after reading all of it. Raises UsageError, CollectionDamaged."""
    manifest = read_manifest(place)
    if place.is_dir():
        for file in manifest.files:
            path = place / file.name
            if not path.is_file():
                raise _damaged(place, f"{file.name} is missing")
            _require_equal(place, file, path)
    else:
        try:
            with tarfile.open(place) as archive:
                for file in manifest.files:
                    _hash_member(place, archive, file)
        except (tarfile.TarError, EOFError) as error:
            raise _damaged(place, str(error)) from error
    return Backup(place, manifest)


def unpack(backup: Backup, folder: Path) -> None:
    """Copy a backup's files into a folder and hold them against their checksums once more.

    Raises CollectionDamaged, StorageFull.
    """
    try:
        for file in backup.manifest.files:
            target = folder / file.name
            if backup.place.is_dir():
                shutil.copyfile(backup.place / file.name, target)
            else:
                with tarfile.open(backup.place) as archive, target.open("wb") as written:
                    member = archive.extractfile(file.name)
                    assert member is not None
                    shutil.copyfileobj(member, written, READ_BYTES)
            target.chmod(0o600)
            _require_equal(backup.place, file, target)
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(backup.place, str(error)) from error
    except OSError as error:
        raise StorageFull(str(folder), str(error)) from error


def read_manifest(place: Path) -> Manifest:
    """What a backup says of itself. Raises UsageError where there is none, CollectionDamaged."""
    if not place.exists():
        raise UsageError(f"There is no backup at {place}.", path=str(place))
    try:
        if place.is_dir():
            text = (place / MANIFEST).read_bytes()[:MANIFEST_LIMIT_BYTES]
        else:
            with tarfile.open(place) as archive:
                member = archive.extractfile(MANIFEST)
                text = b"" if member is None else member.read(MANIFEST_LIMIT_BYTES)
        manifest = Manifest.model_validate_json(text)
    except (FileNotFoundError, KeyError, tarfile.TarError, EOFError, ValidationError) as error:
        raise _damaged(place, f"it has no manifest that can be read ({type(error).__name__})") from error
    if manifest.format != Manifest.model_fields["format"].default:
        raise CollectionDamaged(f"{place} was made by a newer cableqa: install the newer version.")
    if any(Path(file.name).name != file.name or file.name == MANIFEST for file in manifest.files):
        raise _damaged(place, "it names a file outside itself")
    return manifest


def _copied(data_dir: Path, folder: Path) -> Manifest:
    """Copies of every database and of the audit log, and the manifest beside them."""
    databases = sorted(data_dir.glob("*.sqlite"), key=lambda path: (path.name == FILE_NAME, path.name))
    for path in databases:
        copy_database(path, folder / path.name)
    for path in sorted(data_dir.glob("audit.jsonl*")):
        shutil.copy2(path, folder / path.name)
    for path in databases:
        _require_sound(path, folder / path.name)
    with closing(sqlite3.connect(folder / FILE_NAME)) as store:
        cables, answers = (
            store.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("cables", "answers")
        )
    files = tuple(_described(path) for path in sorted(folder.iterdir()))
    manifest = Manifest(made_at=datetime.now(UTC), cables=cables, answers=answers, files=files)
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return manifest


def _described(path: Path) -> BackupFile:
    with path.open("rb") as read:
        return BackupFile(name=path.name, bytes=path.stat().st_size, sha256=_sha256(read))


def _require_sound(original: Path, copy: Path) -> None:
    """A copy of a damaged file is as damaged: raises CollectionDamaged."""
    try:
        with closing(sqlite3.connect(copy)) as file:
            found = [" ".join(row[0].split()) for row in file.execute("PRAGMA integrity_check(3)")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        raise CollectionDamaged(
            f"{original} is damaged ({'; '.join(found)}) and was not backed up: restore it from an earlier "
            "backup with `cableqa restore`.",
            path=str(original),
        )


def _pack(folder: Path, archive: Path, manifest: Manifest) -> None:
    archive.touch(mode=0o600)
    with tarfile.open(archive, "w") as packed:
        for name in (MANIFEST, *(file.name for file in manifest.files)):
            packed.add(folder / name, arcname=name)


def _hash_member(place: Path, archive: tarfile.TarFile, file: BackupFile) -> None:
    try:
        member = archive.getmember(file.name)
    except KeyError:
        raise _damaged(place, f"{file.name} is missing") from None
    read = archive.extractfile(member) if member.isreg() else None
    _require_said(place, file, member.size, read)


def _require_equal(place: Path, file: BackupFile, path: Path) -> None:
    with path.open("rb") as read:
        _require_said(place, file, path.stat().st_size, read)


def _require_said(place: Path, file: BackupFile, size: int, read: IO[bytes] | None) -> None:
    """Raises CollectionDamaged where a file is not as the manifest says; None is no plain file."""
    if read is None or size != file.bytes:
        raise _damaged(place, f"{file.name} has not the size that the manifest says")
    if _sha256(read) != file.sha256:
        raise _damaged(place, f"{file.name} has not the checksum that the manifest says")


def _damaged(place: Path, reason: str) -> CollectionDamaged:
    return CollectionDamaged(
        f"{place} is no whole backup: {reason}. Nothing was restored: take another backup.", path=str(place)
    )


def _sha256(read: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := read.read(READ_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
