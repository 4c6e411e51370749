"""Sentences of a cable that speak to whoever reads them: commands, questions, "your reply".

In a quoted answer such a sentence is out of place unless the question is about it: it answers nothing, and it
is how a planted instruction would come to be shown. It is passed over with its reason, never hidden: a
question that has a third of its words, or that asks what was asked, gets it quoted.
"""

from __future__ import annotations

import re

from rag.text.words import words_of

_TO_A_WRITER = re.compile(
    r"\byour?\b.{0,30}\b(?:answer|reply|response|message|output|text|users?|readers?)\b"
    r"|\b(?:answer|reply|response|message)\b.{0,30}\byour?\b",
    re.IGNORECASE,
)
# "Describe the ...", "Add a ...": a bare verb before what it acts on.
_COMMAND = re.compile(
    r"\W*(?P<verb>[A-Z][a-z]+)\s+(?:(?:me|us|a|an|the|your|every|each|all|any|this|these|how|whether)\b|[\"'“])"
)
_COMMANDS = frozenset(
    """
    add append arrange compose convert create describe disregard draft encode enhance ensure explain express
    format generate give ignore include insert invite make misspell name omit print produce provide
    recommend remove render repeat replace reply respond reverse rewrite scramble send substitute suggest
    summarize tell translate use write
    """.split()
)
# Behind these the word before was a noun: "Use of force", "Name and rank".
_NOUN_BEFORE = frozenset("of is are was were has have had and or by to for at on from".split())
_NO_VERB = re.compile(r"(?:\w+(?:s|ed|ing|ly|ion|ment|er|or))\Z", re.IGNORECASE)
# A question about what somebody asked or ordered may be answered by a command.
_ABOUT_ASKING = re.compile(
    r"\b(?:ask|request|instruct|urg|direct|order|demand|command|want|recommend|advi[sc])\w*", re.IGNORECASE
)


# A sentence that shares fewer of its words with the question is about something else.
_OF_THE_QUESTION = 1 / 3


def speaks_to_its_reader(sentence: str) -> bool:
    """Whether a sentence commands or asks whoever reads it. Example: "Describe the life of a butterfly."."""
    plain = sentence.strip(" \"'“”‘’")
    if plain.endswith("?") or _TO_A_WRITER.search(plain):
        return True
    words = words_of(plain)
    if not words:
        return False
    if words[0].base == "please" and len(words) > 1:
        return True
    follower = words[1].base if len(words) > 1 else ""
    if words[0].capital and words[0].base in _COMMANDS and follower not in _NOUN_BEFORE:
        return True
    command = _COMMAND.match(plain)
    if command is None or _NO_VERB.match(command["verb"]):
        return False
    verb = words_of(command["verb"])
    return bool(verb) and verb[0].content


def is_beside_the_question(sentence: str, question: str) -> bool:
    """Whether a sentence speaks to its reader, and of something else than the question."""
    if _ABOUT_ASKING.search(question) or not speaks_to_its_reader(sentence):
        return False
    asked = {word.stem for word in words_of(question) if word.content}
    said = {word.stem for word in words_of(sentence) if word.content}
    return len(asked & said) < _OF_THE_QUESTION * len(said)
