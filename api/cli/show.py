"""Reading a cable, and checking a text against the cables that it cites."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from api.cli import options
from api.cli.ask import opened_pipeline
from api.cli.output import out, print_json, sent_on, waiting, write, write_marked
from rag.errors import CollectionEmpty, UsageError
from rag.record import CableRecord, ParagraphRecord, ReferenceRecord
from rag.text.counting import count_of
from rag.types import Span, Verdict

if TYPE_CHECKING:
    from rag.store.cable_store import CableStore

FAILING = {Verdict.CONTRADICTED, Verdict.MISATTRIBUTED, Verdict.NOT_FOUND}
MEMO_LIMIT_CHARS = 200_000


def show(
    cable: Annotated[str, typer.Argument(help="The cable's number, in any spelling.")],
    paragraph: Annotated[str | None, typer.Argument(help="One paragraph, e.g. 9, or an item, 5.B.")] = None,
    named: Annotated[str | None, typer.Option("--paragraph", help="The same as an option.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The source as it came, not the cleaned text.")] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Print a cable or one paragraph of it."""
    from api.reading import read_cable, read_paragraph, read_part, read_raw, read_raw_paragraph

    if paragraph is not None and named is not None:
        raise UsageError("Name the paragraph once: as an argument or with --paragraph.")
    paragraph = paragraph if paragraph is not None else named
    if raw and json:
        raise UsageError("--raw prints the source as it is: it cannot go with --json.")
    with opened_store(data_dir) as store:
        if raw:
            source = (
                read_raw(store, cable) if paragraph is None else read_raw_paragraph(store, cable, paragraph)
            )
            sys.stdout.buffer.write(source)
            sys.stdout.buffer.flush()
        elif paragraph is not None:
            found = read_paragraph(store, cable, paragraph)
            part = read_part(store, cable, paragraph)
            print_json(found) if json else print_paragraph(found, out(), part=part)
        else:
            record = read_cable(store, cable)
            print_json(record) if json else print_cable(record, out())


def verify(
    file: Annotated[str, typer.Argument(help="A text file, or - for stdin.")],
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Check each sentence of a text against the paragraphs it cites, written (09ASTANA1206 ¶9).

    Exit status 1 where a citation does not bear its sentence out.
    """
    text = _read_text(file)
    from api.checking import check_text
    from rag.record.check import VerifyIn

    with opened_pipeline(data_dir) as pipeline, waiting("Checking…"):
        pipeline.collection.require_cables()
        record = check_text(VerifyIn(text=text), pipeline.collection.store, pipeline.verifier)
    if json:
        print_json(record)
    else:
        console = out()
        for sentence in record.sentences:
            write_marked(console, sentence.verdict, " ".join(sentence.text.split()))
            if sentence.verdict is not Verdict.SUPPORTED:
                write(console, Text(f"{sentence.verdict}: {sentence.reason}"), 2)
            for citation in sentence.citations:
                quoted = f"  “{citation.quote}”" if citation.quote else ""
                line = Text.assemble((citation.label, "cyan"), f" {citation.verdict}{quoted}")
                write(console, line, 2)
        tally = ", ".join(f"{count} {verdict}" for verdict, count in record.verdicts.items())
        summary = f"{count_of(len(record.sentences), 'sentence')}: {tally}. Checked by {record.verifier}."
        write(console, Text(summary, style="dim"))
    if FAILING & set(record.verdicts):
        raise typer.Exit(1)


@contextmanager
def opened_store(data_dir: Path | None) -> Iterator[CableStore]:
    """The store alone: reading a cable needs no model. Raises CollectionEmpty where there is none."""
    from rag.store.cable_store import CableStore

    settings = options.read_settings(data_dir)
    folder = settings.data_dir
    if not folder.is_dir():
        raise CollectionEmpty(f"There is no collection at {folder}: `cableqa ingest PATH` makes one.")
    store = CableStore.open(folder, write=False, url=settings.store_url)
    try:
        if store.is_empty():
            raise CollectionEmpty(
                f"The collection at {folder} is empty: `cableqa ingest PATH` reads some in."
            )
        yield store
    finally:
        store.close()


def _read_text(file: str) -> str:
    if file == "-":
        data = sys.stdin.buffer.read()
    else:
        path = Path(file)
        if not path.is_file():
            raise UsageError(f"There is no file {file}.", file=file)
        data = path.read_bytes()
    text = data.decode("utf-8", errors="replace")
    if not text.strip():
        raise UsageError("There is no text to check.")
    if len(text) > MEMO_LIMIT_CHARS:
        raise UsageError(f"The text has {len(text)} characters; at most {MEMO_LIMIT_CHARS} are checked.")
    return text


def print_cable(record: CableRecord, console: Console) -> None:
    """A cable whole: what is known of it, then its paragraphs."""
    when = sent_on(record.sent_at, record.date_from, record.date_precision)
    write(console, Text(record.subject or record.cable_id, style="bold"))
    facts = [
        ("Cable", record.cable_id),
        ("From", record.origin),
        ("Sent", when),
        ("Classification", record.classification),
        ("TAGS", ", ".join(_tag(tag, record) for tag in record.tags) or None),
        ("Refers to", ", ".join(map(_reference, record.references)) or None),
        ("Cited by", ", ".join(record.referenced_by) or None),
        ("Source", record.source),
    ]
    for name, value in facts:
        if value:
            write(console, Text.assemble((f"{name:<15}", "dim"), value))
    for paragraph in record.paragraphs:
        console.print()
        print_paragraph(paragraph, console)
    if not record.text_available:
        write(console, Text("The text of this cable is not available: the record says so.", style="yellow"))
    if record.signature:
        console.print(f"\n{record.signature}", markup=False)


def _tag(tag: str, record: CableRecord) -> str:
    """ "KTIP (Trafficking in persons)", where the code is listed."""
    meaning = record.tag_meanings.get(tag)
    return f"{tag} ({meaning})" if meaning else tag


def _reference(reference: ReferenceRecord) -> str:
    """ "A. 05TALLINN7", with the letter by which paragraphs name it."""
    letter = f"{reference.letter}. " if reference.letter else ""
    return letter + (reference.cable_id or reference.text)


def print_paragraph(
    paragraph: ParagraphRecord,
    console: Console,
    *,
    marked: tuple[int, int] | None = None,
    part: Span | None = None,
) -> None:
    """A paragraph, or a part of it, under its label; the characters `marked[0]` to `marked[1]` stand out."""
    if paragraph.heading:
        write(console, Text(paragraph.heading, style="bold"))
    marks = " ".join(
        mark for mark in (paragraph.marking and f"({paragraph.marking})", paragraph.kind) if mark
    )
    write(console, Text.assemble((paragraph.label, "bold cyan"), (f"  {marks}", "dim")))
    shown = part or Span(0, len(paragraph.text))
    text = Text(paragraph.text)
    if marked is not None:
        text.stylize("reverse", *marked)
        if not console.is_terminal:
            # Without colours the words are set between signs that no cable has.
            start, end = marked
            text = Text(f"{paragraph.text[:start]}⟦{paragraph.text[start:end]}⟧{paragraph.text[end:]}")
    elif part is not None:
        text = Text(paragraph.text[part.start : part.end].rstrip())
    write(console, text, 2)
    for pointer in paragraph.pointers:
        if pointer.cable_id and shown.start <= pointer.start < shown.end:
            label = f" ¶{pointer.paragraph}" if pointer.paragraph else ""
            words = " ".join(paragraph.text[pointer.start : pointer.end].split())
            write(console, Text(f"{words} → {pointer.cable_id}{label}", style="dim"), 2)
