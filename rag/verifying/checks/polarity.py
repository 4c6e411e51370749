"""Negation, modality and quantifiers: what turns a clause into another with the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.text.words import Word, stems_of
from rag.types import Span, Verdict
from rag.verifying.checks.cited import Cited
from rag.verifying.checks.claim import Claim
from rag.verifying.checks.finding import Finding

_NEGATORS = frozenset(
    "not nott no never none nobody nothing neither nor cannot without cant dont doesnt didnt wasnt"
    " werent isnt arent wont wouldnt couldnt shouldnt hasnt havent hadnt hardly scarcely barely".split()
)
_PLAIN_NEGATORS = frozenset({"not", "nott", "no", "never", "none"})
_REFUSALS = stems_of("""
    deny refuse reject fail decline lack unable unlikely impossible disagree dispute refute avoid
    prevent false untrue incapable unwilling forbid prohibit halt cease oppose
""")
_DENIALS = stems_of("deny refute dispute disclaim")
_BREAKS = frozenset({"but", "although", "though", "however", "because", "while", "and", "or", "if"})
_POSSIBLE = frozenset({"may", "might", "could", "possibly", "perhaps", "maybe"})
_CERTAIN = frozenset({"will", "shall", "must", "definitely", "certainly"})
_UNIVERSAL = frozenset({"all", "every", "everyone", "entirely", "unanimously", "always"})
_PARTIAL = frozenset(
    {"some", "several", "few", "many", "most", "certain", "partly", "sometimes", "often", "part"}
)
# A negator reaches so many words behind it, and turns the first so many content words of them.
_REACH = 5
_TARGETS = 2
# The paragraph's own negation of the word may stand farther off in its long sentences.
_FAR_REACH = 10


def negated_targets(words: Sequence[Word], text: str, markers: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Pairs (negator, word it turns) as word numbers; a clause's end stops the reach."""
    for at, word in enumerate(words):
        if word.base not in markers and not (
            markers is _NEGATORS
            and word.base.endswith("nt")
            and "n't" in text[word.start : word.end].lower().replace("’", "'")
        ):
            continue
        if at + 1 < len(words) and words[at + 1].base == "such":
            continue
        if word.base == "no" and _is_number_sign(words, at, text):
            continue
        left = _TARGETS
        for target in range(at + 1, min(at + 1 + _REACH, len(words))):
            if any(c in ".;:?!" for c in text[words[target - 1].end : words[target].start]) or not left:
                break
            if words[target].base in _BREAKS or words[target].base == "until":
                break
            if words[target].content and words[target].base not in _NEGATORS:
                yield at, target
                left -= 1


def _is_number_sign(words: Sequence[Word], at: int, text: str) -> bool:
    return at + 1 < len(words) and words[at + 1].number and text[words[at].end : words[at].end + 1] == "."


def is_turned(words: Sequence[Word], text: str, at: int, reach: int = _REACH + 1) -> bool:
    """Whether a negator or a verb of refusal stands before the word in its clause."""
    for before in range(at - 1, max(-1, at - 1 - reach), -1):
        if any(c in ".;?!" for c in text[words[before].end : words[before + 1].start]):
            return False
        if words[before].base in _NEGATORS or words[before].stem in _REFUSALS:
            return True
        if words[before].base in {"but", "although", "though"}:
            return False
    return False


def check_polarity(claim: Claim, cited: Cited, window: range) -> Finding | None:
    """Find a word that one side negates and the other does not, within the words in `window`."""
    checks = (_doubled_negation, _added_negation, _lost_negation, _denied)
    return next((finding for check in checks if (finding := check(claim, cited, window)) is not None), None)


def _in_window(cited: Cited, stem: str, window: range) -> list[int]:
    return [at for at in cited.positions(stem) if at in window]


def _doubled_negation(claim: Claim, cited: Cited, window: range) -> Finding | None:
    """ "There was not no intention": two negators side by side, where the paragraph has but one."""
    for left, right in pairwise(claim.words):
        if left.base not in _PLAIN_NEGATORS or right.base not in _PLAIN_NEGATORS:
            continue
        between = claim.text[left.end : right.start]
        if between.strip() or _has_pair(cited, left.base, right.base):
            continue
        return Finding(
            Verdict.CONTRADICTED,
            f'says "{claim.text[left.start : right.end]}", which denies what the paragraph denies',
        )
    return None


