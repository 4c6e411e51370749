"""Sentences and the citations in them: pure functions from text to spans, markers and references."""

from __future__ import annotations

import re
from collections.abc import Container

from rag.types import DraftSentence, Quote, Span

# A sentence whose quotation mark is never closed may still end after so many characters.
_OPEN_QUOTE_LIMIT = 400
_SIGN = re.compile(r"[\"“”\n.!?…]")
# The word behind a full stop is judged by so many characters at most, so that a stream waits no longer.
_FOLLOWER_LIMIT = 12

MARKER = re.compile(r"[\[【]\s*\^?\d{1,4}(?:\s*[,;–-]\s*\^?\d{1,4})*\s*(?:†[^\]】\n]{0,40})?[\]】]")
_MARKER_START = re.compile(r"[\[【]\s*\^?[\d\s,;–^-]*(?:†[^\]】\n]{0,40})?\Z")
_FOLLOWER = re.compile(rf"\s*(\S{{1,{_FOLLOWER_LIMIT}}})")
_TERMINATOR = re.compile(r"[.!?…]+")
_CLOSERS = "\"'”’»)]"
_BREAK = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*•]|\(?[0-9A-Za-z]{1,2}[.)])[ \t])")
_BREAK_START = re.compile(r"\n[ \t]*(?:[-*•]|\(?[0-9A-Za-z]{0,2}[.)]?)?\Z")
# "... on January" / "30. The utility": the day at a line's start is no list label.
_MONTH_END = re.compile(r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ \t]*\Z")
_LIST_LABEL = re.compile(r"[\s\"'“(¶]*\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})\Z")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALWAYS_INNER = _words("""
    mr mrs ms dr prof gen col lt sgt capt maj cmdr adm brig amb sen rep gov pres st messrs hon rev fr vs
    viz cf e.g i.e ca approx incl mt ft min vice-min asst dep sec dir
""")
_INNER_BEFORE_DIGIT = _words("""
    no nos art arts sec secs sect para paras par fig vol p pp ref ch jan feb mar apr jun jul aug sep sept
    oct nov dec
""")
_SOMETIMES_INNER = _words("""
    inc ltd co corp jr sr etc dept govt jan feb mar apr jun jul aug sep sept oct nov dec ave blvd univ
    assn bros
""")
_STARTERS = _words("""
    the a an he she it they we i this that these those there in on at as if when while after before since
    although however but and or so for from to with by his her its their our your my who what which how
    why where no not all some many most both each according during under among moreover meanwhile finally
    thus yes
""")


class SentenceSplitter:
    """Splits a stream of text into sentences: the same sentences however the stream is cut.

    Example: ``feed("It rai")`` -> ``[]``, ``feed("ned. [1] Then ")`` -> ``["It rained. [1]"]``.
    """

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, delta: str) -> list[str]:
        """Take the next piece; return the sentences that are now certain, without outer white space."""
        self._buffer += delta
        sentences = []
        start = 0
        while (end := _next_end(self._buffer, start, final=False)) is not None:
            sentences.append(self._buffer[start:end].strip())
            start = end
        self._buffer = self._buffer[start:]
        return [sentence for sentence in sentences if sentence]

    def flush(self) -> list[str]:
        """The sentences that were still held back; the splitter is then as new."""
        text, self._buffer = self._buffer, ""
        return [text[span.start : span.end] for span in split_sentences(text)]


def split_sentences(text: str) -> list[Span]:
    """The sentences of a cable's or an answer's text, without outer white space; ALL CAPS is understood."""
    spans = []
    start = 0
    while start < len(text):
        end = _next_end(text, start, final=True)
        end = len(text) if end is None else end
        piece = text[start:end]
        if piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            spans.append(Span(left, start + len(piece.rstrip())))
        start = end
    return spans


def parse_sentence(text: str, known: Container[int]) -> DraftSentence:
    """A sentence without its markers; numbers that are not `known` are kept as `unknown_markers`.

    Example: ``"It rained [1][7]."``, known ``{1}`` -> ``"It rained."``, passage 1, unknown ``("[7]",)``.
    """
    numbers: list[int] = []
    unknown: list[str] = []
    for match in MARKER.finditer(text):
        for number in _marker_numbers(match.group()):
            if number not in known:
                unknown.append(f"[{number}]")
            elif number not in numbers:
                numbers.append(number)
    plain = tidy(MARKER.sub(" ", text)) if numbers or unknown else text.strip()
    return DraftSentence(plain, tuple(Quote(number) for number in numbers), tuple(dict.fromkeys(unknown)))


