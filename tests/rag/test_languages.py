"""Questions in another language than English are told apart by their small words or their letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.languages import another_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie viele Flugblätter wurden gedruckt?", "German"),
        ("Was sagte der Minister über die Verhandlungen?", "German"),
        ("Qui a signé le traité ?", "French"),
        ("¿Cuántos folletos se imprimieron?", "Spanish"),
        ("Quantos panfletos foram impressos?", "Portuguese"),
        ("Chi ha firmato il trattato?", "Italian"),
        ("Hoeveel pamfletten werden er gedrukt?", "Dutch"),
        ("Кто подписал договор?", "Cyrillic letters"),
        ("谁签署了条约？", "Chinese letters"),
        ("How many leaflets were printed?", None),
        ("Is Die Welt or Le Monde cited by the embassy?", None),
        ("Which part had the highest share?", None),
        ("Rio de la Plata", None),
        ("Che Guevara", None),
        ("hostages", None),
        ("05TALLINN7", None),
        ("?", None),
    ],
)
def test_a_language_is_told_by_its_small_words(text: str, language: str | None) -> None:
    assert another_language(text) == language


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    found = another_language(text)
    assert found is None or found
