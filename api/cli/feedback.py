"""From what readers said of answers to samples of a question set."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli import options
from api.cli.output import messages
from rag.errors import CollectionEmpty


def from_feedback(
    dataset: Annotated[Path, typer.Argument(metavar="SET", help="The set that they are appended to.")],
    answer: Annotated[
        list[str] | None, typer.Option(help="Only feedback on this answer; may be repeated.")
    ] = None,
    data_dir: options.DataDir = None,
) -> None:
    """Make a sample of every answer that a reader has remarked on, marked for review.

    `eval run` asks such samples but scores nothing that needs their gold until `review` is taken out.
    Exit status 1 where an answer is no longer kept.
    """
    settings = options.read_settings(data_dir)
    if not settings.data_dir.is_dir():
        raise CollectionEmpty(f"There is no collection at {settings.data_dir}, so nobody has remarked on it.")
    from api.history import History
    from evals.feedback import Remark, append_samples, sample_of
    from rag.record import AnswerRecord
    from rag.store.cable_store import CableStore

    history = History.open(settings.data_dir)
    try:
        said: dict[str, list[Remark]] = defaultdict(list)
        for given in history.feedback.remarks():
            if not answer or given.answer_id in answer:
                remark = Remark(given.answer_id, given.marker, given.reason.value, given.comment)
                said[given.answer_id].append(remark)
    finally:
        history.close()
    store = CableStore.open(settings.data_dir, write=False, url=settings.store_url)
    try:
        records = {answer_id: store.find_answer(answer_id) for answer_id in said}
    finally:
        store.close()
    samples = [
        sample_of(AnswerRecord.model_validate_json(record), said[answer_id])
        for answer_id, record in records.items()
        if record is not None
    ]
    added = append_samples(dataset, samples)
    console = messages()
    console.print(
        f"{added} samples added to {dataset}, {len(samples) - added} were there; each says under `review` "
        "what to look at.",
        markup=False,
        soft_wrap=True,
    )
    gone = [answer_id for answer_id, record in records.items() if record is None]
    if gone:
        console.print(f"No longer kept, so left out: {', '.join(gone)}", markup=False, soft_wrap=True)
        raise typer.Exit(1)
