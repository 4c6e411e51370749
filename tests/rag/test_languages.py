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
        ("Chi aveva firmato il trattato?", "Italian"),
        ("Hoeveel pamfletten werden er gedrukt?", "Dutch"),
        ("Кто подписал договор?", "Cyrillic letters"),
        ("谁签署了条约？", "Chinese letters"),
        ("Wer hat den Vertrag unterschrieben?", "German"),
        ("Welche Forderungen wurden in Bonn erhoben?", "German"),
        ("Wer war Botschafter in Bonn?", "German"),
        ("Où a eu lieu la conférence ?", "French"),
        ("Wann ist Sadat nach Kairo gereist?", "German"),
        ("Pourquoi la France a-t-elle quitté les négociations ?", "French"),
        ("Quelles étaient les conditions de l'accord ?", "French"),
        ("¿Quién firmó el tratado?", "Spanish"),
        ("¿Cuándo fueron liberados los rehenes?", "Spanish"),
        ("Quem assinou o tratado?", "Portuguese"),
        ("Quando foi assinado o tratado?", "Portuguese"),
        ("Quanti ostaggi furono liberati?", "Italian"),
        ("Quando è stato firmato il trattato?", "Italian"),
        ("Wanneer werd het verdrag ondertekend?", "Dutch"),
        ("Wie heeft het verdrag ondertekend?", "Dutch"),
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


@pytest.mark.parametrize(
    "text",
    """non-aligned movement
    dispute over Aegean
    Dar es Salaam 1206
    Dar es Salaam port congestion
    Kissinger met Gromyko over SALT
    Who met Sadat over Sinai?
    Ho Chi Minh City fall
    Oder-Neisse line
    Wen Jiabao visit
    Nixon era policy
    Nixon era policy in Chile
    Han Chinese migration
    Pas de Calais
    Pas de Calais ferry strike
    Médecins sans Frontières
    Medecins sans Frontieres in Zaire
    Que Son valley
    que son valley
    qui nhon le duc tho
    500 ha la union coffee
    Qui Nhon evacuation
    Sun Myung Moon, Sin and Hat
    Fu Manchu, Ma Ying-jeou
    Le Duc Tho
    Wat Tyler
    Non sequitur
    Medellin cartel, Cali cartel
    El Al hijacking
    Sendero Luminoso y Tupac Amaru
    Que Sera Sera
    Sur la Seine
    Noon EST, La Paz
    QUE SON, HA LONG, LE MONDE
    Who said "Wir sind das Volk"?
    What does "quando foi assinado" mean?
    Who wrote 中华人民共和国宪法?
    hostages in Тегеран
    15 ½
    5 µ
    ＮＡＴＯ
    Was sagte Brandt in Warsaw, and what did they say?""".splitlines(),
)
def test_english_is_called_nothing_else(text: str) -> None:
    assert another_language(text.strip()) is None


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    found = another_language(text)
    assert found is None or found
