"""An answer is put together sentence by sentence: text, marker spans and citations kept in step."""

from __future__ import annotations

from collections.abc import Mapping

from rag.text.citations import unmarked
from rag.types import (
    Citation,
    CitationCheck,
    MarkerSpan,
    Passage,
    Sentence,
    SentenceCheck,
    SentenceReady,
    Verdict,
)


class Composer:
    """Collects the shown sentences of one answer. ``answer.text[s.start:s.end] == s.text`` for each.

    A marker ``[1]`` is a span in `Sentence.markers`; bracketed numbers of a source become ``(1)``, so
    that no text of a cable can read as a citation. A `lead` is text before the first sentence.
    """

    def __init__(self, passages: Mapping[int, Passage], lead: str = "") -> None:
        self._passages = passages
        self._marker_of: dict[tuple[str, str, int, int, Verdict], int] = {}
        self.text = lead
        self.sentences: list[Sentence] = []
        self.citations: list[Citation] = []

    def add(self, text: str, check: SentenceCheck) -> SentenceReady:
        """Show a sentence with its checked citations; returns the event with the citations that are new."""
        if self.text:
            self.text += " "
        start = len(self.text)
        self.text += unmarked(text)
        known = len(self.citations)
        markers: list[MarkerSpan] = []
        for citation_check in check.citations:
            index = self._cite(citation_check)
            if index is None or any(marker.citation == index for marker in markers):
                continue
            self.text += " "
            marker_start = len(self.text)
            self.text += f"[{index + 1}]"
            markers.append(MarkerSpan(marker_start, len(self.text), index))
        sentence = Sentence(
            text=self.text[start:],
            start=start,
            end=len(self.text),
            citations=tuple(marker.citation for marker in markers),
            markers=tuple(markers),
            verdict=check.verdict,
            reason=check.reason,
        )
        self.sentences.append(sentence)
        return SentenceReady(sentence, tuple(self.citations[known:]))

    def _cite(self, check: CitationCheck) -> int | None:
        """The 0-based index of the citation; None where it names no passage of this turn."""
        passage = self._passages.get(check.passage)
        if passage is None:
            return None
        paragraph = passage.hit.paragraph
        key = (paragraph.cable_id, paragraph.label, check.start, check.end, check.verdict)
        if key not in self._marker_of:
            self._marker_of[key] = len(self.citations)
            self.citations.append(
                Citation(
                    marker=len(self.citations) + 1,
                    paragraph=paragraph,
                    header=passage.hit.header,
                    char_start=check.start,
                    char_end=check.end,
                    verdict=check.verdict,
                    reason=check.reason,
                )
            )
        return self._marker_of[key]
