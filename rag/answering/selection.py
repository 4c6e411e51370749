"""What of the passages is quoted: which of them, and which of their sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.models.reader import ReadSentence
from rag.text.citations import split_sentences
from rag.types import Span

# A sentence that begins so leans on the one before it.
_LEANING = re.compile(
    r"\W*(?:he|she|it|they|his|her|its|their|this|that|these|those|such|both|the (?:latter|former|two))\b",
    re.IGNORECASE,
)
# What marks a part of a cable, and says nothing.
_MARK = re.compile(
    r"\W*(?:(?:begin|end)(?: of)?\W+)?"
    r"(?:summary|comment|(?:entire )?text|quote|unquote|action request(?:ed)?|introduction|note)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """When the extractive answerer speaks, and how much it says.

    It answers where the gate finds it at least as likely as `threshold` that some passage answers, and so
    for each part of a question that asks twice. Which passage is quoted is another question than whether:
    there a passage's sureness, 0..1, has `retrieval_weight` of the retrieval score and the rest of the
    reader's confidence. Up to `passages` are quoted that are within `margin` of the surest, and with a
    SUMMARY the surest other paragraph of its cable that is within `body_margin` of it. In a passage the best
    sentence is quoted, and up to `sentences` that are at least `sentence_share` as likely to be part of the
    answer. All were chosen on cable-qa-dev and the sample questions together: telegrams are answered more
    surely than mixed-case cables.
    """

    threshold: float = 0.42
    retrieval_weight: float = 0.6
    margin: float = 0.08
    body_margin: float = 0.15
    passages: int = 2
    sentences: int = 3
    sentence_share: float = 0.4


def says_something(text: str) -> bool:
    """Whether a passage has a sentence that can be quoted, and is not only the mark of a part."""
    # Cut into sentences only where the first may be a mark: every passage that is read goes through here.
    if text.strip() and not _MARK.match(text):
        return True
    return any(not _is_mark(text, span) for span in split_sentences(text))


def answering_sentences(
    text: str, sentences: Sequence[ReadSentence], settings: SelectionSettings
) -> list[Span]:
    """The sentences to quote, in the order of the text.

    One that begins with a pronoun takes the sentence before it along, which says what it stands for.
    """
    sentences = [s for s in sentences if not _is_mark(text, s.span)]
    if not sentences:
        return []
    best = max(sentence.score for sentence in sentences)
    likely = sorted(range(len(sentences)), key=lambda i: -sentences[i].score)[: settings.sentences]
    chosen = {i for i in likely if sentences[i].score >= settings.sentence_share * best}
    for i in sorted(chosen):
        span = sentences[i].span
        if i > 0 and i - 1 not in chosen and _LEANING.match(text[span.start : span.end]):
            chosen.add(i - 1)
    return [sentences[i].span for i in sorted(chosen)]


def _is_mark(text: str, span: Span) -> bool:
    return _MARK.fullmatch(text[span.start : span.end]) is not None
