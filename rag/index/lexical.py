"""LexicalIndex: BM25 over paragraphs. The only module that knows tantivy.

A document is a paragraph with its cable's subject, post, id and TAGS with their meanings. Only ids are
stored; a query is built from terms, never parsed: no sign in a question is an operator.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import tantivy

from rag.errors import CollectionDamaged, CollectionDegraded
from rag.index.lexical_fields import BOOSTS, STOP_WORDS, ScoredParagraph, fold, indexed_fields, telling_terms
from rag.index.segments import reading_words, write_revisions, writing_words
from rag.types import CableHeader, Paragraph

WRITER_HEAP_BYTES = 64 * 1024 * 1024
ANALYZER = "cable_text"
# A set of more cables than these is a filter that comes again, and so many of them are kept.
WIDE, KEPT_FILTERS = 64, 16


class LexicalIndex:
    """Paragraphs by their words. What is added or deleted is seen after `commit`."""

    def __init__(
        self, index: tantivy.Index | None, path: Path | None = None, failure: str | None = None
    ) -> None:
        self._index, self._path, self.failure, self._analyzer = index, path, failure, _analyzer()
        self._writer: tantivy.IndexWriter | None = None
        self._kept: dict[frozenset[str], tantivy.Query] = {}

    @classmethod
    def open(cls, path: Path, *, write: bool = True, failure: str | None = None) -> LexicalIndex:
        """Open the index in the folder `path`; a writer makes it where it is missing.

        `failure` says why it may not hold all. Raises CollectionDamaged where it cannot be read.
        """
        exists = path.is_dir() and tantivy.Index.exists(str(path))
        if not exists and not write:
            return cls(None, path, failure)
        try:
            path.mkdir(parents=True, exist_ok=True)
            index = tantivy.Index.open(str(path)) if exists else tantivy.Index(_schema(), path=str(path))
            index.register_tokenizer(ANALYZER, _analyzer())
            index.reload()
        except (ValueError, OSError) as error:
            raise CollectionDamaged(
                f"The word index cannot be opened ({error}). Run `cableqa doctor`: it is rebuilt from the "
                "store.",
                path=str(path),
            ) from error
        return cls(index, path, failure)

    @classmethod
    def missing(cls, failure: str) -> LexicalIndex:
        """No index, for as long as one is built: it proposes nothing, and `failure` says why."""
        return cls(None, failure=failure)

    def add(self, paragraphs: Iterable[tuple[Paragraph, CableHeader]]) -> None:
        """Add paragraphs with the headers of their cables; what is there is not replaced."""
        writer = self._open_writer()
        with writing_words():
            for paragraph, header in paragraphs:
                writer.add_document(_document(paragraph, header))

    def delete_cables(self, cable_ids: Collection[str]) -> None:
        """Remove all paragraphs of these cables; an id that is not there is no error."""
        writer = self._open_writer()
        with writing_words():
            for cable_id in cable_ids:
                writer.delete_documents_by_term("cable_key", cable_id)

    def commit(self, *revisions: str) -> None:
        """Make what was written durable and visible, as the words of any of these states of the store."""
        with writing_words():
            if self._writer is not None and self._index is not None:
                self._writer.commit()
                self._index.reload()
            if revisions and self._path is not None:
                write_revisions(self._path, revisions)

    def search(
        self,
        text: str,
        k: int,
        allowed_cables: frozenset[str] | None = None,
        paragraphs: frozenset[tuple[str, str]] | None = None,
        added: Sequence[str] = (),
        added_weight: float = 1.0,
    ) -> list[ScoredParagraph]:
        """The `k` best paragraphs, best first; none where no term of `text` is known.

        `added` are further words, such as expanded abbreviations, each with `added_weight` of a word of the
        text. `paragraphs` narrows to (cable id, label), beside `allowed_cables`.
        """
        terms = dict.fromkeys(self.terms(text), 1.0)
        for term in self.terms(" ".join(added)):
            terms.setdefault(term, added_weight)
        if self._index is None or k <= 0 or not terms or frozenset() in (allowed_cables, paragraphs):
            return []
        schema, asked, boosted = self._index.schema, tantivy.Query.term_query, tantivy.Query.boost_query
        # Within a filter a word may be rare that is common everywhere.
        if allowed_cables is None and paragraphs is None:
            terms = telling_terms(terms, *self._counts(terms))
        should = [
            (tantivy.Occur.Should, boosted(asked(schema, name, term), boost * weight))
            for term, weight in terms.items()
            for name, boost in BOOSTS.items()
        ]
        query = tantivy.Query.boolean_query(should)
        if allowed_cables is not None:
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), self._among(allowed_cables)])
        if paragraphs is None:
            return self._found(query, k)
        # No field of the index tells paragraphs from one another but their labels: more are asked for.
        limit = k
        while True:
            found = self._found(query, limit)
            kept = [scored for scored in found if (scored.cable_id, scored.label) in paragraphs]
            if len(kept) >= k or len(found) < limit:
                return kept[:k]
            limit *= 4

    def holding(self, words: str, allowed_cables: frozenset[str] | None = None) -> list[ScoredParagraph]:
        """Every paragraph whose text has all these words, by their stems; none where all are stop words.

        Raises CollectionDegraded while there is no index: no other can say that it found all.
        """
        if self.failure is not None:
            raise CollectionDegraded("Looking through everything needs the word index")
        terms = self.terms(words)
        if self._index is None or not terms or allowed_cables == frozenset():
            return []
        schema, asked = self._index.schema, tantivy.Query.term_query
        must = [(tantivy.Occur.Must, asked(schema, "text", term)) for term in set(terms)]
        must += [] if allowed_cables is None else [self._among(allowed_cables)]
        return self._found(tantivy.Query.boolean_query(must), max(self.count(), 1))

    def terms(self, text: str) -> list[str]:
        """The words of a text as they are indexed, in their order: stems without stop words."""
        return list(self._analyzer.analyze(fold(text)))

    def rarity(self, terms: Iterable[str]) -> dict[str, float]:
        """How rare each term is among the paragraphs' texts: its weight in BM25, above 0."""
        counts, paragraphs = self._counts(terms)
        return {term: math.log1p((paragraphs - n + 0.5) / (n + 0.5)) for term, n in counts.items()}

    def _counts(self, terms: Iterable[str]) -> tuple[dict[str, int], int]:
        """In how many paragraphs' texts each term stands, and how many paragraphs there are."""
        if self._index is None:
            return {}, 0
        with reading_words():
            searcher = self._index.searcher()
            return {term: searcher.doc_freq("text", term) for term in terms}, searcher.num_docs

    def _among(self, cables: frozenset[str]) -> tuple[tantivy.Occur, tantivy.Query]:
        assert self._index is not None
        schema = self._index.schema
        if len(cables) <= WIDE:
            # Each looked up by itself: for a set of terms an automaton is made first.
            terms = (tantivy.Query.term_query(schema, "cable_key", one) for one in sorted(cables))
            among = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
            return tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0)
        if (kept := self._kept.get(cables)) is None:
            if len(self._kept) >= KEPT_FILTERS:
                self._kept.clear()
            in_set = tantivy.Query.term_set_query(schema, "cable_key", sorted(cables))
            kept = self._kept[cables] = tantivy.Query.const_score_query(in_set, 0.0)
        return tantivy.Occur.Must, kept

    def _found(self, query: tantivy.Query, k: int) -> list[ScoredParagraph]:
        assert self._index is not None
        with reading_words():
            searcher = self._index.searcher()
            hits = searcher.search(query, limit=k, count=False).hits
            read = [(searcher.doc(address), float(score)) for score, address in hits]
        found = (ScoredParagraph(doc["cable_key"][0], doc["label_key"][0], score) for doc, score in read)
        # Equal scores come in the order of segments, which differs between equal collections.
        return sorted(found, key=lambda scored: (-scored.score, scored.cable_id, scored.label))

    def keys(self) -> Iterator[tuple[str, str]]:
        """(cable id, label) of every document, in no order."""
        if count := self.count():
            yield from ((one.cable_id, one.label) for one in self._found(tantivy.Query.all_query(), count))

    def count(self) -> int:
        return 0 if self._index is None else int(self._index.searcher().num_docs)

    def close(self) -> None:
        """Wait for merges and release the folder; what was not committed is dropped."""
        if self._writer is not None:
            with writing_words():
                self._writer.wait_merging_threads()
        self.abandon()

    def abandon(self) -> None:
        """Release the folder and wait for nothing."""
        self._writer = self._index = None

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._index is None:
            raise CollectionDamaged("The word index was opened for reading and does not exist yet.")
        if self._writer is None:
            with writing_words():
                self._writer = self._index.writer(WRITER_HEAP_BYTES, 1)
        return self._writer


def _document(paragraph: Paragraph, header: CableHeader) -> tantivy.Document:
    keys = {"cable_key": paragraph.cable_id, "label_key": paragraph.label}
    return tantivy.Document(**keys, **indexed_fields(paragraph, header))


def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(40))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.custom_stopword(list(STOP_WORDS)))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for key in ("cable_key", "label_key"):
        builder.add_text_field(key, stored=True, tokenizer_name="raw", index_option="basic")
    for field in BOOSTS:
        builder.add_text_field(field, stored=False, tokenizer_name=ANALYZER, index_option="freq")
    return builder.build()
