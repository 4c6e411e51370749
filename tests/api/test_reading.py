"""Search, cables, paragraphs and checks over HTTP."""

from __future__ import annotations

import httpx
import pytest

from rag.record import CableRecord, ParagraphRecord, SearchRecord
from tests.api import small

pytestmark = pytest.mark.anyio


async def test_search_says_what_it_found_and_how(client: httpx.AsyncClient) -> None:
    record = SearchRecord.model_validate((await client.get("/v1/search", params={"q": "barges quay"})).json())
    assert record.hits[0].label == "05TALLINN7 ¶2"
    assert record.hits[0].found_by in {"both", "lexical", "dense"}
    assert record.coverage == "sample"
    assert record.hits[0].parts is None


async def test_a_search_explains_itself_when_asked(client: httpx.AsyncClient) -> None:
    asked = {"q": "cables from Tallinn on barges in May 2005", "explain": "true"}
    record = SearchRecord.model_validate((await client.get("/v1/search", params=asked)).json())
    first = record.hits[0]
    assert sum(part.value for part in first.parts or ()) == pytest.approx(first.score, abs=1e-4)
    assert record.understood is not None
    read = {(clue.field.value, clue.strength.value) for clue in record.understood.clues}
    assert read == {("origin", "filter"), ("date", "boost")}
    assert record.filters_applied.origins == ("Embassy Tallinn",)


async def test_a_search_for_all_there_is_gives_all_and_counts(client: httpx.AsyncClient) -> None:
    asked = {"q": "How many cables mention Kalmuse?", "k": 1}
    record = SearchRecord.model_validate((await client.get("/v1/search", params=asked)).json())
    assert [hit.label for hit in record.hits] == ["05TALLINN7 ¶1", "07TALLINN9 ¶1"]
    assert (record.total, record.scanned, record.coverage) == (2, 7, "complete")


async def test_kinds_and_senders_narrow_a_search(client: httpx.AsyncClient) -> None:
    asked = {"q": "port kroons", "kind": "comment", "k": 20}
    hits = (await client.get("/v1/search", params=asked)).json()["hits"]
    assert {hit["label"] for hit in hits} == {"05TALLINN7 ¶3"}
    unknown = {"q": "port kroons", "sender": "NOBODY"}
    assert (await client.get("/v1/search", params=unknown)).json()["hits"] == []


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"origin": "Embassy Lusaka"}, {"06LUSAKA12"}),
        ({"tag": "EAGR"}, {"06LUSAKA12"}),
        ({"cable_id": "07TALLINN9"}, {"07TALLINN9"}),
        ({"date_from": "2007-01-01"}, {"07TALLINN9"}),
        ({"date_to": "1976-06-30"}, {"1976MUSCAT00301"}),
        ({"cable_id": ["07TALLINN9", "05TALLINN7"]}, {"05TALLINN7", "07TALLINN9"}),
        ({"corpus": "elsewhere"}, set()),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_each_filter_narrows_search_and_list(
    client: httpx.AsyncClient, params: dict[str, str], expected: set[str]
) -> None:
    hits = (await client.get("/v1/search", params={"q": "harbor hail meteors", "k": 20, **params})).json()[
        "hits"
    ]
    assert {hit["cable_id"] for hit in hits} <= expected
    listed = (await client.get("/v1/cables", params=params)).json()
    assert {cable["cable_id"] for cable in listed["cables"]} == expected
    assert listed["total"] == len(expected)


@pytest.mark.parametrize(
    "params",
    [{}, {"q": ""}, {"q": "x", "k": 0}, {"q": "x", "date_from": "2009-13-01"}, {"q": "x" * 5000}],
    ids=str,
)
async def test_a_bad_search_is_refused(client: httpx.AsyncClient, params: dict[str, str]) -> None:
    response = await client.get("/v1/search", params=params)
    assert response.status_code == 422
    assert response.json()["error"]["message"]


async def test_dates_the_wrong_way_round_are_refused(client: httpx.AsyncClient) -> None:
    params = {"date_from": "2009-02-01", "date_to": "2009-01-01"}
    for route in ("/v1/cables", "/v1/search"):
        response = await client.get(route, params={"q": "x", **params})
        assert response.status_code == 422
        assert "after" in response.json()["error"]["message"]


BY_DATE = ["1976MUSCAT00301", "05TALLINN7", "06LUSAKA12", "07TALLINN9"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [({}, BY_DATE), ({"order": "date"}, BY_DATE), ({"order": "id"}, sorted(BY_DATE))],
    ids=["as it is", "date", "id"],
)
async def test_the_list_goes_on_where_a_page_ended(
    client: httpx.AsyncClient, order: dict[str, str], expected: list[str]
) -> None:
    seen: list[str] = []
    after: str | None = None
    while True:
        params = {"limit": 1, **order, **({"after": after} if after else {})}
        page = (await client.get("/v1/cables", params=params)).json()
        seen += [cable["cable_id"] for cable in page["cables"]]
        after = page["next"]
        if after is None:
            break
    assert seen == expected
    assert {facet["value"]: facet["count"] for facet in page["facets"]["tags"]} == {"EWWT": 2, "EAGR": 1}