def unmarked(text: str) -> str:
    """Text in which nothing reads as a marker: ``"see [3]"`` -> ``"see (3)"``.

    Sources have bracketed numbers of their own; they must neither cite nor be lost.
    """
    return MARKER.sub(lambda match: f"({match.group()[1:-1]})", text)


def _marker_numbers(marker: str) -> list[int]:
    numbers: list[int] = []
    body = re.split("†", marker.strip("[]【】 "))[0]
    for part in re.split(r"[,;]", body):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and 0 <= ends[1] - ends[0] <= 20:
            numbers.extend(range(ends[0], ends[1] + 1))
        else:
            numbers.extend(ends)
    return numbers


def tidy(text: str) -> str:
    """Text without doubled blanks, and without blanks before a stop."""
    text = re.sub(r"[ \t]{2,}", " ", text)
    return re.sub(r" +(?=[.,;:!?](?:\s|$))", "", text).strip()


def _next_end(text: str, start: int, *, final: bool) -> int | None:
    """Where the sentence that begins at `start` ends; None where that is not known (yet)."""
    at = start
    while at < len(text) and text[at].isspace():
        at += 1
    first, quoting = at, False
    while (found := _SIGN.search(text, at)) is not None:
        at, char = found.start(), found.group()
        if char == '"':
            quoting = not quoting
        elif char in "“”":
            quoting = char == "“"
        elif char == "\n":
            if not final and _BREAK_START.match(text, at):
                return None
            if _BREAK.match(text, at) and not (
                _MONTH_END.search(text, first, at) and text[at + 1 : at + 2].isdigit()
            ):
                return at
        elif char in ".!?…":
            verdict, resume = _judge(text, first, at, quoting and at - first < _OPEN_QUOTE_LIMIT, final)
            if verdict is None:
                return None
            if verdict:
                return resume
            for inner in text[at:resume]:
                if inner == '"':
                    quoting = not quoting
                elif inner in "“”":
                    quoting = inner == "“"
            at = resume
            continue
        at += 1
    return len(text) if final and first < len(text) else None


def _judge(text: str, first: int, at: int, quoting: bool, final: bool) -> tuple[bool | None, int]:
    """Whether the terminator at `at` ends the sentence (None: more text is needed), and where to go on."""
    match = _TERMINATOR.match(text, at)
    assert match is not None
    stop = match.end()
    end = stop
    while end < len(text) and text[end] in _CLOSERS:
        end += 1
    closes_quote = '"' in text[stop:end] or "”" in text[stop:end]
    # Markers behind the full stop belong to the sentence before them.
    while True:
        ahead = end
        while ahead < len(text) and text[ahead] in " \t":
            ahead += 1
        marker = MARKER.match(text, ahead)
        if marker is None:
            break
        end = marker.end()
    follower = _FOLLOWER.match(text, ahead)
    if not final and (
        _MARKER_START.match(text, ahead)
        or follower is None
        or (follower.end() == len(text) and len(follower[1]) < _FOLLOWER_LIMIT)
    ):
        return None, end
    if follower is None:
        return True, end
    if quoting and not closes_quote:
        return False, end
    if follower.start(1) == end:
        # "AUTONOMOUS.SGOING", "3.5", "U.S." go on.
        return False, stop
    return _ends_here(text[first:at], text[at:stop], follower[1]), end


def _ends_here(before: str, terminator: str, follower: str) -> bool:
    follower = follower.lstrip("\"'“”‘’([").rstrip(".,;:)]\"'”’")
    capitals = before.upper() == before
    if terminator.startswith(("...", "…")):
        return not capitals and follower[:1].isupper()
    if follower[:1].islower():
        return False
    if terminator[0] != ".":
        return True
    if _LIST_LABEL.match(before):
        return False
    word = re.split(r"[\s(\[\"“'/–-]", before)[-1].lower()
    if word in _ALWAYS_INNER:
        return False
    starts_sentence = follower.lower() in _STARTERS
    if word in _INNER_BEFORE_DIGIT and follower[:1].isdigit():
        return False
    if word in _SOMETIMES_INNER or re.fullmatch(r"(?:[a-z]\.)+[a-z]", word):
        return starts_sentence
    if len(word) == 1 and word.isalpha():
        return starts_sentence and word != "i"
    return True
