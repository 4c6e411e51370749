"""Speakers: whether the one who is said to have said it is the one to whom the paragraph gives the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.words import Word, is_same, stems_of
from rag.types import Span, Verdict
from rag.verifying.checks.cited import Cited
from rag.verifying.checks.claim import Claim, Sort
from rag.verifying.checks.finding import Finding, Ground

_SPEECH = stems_of("""
    say tell state claim argue note add stress emphasize insist maintain contend allege assert
    declare announce warn explain reply respond remark observe comment deny believe think feel
    complain suggest urge predict express indicate confirm admit acknowledge report advise inform
    describe portray conclude doubt assess judge consider estimate calculate reckon forecast
    expect anticipate
""")
_OPINION = stems_of("""
    believe think feel doubt assess judge consider comment conclude predict expect argue suggest
    estimate calculate reckon forecast anticipate
""")
_OWN = stems_of("""
    embassy emboff emboffs amembassy post consulate mission congen poloff polcouns econoff econcouns conoff
    polad dcm amb charge chargé consul
""")
_EMBASSY = _OWN | stems_of("we comment cable telegram report message paragraph department")
_NOBODY = stems_of("""
    he she they it who which that his her their also then further later again however meanwhile mr
    mrs ms dr sir lord president minister ambassador secretary general prime foreign deputy vice
    acting chief director chairman official officials spokesman ministry government former senior
    officer
""")
_CLAUSE = frozenset({"that", "as", "on", "in", "to", "of"})
_SUBJECT_REACH = 8
_ADVERBS = 2
# So many words of what is spoken tell which of the paragraph's speakers is meant; of a view or figure, two.
_FEWEST = 3
_PASSIVE = frozenset({"was", "were", "been", "be", "is", "are", "being"})


@dataclass(frozen=True, slots=True)
class Attribution:
    """A speaker and what is spoken: `subject` are word numbers, `direct` where it stands beside the verb."""

    verb: int
    subject: tuple[int, ...]
    last: int
    direct: bool


def attributions_of(words: Sequence[Word], text: str) -> list[Attribution]:
    """Who says what in a text: each verb of speech with its subject, reaching to the sentence's end."""
    found = []
    for at in range(len(words)):
        if not _is_speech(words, at) or (
            at and words[at - 1].base in {"the", "a", "his", "its", "to", "this", "of"}
        ):
            continue
        passive = at > 0 and words[at - 1].base in _PASSIVE
        subject = _agent(words, text, at) if passive else _subject(words, text, at)
        direct = bool(subject) and (passive or at - subject[-1] <= _ADVERBS + 1)
        found.append(Attribution(at, subject, _sentence_end(words, text, at), direct))
    return found


def _is_speech(words: Sequence[Word], at: int) -> bool:
    # "Not" has the stem of "note", the United States say nothing by their name, nor does "than expected".
    named = words[at].base == "states" and at > 0 and words[at - 1].base == "united"
    compared = at > 0 and words[at - 1].base == "than"
    return words[at].stem in _SPEECH and words[at].base != "not" and not (named or compared)


def _subject(words: Sequence[Word], text: str, verb: int) -> tuple[int, ...]:
    found: list[int] = []
    for at in range(verb - 1, max(-1, verb - 1 - _SUBJECT_REACH), -1):
        between = text[words[at].end : words[at + 1].start]
        if any(c in ".;:?!" for c in between) and not (len(words[at].base) <= 2 or words[at].stem in _NOBODY):
            break
        if ("," in between and found) or words[at].stem in _SPEECH:
            break
        if words[at].content:
            found.append(at)
    return tuple(reversed(found))


def _agent(words: Sequence[Word], text: str, verb: int) -> tuple[int, ...]:
    for at in range(verb + 1, min(verb + 3, len(words))):
        if words[at].base == "by":
            end = next((n for n in range(at + 1, len(words)) if words[n].base in _CLAUSE), len(words))
            return tuple(n for n in range(at + 1, min(at + 6, end)) if words[n].content)
    return ()


def _sentence_end(words: Sequence[Word], text: str, verb: int) -> int:
    for at in range(verb + 1, len(words)):
        if any(c in ".?!" for c in text[words[at - 1].end : words[at].start]) and len(words[at - 1].base) > 2:
            return at - 1
    return len(words) - 1