async def test_a_place_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    for after in ("07TALLINN9", "2009-13-01/07TALLINN9", "x/y"):
        response = await client.get("/v1/cables", params={"after": after})
        assert response.status_code == 422, after
        assert "no `next`" in response.json()["error"]["message"]


async def test_a_cable_has_its_references_both_ways(client: httpx.AsyncClient) -> None:
    later = CableRecord.model_validate((await client.get("/v1/cables/07TALLINN9")).json())
    assert [(ref.letter, ref.cable_id, ref.in_collection) for ref in later.references] == [
        ("A", "05TALLINN7", True),
        ("B", "05TALLINN8", False),
    ]
    earlier = CableRecord.model_validate((await client.get("/v1/cables/05TALLINN7")).json())
    assert earlier.referenced_by == ("07TALLINN9",)
    assert [paragraph.kind for paragraph in earlier.paragraphs] == ["summary", "body", "comment"]


async def test_what_the_source_does_not_give_is_null(client: httpx.AsyncClient) -> None:
    cable = (await client.get("/v1/cables/1976MUSCAT00301")).json()
    unknown = {cable[name] for name in ("origin", "sent_at", "classification", "subject", "signature")}
    assert unknown == {None}
    assert (cable["date_from"], cable["date_precision"]) == ("1976-01-01", "year")


@pytest.mark.parametrize("spelled", ["05TALLINN7", "05 tallinn 7", "2005TALLINN7", "TALLINN 00007"])
async def test_an_id_is_understood_in_any_spelling(client: httpx.AsyncClient, spelled: str) -> None:
    assert (await client.get(f"/v1/cables/{spelled}")).json()["cable_id"] == "05TALLINN7"
    paragraph = (await client.get(f"/v1/cables/{spelled}/paragraphs/2")).json()
    assert ParagraphRecord.model_validate(paragraph).label == "05TALLINN7 ¶2"
    assert paragraph["text"] == small.HARBOR[2][1]


async def test_an_unknown_cable_names_its_neighbours(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/cables/05TALLINN70")
    assert response.status_code == 404
    assert "05TALLINN7" in str(response.json()["error"])


async def test_an_unknown_paragraph_names_those_there_are(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/cables/05TALLINN7/paragraphs/99")
    assert response.status_code == 404
    assert response.json()["error"]["detail"]["labels"] == ["1", "2", "3"]


async def test_a_memo_is_checked_against_the_collection(client: httpx.AsyncClient) -> None:
    text = (
        "The harbor master counted 212 barges in April (05TALLINN7 ¶2). "
        "Nobody was hurt. The mayor resigned (05TALLINN7 ¶88)."
    )
    record = (await client.post("/v1/verify", json={"text": text})).json()
    assert [sentence["verdict"] for sentence in record["sentences"]] == ["supported", "uncited", "not_found"]
    cited = record["sentences"][0]["citations"][0]
    assert cited["quote"] == small.HARBOR[2][1][cited["char_start"] : cited["char_end"]]
    assert record["sentences"][2]["citations"][0]["quote"] is None
    assert record["verdicts"] == {"supported": 1, "uncited": 1, "not_found": 1}


async def test_a_text_is_checked_against_given_paragraphs(client: httpx.AsyncClient) -> None:
    asked = {
        "text": "Hail destroyed 480 hectares of orchards [1]. The bishop wept [7].",
        "paragraphs": [{"text": small.ORCHARD[2][0], "label": "the report"}],
    }
    sentences = (await client.post("/v1/verify", json=asked)).json()["sentences"]
    assert [sentence["verdict"] for sentence in sentences] == ["supported", "not_found"]
    assert sentences[0]["citations"][0]["label"] == "the report"
    assert sentences[0]["citations"][0]["cable_id"] is None


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "x" * 200_001}, {"text": "It rained. " * 3000}], ids=[0, 1, 2, 3]
)
async def test_a_text_beyond_the_limits_is_refused(client: httpx.AsyncClient, body: dict[str, str]) -> None:
    response = await client.post("/v1/verify", json=body)
    assert response.status_code == 422


async def test_counts_over_time_follow_the_filters(client: httpx.AsyncClient) -> None:
    whole = (await client.get("/v1/timeline")).json()
    assert whole["unit"] == "year"
    assert (whole["bars"][0]["start"], whole["bars"][-1]["end"]) == ("1976-01-01", "2007-12-31")
    assert sum(bar["count"] for bar in whole["bars"]) == 4
    narrowed = (await client.get("/v1/timeline", params={"tag": "EWWT"})).json()
    assert narrowed["unit"] == "month"
    assert [bar["count"] for bar in narrowed["bars"] if bar["count"]] == [1, 1]


async def test_a_cable_leads_to_the_next_of_its_post(client: httpx.AsyncClient) -> None:
    around = (await client.get("/v1/cables/Tallinn 7/neighbours")).json()
    assert around["previous"] is None
    assert around["next"]["cable_id"] == "07TALLINN9"
    missing = await client.get("/v1/cables/08NOWHERE1/neighbours")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "not_found"
