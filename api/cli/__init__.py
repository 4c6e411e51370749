"""The command line: ``cableqa``, with one module for each group of commands.

Nothing here imports torch, and a command loads what it needs when it runs: ``--help`` is at once.
"""

from api.cli.program import app


def main() -> None:
    """The console script."""
    app()
