"""Work products on the command line: documents, and batches of questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli import options
from api.cli.ask import opened_pipeline
from api.cli.output import messages, print_json, waiting
from api.cli.show import opened_store
from api.formats import Format
from rag.errors import NotFound, UsageError
from rag.record import AnswerRecord, QuestionIn, SearchRecord
from rag.text.counting import count_of
from rag.types import Filters, Outcome

if TYPE_CHECKING:
    from api.batches import BatchItem
    from api.export import Dossier
    from api.history import History


class ExportReport(BaseModel):
    """What was exported; `document` is null where it went into a file."""

    title: str
    format: Format
    path: str | None
    answers: int
    failed: int
    document: str | None


def export(
    answer_id: Annotated[str | None, typer.Argument(help="The id of an answer.")] = None,
    conversation: Annotated[str | None, typer.Option(help="All answers of this conversation.")] = None,
    search: Annotated[str | None, typer.Option(help="What a search for these words finds.")] = None,
    batch: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Ask every question of its column `question`.")
    ] = None,
    format: Annotated[
        Format | None, typer.Option(help="Else markdown, and csv for a batch.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write here instead of to stdout.")] = None,
    k: Annotated[int, typer.Option("--k", min=1, max=50, help="How many paragraphs of a search.")] = 10,
    origin: options.Origins = None,
    tag: options.Tags = None,
    classification: options.Classifications = None,
    cable: options.CableIds = None,
    corpus: options.Corpora = None,
    date_from: options.DateFrom = None,
    date_to: options.DateTo = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Write an answer, a conversation or a search as a document; or ask a batch of questions.

    A batch that is cut goes on where it was when the same command is run again, and asks again what
    failed. Exit status 1 where a question of a batch failed; the sheet says why.
    """
    if sum(choice is not None for choice in (answer_id, conversation, search, batch)) != 1:
        raise UsageError("Name one thing to export: an answer's id, --conversation, --search or --batch.")
    written = format or (Format.CSV if batch else Format.MARKDOWN)
    failed = 0
    if batch is not None:
        dossier, text, failed = _ask_batch(batch, data_dir, written)
    else:
        from api.export import render

        if search is not None:
            filters = options.read_filters(origin, tag, classification, cable, corpus, date_from, date_to)
            dossier = _search(search, filters, k, data_dir)
        else:
            dossier = _kept(answer_id, conversation, data_dir)
        text = render(dossier, written)
    if out is not None:
        # Whole or not at all: a sheet that is cut in the middle looks complete.
        partial = out.with_name(f"{out.name}.part")
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(out)
        messages().print(f"Written to {out}.", markup=False)
    elif not json:
        typer.echo(text, nl=False)
    if json:
        report = ExportReport(
            title=dossier.title,
            format=written,
            path=None if out is None else str(out),
            answers=len(dossier.answers),
            failed=failed,
            document=None if out else text,
        )
        print_json(report)
    if failed:
        raise typer.Exit(1)


@contextmanager
def opened_history(data_dir: Path | None) -> Iterator[History]:
    """Conversations and batches of the collection."""
    from api.history import History

    history = History.open(options.read_settings(data_dir).data_dir)
    try:
        yield history
    finally:
        history.close()


def _search(query: str, filters: Filters, k: int, data_dir: Path | None) -> Dossier:
    from api.export import Dossier

    with opened_pipeline(data_dir) as pipeline, waiting("Searching…"):
        found = pipeline.search(query, filters, k)
        snapshot = pipeline.collection.store.snapshot()
    record = SearchRecord.of(found.found, found.query)
    return Dossier.of_search(query, record, snapshot, datetime.now(UTC))


def _kept(answer_id: str | None, conversation_id: str | None, data_dir: Path | None) -> Dossier:
    from api.export import Dossier

    with opened_store(data_dir) as store, opened_history(data_dir) as history:
        title: str | None = None
        ids: tuple[str, ...] = () if answer_id is None else (answer_id,)
        if conversation_id is not None:
            found = history.conversations.get(conversation_id)
            title, ids = found.title, found.answer_ids
        stored = [text for text in map(store.find_answer, ids) if text is not None]
    if answer_id is not None and not stored:
        raise NotFound(f"There is no answer {answer_id[:100]!r}.", answer_id=answer_id[:100])
    records = [AnswerRecord.model_validate_json(text) for text in stored]
    return Dossier.of_answers(title or records[0].question, records)


def _ask_batch(questions: Path, data_dir: Path | None, format: Format) -> tuple[Dossier, str, int]:
    """The answers to every question of a CSV, its document, and how many failed."""
    if not questions.is_file():
        raise UsageError(
            f"There is no file {questions}: --batch takes a CSV with a column `question`.",
            file=str(questions),
        )
    from api.batches import batch_dossier, batch_sheet, read_questions
    from api.batches.runner import work_one
    from api.export import render

    try:
        text = questions.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{questions} is not UTF-8: save it as “CSV UTF-8”.") from None
    asked = read_questions(text)
    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with opened_pipeline(data_dir) as pipeline, opened_history(data_dir) as history:
        pipeline.collection.require_cables()
        snapshot = pipeline.collection.store.snapshot()
        # The same questions of the same collection by the same answerer are the same batch: it goes on.
        key = f"cli:{sha256(f'{text}|{snapshot}|{pipeline.answerer_name}'.encode()).hexdigest()}"
        batch, _ = history.batches.begin("", questions.name, asked, key)
        history.batches.retry(batch.batch_id, "")

        def ask(question: QuestionIn, _owner: str) -> AnswerRecord:
            return AnswerRecord.of(pipeline.answer(question.to_question()))

        with Progress(*columns, console=messages(), transient=True) as bar:
            task = bar.add_task("asking", total=batch.total, completed=batch.done)
            while work_one(history.batches, batch.batch_id, "", ask):
                bar.advance(task)
        items = history.batches.items(batch.batch_id)
    dossier = batch_dossier(questions.name, items)
    document = batch_sheet(items) if format is Format.CSV else render(dossier, format)
    failed = sum(item.error is not None for item in items)
    messages().print(_counted(items, failed))
    return dossier, document, failed


def _counted(items: Sequence[BatchItem], failed: int) -> str:
    """How the questions of a batch ended: "3 of 5 questions answered, 1 not in this collection, 1 failed"."""
    outcomes = Counter(item.answer.outcome for item in items if item.answer is not None)
    silent = outcomes.pop(Outcome.NOT_IN_CORPUS, 0)
    return (
        f"{sum(outcomes.values())} of {count_of(len(items), 'question')} answered, "
        f"{silent} not in this collection, {failed} failed."
    )
