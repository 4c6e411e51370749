"""The forms in which a model can be asked to cite.

markers    prose with bracketed numbers; a local model is held by a grammar to the numbers of this turn
schema     JSON held by a schema to the numbers of this turn, where the provider can
documents  Anthropic's own citations: each paragraph is a document, each block of the reply names some

Whatever the form, a sentence leaves here as text with markers, and is checked like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, BaseMessageChunk, HumanMessage
from langchain_core.prompts import ChatPromptTemplate

from rag.llm import prompts
from rag.llm.reply_readers import BlockReader, MarkedReader, ReplyReader, SchemaReader
from rag.types import Passage

# Prose that a local model may write before it must name a passage, and how many sentences.
_SENTENCE_CHARS = "{10,320}"
_SENTENCES = "{0,3}"
_TITLES = ("Mr", "Mrs", "Ms", "Dr", "Gen", "Col", "Lt", "Capt", "Amb", "Sen", "Rep", "St", "No")


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: the prompt with its values, and the passages under the numbers that they have in it."""

    prompt: ChatPromptTemplate
    values: Mapping[str, str]
    passages: Mapping[int, Passage]

    def messages(self) -> list[BaseMessage]:
        return self.prompt.invoke(dict(self.values)).to_messages()


class ReplyForm(Protocol):
    """How a model is asked to cite."""

    name: str
    answer: ChatPromptTemplate
    repair: ChatPromptTemplate

    def stream(self, model: BaseChatModel, asked: Asked) -> Iterator[BaseMessageChunk]: ...

    def reader(self, asked: Asked) -> ReplyReader: ...


class MarkedReplies:
    """Prose whose sentences end with the bracketed number of their passage: any model can."""

    name = "markers"
    answer = prompts.ANSWER
    repair = prompts.REPAIR

    def stream(self, model: BaseChatModel, asked: Asked) -> Iterator[BaseMessageChunk]:
        return model.stream(asked.messages())

    def reader(self, asked: Asked) -> ReplyReader:
        return MarkedReader()


class GrammarReplies(MarkedReplies):
    """The same from llama.cpp, which writes by a grammar: no sentence without a number of this turn."""

    name = "markers by grammar"

    def stream(self, model: BaseChatModel, asked: Asked) -> Iterator[BaseMessageChunk]:
        return model.stream(asked.messages(), extra_body={"grammar": grammar_of(list(asked.passages))})


class SchemaReplies:
    """JSON in which a passage can only be one of this turn's."""

    name = "schema"
    answer = prompts.ANSWER_AS_DATA
    repair = prompts.REPAIR_AS_DATA

    def stream(self, model: BaseChatModel, asked: Asked) -> Iterator[BaseMessageChunk]:
        schema = {"name": "answer", "strict": True, "schema": schema_of(list(asked.passages))}
        return model.stream(asked.messages(), response_format={"type": "json_schema", "json_schema": schema})

    def reader(self, asked: Asked) -> ReplyReader:
        return SchemaReader()


class DocumentReplies:
    """Prose in blocks, each with the documents that it cites, as Anthropic's models give it."""

    name = "documents"
    answer = prompts.ANSWER_FROM_DOCUMENTS
    repair = prompts.REPAIR_FROM_DOCUMENTS

    def stream(self, model: BaseChatModel, asked: Asked) -> Iterator[BaseMessageChunk]:
        system, human = asked.messages()
        documents = [_document(passage) for passage in asked.passages.values()]
        question = {"type": "text", "text": human.text.strip()}
        return model.stream([system, HumanMessage(content=[*documents, question])])

    def reader(self, asked: Asked) -> ReplyReader:
        return BlockReader(tuple(asked.passages))


def grammar_of(numbers: Sequence[int]) -> str:
    """A llama.cpp grammar: the refusal, or up to four sentences, each with one or two markers at its end.

    A full stop ends a sentence but for abbreviations, so that none goes without its marker.
    """
    known = " | ".join(f'"[{number}]"' for number in numbers)
    titles = " | ".join(f'"{title}"' for title in _TITLES)
    return "\n".join(
        (
            f'root ::= "{prompts.REFUSAL}" | sentence (" " sentence){_SENTENCES}',
            'sentence ::= prose [.!?]? " " marker (" " marker)? "."?',
            rf"prose ::= [^\[\]\n .!?] piece{_SENTENCE_CHARS}",
            r"piece ::= [^\[\]\n.!?] | [.!?] [^\[\]\n .!?] | abbreviation",
            f'abbreviation ::= ([A-Z] "."){{1,4}} " " | ({titles}) ". "',
            f"marker ::= {known}",
        )
    )


def schema_of(numbers: Sequence[int]) -> dict[str, Any]:
    """The JSON schema of a reply: sentences, each with passages out of `numbers`."""
    sentence = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "passages": {"type": "array", "items": {"type": "integer", "enum": list(numbers)}},
        },
        "required": ["text", "passages"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"sentences": {"type": "array", "items": sentence}},
        "required": ["sentences"],
        "additionalProperties": False,
    }


def _document(passage: Passage) -> dict[str, Any]:
    block = {"type": "text", "text": prompts.running(prompts.neutralise(passage.text))}
    return {
        "type": "document",
        "source": {"type": "content", "content": [block]},
        "title": passage.hit.paragraph.citation,
        "context": prompts.about(passage),
        "citations": {"enabled": True},
    }
