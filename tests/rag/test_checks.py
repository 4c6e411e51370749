"""What the checks read out of a text: numbers, dates, words, quotations, speakers."""

from datetime import date

import pytest

from rag.text import dates
from rag.text.dates import dates_of
from rag.text.folding import fold
from rag.text.quotations import locate, quotations_of
from rag.text.words import is_same, stem_of, words_of
from rag.verifying.checks import quantities
from rag.verifying.checks.quantities import Measure, Rounding, quantities_of
from rag.verifying.checks.speakers import attributions_of


@pytest.mark.parametrize(
    ("text", "value", "measure", "rounding"),
    [
        ("80,000 flyers", 80_000, Measure.COUNT, Rounding.NONE),
        ("twenty-two houses", 22, Measure.COUNT, Rounding.NONE),
        ("one hundred and fifty cases", 150, Measure.COUNT, Rounding.NONE),
        ("TEN THOUSAND FIVE HUNDRED MEN", 10_500, Measure.COUNT, Rounding.NONE),
        ("a million people", 1e6, Measure.COUNT, Rounding.NONE),
        ("$24,000", 24_000, Measure.MONEY, Rounding.NONE),
        ("DM 350 MILLION", 350e6, Measure.MONEY, Rounding.NONE),
        ("5.2 bn dollars", 5.2e9, Measure.MONEY, Rounding.NONE),
        ("25.5 PER- CENT", 25.5, Measure.PERCENT, Rounding.NONE),
        ("70%", 70, Measure.PERCENT, Rounding.NONE),
        ("half of them", 50, Measure.PERCENT, Rounding.NONE),
        ("two-thirds", 200 / 3, Measure.PERCENT, Rounding.NONE),
        ("about 300 tons", 300, Measure.COUNT, Rounding.ABOUT),
        ("more than 40 ships", 40, Measure.COUNT, Rounding.OVER),
        ("less than 40 ships", 40, Measure.COUNT, Rounding.UNDER),
        ("the 7th Fleet", 7, Measure.ORDINAL, Rounding.NONE),
        ("at 2:30 p.m.", 2.3, Measure.COUNT, Rounding.NONE),
    ],
)
def test_numbers_are_read(text: str, value: float, measure: Measure, rounding: Rounding) -> None:
    (found,) = quantities_of(text)
    assert (found.value, found.measure, found.rounding) == (pytest.approx(value), measure, rounding)


@pytest.mark.parametrize(
    ("claimed", "given", "agree"),
    [
        ("80,000", "eighty thousand", True),
        ("half", "50 percent", True),
        ("over 200 cases", "213 cases", True),
        ("over 200 cases", "400 cases", False),
        ("about 300,000", "298,500", True),
        ("about 300,030", "300,000", False),
        ("nearly 100", "96", True),
        ("$30", "30 percent", False),
        ("over 40", "under 40", False),
        ("1,350 tons", "1.350 tons", True),
        ("1.35 tons", "1,350 tons", False),
        ("28 cases", "22 cases", False),
    ],
)
def test_numbers_agree_as_far_as_they_are_rounded(claimed: str, given: str, agree: bool) -> None:
    assert quantities.agrees(quantities_of(claimed)[0], quantities_of(given)[0]) is agree


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("on March 10", (None, 3, 10, None)),
        ("10 MARCH 1974", (1974, 3, 10, None)),
        ("July 21, 2009", (2009, 7, 21, None)),
        ("2009-07-21", (2009, 7, 21, None)),
        ("JANUARY 17-18", (None, 1, 17, 18)),
        ("in May 1975", (1975, 5, None, None)),
        ("EARLY IN MAY", (None, 5, None, None)),
        ("since 1974", (1974, None, None, None)),
    ],
)
def test_dates_are_read(text: str, parts: tuple[int | None, ...]) -> None:
    (found,) = dates_of(text)
    assert (found.year, found.month, found.day, found.last_day) == parts


@pytest.mark.parametrize("text", ["it may rain", "THEY MAY GO", "they march north", "2,044 signatures"])
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    assert dates_of(text) == ()


def test_a_missing_year_is_about_the_cables_own() -> None:
    (claimed,), (given,) = dates_of("March 10, 2009"), dates_of("March 10")
    assert dates.agrees(claimed, given, date(2009, 7, 21), date(2009, 7, 21))
    assert not dates.agrees(claimed, given, date(2005, 7, 21), date(2005, 7, 21))
    (yesterday,) = dates.relative_dates("YESTERDAY HE LEFT", date(2009, 7, 21))
    assert (yesterday.month, yesterday.day) == (7, 20)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("printed", "printing", True),
        ("collected", "collection", True),
        ("prices", "price", True),
        ("Norwegian", "NORWAY", True),
        ("Peking", "Beijing", True),
        ("legalization", "legalise", True),
        ("minister", "mineral", False),
        ("Norway", "Sweden", False),
    ],
)
def test_words_match_by_form_and_meaning(left: str, right: str, same: bool) -> None:
    assert is_same(stem_of(left.lower()), stem_of(right.lower())) is same


def test_words_are_joined_over_hyphen_breaks() -> None:
    assert [word.base for word in words_of("U.S. INTERES- TED, don't")] == ["us", "interested", "dont"]


@pytest.mark.parametrize(
    ("quotation", "stands"),
    [
        ("fully flexible", True),
        ("Fully flexible on interested parties,", True),
        ("[F]ully flexible", True),
        ("he was ... parties", True),
        ("he [the minister] fully flexible", True),
        ("parties ... fully flexible", False),
        ("fully flexible parties", False),
        ("fully inflexible", False),
        ("lexible", False),
    ],
)
def test_a_quotation_stands_or_does_not(quotation: str, stands: bool) -> None:
    source = fold('HE WAS "FULLY FLEXIBLE" ON INTERES- TED PARTIES .')
    assert (locate(quotation, source) is not None) is stands


def test_quotations_are_told_from_apostrophes() -> None:
    found = quotations_of("The ministers' plan, \"as is\", and the 'business as usual' approach are Evatt's.")
    assert [quotation.text for quotation in found] == ["as is", "business as usual"]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Minister Brandt said that it rained.", ["Minister", "Brandt"]),
        ("EMBOFF WAS TOLD BY THE BISHOP THAT IT RAINED.", ["BISHOP"]),
        ("In the afternoon, Okafor also noted it.", ["Okafor"]),
    ],
)
def test_speakers_are_read(text: str, speaker: list[str]) -> None:
    words = words_of(text)
    (found,) = attributions_of(words, text)
    assert [text[words[n].start : words[n].end] for n in found.subject if words[n].stem != "also"] == speaker
