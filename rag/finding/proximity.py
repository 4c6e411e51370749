"""Proximity: how near to each other the words of a question stand in a paragraph. No I/O.

BM25 sees how often words stand in a paragraph, and not whether they say one thing together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

# Words that stand further apart are of different sentences. Stop words are not counted.
WINDOW = 16
# A long question's rarest words say what it is about; what it costs is bounded.
MOST_TERMS = 32


def rarest(rarity: Mapping[str, float]) -> dict[str, float]:
    """As many of the terms as are looked at, with their rarity; of equal ones those that stand first."""
    return dict(sorted(rarity.items(), key=lambda item: -item[1])[:MOST_TERMS])


class Proximity:
    """How near the terms of `rarity` stand to each other in a paragraph, from 0 to 1.

    Every pair counts as much as the more common of the two is rare (Rasolofo and Savoy 2003), divided by the
    square root of its least distance: 1 where all stand side by side, which only two can.
    """

    def __init__(self, rarity: Mapping[str, float]) -> None:
        self._rarity = rarity
        # Of terms in the order of their rarity each is the more common one of its pairs with those before it.
        self._all_pairs = sum(i * weight for i, weight in enumerate(sorted(rarity.values(), reverse=True)))

    def of(self, said: Sequence[str]) -> float:
        """The share of a paragraph that says these terms, in their order."""
        if not self._all_pairs:
            return 0.0
        near = sum(
            min(self._rarity[a], self._rarity[b]) / math.sqrt(distance)
            for (a, b), distance in self._distances(said).items()
        )
        return near / self._all_pairs

    def _distances(self, said: Sequence[str]) -> dict[tuple[str, str], int]:
        """The least distance of each pair that stands within the window."""
        places = [(place, term) for place, term in enumerate(said) if term in self._rarity]
        nearest: dict[tuple[str, str], int] = {}
        for later, (place, term) in enumerate(places):
            for before in range(later - 1, -1, -1):
                distance = place - places[before][0]
                if distance > WINDOW:
                    break
                other = places[before][1]
                if other != term:
                    pair = (other, term) if other < term else (term, other)
                    nearest[pair] = min(distance, nearest.get(pair, WINDOW))
        return nearest