def _has_pair(cited: Cited, left: str, right: str) -> bool:
    return any(one.base == left and other.base == right for one, other in pairwise(cited.words))


def _added_negation(claim: Claim, cited: Cited, window: range) -> Finding | None:
    for negator, target in negated_targets(claim.words, claim.text, _NEGATORS):
        there = _in_window(cited, claim.words[target].stem, window)
        if there and not any(is_turned(cited.words, cited.text, at, _FAR_REACH) for at in there):
            said = claim.text[claim.words[negator].start : claim.words[target].end]
            given = around(cited, there[0])
            return Finding(
                Verdict.CONTRADICTED, f'says "{said}"; the paragraph has "{_text(cited, given)}"', given
            )
    return None


def _lost_negation(claim: Claim, cited: Cited, window: range) -> Finding | None:
    inside = [word for word in window if word < len(cited.words)]
    if not inside:
        return None
    targets: dict[int, int] = {}
    for negator, target in negated_targets(cited.words[: inside[-1] + 1], cited.text, _NEGATORS):
        if target in window:
            targets.setdefault(target, negator)
    for at, word in enumerate(claim.words):
        if not word.content or word.number or is_turned(claim.words, claim.text, at):
            continue
        if any(other.stem in _REFUSALS or other.base in _NEGATORS for other in claim.words):
            continue
        there = _in_window(cited, word.stem, window)
        if there and all(target in targets for target in there):
            given = Span(cited.words[targets[there[0]]].start, cited.words[there[0]].end)
            said = claim.text[word.start : word.end]
            return Finding(
                Verdict.CONTRADICTED, f'says "{said}"; the paragraph has "{_text(cited, given)}"', given
            )
    return None


def _denied(claim: Claim, cited: Cited, window: range) -> Finding | None:
    """The claim's words lie within what the paragraph says that somebody denied."""
    if any(word.stem in _REFUSALS or word.base in _NEGATORS for word in claim.words):
        return None
    for at in window:
        if at >= len(cited.words) or cited.words[at].stem not in _DENIALS:
            continue
        scope = range(at + 1, min(at + 16, len(cited.words)))
        scope = range(scope.start, next(
            (n for n in scope if cited.sentence_numbers[n] != cited.sentence_numbers[at]), scope.stop
        ))  # fmt: skip
        found = [_in_window(cited, w.stem, window) for w in claim.words if w.content]
        placed = [places for places in found if places]
        inside = sum(any(place in scope for place in places) for places in placed)
        if len(placed) >= 3 and inside >= 0.7 * len(placed):
            given = Span(cited.words[at].start, cited.words[scope.stop - 1].end)
            return Finding(
                Verdict.CONTRADICTED,
                f'the paragraph says that this was denied: "{_text(cited, given)}"',
                given,
            )
    return None


def check_strength(claim: Claim, cited: Cited, window: range) -> Finding | None:
    """Find "will" where the paragraph has "may", and "all" where it has "some"."""
    for strong, weak in ((_CERTAIN, _POSSIBLE), (_POSSIBLE, _CERTAIN), (_UNIVERSAL, _PARTIAL)):
        for at, word in enumerate(claim.words):
            if word.base not in strong:
                continue
            follower = _next_content(claim.words, at)
            if follower is None:
                continue
            there = _in_window(cited, claim.words[follower].stem, window)
            before = [_words_before(cited, n) for n in there]
            if before and all(bases & weak and not bases & strong for bases in before):
                given = around(cited, there[0], 3)
                said = claim.text[word.start : claim.words[follower].end]
                return Finding(
                    Verdict.PARTIAL, f'says "{said}"; the paragraph has "{_text(cited, given)}"', given
                )
    return None


def _next_content(words: Sequence[Word], at: int) -> int | None:
    return next((n for n in range(at + 1, min(at + 4, len(words))) if words[n].content), None)


def _words_before(cited: Cited, at: int) -> set[str]:
    return {
        word.base
        for number, word in enumerate(cited.words[max(0, at - 3) : at], start=max(0, at - 3))
        if cited.sentence_numbers[number] == cited.sentence_numbers[at]
    }


def around(cited: Cited, at: int, reach: int = 2) -> Span:
    """The paragraph's words about word number `at`, for a reader to see."""
    first, last = max(0, at - reach), min(len(cited.words) - 1, at + 1)
    return Span(cited.words[first].start, cited.words[last].end)


def _text(cited: Cited, span: Span) -> str:
    return cited.text[span.start : span.end]
