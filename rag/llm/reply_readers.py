"""How the stream of a model's reply is read into sentences with markers, in each form of reply."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from langchain_core.messages import BaseMessageChunk

from rag.llm import prompts
from rag.text.citations import SentenceSplitter, split_sentences, unmarked


class ReplyReader(Protocol):
    """Turns pieces of a reply into sentences with markers, the same however the reply is cut."""

    def feed(self, piece: BaseMessageChunk) -> list[str]: ...

    def flush(self) -> list[str]: ...


class MarkedReader:
    def __init__(self) -> None:
        self._splitter = SentenceSplitter()

    def feed(self, piece: BaseMessageChunk) -> list[str]:
        return self._splitter.feed(str(piece.text))

    def flush(self) -> list[str]:
        return self._splitter.flush()


class SchemaReader:
    """Sentences out of JSON, each as soon as its object is closed; what is no JSON is read as prose."""

    _LIST = re.compile(r'"sentences"\s*:\s*\[')
    _BETWEEN = re.compile(r"[\s,]*")

    def __init__(self) -> None:
        self._text = ""
        self._at: int | None = None
        self._found = False
        self._decoder = json.JSONDecoder()

    def feed(self, piece: BaseMessageChunk) -> list[str]:
        self._text += str(piece.text)
        if self._at is None:
            opened = self._LIST.search(self._text)
            if opened is None:
                return []
            self._at = opened.end()
        sentences: list[str] = []
        while True:
            between = self._BETWEEN.match(self._text, self._at)
            start = between.end() if between else self._at
            try:
                found, self._at = self._decoder.raw_decode(self._text, start)
            except (json.JSONDecodeError, RecursionError):  # not whole yet, or nested beyond all sense
                return sentences
            if isinstance(found, dict):
                sentences.append(_marked_by(str(found.get("text", "")), found.get("passages")))
                self._found = True

    def flush(self) -> list[str]:
        if self._found or not self._text.strip():
            return []
        if self._at is not None:
            return [prompts.REFUSAL] if "]" in self._text[self._at :] else []
        return [self._text[span.start : span.end] for span in split_sentences(self._text)]


class BlockReader:
    """Sentences out of content blocks. A block's citations come anywhere in it and hold for all of it."""

    def __init__(self, numbers: tuple[int, ...]) -> None:
        self._numbers = numbers
        self._splitter = SentenceSplitter()
        self._index: object = None
        self._text = ""
        self._cited: dict[int, None] = {}

    def feed(self, piece: BaseMessageChunk) -> list[str]:
        sentences = []
        content = piece.content if isinstance(piece.content, list) else [piece.content]
        for block in content:
            given: dict[str, Any] = {"text": block} if isinstance(block, str) else block
            if given.get("type", "text") != "text":
                continue
            if given.get("index", self._index) != self._index:
                sentences += self._close()
                self._index = given.get("index")
            self._text += given.get("text") or ""
            for citation in given.get("citations") or ():
                self._cite(citation)
        return sentences

    def flush(self) -> list[str]:
        return [*self._close(), *self._splitter.flush()]

    def _cite(self, citation: Mapping[str, Any]) -> None:
        at = citation.get("document_index")
        if isinstance(at, int) and 0 <= at < len(self._numbers):
            self._cited[self._numbers[at]] = None

    def _close(self) -> list[str]:
        text, cited = unmarked(self._text), list(self._cited)
        self._text, self._cited = "", {}
        if not cited:
            return self._splitter.feed(text)
        marks = "".join(f" [{number}]" for number in cited)
        spans = split_sentences(text)
        # A block of several sentences: each of them rests on what the block cites.
        ends = [span.end for span in spans]
        marked, start = "", 0
        for end in ends:
            marked += text[start:end] + marks
            start = end
        return self._splitter.feed(marked + text[start:])


def _marked_by(text: str, passages: object) -> str:
    numbers = passages if isinstance(passages, list) else []
    return unmarked(text) + "".join(f" [{number}]" for number in numbers if isinstance(number, int))
