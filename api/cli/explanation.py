"""Why something was found, in words: how the text was read, and what each score is made of."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from api.cli.output import write
from rag.record import EvidenceRecord
from rag.types import Query, Scope, Strength

SCOPES = {
    Scope.LOOKUP: "a look-up",
    Scope.OPEN: "an open question",
    Scope.EXHAUSTIVE: "a question about all there is",
}


def print_understood(query: Query, console: Console) -> None:
    """How the text was read: what is named, what excludes, what only lifts."""
    for line in _read_as(query):
        write(console, Text(line, style="dim"))
    console.print()


def explained(hit: EvidenceRecord) -> str:
    """Both ranks and scores of a hit, and the parts that add up to its score.

    Example: "found by both, score 0.812 = 0.246 dense + 0.250 lexical + 0.316 cable; dense rank 2 (0.69)".
    """
    parts = " + ".join(f"{part.value:.3f} {part.name}" for part in hit.parts or ())
    ways = [
        f"{name} rank {rank} ({score:.2f})"
        for name, rank, score in (
            ("dense", hit.dense_rank, hit.dense_score),
            ("lexical", hit.lexical_rank, hit.lexical_score),
        )
        if rank is not None and score is not None
    ]
    whole = f"found by {hit.found_by}, score {hit.score:.3f}" + (f" = {parts}" if parts else "")
    return "; ".join([whole, *ways]) + "\n"


def _read_as(query: Query) -> Iterator[str]:
    yield f"Read as {SCOPES[query.scope]}."
    if query.is_follow_up:
        yield f"To stand alone: {query.standalone}"
    for named in query.named:
        yield f"Names {named.cable_id}" + (f" ¶{named.label}" if named.label else "")
    for ask in query.references:
        yield f"Follows {f'ref {ask.letter}' if ask.letter else 'the references'} of {ask.cable_id}"
    for mention in query.mentions:
        yield f"Looks for {'the phrase' if mention.together else 'all words of'} “{mention.text}”"
    for clue in query.clues:
        does = "Only" if clue.strength is Strength.FILTER else "Rather"
        yield f"{does} {clue.field} {' to '.join(clue.values) or 'any'} (“{clue.text}”)"
    if query.expansions:
        yield f"Also looks for: {', '.join(query.expansions)}"
    if query.contradiction:
        yield query.contradiction
