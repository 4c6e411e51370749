"""Paragraph labels of the shared archive texts, where they are not simply every number that is printed.

Read by hand. `EXCEPTIONS` are printed numbers that are no labels, with the reason.
"""

from __future__ import annotations

EXCEPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "1976STATE295304": ((), "1) and 2) are a list inside paragraph 2"),
    "1978TELAV00245": ((), "1. and 2) are a list inside paragraph 4"),
    "1979STOCKH03310": (("6",), "6 is printed as 6A, 6B, 6C only"),
}
UNNUMBERED = frozenset({"1975GENEVA01573", "1977TAIPEI05268", "1978OSAKA00436", "1978STATE116253"})
