"""Options that many commands share, and the settings that they make."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from rag.config import Settings
from rag.errors import UsageError
from rag.types import Filters, Kind

JSON_ASKED = "cableqa.json"


def _note_json(ctx: typer.Context, wanted: bool) -> bool:
    # Kept with the run, so that a failure knows that one JSON document is expected on stdout.
    ctx.meta[JSON_ASKED] = wanted
    return wanted


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day like 2005-03-31") from None


Json = Annotated[
    bool, typer.Option("--json", help="One JSON document on stdout.", callback=_note_json, is_eager=True)
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where the collection lies; else CABLEQA_DATA_DIR, else .cableqa."),
]
Origins = Annotated[list[str] | None, typer.Option("--origin", help="Only from this post; may be repeated.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only with this TAGS code; may be repeated.")]
Classifications = Annotated[
    list[str] | None, typer.Option("--classification", help="Only so classified; may be repeated.")
]
CableIds = Annotated[list[str] | None, typer.Option("--cable", help="Only in this cable; may be repeated.")]
Corpora = Annotated[list[str] | None, typer.Option("--corpus", help="Only in this corpus; may be repeated.")]
DateFrom = Annotated[
    date | None, typer.Option("--date-from", parser=_day, metavar="DAY", help="Sent on or after this day.")
]
DateTo = Annotated[
    date | None, typer.Option("--date-to", parser=_day, metavar="DAY", help="Sent on or before this day.")
]

Senders = Annotated[
    list[str] | None, typer.Option("--sender", help="Only signed by, or from (FM line); may be repeated.")
]
Addressees = Annotated[
    list[str] | None, typer.Option("--addressee", help="Only sent to (TO line); may be repeated.")
]
Kinds = Annotated[
    list[Kind] | None, typer.Option("--kind", help="Only paragraphs of this kind; may be repeated.")
]


def read_settings(data_dir: Path | None) -> Settings:
    """The environment's settings; `data_dir`, where given, stands above them. Raises UsageError."""
    try:
        return Settings() if data_dir is None else Settings(data_dir=data_dir)
    except ValidationError as error:
        problems = [f"CABLEQA_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise UsageError("; ".join(problems), problems=problems) from None


def read_filters(
    origins: list[str] | None,
    tags: list[str] | None,
    classifications: list[str] | None,
    cable_ids: list[str] | None,
    corpora: list[str] | None,
    date_from: date | None,
    date_to: date | None,
    senders: list[str] | None = None,
    addressees: list[str] | None = None,
    kinds: list[Kind] | None = None,
) -> Filters:
    return Filters(
        origins=tuple(origins or ()),
        tags=tuple(tags or ()),
        classifications=tuple(classifications or ()),
        cable_ids=tuple(cable_ids or ()),
        corpora=tuple(corpora or ()),
        date_from=date_from,
        date_to=date_to,
        senders=tuple(senders or ()),
        addressees=tuple(addressees or ()),
        kinds=tuple(kinds or ()),
    )
