"""Starting the server."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import signal
import socket
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.cli import options
from api.cli.output import messages, waiting
from api.heap import one_heap
from api.processes import Failed, Processes, Ready, end_with_parent
from rag.config import Settings
from rag.errors import CableqaError, UsageError
from rag.text.counting import count_of

if TYPE_CHECKING:
    from api.service import Service


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Processes that answer on the one address, each with models, limits and metrics of its own. "
            "A cut stream goes on only in the process that began it.",
        ),
    ] = 1,
    sample: Annotated[
        bool, typer.Option("--sample", help="Load the fictional sample cables if there are none yet.")
    ] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Serve the page and the HTTP API."""
    one_heap()
    settings = options.read_settings(data_dir)
    listening = _listen(host, port)

    def say(ready: Ready) -> None:
        for line in ready.lines:
            messages().print(Text(line), soft_wrap=True)
        if json:
            typer.echo(f'{{"url": "{_address(listening, host)}"}}')

    with listening:
        if sample:
            from api.cli.sample import load_sample_if_empty

            load_sample_if_empty(settings)
        if workers == 1:
            with waiting("Loading the models…"):
                served = Served(listening, host, settings)
            say(served.ready())
            served.run()
        else:
            Processes(workers, partial(serve_in_child, listening, host, settings)).run(say)


class Served:
    """A server over an open collection, listening."""

    def __init__(self, listening: socket.socket, host: str, settings: Settings) -> None:
        from api.app import create_app
        from api.graceful import GracefulServer, graceful_config
        from api.logs import configure_logs
        from api.opening import open_service

        guarded = settings.require_keys == "always" or not _is_loopback(host)
        self._service = open_service(settings, guarded=guarded)
        self._service.warm_up()
        app = create_app(self._service, hosts=_hosts(host))
        # What is loaded by now stays; to look through all of it takes as long as several answers.
        gc.collect()
        gc.freeze()
        configure_logs(settings.log_format)
        self._server = GracefulServer(graceful_config(app), self._service)
        self._listening = listening
        self._host = host
        # From here on who connects is heard, however long the loop takes to begin.
        listening.listen(2048)

    def ready(self) -> Ready:
        """What to open, what to ask, how it answers; and what is missing."""
        lines = greeting(self._service, _address(self._listening, self._host))
        keys = self._service.keys
        if keys is not None and not any(key.revoked_at is None for key in keys.all()):
            return Ready(
                (*lines, "It wants a key, and there is none yet: cableqa keys create NAME --scope ask")
            )
        return Ready(lines)

    def beat(self, telling: Connection) -> None:
        """Tell from now on that this server goes on."""
        from api.pulse import Pulse, stuck_after_s

        stuck_s = stuck_after_s(self._service.settings)
        Pulse(telling, lambda: self._server.turned_at, self._service.workers, stuck_s).start()

    def run(self) -> None:
        """Serve until a signal; what is in the making comes to its end, or is told that it will not."""
        # uvicorn raises the signal that ended it once more: as an exception it lets the caller clean up.
        signal.signal(signal.SIGTERM, _leave)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                self._server.run(sockets=[self._listening])
        finally:
            self._service.release()


def serve_in_child(listening: socket.socket, host: str, settings: Settings, telling: Connection) -> None:
    """One of several processes: says that it is ready, or why it will never be, and serves."""
    one_heap()
    # Ctrl-C reaches the whole group; the parent then tells each to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    try:
        served = Served(listening, host, settings)
    except CableqaError as error:
        telling.send(Failed(error.code, error.message, error.exit_status))
        return
    telling.send(served.ready())
    served.beat(telling)
    served.run()


def greeting(service: Service, address: str) -> tuple[str, str, str]:
    """Three lines: what to open, what to ask, how it answers."""
    from api.suggestions import suggest_questions

    counts = service.store.counts()
    if not counts.cables:
        asking = "Ask   nothing yet: the collection is empty; `cableqa ingest PATH` reads cables in."
    else:
        question = suggest_questions(service.store, limit=1)[0]
        held = f"{count_of(counts.cables, 'cable')}, {count_of(counts.paragraphs, 'paragraph')}"
        asking = f"Ask   “{question}” ({held})"
    name = service.pipeline.answerer_name
    how = (
        "How   extractive: sentences quoted from the cables, no language model (set CABLEQA_LLM for one)"
        if name == "extractive"
        else f"How   {name} writes, {service.pipeline.verifier.name} checks every sentence before it is shown"
    )
    return f"Open  {address}", asking, how


def _listen(host: str, port: int) -> socket.socket:
    """Bound before the models are loaded, so that a port in use is said at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"Cannot listen on {host} port {port}: {error.strerror}. `--port 0` takes a free one.",
            host=host,
            port=port,
        ) from None
    return listening


def _leave(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _address(listening: socket.socket, host: str) -> str:
    return f"http://{_shown(host)}:{listening.getsockname()[1]}/"


def _hosts(host: str) -> frozenset[str] | None:
    """The names a browser may call a loopback server by; None, any, where it listens to the world."""
    return frozenset({"localhost", "127.0.0.1", "[::1]", host}) if _is_loopback(host) else None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
