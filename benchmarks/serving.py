"""The server over the sample collection, for whoever looks at its pages through a browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def served(data_dir: Path) -> Iterator[str]:
    """The sample collection in a process of its own, on a free port; yields its address."""
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--sample", "--port", "0"]
    with subprocess.Popen(
        [*command, "--json", "--data-dir", str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()
