"""Keys for the server: made, listed, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel
from rich.table import Table
from rich.text import Text

from api.cli import options
from api.cli.output import messages, out, print_json, write
from rag.store.ceiling import Ceiling

if TYPE_CHECKING:
    from api.keys import Key, KeyBook


class KeyRecord(BaseModel):
    """A key as a command prints it; `key` is its text, known only when it is made."""

    key_id: str
    name: str
    scope: str
    ceiling: Ceiling | None
    rate_per_minute: int
    body_limit_bytes: int
    created_at: datetime | None = None
    revoked_at: datetime | None = None
    key: str | None = None


class KeyList(BaseModel):
    """Every key, the oldest first."""

    keys: tuple[KeyRecord, ...]


def create(
    name: Annotated[str, typer.Argument(help="Whom it is for; it stands in the audit log.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="read, ask (and read) or admin (and all); the widest counts."),
    ] = None,
    ceiling: Annotated[
        Ceiling | None,
        typer.Option(
            help="The highest classification it may see; without it everything.", case_sensitive=False
        ),
    ] = None,
    rate: Annotated[int, typer.Option(min=1, max=100_000, help="Requests a minute.")] = 120,
    body_limit: Annotated[
        int, typer.Option(min=1_000, max=4 * 1024 * 1024, help="Bytes that a request may have.")
    ] = 1024 * 1024,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Make a key and print it: this once, because only its hash is kept."""
    from api.keys import Scope

    try:
        scopes = [Scope(each.lower()) for each in scope or ["read"]]
    except ValueError as error:
        raise typer.BadParameter(f"{error}: read, ask or admin", param_hint="--scope") from None
    widest = max(scopes, key=list(Scope).index)
    with _opened_book(data_dir) as book:
        made, text = book.create(name, widest, ceiling, rate_per_minute=rate, body_limit_bytes=body_limit)
    if json:
        print_json(
            KeyRecord(
                key_id=made.key_id,
                name=made.name,
                scope=made.scope.value,
                ceiling=made.ceiling,
                rate_per_minute=made.rate_per_minute,
                body_limit_bytes=made.body_limit_bytes,
                key=text,
            )
        )
        return
    typer.echo(text)
    limit = ceiling or "everything"
    messages().print(
        Text(f"Key {made.key_id} for {name}: may {widest}, sees {limit}. It is shown this once.")
    )


def list_keys(data_dir: options.DataDir = None, json: options.Json = False) -> None:
    """List the keys; their secrets are not kept."""
    with _opened_book(data_dir) as book:
        keys = book.all()
    if json:
        print_json(KeyList(keys=tuple(_record(key) for key in keys)))
        return
    table = Table("key", "name", "may", "sees", "a minute", "made", "revoked", box=None, pad_edge=False)
    for key in keys:
        caller = key.caller
        revoked = f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
        sees = caller.ceiling or "everything"
        made = f"{key.created_at:%Y-%m-%d}"
        table.add_row(
            caller.key_id, Text(caller.name), caller.scope, sees, str(caller.rate_per_minute), made, revoked
        )
    out().print(table)


def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `cableqa keys list` shows it.")],
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Revoke a key: from the next request on it opens nothing."""
    with _opened_book(data_dir) as book:
        book.revoke(key_id)
        if json:
            print_json(next(_record(key) for key in book.all() if key.caller.key_id == key_id))
        else:
            write(messages(), Text(f"Key {key_id} is revoked."))


@contextmanager
def _opened_book(data_dir: Path | None) -> Iterator[KeyBook]:
    from api.keys import KeyBook

    book = KeyBook.open(options.read_settings(data_dir).data_dir)
    try:
        yield book
    finally:
        book.close()


def _record(key: Key) -> KeyRecord:
    caller = key.caller
    return KeyRecord(
        key_id=caller.key_id,
        name=caller.name,
        scope=caller.scope.value,
        ceiling=caller.ceiling,
        rate_per_minute=caller.rate_per_minute,
        body_limit_bytes=caller.body_limit_bytes,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )
