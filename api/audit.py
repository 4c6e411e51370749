"""The audit log: who asked what, and what came of it, as lines of JSON; never a key."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

from api.keys import Caller

FILE_NAME = "audit.jsonl"


class AuditLog:
    """A file for each day, kept as long as answers are; where none are kept, questions are not written."""

    def __init__(self, folder: Path, keep_days: int) -> None:
        self._with_text = keep_days > 0
        path = folder / FILE_NAME
        path.touch(mode=0o600)
        self._handler = TimedRotatingFileHandler(
            path, when="midnight", utc=True, backupCount=max(keep_days, 1), encoding="utf-8"
        )
        self._handler.setFormatter(logging.Formatter("%(message)s"))

    def note(self, caller: Caller, action: str, text: str, outcome: str, **facts: str | int | None) -> None:
        """One line. `outcome` is an answer's, or the code of the failure."""
        line = {
            "time": datetime.now(UTC).isoformat(),
            "key_id": caller.key_id,
            "key_name": caller.name,
            "ceiling": None if caller.ceiling is None else caller.ceiling.value,
            "action": action,
            "text": text if self._with_text else None,
            "characters": len(text),
            "outcome": outcome,
            **facts,
        }
        record = logging.LogRecord("cableqa.audit", logging.INFO, "", 0, json.dumps(line), None, None)
        self._handler.handle(record)

    def close(self) -> None:
        self._handler.close()
