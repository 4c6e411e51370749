"""What saved searches find: looked for anew only where the collection has changed since."""

from __future__ import annotations

import threading
from collections import OrderedDict

from api.history.searches import ParagraphKey
from rag.pipeline import Pipeline
from rag.record import FiltersIn

# New is what is among the best so many, and was never among them before.
WATCHED = 50
# A set of 50 keys is some 10 kB.
KEPT = 256

Keys = frozenset[ParagraphKey]


class Watched:
    """The keys that searches found, of the latest `kept` of them. Safe for many threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._found: OrderedDict[tuple[int, str, str, str], Keys] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, pipeline: Pipeline, query: str, filters: FiltersIn) -> Keys:
        """The (cable, paragraph) of the best that the search finds in the collection as it is."""
        with self._lock:
            known = self._found.get(_asked(pipeline, query, filters))
        return self.find_anew(pipeline, query, filters) if known is None else known

    def find_anew(self, pipeline: Pipeline, query: str, filters: FiltersIn) -> Keys:
        """As `find`, by a search; from then on the list has what it found."""
        indexes, asked = pipeline.collection.indexes, _asked(pipeline, query, filters)
        settled = indexes.is_settled()
        hits = pipeline.search(query, filters.to_filters(), WATCHED).found.hits
        keys = frozenset((hit.paragraph.cable_id, hit.paragraph.label) for hit in hits)
        # Without an index less may be found than there is; without the matrix, others among the last.
        if settled and not indexes.degraded():
            with self._lock:
                self._found[asked] = keys
                while len(self._found) > self._kept:
                    self._found.popitem(last=False)
        return keys


def _asked(pipeline: Pipeline, query: str, filters: FiltersIn) -> tuple[int, str, str, str]:
    # There is one pipeline for each ceiling, for as long as the server runs.
    return id(pipeline), pipeline.collection.store.snapshot(), query, filters.model_dump_json()
