"""Questions to begin with: from the project's own set, where the collection holds their answers."""

from __future__ import annotations

from importlib.resources import as_file, files

from evals.samples import load_samples
from rag.store.cable_store import CableStore
from rag.types import Filters


def suggest_questions(store: CableStore, limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` questions, each about another cable; one about some cable where none is at hand."""
    if store.is_empty():
        return ()
    chosen: dict[str, str] = {}
    with as_file(files("evals") / "sets" / "sample.jsonl") as own:
        for sample in load_samples(own).samples:
            gold = sample.gold[0] if sample.gold and not sample.history else None
            if gold and gold.cable not in chosen and store.find_paragraph(gold.cable, gold.paragraph):
                chosen[gold.cable] = sample.question
            if len(chosen) == limit:
                break
    if chosen:
        return tuple(chosen.values())
    header = store.list_headers(Filters(), limit=1, after=None)[0]
    return (f"What does {header.cable_id} report?",)