def check_speaker(claim: Claim, cited: Cited, window: range) -> Finding | None:
    """Find words that the sentence gives to another speaker than the paragraph does."""
    quoted = {at for fact in claim.facts if fact.sort is Sort.QUOTATION for at in fact.at}
    said = [a for a in attributions_of(claim.words, claim.text) if a.verb not in quoted and a.direct]
    if not said or not window:
        return None
    named = [a for a in said if not claim.capitals and any(claim.words[n].capital for n in a.subject)]
    views = [a for a in said if _is_embassys_view(claim, a)]
    inner = (views or named or said)[-1]
    speaker = [claim.words[n] for n in inner.subject]
    identity = [w for w in speaker if w.stem not in _NOBODY and not w.number]
    if not identity:
        return None
    # What the embassy thinks ends where another's words begin; what is said goes on through them.
    end = min((a.verb for a in said if views and a.verb > inner.verb), default=len(claim.words))
    content = [w for w in claim.words[inner.verb + 1 : end] if w.content]
    held = claim.words[inner.verb].stem in _OPINION
    governing = _governing(content, cited, window, 2 if held else _FEWEST)
    embassy = any(w.stem in _EMBASSY for w in speaker)
    if embassy and not held:
        return None
    if not embassy and not any(_is_named(word, cited) for word in identity):
        who = claim.text[speaker[0].start : speaker[-1].end]
        reason = f"given to {who}, whom the paragraph does not name"
        return Finding(Verdict.MISATTRIBUTED, reason, ground=Ground.MISSING)
    if governing is None:
        return _check_comment(claim, cited, window, inner, embassy)
    given = [cited.words[n] for n in governing.subject]
    others = [w for w in given if w.stem not in _NOBODY and not w.number]
    if not others:
        return None
    if any(w.stem in _EMBASSY for w in given) and embassy:
        return None
    first = next(
        n for n, s in enumerate(cited.sentence_numbers) if s == cited.sentence_numbers[governing.verb]
    )
    before = (*cited.words[first : governing.verb + 1], *given)
    if any(_is_known(mine, other, cited) for mine in identity for other in before):
        return None
    # "We agree", or "the DCM concurred", a sentence later makes another's view the embassy's too.
    around = (*before, *(cited.words[n] for n in window if n < len(cited.words)))
    if embassy and any(w.base in {"we", "our"} or w.stem in _OWN for w in around):
        return None
    verb = cited.words[governing.verb]
    span = Span(min(given[0].start, verb.start), max(given[-1].end, verb.end))
    who = claim.text[speaker[0].start : speaker[-1].end]
    return Finding(
        Verdict.MISATTRIBUTED,
        f'given to {who}; the paragraph has "{cited.text[span.start : span.end]}"',
        span,
    )


def _is_embassys_view(claim: Claim, attribution: Attribution) -> bool:
    subject = (claim.words[n].stem for n in attribution.subject)
    return claim.words[attribution.verb].stem in _OPINION and any(stem in _EMBASSY for stem in subject)


def _is_known(mine: Word, other: Word, cited: Cited) -> bool:
    return is_same(mine.stem, other.stem) or any(
        cited.words[at] is other for at in cited.positions(mine.stem)
    )


def _is_named(word: Word, cited: Cited) -> bool:
    return (
        bool(cited.positions(word.stem))
        or cited.knows(word.stem)
        or any(w.base[:5] == word.base[:5] for w in cited.words if len(w.base) > 4)
    )


def _governing(content: Sequence[Word], cited: Cited, window: range, fewest: int) -> Attribution | None:
    """The attribution in the window behind whose verb most of the words stand, at least `fewest`."""
    best, best_count = None, 0
    for attribution in attributions_of(cited.words, cited.text):
        if attribution.verb not in window:
            continue
        scope = range(attribution.verb + 1, attribution.last + 1)
        count = sum(any(at in scope for at in cited.positions(word.stem)) for word in content)
        if count > best_count or (best is not None and count == best_count and attribution.subject):
            best, best_count = attribution, count
    placed = sum(any(at in window for at in cited.positions(word.stem)) for word in content)
    return best if best is not None and placed >= fewest and best_count >= 0.6 * placed else None


def _check_comment(
    claim: Claim, cited: Cited, window: range, inner: Attribution, embassy: bool
) -> Finding | None:
    """Words of a COMMENT are the embassy's own."""
    if embassy or not cited.context.comment:
        return None
    if any(cited.words[at].stem in _SPEECH for at in window):
        return None
    who = claim.text[claim.words[inner.subject[0]].start : claim.words[inner.subject[-1]].end]
    span = Span(cited.words[window.start].start, cited.words[window.stop - 1].end)
    return Finding(Verdict.MISATTRIBUTED, f"given to {who}; the paragraph is the embassy's own comment", span)
