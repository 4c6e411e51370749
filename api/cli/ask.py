"""Asking and searching."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from api.cli import options
from api.cli.explanation import explained, print_understood
from api.cli.outcome import notes_beside, print_outcome
from api.cli.output import messages, out, print_json, sent_on, verdict_mark, waiting, write, write_marked
from api.outcomes import heading, is_told_by_headers
from rag.record import AnswerRecord, CitationRecord, EvidenceRecord, SearchRecord, SentenceRecord
from rag.text.counting import count_of
from rag.types import Mode, Policy, Question

if TYPE_CHECKING:
    from rag.pipeline import Pipeline


def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    mode: Annotated[Mode, typer.Option(help="Who writes the answer.")] = Mode.AUTO,
    policy: Annotated[
        Policy, typer.Option(help="What happens to a sentence that fails its check.")
    ] = Policy.REPAIR,
    top_k: Annotated[int, typer.Option("--top-k", min=1, max=50, help="How many paragraphs are read.")] = 8,
    origin: options.Origins = None,
    tag: options.Tags = None,
    classification: options.Classifications = None,
    cable: options.CableIds = None,
    corpus: options.Corpora = None,
    date_from: options.DateFrom = None,
    date_to: options.DateTo = None,
    sender: options.Senders = None,
    addressee: options.Addressees = None,
    kind: options.Kinds = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Answer a question; each sentence with its verdict, its sources below with the words quoted."""
    filters = options.read_filters(
        origin, tag, classification, cable, corpus, date_from, date_to, sender, addressee, kind
    )
    asked = Question(question, filters=filters, mode=mode, policy=policy, top_k=top_k)
    with opened_pipeline(data_dir) as pipeline, waiting("Reading the cables…"):
        record = AnswerRecord.of(pipeline.answer(asked))
    if json:
        print_json(record)
    else:
        print_answer(record, out())


def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("--k", min=1, max=50, help="How many paragraphs.")] = 10,
    origin: options.Origins = None,
    tag: options.Tags = None,
    classification: options.Classifications = None,
    cable: options.CableIds = None,
    corpus: options.Corpora = None,
    date_from: options.DateFrom = None,
    date_to: options.DateTo = None,
    sender: options.Senders = None,
    addressee: options.Addressees = None,
    kind: options.Kinds = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say how the text was read and what each score is made of.")
    ] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Find paragraphs by words and by meaning, best first; nothing is written about them."""
    filters = options.read_filters(
        origin, tag, classification, cable, corpus, date_from, date_to, sender, addressee, kind
    )
    with opened_pipeline(data_dir) as pipeline, waiting("Searching…"):
        result = pipeline.search(query, filters, k, explain=explain)
    record = SearchRecord.of(result.found, result.query)
    if json:
        print_json(record)
        return
    console = out()
    if explain:
        print_understood(result.query, console)
    if not record.hits:
        messages().print("Nothing found.")
    for rank, hit in enumerate(record.hits, start=1):
        write(console, Text.assemble(f"{rank:>3}  ", (hit.label, "bold cyan"), f"  {_source(hit)}"))
        write(console, Text(_excerpt(hit.text)), 5)
        why = f"found by {hit.found_by}, score {hit.score:.3f}\n"
        write(console, Text(explained(hit) if explain else why, style="dim"), 5)
    for note in record.notes:
        write(console, Text(f"Note: {note}"))


@contextmanager
def opened_pipeline(data_dir: Path | None) -> Iterator[Pipeline]:
    """The pipeline over the collection, released at the end."""
    settings = options.read_settings(data_dir)
    with waiting("Loading the models…"):
        from rag.bootstrap import build_pipeline

        pipeline = build_pipeline(settings)
    try:
        yield pipeline
    finally:
        pipeline.collection.close()


def print_answer(record: AnswerRecord, console: Console) -> None:
    """Sentences with their verdicts, then the sources as footnotes with the quoted words."""
    console.print()
    if record.lead:
        write(console, Text(record.lead, style="bold"))
    for sentence in record.sentences:
        print_sentence(sentence, console)
    print_footnotes(record, console)


def print_sentence(sentence: SentenceRecord, console: Console) -> None:
    write_marked(console, sentence.verdict, sentence.text)
    if sentence.verdict != "supported":
        write(console, Text(f"{sentence.verdict}: {sentence.reason}", style="yellow"), 3)


def print_footnotes(record: AnswerRecord, console: Console) -> None:
    """What stands below the sentences of an answer; of one without sentences, all of it."""
    if not record.sentences:
        write(console, Text(record.text, style="bold"))
    print_outcome(record, console)
    console.print()
    for citation in record.citations:
        verdict = Text(citation.verdict.value, style=verdict_mark(citation.verdict).style)
        number, source = f"[{citation.marker}] ", f"  {_source(citation)}  "
        write(console, Text.assemble(number, (citation.label, "bold cyan"), source, verdict))
        write(console, Text(f"“{citation.quote}”\n", style="italic"), 4)
    for note in notes_beside(record):
        write(console, Text(f"Note: {note}"))
    for removed in record.removed:
        write(console, Text(f"Withheld ({removed.verdict}): {removed.text} ({removed.reason})", style="dim"))
    write(console, Text(_method(record), style="dim"))


def _method(record: AnswerRecord) -> str:
    took = f", {record.timings_ms['total']:.0f} ms" if "total" in record.timings_ms else ""
    if is_told_by_headers(record):
        return f"{heading(record)}; no paragraph was read{took}. Answer {record.answer_id}."
    return (
        f"{heading(record)}. {count_of(len(record.evidence), 'paragraph')} read by {record.answerer}, "
        f"checked by {record.verifier}{took}. Answer {record.answer_id}."
    )


def _source(found: CitationRecord | EvidenceRecord) -> str:
    when = sent_on(found.sent_at, found.date_from, found.date_precision)
    return ", ".join(part for part in (found.origin, when, found.subject) if part)


def _excerpt(text: str, length: int = 280) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[: length - 1].rsplit(' ', 1)[0]}…"
