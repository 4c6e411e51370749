"""Sentence splitting and citation parsing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.text.citations import SentenceSplitter, parse_sentence, split_sentences
from rag.text.memo import memo_sentences, parse_memo_sentence
from rag.types import ParagraphRef, Quote

PIECES = st.sampled_from(
    [
        "Mr. Jones met Amb. Hoag. ", "THE TALKS ENDED. ", "It cost $3.5 million [1]. ", "He left.[2][3] ",
        "[1",
        "]",
        "\n", "\n\n", "- one\n", "1. ", "U.S. ", "p.m. ", "\"We won. We go,\" ", "“Yes.” ", "...", " ", ".",
        "no", "A",
        "? ", "(see para. 5) ", "[4, 5]", "…", "NO. 5 ", "Then ", "\t", "”", "【1†src】",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=60))


def sentences_of(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Jones met Amb. Park. They spoke.", ["Mr. Jones met Amb. Park.", "They spoke."]),
        ("It cost $3.5 million. It rose 2.5 percent.", ["It cost $3.5 million.", "It rose 2.5 percent."]),
        ("The U.S. Government agreed. So did the U.S. The end.", 3),
        ("THE TALKS ENDED. NO. 5 WAS LEFT OUT. GEN. DIAZ SPOKE.", 3),
        ("It rained. [1] Then it stopped.[2] Done.", ["It rained. [1]", "Then it stopped.[2]", "Done."]),
        ('"We won. We go," he said. They went.', ['"We won. We go," he said.', "They went."]),
        ("On Jan. 5 he left. On March 6. Later.", 3),
        ("One.\n\nTwo\n- item a\n- item b", ["One.", "Two", "- item a", "- item b"]),
        ("J. B. Smith came at 5 p.m. He stayed.", ["J. B. Smith came at 5 p.m.", "He stayed."]),
        ("1. SUMMARY. THE PARTY WON. END SUMMARY.", ["1. SUMMARY.", "THE PARTY WON.", "END SUMMARY."]),
        ("He said ... nothing. Wait... What?", ["He said ... nothing.", "Wait...", "What?"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_are_split_where_a_reader_would(text: str, expected: list[str] | int) -> None:
    found = sentences_of(text)
    assert (found if isinstance(expected, list) else len(found)) == expected


@given(text=TEXTS, cuts=st.lists(st.integers(1, 7), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_stream_gives_the_same_sentences_however_it_is_cut(text: str, cuts: list[int]) -> None:
    splitter = SentenceSplitter()
    found: list[str] = []
    at = 0
    while at < len(text):
        size = cuts[at % len(cuts)]
        found += splitter.feed(text[at : at + size])
        at += size
    assert found + splitter.flush() == sentences_of(text)


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_sentences_cover_all_but_white_space_in_order(text: str) -> None:
    at = 0
    for span in split_sentences(text):
        assert span.start >= at and not text[at : span.start].strip()
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""
        at = span.end
    assert not text[at:].strip()


def test_a_sentence_is_given_as_soon_as_the_next_one_begins() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("It rai") == []
    assert splitter.feed("ned. [1] Then it ") == ["It rained. [1]"]
    assert splitter.flush() == ["Then it"]


@pytest.mark.parametrize(
    ("text", "plain", "numbers", "unknown"),
    [
        ("It rained [1].", "It rained.", (1,), ()),
        ("It rained.[1][3]", "It rained.", (1, 3), ()),
        ("It rained [1, 2][9].", "It rained.", (1, 2), ("[9]",)),
        ("It rained [1-3].", "It rained.", (1, 2, 3), ()),
        ("It rained【2†source】.", "It rained.", (2,), ()),
        ("It rained [1] [1].", "It rained.", (1,), ()),
        ("It [sic] rained.", "It [sic] rained.", (), ()),
    ],
)
def test_markers_are_taken_out(
    text: str, plain: str, numbers: tuple[int, ...], unknown: tuple[str, ...]
) -> None:
    draft = parse_sentence(text, {1, 2, 3})
    assert draft.text == plain
    assert draft.quotes == tuple(Quote(number) for number in numbers)
    assert draft.unknown_markers == unknown


@pytest.mark.parametrize(
    ("text", "plain", "refs"),
    [
        ("It rained (09ASTANA1206 ¶9).", "It rained.", (("09ASTANA1206", "9"),)),
        ("It rained [1975OECDP07285, para 4#2; 09ASTANA187 ¶1].", "It rained.",
         (("1975OECDP07285", "4#2"), ("09ASTANA187", "1"))),
        ("According to 09ASTANA1206 paragraph 9, it rained.", None, (("09ASTANA1206", "9"),)),
        ("It rained.", "It rained.", ()),
    ],
)  # fmt: skip
def test_a_memos_citations_are_read(text: str, plain: str | None, refs: tuple[tuple[str, str], ...]) -> None:
    found, named = parse_memo_sentence(text)
    assert found == (plain or text)
    assert named == tuple(ParagraphRef(*ref) for ref in refs)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It rained. (09ASTANA1206 ¶9) Then it snowed (09ASTANA1206 ¶8).",
         ["It rained. (09ASTANA1206 ¶9)", "Then it snowed (09ASTANA1206 ¶8)."]),
        ('He said it "rained." (09ASTANA1206 ¶9)\n\nThen it snowed.',
         ['He said it "rained." (09ASTANA1206 ¶9)', "Then it snowed."]),
        ("It rained.\n(09ASTANA1206 ¶9; 09ASTANA187 ¶1).",
         ["It rained.\n(09ASTANA1206 ¶9; 09ASTANA187 ¶1)."]),
        ("It rained (09ASTANA1206 ¶9). (09ASTANA187 ¶1) It snowed.",
         ["It rained (09ASTANA1206 ¶9).", "(09ASTANA187 ¶1) It snowed."]),
        ("Rain\n\n(09ASTANA187 ¶1) It snowed.", ["Rain", "(09ASTANA187 ¶1) It snowed."]),
        ("(09ASTANA187 ¶1) It snowed.", ["(09ASTANA187 ¶1) It snowed."]),
    ],
)  # fmt: skip
def test_a_citation_behind_the_full_stop_is_the_sentences_own(text: str, sentences: list[str]) -> None:
    assert memo_sentences(text) == sentences
