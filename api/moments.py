"""Moments that things are ordered by, also where the machine's clock is set back between two of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, func, select

# Set back by more than this, what was written before is taken for wrong and not for a measure.
BACK = timedelta(days=2)


def next_moment(connection: Connection, written: Column[Any]) -> datetime:
    """Now; or just behind the last moment in the column, where that lies ahead."""
    now = datetime.now(UTC)
    last = connection.scalar(select(func.max(written)))
    if last is None or not now <= (latest := datetime.fromisoformat(last)) < now + BACK:
        return now
    return latest + timedelta(microseconds=1)
