"""The deterministic verifier, through its one method."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.text.citations import split_sentences
from rag.types import CitationCheck, DraftSentence, Hit, Kind, Passage, Quote, SentenceCheck, Verdict
from rag.verifying.verify import DeterministicVerifier
from tests.made import header, hit, paragraph, passages

FLYERS = (
    "On March 10 the Harbor Union printed 80,000 informational flyers in Tallow Bay. Police closed 22 "
    "houses and opened 28 criminal cases. Minister Aldo Brandt said that the government will not extend "
    "the licence. Some of the fishermen may return before winter. 41% of those surveyed would inform "
    "the police, and 70 percent did not know of the risk."
)
CAPITALS = (
    'FONMIN KARSK TOLD AMB MAY 22 THAT GOVT OF NORLAND REJECTED PROPOSAL . HE WAS "FULLY FLEXIBLE" ON '
    "INTERES- TED PARTIES, BUT DENIED THAT THE FLEET HAD ENTERED THE BAY. DM 350 MILLION WAS PAID IN "
    "TWENTY-TWO PARTS."
)
COMMENT = "WE DOUBT THAT THE COALITION WILL LAST THE WINTER, AND EXPECT AN EARLY VOTE."
ELSEWHERE = (
    "The drought cost the northern farmers half of the sorghum harvest, and the river port stood idle."
)
PASSAGES = passages(FLYERS, CAPITALS) | {
    3: Passage(3, Hit(paragraph(COMMENT, "3", kind=Kind.COMMENT), header(), 1.0, hit("").found_by)),
    4: Passage(4, hit(ELSEWHERE, "4")),
}
VERIFIER = DeterministicVerifier()


def check(text: str, *numbers: int, quotes: tuple[Quote, ...] = ()) -> SentenceCheck:
    return VERIFIER.check(DraftSentence(text, quotes or tuple(Quote(n) for n in numbers)), PASSAGES)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The Harbor Union printed 80,000 informational flyers.", 1),
        ("In Tallow Bay the Harbor Union printed about eighty thousand flyers on 10 March.", 1),
        ("The embassy in Astana reported on 21 July 2009 that police closed 22 houses.", 1),
        ("Police shut twenty-two houses.", 1),
        ("70% did not know of the risk.", 1),
        ("Minister Brandt said the government would not extend the licence.", 1),
        ('According to the cable, he was "fully flexible" on interested parties.', 2),
        ("Foreign Minister Karsk told the ambassador on May 22 that Norland rejected the proposal.", 2),
        ("350 million marks was paid in 22 parts.", 2),
        ('The cable says that the minister "rejected ... proposal."', 2),
        ("The embassy doubted that the coalition would last the winter.", 3),
    ],
)  # fmt: skip
def test_a_light_paraphrase_is_supported(text: str, number: int) -> None:
    result = check(text, number)
    assert result.verdict is Verdict.SUPPORTED, result.reason


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("The Harbor Union printed 90,000 informational flyers.", 1, "says 90,000; the paragraph has 80,000"),
        ("Police opened 22 criminal cases.", 1, "28"),
        ("On April 10 the Harbor Union printed 80,000 informational flyers.", 1, "March 10"),
        ("Minister Aldo Brandt said that the government will extend the licence.", 1, "not"),
        ("The fleet had entered the bay.", 2, "denied"),
        ("Karsk told the ambassador that the government of Norland accepted the proposal.", 2, "REJECTED"),
        ("41% of those surveyed would not inform the police.", 1, "not"),
    ],
)
def test_a_changed_fact_is_contradicted_with_a_reason(text: str, number: int, reason: str) -> None:
    result = check(text, number)
    assert result.verdict is Verdict.CONTRADICTED, result.reason
    assert reason in result.reason


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (
            "The Harbor Union printed 80,000 informational flyers and paid for ferries and a lighthouse.",
            1,
        ),
        ("Some of the fishermen will return before winter.", 1),
        ("All of the fishermen may return before winter.", 1),
    ],
)
def test_what_goes_beyond_the_paragraph_is_not_supported(text: str, number: int) -> None:
    assert check(text, number).verdict in {Verdict.PARTIAL, Verdict.CONTRADICTED}


@pytest.mark.parametrize(
    "text",
    [
        'He was "fairly flexible" on interested parties.',
        'The minister was "fully flexible on the fleet had entered the bay."',
        'He was "fully flexible on interested parties in the bay."',
        "The orchestra toured the southern provinces to great applause.",
    ],
)
def test_altered_and_stitched_quotations_and_inventions_are_not_found(text: str) -> None:
    assert check(text, 2).verdict is Verdict.NOT_FOUND


def test_an_altered_quotation_is_shown_beside_the_original() -> None:
    result = check('He was "fully flexible on eager parties".', 2)
    assert "interested" in result.reason and "eager" in result.reason


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The Bishop of Orsund said that the government will not extend the licence.", 1),
        ("Minister Brandt thinks that the coalition will last the winter.", 3),
        (
            "The Harbor Union says an early vote is expected and doubts that the coalition will last.",
            3,
        ),
    ],
)
def test_words_of_another_speaker_are_not_supported(text: str, number: int) -> None:
    assert check(text, number).verdict in {Verdict.MISATTRIBUTED, Verdict.CONTRADICTED}


def test_words_that_stand_in_another_passage_name_it() -> None:
    result = check("The drought cost the northern farmers half of the sorghum harvest.", 1)
    assert result.verdict is Verdict.MISATTRIBUTED
    assert "[4]" in result.reason and "¶4" in result.reason


def test_two_paragraphs_bear_a_sentence_out_together() -> None:
    text = "Police closed 22 houses, and DM 350 million was paid in twenty-two parts."
    result = check(text, 1, 2)
    assert result.verdict is Verdict.SUPPORTED
    assert [c.verdict for c in result.citations] == [Verdict.PARTIAL, Verdict.PARTIAL]
    assert check(text, 1).verdict is not Verdict.SUPPORTED


def test_what_was_not_retrieved_is_not_found() -> None:
    assert check("Police closed 22 houses.", 9).verdict is Verdict.NOT_FOUND
    assert check("Police closed 22 houses.").verdict is Verdict.UNCITED
    unknown = VERIFIER.check(DraftSentence("Police closed 22 houses.", (), ("[9]",)), PASSAGES)
    assert unknown.verdict is Verdict.NOT_FOUND and "[9]" in unknown.reason


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (9, 3), (0, 9999), (9999, 10_000), (5000, None)])
def test_a_span_that_does_not_exist_is_not_found(start: int, end: int | None) -> None:
    quotes = (Quote(1, start, end),)
    assert check("Police closed 22 houses.", quotes=quotes).verdict is Verdict.NOT_FOUND


def test_a_given_span_is_kept_and_a_missing_one_is_located() -> None:
    start = FLYERS.index("Police")
    end = FLYERS.index(" Minister")
    sentence = FLYERS[start:end]
    given = check(sentence, quotes=(Quote(1, start, end),)).citations[0]
    located = check("The police closed 22 houses.", 1).citations[0]
    assert (given.start, given.end) == (start, end)
    assert FLYERS[located.start : located.end] == sentence


def test_a_denied_clause_is_not_a_fact_even_verbatim() -> None:
    result = check("the fleet had entered the bay.", 2)
    assert result.verdict is Verdict.CONTRADICTED


def test_what_is_denied_first_and_then_stated_is_supported() -> None:
    text = "In May it was not true that the port was closed. In June the port was closed."
    stated = Passage(1, hit(text, "1"))
    result = VERIFIER.check(DraftSentence("the port was closed.", (Quote(1),)), {1: stated})
    assert result.verdict is Verdict.SUPPORTED
    denied = Passage(1, hit(text.split(". ")[0] + ".", "1"))
    result = VERIFIER.check(DraftSentence("the port was closed.", (Quote(1),)), {1: denied})
    assert result.verdict is Verdict.CONTRADICTED


TEXTS = st.text(max_size=200) | st.lists(
    st.sampled_from([*FLYERS.split(), *CAPITALS.split(), '"', "“", "...", "[", "]", "not", "%", "$", "\n"]),
    max_size=30,
).map(" ".join)  # fmt: skip


@given(TEXTS)
@example("NOT 0N. 0N")
@settings(max_examples=100, deadline=None)
def test_every_sentence_of_a_paragraph_is_supported_by_it(text: str) -> None:
    held = {1: Passage(1, hit(text, "1"))}
    for span in split_sentences(text):
        sentence = text[span.start : span.end]
        if not any(c.isalnum() for c in sentence):
            continue
        result = VERIFIER.check(DraftSentence(sentence, (Quote(1, span.start, span.end),)), held)
        assert result.verdict is Verdict.SUPPORTED, (sentence, result.reason)


@given(TEXTS, TEXTS, st.lists(st.tuples(st.integers(-3, 9), st.none() | st.integers(-9, 999)), max_size=3))
@settings(max_examples=100, deadline=None)
def test_no_input_breaks_it_and_every_span_is_in_its_paragraph(
    sentence: str, text: str, cited: list[tuple[int, int | None]]
) -> None:
    held = {n: Passage(n, hit(t, str(n))) for n, t in enumerate((text, FLYERS, ""), start=1)}
    quotes = tuple(Quote(number, start, None if start is None else start + 7) for number, start in cited)
    result = VERIFIER.check(DraftSentence(sentence, quotes), held)
    assert len(result.citations) == len(quotes)
    for one in result.citations:
        assert isinstance(one, CitationCheck) and one.reason
        length = len(held[one.passage].text) if one.passage in held else 0
        assert 0 <= one.start <= one.end <= length


@pytest.mark.parametrize(
    ("lead", "verdict"),
    [
        ("Embassy Astana, 2009-07-21", Verdict.SUPPORTED),
        ("Embassy Astana, 2009-07-21, ¶1", Verdict.SUPPORTED),
        ("Embassy Astana, 2009-07-22, ¶1", Verdict.CONTRADICTED),
        ("Embassy Moscow, 2009-07-21, ¶1", Verdict.CONTRADICTED),
    ],
)
def test_a_quotation_may_stand_under_the_post_and_date_of_what_it_cites(lead: str, verdict: Verdict) -> None:
    quoted = "On March 10 the Harbor Union printed 80,000 informational flyers in Tallow Bay."
    assert check(f"{lead}: “{quoted}”", 1).verdict is verdict


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Minister Aldo Brandt, a friend of Consul Meriwether, said it will not be extended.", 1),
        ("Meriwether printed 80,000 informational flyers in Tallow Bay.", 1),
        ("Police closed 22 houses in Orsund.", 1),
        ("Police closed 22 houses and seized 900 crates.", 1),
    ],
)
def test_a_name_or_figure_that_the_paragraph_lacks_is_not_shown_as_partly_supported(
    text: str, number: int
) -> None:
    result = check(text, number)
    assert result.verdict in {Verdict.NOT_FOUND, Verdict.MISATTRIBUTED, Verdict.CONTRADICTED}
    assert [c.verdict for c in result.citations] == [result.verdict]


def test_the_rest_of_a_name_that_the_paragraph_shortens_makes_a_sentence_partial() -> None:
    assert check("Minister Brandt Oldenhaller said that the licence will not be extended.", 1).verdict in {
        Verdict.PARTIAL,
        Verdict.SUPPORTED,
    }


TELEPRINTED = passages(
    "PRESIDENT KARSK RECEIVED PRESIDENT HOLLER S LETTER OF THE 9 TH. ON MAY 12 TH HE READ MOBURUS 3 RD DRAFT "
    "AND TWICE ASKED FOR THE 21 ST COPY OF HOLLERS SPEECH."
)


@pytest.mark.parametrize(
    "text",
    [
        "President Karsk received President Holler's letter of the 9th.",
        'Karsk received "President Holler\'s letter of the 9th".',
        "On May 12th he read Moburu's 3rd draft.",
        'On May 12 he asked for "the 21st copy of Holler\'s speech".',
    ],
)
def test_ordinals_and_possessives_are_read_as_a_teleprinter_wrote_them(text: str) -> None:
    result = VERIFIER.check(DraftSentence(text, (Quote(1),)), TELEPRINTED)
    assert result.verdict is Verdict.SUPPORTED, result.reason


def test_another_ordinal_is_still_another() -> None:
    sentence = DraftSentence("President Karsk received President Holler's letter of the 8th.", (Quote(1),))
    assert VERIFIER.check(sentence, TELEPRINTED).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("sentence", "paragraph_text", "verdict"),
    [
        (
            "The firm refused to pay the crew.",
            "THE FIRM WAS AGREEING TO PAY THE CREW 4000 MARKS.",
            "contradicted",
        ),
        (
            "The mayor denied that fees had gone up.",
            "THE MAYOR'S ADMISSION THAT FEES HAD GONE UP.",
            "contradicted",
        ),
        (
            "Police opened 22 brothels.",
            "Police took note. Police closed 22 brothels in March.",
            "contradicted",
        ),
        ("The embassy estimates 400 dead.", "The commission estimates 400 dead.", "misattributed"),
        (
            "The commission estimates 400 dead.",
            "The commission estimates 400 dead in the flood.",
            "supported",
        ),
        ("The embassy estimates 400 dead.", "We estimate 400 dead; the commission says 300.", "supported"),
        ("Turnout was low in the north.", "Turnout was high in the south and low in the north.", "supported"),
        (
            "The union lost the vote.",
            "The union lost. The party won the vote against the union.",
            "supported",
        ),
        ("Exports to the east fell.", "Exports to the west rose; those to the east fell.", "supported"),
        (
            "The convoy departed the base.",
            "The convoy arrived at the base on 2 May, and departed on 3 May.",
            "supported",
        ),
        ("The embassy estimates 400 dead.", "The DCM estimates 400 dead.", "supported"),
        (
            "Embassy expects 20 visitors.",
            "Officials told us they expect 20 visitors; Embassy agrees.",
            "supported",
        ),
        ("There was not no quarrel over dues.", "THERE WAS NO QUARREL OVER DUES.", "contradicted"),
        ("Dues rose in 2018–19 in Norland.", "In Norland dues rose in 2018-2019.", "supported"),
        ("Later Norland paid the dues.", "Norland paid the dues after the war.", "supported"),
    ],
)
def test_opposites_holders_and_spellings(sentence: str, paragraph_text: str, verdict: str) -> None:
    result = VERIFIER.check(DraftSentence(sentence, (Quote(1),)), passages(paragraph_text))
    assert result.verdict == verdict, result.reason


def test_an_opposite_that_is_denied_is_no_contradiction() -> None:
    sentence = DraftSentence("The firm refused to pay the crew.", (Quote(1),))
    result = VERIFIER.check(sentence, passages("The firm did not agree to pay the crew."))
    assert result.verdict is not Verdict.CONTRADICTED, result.reason


@given(
    st.sampled_from([("agreed", "refused"), ("rose", "fell"), ("won", "lost"), ("arrived", "departed")]),
    st.sampled_from(["The ferry union", "The harbor board", "The fishermen"]),
    st.sampled_from(["before winter", "in Tallow Bay", "against all hope"]),
)
def test_a_sentence_of_the_paragraph_stands_beside_its_opposite(
    pair: tuple[str, str], who: str, where: str
) -> None:
    sentences = [f"{who} {word} {where}." for word in pair]
    for sentence in sentences:
        for text in (sentence, f"The embassy reported that {sentence[0].lower()}{sentence[1:]}"):
            result = VERIFIER.check(DraftSentence(text, (Quote(1),)), passages(" ".join(sentences)))
            assert result.verdict is Verdict.SUPPORTED, result.reason
