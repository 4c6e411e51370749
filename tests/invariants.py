"""What is always true of a collection, checked through its public face."""

from __future__ import annotations

import hashlib

from rag.index.collection import Collection
from rag.types import Cable


def assert_indexes_hold_the_store(collection: Collection) -> None:
    """Store, Chroma and tantivy hold the same ids, each once, and nothing waits."""
    chunk_ids = list(collection.chunks.ids())
    keys = list(collection.lexical.keys())
    assert sorted(chunk_ids) == sorted(collection.store.census.chunk_ids())
    assert sorted(keys) == sorted(collection.store.census.paragraph_keys())
    assert collection.store.work.pending_count() == 0
    fingerprint = collection.encoder.fingerprint
    assert sorted(collection.store.vectors.chunk_ids(fingerprint)) == sorted(chunk_ids)


def assert_offsets_slice(cable: Cable) -> None:
    """Labels are unique, paragraphs stand in the body, segments map the body to the raw text."""
    labels = [paragraph.label for paragraph in cable.paragraphs]
    assert len(labels) == len(set(labels))
    for paragraph in cable.paragraphs:
        assert cable.body[paragraph.start : paragraph.end] == paragraph.text
        assert hashlib.sha256(paragraph.text.encode()).hexdigest() == paragraph.sha256
    text = cable.raw.decode(cable.encoding)
    for segment in cable.segments:
        body = cable.body[segment.start : segment.start + segment.length]
        assert body == text[segment.raw_start : segment.raw_start + segment.length]


def assert_whole(collection: Collection) -> None:
    """Both of the above, for every cable; chunks stand in their paragraphs and hold all their words."""
    assert_indexes_hold_the_store(collection)
    for cable_id in collection.store.census.cable_ids():
        cable = collection.store.get_cable(cable_id)
        assert_offsets_slice(cable)
        paragraphs = {paragraph.label: paragraph for paragraph in cable.paragraphs}
        words: dict[str, list[str]] = {label: [] for label in paragraphs}
        for chunk in collection.store.cable_chunks(cable_id):
            assert paragraphs[chunk.label].text[chunk.start : chunk.end] == chunk.text
            words[chunk.label] += chunk.text.split()
        for label, paragraph in paragraphs.items():
            assert words[label] == paragraph.text.split()
