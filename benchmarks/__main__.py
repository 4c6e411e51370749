"""Every benchmark in turn: ``make bench``. What needs the shared sets is left out where they are absent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared"
# Script and whether it reads the shared sets.
SCRIPTS = (
    ("parse_fidelity", False),
    ("ingest_speed", False),
    ("runner", False),
    ("ingest_scale", False),
    ("verifier_audit", True),
    ("retrieval", True),
    ("search_latency", False),
    ("load", False),
    ("networks", False),
    ("stages", False),
    ("page", False),
    ("injection", True),
)


def main() -> int:
    """Run the scripts; the exit status is 1 where one failed."""
    failed = []
    for name, needs_shared in SCRIPTS:
        print(f"\n== {name}", flush=True)
        if needs_shared and not SHARED.is_dir():
            print(f"left out: there is nothing at {SHARED}")
            continue
        arguments = [str(SHARED)] if needs_shared else []
        done = subprocess.run(
            [sys.executable, str(HERE / f"{name}.py"), *arguments], cwd=HERE.parent, check=False
        )
        failed += [name] if done.returncode else []
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
