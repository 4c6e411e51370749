"""Checking a text that someone else wrote: its sentences against the paragraphs that they cite.

The verifier is the pipeline's own, so a memo is judged as an answer is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from rag.errors import UsageError
from rag.record.check import (
    CheckedCitationRecord,
    CheckedSentenceRecord,
    ParagraphIn,
    VerifyIn,
    VerifyRecord,
)
from rag.store.cable_store import CableStore
from rag.text.citations import parse_sentence
from rag.text.loose import loose_passage
from rag.text.memo import memo_sentences, parse_memo_sentence
from rag.types import (
    CitationCheck,
    DraftSentence,
    FoundBy,
    Hit,
    Paragraph,
    ParagraphRef,
    Passage,
    Quote,
    Verdict,
)
from rag.verifying.verify import Verifier

SENTENCES_LIMIT = 2_000


def check_text(asked: VerifyIn, store: CableStore, verifier: Verifier) -> VerifyRecord:
    """Verdicts for every sentence. Citations read "(09ASTANA1206 ¶9)", or "[1]" with `paragraphs`."""
    texts = memo_sentences(asked.text)
    if len(texts) > SENTENCES_LIMIT:
        raise UsageError(
            f"The text has {len(texts)} sentences; at most {SENTENCES_LIMIT} are checked at once.",
            limit=SENTENCES_LIMIT,
        )
    if asked.paragraphs is None:
        check = _against_collection(store, verifier)
    else:
        check = _against_given(asked.paragraphs, verifier)
    sentences = tuple(check(text) for text in texts)
    verdicts = Counter(sentence.verdict for sentence in sentences)
    return VerifyRecord(sentences=sentences, verdicts=dict(verdicts), verifier=verifier.name)


def _against_collection(store: CableStore, verifier: Verifier) -> Callable[[str], CheckedSentenceRecord]:
    def check(text: str) -> CheckedSentenceRecord:
        plain, refs = parse_memo_sentence(text)
        passages: dict[int, Passage] = {}
        missing: list[CheckedCitationRecord] = []
        for ref in refs:
            paragraph = _find(store, ref)
            if paragraph is None:
                missing.append(
                    _missing(f"{ref.cable_id} ¶{ref.label}", "the collection has no such paragraph")
                )
                continue
            header = store.headers([paragraph.cable_id])[paragraph.cable_id]
            hit = Hit(paragraph, header, 1.0, FoundBy.LOOKUP)
            passages[len(passages) + 1] = Passage(len(passages) + 1, hit)
        draft = DraftSentence(plain, tuple(Quote(number) for number in passages))
        return _judge(text, draft, passages, missing, verifier)

    return check


def _against_given(
    given: Sequence[ParagraphIn], verifier: Verifier
) -> Callable[[str], CheckedSentenceRecord]:
    passages = {
        n: loose_passage(n, paragraph.text, paragraph.label) for n, paragraph in enumerate(given, start=1)
    }

    def check(text: str) -> CheckedSentenceRecord:
        draft = parse_sentence(text, passages)
        missing = [_missing(marker, "no such paragraph was given") for marker in draft.unknown_markers]
        return _judge(text, draft, passages, missing, verifier)

    return check


def _judge(
    text: str,
    draft: DraftSentence,
    passages: Mapping[int, Passage],
    missing: Sequence[CheckedCitationRecord],
    verifier: Verifier,
) -> CheckedSentenceRecord:
    if missing and not draft.quotes:
        return CheckedSentenceRecord(
            text=text, verdict=Verdict.NOT_FOUND, reason=missing[0].reason, citations=tuple(missing)
        )
    result = verifier.check(draft, passages)
    checked = [_citation(passages[check.passage].hit.paragraph, check) for check in result.citations]
    return CheckedSentenceRecord(
        text=text, verdict=result.verdict, reason=result.reason, citations=(*checked, *missing)
    )


def _citation(paragraph: Paragraph, check: CitationCheck) -> CheckedCitationRecord:
    given = not paragraph.cable_id
    return CheckedCitationRecord(
        cable_id=None if given else paragraph.cable_id,
        paragraph=None if given else paragraph.label,
        label=paragraph.label if given else paragraph.citation,
        quote=paragraph.text[check.start : check.end],
        char_start=check.start,
        char_end=check.end,
        verdict=check.verdict,
        reason=check.reason,
    )


def _missing(label: str, reason: str) -> CheckedCitationRecord:
    return CheckedCitationRecord(
        cable_id=None,
        paragraph=None,
        label=label,
        quote=None,
        char_start=None,
        char_end=None,
        verdict=Verdict.NOT_FOUND,
        reason=reason,
    )


def _find(store: CableStore, ref: ParagraphRef) -> Paragraph | None:
    cable_id = store.resolve_id(ref.cable_id)
    return None if cable_id is None or ref.label is None else store.find_paragraph(cable_id, ref.label)
