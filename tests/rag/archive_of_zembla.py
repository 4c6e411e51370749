"""A made-up archive of some hundred cables from several posts and years, for look-ups and scans."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from rag.config import Settings
from rag.index.collection import Collection, open_collection
from rag.store.cable_store import CableStore
from rag.types import Cable, Chunk, Kind
from tests.cables import make_cable
from tests.fakes import WordEncoder

POSTS = {
    "Embassy Tallinn": "TALLINN", "Embassy Lusaka": "LUSAKA", "Embassy Kuala Lumpur": "KUALALUMPUR",
    "Embassy Muscat": "MUSCAT", "Consulate Guayaquil": "GUAYAQUIL",
}  # fmt: skip
SIGNATURES = ("HOLT", "VAN DEN BERG", "OKAFOR", "LINDQVIST")
CLASSES = ("UNCLASSIFIED", "CONFIDENTIAL", "SECRET")
TAGS = ("EAGR", "PHUM", "EWWT", "SENV")
WORDS = (
    "harbor barge pilot orchard hail insurance meteor observatory school bus tram ferry quota tariff "
    "minister parliament strike wage drought reservoir clinic vaccine census border patrol customs lantern "
    "festival bridge granary locust fishery lighthouse archive museum railway tunnel turbine senate ballot"
).split()
NAMES = ("Kalmuse", "Harbor Board", "Wadi Samhar", "Tallis Bureau", "Kapisha", "Lake Orno")
KINDS = (Kind.SUMMARY, Kind.BODY, Kind.BODY, Kind.COMMENT)


def cables(number: int = 150) -> list[Cable]:
    """The same cables every time."""
    chance = random.Random(20)
    made = []
    for place in range(number):
        origin = chance.choice(list(POSTS))
        day = date(2004, 1, 1) + timedelta(days=chance.randrange(6 * 365))
        # Ten apart, so that a slip of a digit or two still has one nearest neighbour.
        cable_id = f"{day:%y}{POSTS[origin]}{17 + 10 * place}"
        texts = [_sentence(chance) for _ in KINDS]
        subject = f"{' '.join(chance.sample(WORDS, 4))} {place}".upper()
        tags = tuple(chance.sample(TAGS, 2))
        cable = make_cable(cable_id, texts, subject=subject, origin=origin, day=day, tags=tags)
        header = replace(
            cable.header, signature=chance.choice(SIGNATURES), classification=chance.choice(CLASSES)
        )
        paragraphs = tuple(replace(p, kind=kind) for p, kind in zip(cable.paragraphs, KINDS, strict=True))
        made.append(replace(cable, header=header, paragraphs=paragraphs))
    return made


@contextmanager
def opened(folder: Path, contents: list[Cable]) -> Iterator[Collection]:
    """A collection of these cables, really stored and really indexed."""
    store = CableStore.open(folder)
    for cable in contents:
        store.put(cable, [Chunk(p.cable_id, p.label, 0, 0, len(p.text), p.text) for p in cable.paragraphs])
    store.close()
    settings = Settings(data_dir=folder, embedding_precision="fp32")
    open_collection(settings, WordEncoder(), write=True).close()
    collection = open_collection(settings, WordEncoder(), write=False)
    yield collection
    collection.close()


def _sentence(chance: random.Random) -> str:
    words = [*chance.choices(WORDS, k=14), chance.choice(NAMES), f"{chance.randrange(10, 9_999):,}"]
    chance.shuffle(words)
    return " ".join(words).capitalize() + "."
