"""The answer is written, checked sentence by sentence, repaired where it fails, and at worst quoted.

Under `repair` a model whose sentences failed is asked once more, with the reasons; where nothing stands after
that, the extractive answerer speaks. Nothing passes here before its verdict is known.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from rag.answering.addressed import is_beside_the_question
from rag.answering.answer import Answerer, Confidence, Refusal, Rejected, Remark
from rag.answering.conflicts import dispute_of
from rag.answering.turn import Turn
from rag.errors import ModelUnavailable
from rag.text.leads import by_post_and_date
from rag.types import DraftSentence, Policy, Query, Quote, Scope, SentenceReady, Usage, Verdict, Wanted
from rag.verifying.verify import Verifier


class Writer:
    """Has a turn answered by `answerer`; `quoting` is what it falls back to, and may be the same."""

    def __init__(self, answerer: Answerer, quoting: Answerer, verifier: Verifier) -> None:
        self._answerer = answerer
        self._quoting = quoting
        self._verifier = verifier

    def write(self, turn: Turn) -> Iterator[SentenceReady]:
        """The sentences that may be shown, as they stand. Raises ModelUnavailable where none does.

        A model that breaks off behind sentences that stand leaves an answer in part.
        """
        if turn.query.header_facts:
            # No paragraph says it that could be cited, and one that speaks of a date or a name may mislead.
            turn.answerer = self._quoting.name
            return
        turn.answerer = self._answerer.name
        try:
            rejected = yield from self._attempt(turn, self._answerer, ())
        except ModelUnavailable as error:
            if not turn.has_answer:
                raise
            turn.broke_off(f"The answer is not complete: {error.message}")
            return
        yield from self._mended(turn, rejected)
        yield from self._set_beside(turn)

    def _mended(self, turn: Turn, rejected: Sequence[Rejected]) -> Generator[SentenceReady, None, None]:
        if turn.question.policy is not Policy.REPAIR or self._answerer is self._quoting:
            return
        if rejected:
            yield from self._repair(turn, rejected)
        if not turn.has_answer and (turn.removed or turn.is_silent):
            yield from self._quote(turn)

    def _repair(self, turn: Turn, rejected: Sequence[Rejected]) -> Generator[SentenceReady, None, None]:
        """Ask once more; what failed before is settled where a new sentence takes its place."""
        name = self._answerer.name
        turn.notes.append(f"{name} was asked once more, after {len(rejected)} of its sentences failed.")
        before, shown = len(turn.removed), len(turn.composer.sentences)
        try:
            yield from self._attempt(turn, self._answerer, rejected)
        except ModelUnavailable as error:
            turn.notes.append(f"The second draft was not written: {error.message}")
        if len(turn.composer.sentences) > shown:
            turn.settle(before)

    def _quote(self, turn: Turn) -> Generator[SentenceReady, None, None]:
        name = self._answerer.name
        failed = (
            f"Every sentence that {name} wrote failed its check" if turn.removed else f"{name} wrote nothing"
        )
        turn.notes.append(f"{failed}: this answer is quoted from the cables instead.")
        before = len(turn.removed)
        turn.answerer = self._quoting.name
        yield from self._attempt(turn, self._quoting, ())
        if turn.has_answer:
            turn.settle(before)

    def _set_beside(self, turn: Turn) -> Generator[SentenceReady, None, None]:
        """Show what other cables say against a figure or date of the answer, by post and date."""
        if turn.query.scope is Scope.EXHAUSTIVE and turn.query.mentions:
            # It counts what speaks of a thing; what those places count is another matter.
            return
        passages = list(turn.passages.values())
        dispute = dispute_of(turn.query.standalone, turn.composer.citations, passages)
        if dispute is None:
            return
        for side in dispute.sides:
            if turn.cites(side):
                continue
            passage = turn.passages[side.passage]
            words = " ".join(passage.text[side.start : side.end].split())
            quote = (Quote(side.passage, side.start, side.end),)
            draft = DraftSentence(f"{by_post_and_date(passage.hit.header)}: “{words}”", quote)
            with turn.timed("verify"):
                check = self._verifier.check(draft, turn.passages)
            if check.verdict is not Verdict.SUPPORTED:
                return
            admitted = turn.admit(draft, check)
            if isinstance(admitted, SentenceReady):
                yield admitted
        turn.disagree(dispute)

    def _attempt(
        self, turn: Turn, answerer: Answerer, rejected: Sequence[Rejected]
    ) -> Generator[SentenceReady, None, list[Rejected]]:
        """One draft, checked sentence by sentence; returns what failed."""
        failed: list[Rejected] = []
        draft = answerer.draft(turn.query, list(turn.passages.values()), rejected)
        while True:
            with turn.timed("answer"):
                item = next(draft, None)
            if item is None:
                return failed
            if isinstance(item, Usage):
                turn.usage.append(item)
            elif isinstance(item, Refusal):
                turn.notes.append(f"{answerer.name}: {item.reason}.")
            elif isinstance(item, Remark):
                turn.notes.append(item.text)
            elif isinstance(item, Confidence):
                turn.confidence = item.value
            elif answerer is self._quoting and _is_beside(turn.query, item):
                turn.pass_over(item)
            elif not turn.repeats(item):
                with turn.timed("verify"):
                    admitted = turn.admit(item, self._verifier.check(item, turn.passages))
                if isinstance(admitted, Rejected):
                    failed.append(admitted)
                else:
                    yield admitted


def _is_beside(query: Query, draft: DraftSentence) -> bool:
    # Who asks what a paragraph says is shown its commands and questions too, between quotation marks.
    return query.wanted is Wanted.ANSWER and is_beside_the_question(draft.text, query.standalone)
