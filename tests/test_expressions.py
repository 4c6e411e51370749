"""Every regular expression of the product against texts made for it to lose itself in.

For each repetition in an expression: what comes before it, then what it repeats for 1,000 characters, then
something that nothing matches. An expression that takes a cube or a power of two runs into its alarm; what
takes the square passes and is looked for by hand (``benchmarks/fuzz.py`` meets it in whole texts).
The alarm counts computing, not waiting, and stands far above what any of them takes.
"""

from __future__ import annotations

import ast
import importlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from re import _constants as signs  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("rag", "ingestion", "evals", "api")
REPEATED, ALARM_S, ATTACKS = 1_000, 2.0, 8
COMMON = ("", " "), ("", "a "), ("", "1,"), ("", "A."), ("", "\n"), ("", '"a')
# Given a text of at most 120 characters by the only function that uses it.
BOUNDED = frozenset({"rag.text.mrn"})
OF_CATEGORY = {signs.CATEGORY_DIGIT: "1", signs.CATEGORY_SPACE: " ", signs.CATEGORY_NOT_WORD: " "}


def expressions() -> dict[tuple[str, int], str]:
    """Pattern and flags to where it stands: compiled while the modules load, or written at a call of `re`."""
    found: dict[tuple[str, int], str] = {}
    compile_ = re._compile  # type: ignore[attr-defined]

    def noting(pattern: Any, flags: Any) -> Any:
        compiled = compile_(pattern, flags)
        frame: FrameType | None = sys._getframe(1)
        while frame and frame.f_globals["__name__"].startswith("re"):
            frame = frame.f_back
        name = frame.f_globals["__name__"] if frame else ""
        if name.partition(".")[0] in ROOMS:
            found[compiled.pattern, compiled.flags] = f"{name}:{frame.f_lineno if frame else 0}"
        return compiled

    re._compile = noting  # type: ignore[attr-defined]
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        importlib.import_module(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Attribute(ast.Name("re")), [ast.Constant(str(pattern)), *_]):
                    found.setdefault((pattern, re.compile(pattern).flags), f"{name}:{node.lineno}")
    re._compile = compile_  # type: ignore[attr-defined]
    return found


def example(tree: Any) -> str:
    """A text that the tree of an expression matches, roughly."""
    text = ""
    for sign, of in tree:
        match str(sign):
            case "LITERAL":
                text += chr(of)
            case "ANY" | "NOT_LITERAL":
                text += "a"
            case "IN":
                text += _one_of(of)
            case "BRANCH":
                text += example(of[1][0])
            case "SUBPATTERN":
                text += example(of[3])
            case "ATOMIC_GROUP":
                text += example(of)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                text += example(of[2]) * max(of[0], 1)
    return text


def _one_of(items: Any) -> str:
    sign, of = items[0]
    match str(sign):
        case "LITERAL":
            return chr(of)
        case "RANGE":
            return chr(of[0])
        case "CATEGORY":
            return OF_CATEGORY.get(of, "a")
    return "a"


def attacks(tree: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """(what comes before, what is repeated) for every repetition in the tree."""
    for sign, of in tree:
        match str(sign):
            case "MAX_REPEAT" | "MIN_REPEAT":
                if of[1] > 20:
                    yield before, example(of[2]) or "a"
                yield from attacks(of[2], before)
            case "BRANCH":
                for branch in of[1]:
                    yield from attacks(branch, before)
            case "SUBPATTERN":
                yield from attacks(of[3], before)
            case "ASSERT" | "ASSERT_NOT":
                yield from attacks(of[1], before)
        before += example([(sign, of)])


def lost() -> list[str]:
    """Expressions that ran into the alarm, with where they stand and what on."""

    class Alarm(BaseException):
        pass

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise Alarm

    signal.signal(signal.SIGVTALRM, ring)
    known, found = expressions(), []
    for (pattern, flags), where in known.items():
        if where.partition(":")[0] in BOUNDED:
            continue
        compiled = re.compile(pattern, flags)
        made = list(dict.fromkeys(attacks(parser.parse(pattern, flags))))[:ATTACKS]
        signal.setitimer(signal.ITIMER_VIRTUAL, ALARM_S)
        before, repeated = "", ""
        try:
            for before, repeated in (*made, *COMMON):
                text = before + repeated * (REPEATED // len(repeated)) + "\0"
                for _ in compiled.finditer(text):
                    pass
        except Alarm:
            found.append(
                f"{where}: {pattern[:80]!r} on {before[:40]!r} and {repeated[:40]!r} again and again"
            )
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    print(f"{len(known)} expressions, {len(found)} lost", *found, sep="\n")
    return found


def test_no_expression_loses_itself() -> None:
    """In a process of its own: the modules are loaded anew, and an alarm rings that no other test hears."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.test_expressions"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) > 250


if __name__ == "__main__":
    sys.exit(1 if lost() else 0)
