"""Inside a paragraph: its items, whose words it holds, and where it points."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.text.parts import find_part, parts_of, split_address
from rag.text.pointers import find_pointers
from rag.text.voices import VoiceKind, voices_of
from rag.types import Reference, ReferenceKind

REFERENCES = (
    Reference("A", ReferenceKind.CABLE, "STATE 295719", "09STATE295719"),
    Reference("B", ReferenceKind.CABLE, "RIGA 7518", "09RIGA7518"),
    Reference("C", ReferenceKind.EMAIL, "ROE-DOE EMAIL 02/03/09", None),
)


def points(text: str) -> list[tuple[str, str | None, str | None]]:
    return [
        (text[pointer.start : pointer.end], pointer.reference.letter, pointer.paragraph)
        for pointer in find_pointers(text, REFERENCES)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("As in REF A, it rained.", [("REF A", "A", None)]),
        ("It rained (Ref B).", [("Ref B", "B", None)]),
        ("See REFTEL B, PARA 2 on rain.", [("REFTEL B, PARA 2", "B", "2")]),
        ("See para 3 of ref A on rain.", [("para 3 of ref A", "A", "3")]),
        ("WE REFER TO PARA 3 F, REF A.", [("PARA 3 F, REF A", "A", "3.F")]),
        ("AS IN REF.(B) AND REF (C).", [("REF.(B)", "B", None), ("REF (C)", "C", None)]),
        ("REFS A AND B say so.", [("REFS A AND B", "A", None), ("REFS A AND B", "B", None)]),
        ("Refs A-C say so.", [("Refs A-C", letter, None) for letter in "ABC"]),
        ("REFTEL says so.", []),
        ("REF D says so.", []),
        ("Reforms, references and a referee.", []),
    ],
)
def test_pointers(text: str, expected: list[tuple[str, str | None, str | None]]) -> None:
    assert points(text) == expected


def test_reftel_alone_is_the_only_reference() -> None:
    (pointer,) = find_pointers("PARA 2 REFTEL IS OLD.", REFERENCES[:1])
    assert (pointer.reference.cable_id, pointer.paragraph) == ("09STATE295719", "2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rain fell:\nA. in May;\nB. in June.", {"A": "A. in May;\n", "B": "B. in June."}),
        ("Rain fell:\n\n(1) here;\n\n(2) there.", {"1": "(1) here;\n\n", "2": "(2) there."}),
        (
            "Rain:\nA. North\n(1) sea\n(2) land\nB. South",
            {"A": "A. North\n(1) sea\n(2) land\n", "A.1": "(1) sea\n", "A.2": "(2) land\n", "B": "B. South"},
        ),
        ("Rain:\n(a) x\n(b) y\n(i) one\n(ii) two\n(c) z", None),
        ("Rain fell.\nB. Roe came.", {}),
        ("It was the work of\nA. Roe and of\nC. Doe.", {"A": "A. Roe and of\nC. Doe."}),
        ("- in May;\n- in June.", {}),
    ],
)
def test_items_of_a_paragraph(text: str, expected: dict[str, str] | None) -> None:
    found = {".".join(part.path): text[part.start : part.end] for part in parts_of(text)}
    if expected is None:
        assert list(found) == ["a", "b", "b.i", "b.ii", "c"]
    else:
        assert found == expected


def test_an_item_has_an_address() -> None:
    assert split_address("5.B.1") == split_address("5(B)(1)") == ("5", ("B", "1"))
    assert split_address("5B") == ("5", ("B",)) and split_address("4#2") == ("4#2", ())
    assert split_address("u1") == ("u1", ())
    part = find_part("Rain fell:\nA. in May;\nB. in June.", ("b",))
    assert part is not None and part.path == ("B",)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["A.", "B.", "(1)", "(2)", "(a)", "i.", "ii.", "text", "- x"]), max_size=20))
def test_items_lie_in_their_text_and_in_their_parents(marks: list[str]) -> None:
    text = "\n".join(f"{mark} word" for mark in marks)
    parts = parts_of(text)
    for part in parts:
        assert 0 <= part.start < part.end <= len(text)
        parents = [other for other in parts if other.path == part.path[:-1] and other.start <= part.start]
        assert len(part.path) == 1 or parents[-1].end >= part.end


@pytest.mark.parametrize(
    ("text", "kind", "speaker", "words"),
    [
        ("Minister Roe said that it rained. It did.", VoiceKind.SPEAKER, "Minister Roe", "Minister Roe said"),
        ("According to Jane Roe, it rained.", VoiceKind.SPEAKER, "Jane Roe", "According to Jane Roe"),
        ("Roe of the Water Board noted rain.", VoiceKind.SPEAKER, "Roe of the Water Board", "Roe of the"),
        ("MINISTER ROE SAID THAT IT RAINED.", VoiceKind.SPEAKER, "MINISTER ROE", "MINISTER ROE SAID"),
        ("It rained. (COMMENT: We like rain. END COMMENT.)", VoiceKind.COMMENT, None, "We like rain."),
        ("BEGIN TEXT: It rained. END TEXT. It did.", VoiceKind.QUOTED, None, "It rained."),
        ("He wrote QUOTE IT RAINED UNQUOTE to us.", VoiceKind.QUOTED, None, "IT RAINED"),
    ],
)
def test_voices(text: str, kind: VoiceKind, speaker: str | None, words: str) -> None:
    (voice,) = voices_of(text)
    assert (voice.kind, voice.speaker) == (kind, speaker)
    assert text[voice.start : voice.end].startswith(words)


@pytest.mark.parametrize(
    "text",
    ["It rained.", "He said that it rained.", "Poloff asked for rain.", "The quote of the day was long."],
)
def test_what_no_cue_marks_is_nobody(text: str) -> None:
    assert voices_of(text) == ()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab AB.()\n:\"'1, said QUOTEND", max_size=200))
def test_voices_lie_in_their_text(text: str) -> None:
    assert all(0 <= voice.start < voice.end <= len(text) for voice in voices_of(text))
