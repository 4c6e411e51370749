"""A collection of four made-up cables, really stored and really indexed, with a pipeline over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from api.audit import AuditLog
from api.history import History
from api.keys import KeyBook
from api.service import Service
from rag.answering.answer import Answerer, ExtractiveAnswerer
from rag.bootstrap import Pipelines
from rag.config import Settings
from rag.finding.retrieve import HybridSearch
from rag.index.collection import Collection, open_collection
from rag.pipeline import Limits, Pipeline
from rag.store.cable_store import CableStore
from rag.types import (
    Cable,
    CableHeader,
    Chunk,
    DatePrecision,
    Kind,
    Paragraph,
    Reference,
    ReferenceKind,
    Segment,
)
from rag.verifying.verify import DeterministicVerifier
from tests import made
from tests.fakes import WordEncoder, WordReader

# "𝒢" takes two UTF-16 units: what stands behind it shows whether offsets are counted as Python counts.
HARBOR = (
    "05TALLINN7",
    "HARBOR DREDGING ENDS",
    (
        "SUMMARY: Dredging of the Kalmuse harbor ended on May 3. END SUMMARY.",
        "The ship 𝒢amma measured 14 meters at the quay. The harbor master counted 212 barges in April.",
        "COMMENT: The port will ask for another 3 million kroons. END COMMENT.",
    ),
)
ORCHARD = (
    "06LUSAKA12",
    "ORCHARDS AND <script>document.title='taken'</script> HAIL",
    (
        "Hail destroyed 480 hectares of orchards near Kapisha.",
        "Growers say <img src=x onerror=\"document.title='taken'\"> that insurance paid a tenth.",
    ),
)
FOLLOW_UP = ("07TALLINN9", "HARBOR FEES RISE", ("Barges at Kalmuse now pay 40 kroons a meter.",))
UNDATED = ("1976MUSCAT00301", None, ("The observatory at Wadi Samhar recorded 17 meteors in one night.",))

# Whatever the tests ask at once is let in.
UNHURRIED = Settings(queue_wait_s=60)
# Not in the collection that most tests use: it sets another figure against that of HARBOR.
RECOUNT = (
    "08TALLINN2",
    "HARBOR COUNT CORRECTED",
    ("The harbor master of Kalmuse now says that 198 barges were counted in April, not 212.",),
)

EMPTY_QUESTION = "Which volcano erupted beneath parliament yesterday?"
QUESTION = "How many barges did the harbor master count in April?"


def cables() -> list[Cable]:
    harbor, orchard, follow_up, undated = (cable(*facts) for facts in (HARBOR, ORCHARD, FOLLOW_UP, UNDATED))
    follow_up = replace(
        follow_up,
        references=(
            Reference("A", ReferenceKind.CABLE, "05 TALLINN 7", "05TALLINN7"),
            Reference("B", ReferenceKind.CABLE, "05 TALLINN 8", "05TALLINN8"),
        ),
    )
    unknown = replace(
        undated.header,
        origin=None,
        sent_at=None,
        date_from=date(1976, 1, 1),
        date_to=date(1976, 12, 31),
        date_precision=DatePrecision.YEAR,
        classification=None,
        subject=None,
        tags=(),
        signature=None,
    )
    return [harbor, orchard, follow_up, replace(undated, header=unknown)]


def disputed() -> list[Cable]:
    return [*cables(), cable(*RECOUNT)]


def reworded(given: Cable, before: str, after: str) -> Cable:
    """The cable with other words in its paragraphs, as a corrected file would bring it."""
    texts = [paragraph.text.replace(before, after) for paragraph in given.paragraphs]
    return replace(cable(given.header.cable_id, given.header.subject, texts), references=given.references)


def build_collection(folder: Path, contents: Sequence[Cable]) -> Collection:
    """Put the cables into the store and let the collection's own indexer do the rest."""
    store = CableStore.open(folder)
    for cable in contents:
        put(store, cable)
    store.close()
    settings = Settings(data_dir=folder, embedding_precision="fp32")
    open_collection(settings, WordEncoder(), write=True).close()
    return open_collection(settings, WordEncoder(), write=False)


def put(store: CableStore, cable: Cable) -> None:
    """Write a cable into the store; its indexes wait, as where an ingest is killed now."""
    store.put(cable, [Chunk(p.cable_id, p.label, 0, 0, len(p.text), p.text) for p in cable.paragraphs])


def build_pipeline(collection: Collection, llm: Answerer | None = None) -> Pipeline:
    return Pipeline(
        collection=collection,
        search=HybridSearch(collection),
        extractive=ExtractiveAnswerer(WordReader()),
        llm=llm,
        verifier=DeterministicVerifier(),
        limits=Limits(4000, timedelta(days=1)),
    )


def build_service(collection: Collection, llm: Answerer | None = None) -> Service:
    return Service(build_pipeline(collection, llm), UNHURRIED, History.open(collection.store.path))


def build_guarded(collection: Collection, folder: Path) -> Service:
    """The same behind a gate, with keys, history and audit log in `folder`."""
    pipelines = Pipelines(collection, build_pipeline)
    return Service(
        pipelines.whole,
        UNHURRIED,
        History.open(folder),
        keys=KeyBook.open(folder),
        below=pipelines.below,
        audit=AuditLog(folder, keep_days=30),
    )


def cable(cable_id: str, subject: str | None, texts: Sequence[str]) -> Cable:
    body = "\n\n".join(texts)
    paragraphs: list[Paragraph] = []
    for number, text in enumerate(texts, start=1):
        start = body.index(text)
        kind = Kind.SUMMARY if text.startswith("SUMMARY") else Kind.BODY
        kind = Kind.COMMENT if text.startswith("COMMENT") else kind
        whole = made.paragraph(text, str(number), cable_id=cable_id, kind=kind)
        paragraphs.append(replace(whole, ordinal=number - 1, start=start, end=start + len(text)))
    return Cable(
        header=_header(cable_id, subject),
        body=body,
        paragraphs=tuple(paragraphs),
        references=(),
        raw=body.encode(),
        encoding="utf-8",
        segments=(Segment(0, 0, len(body)),),
    )


def _header(cable_id: str, subject: str | None) -> CableHeader:
    sent = datetime(2000 + int(cable_id[1]), 5, 4, 9, 30, tzinfo=UTC)
    return replace(
        made.header(cable_id),
        origin=f"Embassy {cable_id[2:].rstrip('0123456789').title()}",
        sent_at=sent,
        date_from=sent.date(),
        date_to=sent.date(),
        subject=subject,
        tags=("EWWT",) if "TALLINN" in cable_id else ("EAGR",),
    )
