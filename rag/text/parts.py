"""Sub-paragraphs: the lettered and numbered items inside a paragraph, addressed as ¶5.B or ¶5.B.1."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ITEM = re.compile(
    r"^[ \t]*(?:(?P<upper>\(\s?[A-Z]\s?\)|[A-Z][.)])|(?P<roman>\([ivx]{1,4}\)|[ivx]{1,4}[.)])"
    r"|(?P<lower>\([a-z]\)|[a-z][.)])"
    r"|(?P<digit>\(\d{1,2}\)|\d{1,2}[.)]))(?=\s|$|\()",
    re.M,
)
_ROMAN = {
    name: number for number, name in enumerate("i ii iii iv v vi vii viii ix x xi xii".split(), start=1)
}
_ADDRESS = re.compile(
    r"^(?P<label>[un]?\d{1,3}(?:#\d{1,2})?)(?P<path>(?:[.\s]*\(?(?:[A-Za-z]{1,4}|\d{1,2})\)?)+)$"
)


@dataclass(frozen=True, slots=True)
class Part:
    """An item: ``text[start:end]`` from its mark to the next item's; `path` is ``("B", "1")`` for B.1."""

    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Open:
    """A list that goes on: its style of mark, and the last number it reached."""

    style: str
    number: int
    name: str


def parts_of(text: str) -> tuple[Part, ...]:
    """The items of a paragraph, outer before inner. A list begins with its first item and skips none.

    ``"Rain fell:\\nA. in May;\\nB. in June."`` -> paths ``("A",)`` and ``("B",)``.
    """
    found: list[tuple[tuple[str, ...], int]] = []
    lists: list[_Open] = []
    for item in _ITEM.finditer(text):
        lists = _placed(item, lists) or lists
        path = tuple(one.name for one in lists)
        if path and (not found or found[-1][0] != path):
            found.append((path, item.start() + len(item[0]) - len(item[0].lstrip())))
    return tuple(
        Part(path, start, _end(found, index, len(text))) for index, (path, start) in enumerate(found)
    )


def find_part(text: str, path: tuple[str, ...]) -> Part | None:
    """The item of that path, letters compared without case."""
    wanted = tuple(step.upper() for step in path)
    return next((part for part in parts_of(text) if tuple(s.upper() for s in part.path) == wanted), None)


def split_address(address: str) -> tuple[str, tuple[str, ...]]:
    """``"5.B.1"``, ``"5(b)(1)"`` or ``"5B"`` -> ``("5", ("B", "1"))``; a plain label has no path."""
    found = _ADDRESS.match(address.strip())
    if found is None:
        return address, ()
    return found["label"], tuple(re.findall(r"[A-Za-z]+|\d+", found["path"]))


def _placed(item: re.Match[str], lists: list[_Open]) -> list[_Open]:
    """The lists that are open with this item in them; none where it belongs to no list."""
    name = re.sub(r"\W", "", item[0])
    shape = re.sub(r"\w+", "x", re.sub(r"\s", "", item[0]))
    kind = str(item.lastgroup)
    readings = [(kind, _number(kind, name))]
    if kind == "roman" and len(name) == 1:
        readings.append(("lower", _number("lower", name)))
    for style, number in readings:
        for depth in range(len(lists) - 1, -1, -1):
            if lists[depth].style == style + shape and number == lists[depth].number + 1:
                return [*lists[:depth], _Open(style + shape, number, name)]
    for style, number in readings:
        if number == 1 and all(one.style != style + shape for one in lists):
            return [*lists, _Open(style + shape, 1, name)]
    return []


def _number(kind: str, name: str) -> int:
    if kind == "digit":
        return int(name)
    return _ROMAN.get(name, 0) if kind == "roman" else ord(name.upper()) - ord("A") + 1


def _end(found: list[tuple[tuple[str, ...], int]], index: int, length: int) -> int:
    path = found[index][0]
    return next((start for other, start in found[index + 1 :] if other[: len(path)] != path), length)
