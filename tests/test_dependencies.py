"""Every package that this needs is pinned, as it is installed, under a licence that is known and may be used.

Known weaknesses of the pinned versions are asked for by ``make audit``, which runs this too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(
        r"^(\S+)==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
}
# Whatever may be used beside Apache-2.0 without a word; of MPL and LGPL as they come, unchanged and apart.
PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "HPND"),
    *("ISC", "LLVM-exception", "MIT", "MIT-0", "PSF-2.0", "Unlicense", "Zlib"),
}
UNCHANGED = {"MPL-2.0", "LGPL-3.0-only"}
# Names from before there were expressions.
OLD_NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def asked_for() -> Iterator[Requirement]:
    """Everything that pyproject.toml names, extras with it."""
    lists: Iterable[list[str]] = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for requirements in lists:
        for text in requirements:
            requirement = Requirement(text)
            if requirement.name != PROJECT["name"]:
                yield requirement


def installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def everything() -> dict[str, Distribution]:
    """What is installed of all that, with what those need in their turn."""
    found: dict[str, Distribution] = {}
    waiting = list(asked_for())
    seen = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, key := tuple(sorted(wanted.extras))) in seen or (dist := installed(name)) is None:
            continue
        seen.add((name, key))
        found[name] = dist
        for text in dist.requires or ():
            needed = Requirement(text)
            extras = ("", *wanted.extras)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    return found


def licences(dist: Distribution) -> set[str]:
    """The licences that a package names, by their SPDX ids; none where it names none that we know."""
    facts = dist.metadata
    named = [str(facts.get("License-Expression", ""))]
    named += [
        line.rsplit(" :: ", 1)[-1] for line in facts.get_all("Classifier", ()) if line.startswith("License")
    ]
    # Some put the whole text there, whose first line is its name.
    named += [line.strip() for line in str(facts.get("License", "")).splitlines()[:1]]
    named += [file.read_text().strip().splitlines()[0] for file in dist.files or () if _is_licence(file.name)]
    for name in named:
        try:
            expression = canonicalize_license_expression(OLD_NAMES.get(name.strip(), name.strip()))
        except InvalidLicenseExpression:
            continue
        if expression:
            return set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR", "WITH"}
    return set()


def _is_licence(name: str) -> bool:
    return name.upper().removesuffix(".TXT").removesuffix(".MD") in {"LICENSE", "LICENCE"}


@pytest.fixture(scope="module")
def packages() -> dict[str, Distribution]:
    return everything()


def test_all_that_is_asked_for_is_pinned_to_a_version_that_will_do() -> None:
    for requirement in asked_for():
        version = PINS.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} has no pin in constraints.txt"
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_what_is_installed_is_what_is_pinned(packages: dict[str, Distribution]) -> None:
    assert len(packages) > 100
    found = {name: dist.version.partition("+")[0] for name, dist in packages.items()}
    assert {name: version for name, version in found.items() if PINS.get(name) != version} == {}


def test_every_licence_is_known_and_may_be_used(packages: dict[str, Distribution]) -> None:
    named = {name: licences(dist) for name, dist in packages.items()}
    assert [name for name, ids in named.items() if not ids] == []
    foreign = {name: sorted(ids - PERMISSIVE - UNCHANGED) for name, ids in named.items()}
    assert {name: ids for name, ids in foreign.items() if ids} == {}
