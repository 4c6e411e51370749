"""The server's log on stderr: plain lines, or a JSON object a line for programs that collect them."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Literal

# What every LogRecord has; whatever else it carries was given by the caller.
# uvicorn adds its message once more with colours.
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """``{"time", "level", "logger", "message", ...}`` with what a message was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def configure_logs(format: Literal["text", "json"]) -> None:
    """One handler for all: requests are logged where programs read them, warnings where people do."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonLines()
        if format == "json"
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    # By force: a library that is loaded before may have laid a handler of its own over all loggers.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("cableqa").setLevel(logging.INFO if format == "json" else logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.INFO if format == "json" else logging.WARNING)
