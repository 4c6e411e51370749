"""The terminal's conversation: what a line means, and what is printed for it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from api.cli.ask import print_footnotes, print_sentence
from api.cli.output import write
from api.cli.show import print_cable, print_paragraph
from api.export.dossier import shown_filters
from api.history import History
from api.reading import read_cable, read_paragraph
from api.routes.history import ConversationHead, ConversationRecord
from rag.errors import UsageError
from rag.pipeline import Pipeline
from rag.record import AnswerRecord, CitationRecord, FiltersIn
from rag.record.answer import SentenceRecord
from rag.text.counting import count_of
from rag.types import AnswerReady, Filters, Mode, Policy, Question, Retrieved, SentenceReady, Turn

HISTORY_TURNS = 6
TITLE_CHARS = 200
HELP = """\
A line is a question; the ones before it are understood with it.
/show 2                   the paragraph behind footnote 2, the quoted words marked
/show 09ASTANA1206 [9]    a cable, or one paragraph of it
/filter origin=Astana date_from=2009-01-01   narrow what follows (tag, classification, cable, corpus, date_to)
/filter                   what is set;  /filter clear  takes it away
/history                  what was asked here, and the conversation's id;  /new  begins another
/help  /quit"""
LISTS = {
    "origin": "origins",
    "tag": "tags",
    "classification": "classifications",
    "cable": "cable_ids",
    "corpus": "corpora",
}
DATES = ("date_from", "date_to")


class ConversationEnded(Exception):
    """The reader said that this was all."""


class Chat:
    """One conversation. It is kept like one of the page, which can open it."""

    def __init__(
        self,
        pipeline: Pipeline,
        history: History,
        console: Console,
        *,
        mode: Mode,
        policy: Policy,
        filters: Filters,
    ) -> None:
        self._pipeline = pipeline
        self._history = history
        self._console = console
        self._mode = mode
        self._policy = policy
        self._filters = filters
        self._records: list[AnswerRecord] = []
        self._conversation_id: str | None = None

    def hear(self, line: str) -> None:
        """Answer a question or carry a command out. Raises CableqaError, ConversationEnded."""
        if not line:
            return
        if not line.startswith("/"):
            self._ask(line)
            return
        name, _, rest = line[1:].partition(" ")
        commands = {
            "show": self._show,
            "filter": self._filter,
            "history": self._tell,
            "new": self._begin_anew,
        }
        if name in {"quit", "exit", "q"}:
            raise ConversationEnded
        if name == "help":
            write(self._console, Text(HELP))
        elif name in commands:
            commands[name](_words(rest))
        else:
            raise UsageError(f"There is no command /{name}; /help lists them.")

    def take_up(self, conversation_id: str) -> None:
        """Go on with a conversation that was begun earlier, here or on the page. Raises NotFound."""
        found = self._history.conversations.get(conversation_id)
        self._conversation_id = conversation_id
        stored = map(self._pipeline.collection.store.find_answer, found.answer_ids)
        self._records = [AnswerRecord.model_validate_json(text) for text in stored if text is not None]

    def record(self) -> ConversationRecord:
        """The conversation so far, as the API gives it."""
        found = self._history.conversations.get(self._conversation_id or self._begin("Nothing asked"))
        return ConversationRecord(**ConversationHead.of(found).model_dump(), answers=tuple(self._records))

    def _ask(self, text: str) -> None:
        turns = tuple(Turn(record.question, record.text) for record in self._records[-HISTORY_TURNS:])
        asked = Question(text, turns, self._filters, self._mode, self._policy)
        self._console.print()
        for event in self._pipeline.stream(asked):
            if isinstance(event, Retrieved) and event.hits and event.lead:
                write(self._console, Text(event.lead, style="bold"))
            elif isinstance(event, SentenceReady):
                print_sentence(SentenceRecord.of(event.sentence), self._console)
            elif isinstance(event, AnswerReady):
                record = AnswerRecord.of(event.answer)
                self._records.append(record)
                conversation_id = self._conversation_id or self._begin(text)
                self._history.conversations.append(conversation_id, record.answer_id)
                print_footnotes(record, self._console)

    def _begin(self, title: str) -> str:
        self._conversation_id = self._history.conversations.begin(title[:TITLE_CHARS]).conversation_id
        return self._conversation_id

    def _begin_anew(self, _words: Sequence[str]) -> None:
        self._records, self._conversation_id = [], None
        write(self._console, Text("A new conversation.", style="dim"))

    def _show(self, words: Sequence[str]) -> None:
        store = self._pipeline.collection.store
        if len(words) == 1 and words[0].strip("[]").isdecimal():
            cited = self._citation(int(words[0].strip("[]")))
            found = read_paragraph(store, cited.cable_id, cited.paragraph)
            print_paragraph(found, self._console, marked=(cited.char_start, cited.char_end))
        elif len(words) == 1:
            print_cable(read_cable(store, words[0]), self._console)
        elif words:
            print_paragraph(read_paragraph(store, " ".join(words[:-1]), words[-1]), self._console)
        else:
            raise UsageError(
                "/show what? A footnote's number, or a cable and a paragraph: /show 09ASTANA1206 9"
            )

    def _citation(self, marker: int) -> CitationRecord:
        citations = self._records[-1].citations if self._records else ()
        if not 1 <= marker <= len(citations):
            raise UsageError(
                f"The last answer has {count_of(len(citations), 'footnote')}, and none is [{marker}]."
            )
        return citations[marker - 1]

    def _filter(self, words: Sequence[str]) -> None:
        if list(words) == ["clear"]:
            self._filters = Filters()
        for word in words if list(words) != ["clear"] else ():
            name, equals, value = word.partition("=")
            if not equals or name not in (*LISTS, *DATES):
                raise UsageError(
                    f"{word!r} is no filter: /filter origin=Astana, tag=PHUM, date_from=2009-01-01…"
                )
            self._filters = _narrowed(self._filters, name, value)
        write(self._console, Text(f"Filters: {shown_filters(FiltersIn.of(self._filters))}", style="dim"))

    def _tell(self, _words: Sequence[str]) -> None:
        for number, record in enumerate(self._records, start=1):
            write(
                self._console,
                Text(f"{number:>3}  {record.question}  ({record.outcome}, answer {record.answer_id})"),
            )
        shown = self._conversation_id or "nothing was asked yet"
        write(self._console, Text(f"Conversation: {shown}", style="dim"))


def _narrowed(filters: Filters, name: str, value: str) -> Filters:
    """The filters with one set anew; an empty value takes it away. Raises UsageError."""
    given: object = value or None
    if name in LISTS:
        given = tuple(part.strip() for part in value.split(",") if part.strip())
    try:
        changed = {**FiltersIn.of(filters).model_dump(), LISTS.get(name, name): given}
        return FiltersIn.model_validate(changed).to_filters()
    except ValidationError as error:
        raise UsageError(f"/filter {name}={value}: {error.errors()[0]['msg']}.") from None


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise UsageError("A quotation mark is never closed.") from None
