"""Starting the server."""

from __future__ import annotations

import contextlib
import ipaddress
import signal
import socket
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.cli import options
from api.cli.output import messages, waiting
from rag.errors import UsageError

if TYPE_CHECKING:
    from api.graceful import GracefulServer
    from api.service import Service


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    sample: Annotated[
        bool, typer.Option("--sample", help="Load the fictional sample cables if there are none yet.")
    ] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Serve the page and the HTTP API."""
    settings = options.read_settings(data_dir)
    listening = _listen(host, port)
    with listening:
        if sample:
            from api.cli.sample import load_sample_if_empty

            load_sample_if_empty(settings)
        with waiting("Loading the models…"):
            from api.app import create_app
            from api.graceful import GracefulServer, graceful_config
            from api.logs import configure_logs
            from api.opening import open_service

            guarded = settings.require_keys == "always" or not _is_loopback(host)
            service = open_service(settings, guarded=guarded)
            service.warm_up()
            app = create_app(service, hosts=_hosts(host))
            configure_logs(settings.log_format)
        # From here on who connects is heard, however long the loop takes to begin.
        listening.listen(2048)
        address = f"http://{_shown(host)}:{listening.getsockname()[1]}/"
        for line in greeting(service, address):
            messages().print(Text(line), soft_wrap=True)
        if service.keys is not None and not any(key.revoked_at is None for key in service.keys.all()):
            hint = "It wants a key, and there is none yet: cableqa keys create NAME --scope ask"
            messages().print(Text(hint, style="bold yellow"), soft_wrap=True)
        if json:
            typer.echo(f'{{"url": "{address}"}}')
        try:
            _run(GracefulServer(graceful_config(app), service), listening)
        finally:
            service.release()


def greeting(service: Service, address: str) -> tuple[str, str, str]:
    """Three lines: what to open, what to ask, how it answers."""
    from api.suggestions import suggest_questions

    counts = service.store.counts()
    if not counts.cables:
        asking = "Ask   nothing yet: the collection is empty; `cableqa ingest PATH` reads cables in."
    else:
        question = suggest_questions(service.store, limit=1)[0]
        asking = f"Ask   “{question}” ({counts.cables} cables, {counts.paragraphs} paragraphs)"
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


def _run(server: GracefulServer, listening: socket.socket) -> None:
    """Serve until a signal; what is in the making comes to its end, or is told that it will not."""
    # uvicorn raises the signal that ended it once more: as an exception it lets the caller clean up.
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


def _leave(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


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
