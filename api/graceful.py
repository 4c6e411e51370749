"""A server that ends well: streams come to their end, or are told that they will not."""

from __future__ import annotations

import asyncio
import socket
import time

import uvicorn

from api.service import Service

# What is in the making may take this long after the signal; then its stream ends with an `error` event.
FINISH_S = 8.0
GRACE_S = 10


class GracefulServer(uvicorn.Server):
    """Ends the streams of `service` before uvicorn cuts their connections."""

    def __init__(self, config: uvicorn.Config, service: Service, finish_s: float = FINISH_S) -> None:
        super().__init__(config)
        self._service = service
        self._finish_s = finish_s
        self.turned_at = time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second, as long as the loop turns."""
        self.turned_at = time.monotonic()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Not ready from now on; what is in the making goes on.
        self._service.runs.ending = True
        ending = asyncio.get_running_loop().call_later(self._finish_s, self._service.runs.end)
        await super().shutdown(sockets)
        ending.cancel()


def graceful_config(app: object) -> uvicorn.Config:
    """No log configuration and no access log of uvicorn's own: requests are logged by their route."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )
