"""A conversation in the terminal, or through a pipe: questions and commands line by line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from api.cli import options
from api.cli.ask import opened_pipeline
from api.cli.export import opened_history
from api.cli.output import messages, out, print_json, report_failure
from rag.errors import CableqaError
from rag.types import Mode, Policy

LINES_KEPT = 1_000


def chat(
    mode: Annotated[Mode, typer.Option(help="Who writes the answers.")] = Mode.AUTO,
    policy: Annotated[
        Policy, typer.Option(help="What happens to a sentence that fails its check.")
    ] = Policy.REPAIR,
    conversation: Annotated[
        str | None, typer.Option(help="Go on with this conversation; /history shows its id.")
    ] = None,
    origin: options.Origins = None,
    tag: options.Tags = None,
    classification: options.Classifications = None,
    cable: options.CableIds = None,
    corpus: options.Corpora = None,
    date_from: options.DateFrom = None,
    date_to: options.DateTo = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Ask, follow up, look at sources. /help lists the commands.

    In a pipe every line of stdin is a question or a command. With --json the conversation is printed
    at the end. Exit status 1 where something could not be answered.
    """
    filters = options.read_filters(origin, tag, classification, cable, corpus, date_from, date_to)
    interactive = sys.stdin.isatty() and not json
    failures = 0
    with opened_pipeline(data_dir) as pipeline, opened_history(data_dir) as history:
        from api.conversing import Chat, ConversationEnded

        pipeline.collection.require_cables()
        console = messages() if json else out()
        talk = Chat(pipeline, history, console, mode=mode, policy=policy, filters=filters)
        if conversation is not None:
            talk.take_up(conversation)
        if interactive:
            console.print(Text("Ask the cables. /help lists the commands, Ctrl-D ends.", style="dim"))
        folder = pipeline.collection.store.path
        for line in _typed(folder / "chat_lines") if interactive else sys.stdin:
            try:
                talk.hear(line.strip())
            except ConversationEnded:
                break
            except CableqaError as error:
                failures += 1
                report_failure(error)
            except KeyboardInterrupt:
                console.print(Text("Stopped.", style="yellow"))
        if json:
            print_json(talk.record())
    if failures and not interactive:
        raise typer.Exit(1)


def _typed(kept: Path) -> Iterator[str]:
    """Lines from the keyboard, with those of earlier times behind the arrow keys where that is possible."""
    with contextlib.suppress(ImportError):
        import readline

        readline.set_history_length(LINES_KEPT)
        with contextlib.suppress(OSError):
            readline.read_history_file(kept)
    try:
        while True:
            try:
                yield input("\n› ")
            except KeyboardInterrupt:
                print()
    except EOFError:
        print()
    finally:
        with contextlib.suppress(ImportError, OSError):
            # Questions are nobody else's business.
            kept.touch(mode=0o600)
            readline.write_history_file(kept)
