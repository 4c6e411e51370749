"""Fuzzing, counted, that goes on where it stopped.

    python -m benchmarks.fuzz parsers --inputs 1000000 --state build/fuzz.json [--seconds 280]
    python -m benchmarks.fuzz endpoints --minutes 15 --state build/fuzz-endpoints.json [--seconds 280]

Two cores feed twice as many: `--first 5000000` with a state of its own begins with another input.
`python -m benchmarks.fuzz sum STATE...` adds states up.

The n-th input is the same everywhere (``tests/fuzz/mutate.py``), and the state says how many were fed and
what came of them; the same command takes the run up until the whole is reached, `--seconds` at a time. A
finding is an exception that is not the project's own, a 5xx that is not declared, or more than two seconds.
The exit status is 1 while there are findings.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

from tests.fuzz.endpoints import Requests, check
from tests.fuzz.mutate import load_corpus, mutated
from tests.fuzz.targets import CORPUS, targets, try_one

HANG_S = 2.0
FINDINGS_KEPT = 200
# What a kill can cost.
SLICE_S = 120.0
MEMORY = Path("/dev/shm")


class Hang(BaseException):
    """More CPU time than an input may take; no ``except Exception`` holds it up."""


@dataclass
class State:
    """What was fed so far, from which input on, in how many seconds, and each finding by where it arose."""

    first: int = 0
    done: int = 0
    seconds: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> State:
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        written = path.with_suffix(".part")
        written.write_text(json.dumps(asdict(self), indent=1))
        written.replace(path)

    def find(self, where: str, what: str) -> None:
        if where not in self.findings and len(self.findings) < FINDINGS_KEPT:
            self.findings[where] = what
            print(f"finding: {where}\n  {what[:600]}", flush=True)


def fuzz_parsers(state: State, inputs: int, seconds: float) -> None:
    """Each input goes to one target, in turn, until `inputs` in all or `seconds` of this sitting."""
    seeds, counts = load_corpus(CORPUS), Counter(state.kinds)
    signal.signal(signal.SIGVTALRM, _hang)
    begun = time.monotonic()
    # In memory, where there is such a folder: no finding is in how long a disk takes.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        known = list(targets(Path(folder)).items())
        while state.done < inputs and time.monotonic() - begun < seconds:
            number = state.first + state.done
            name, target = known[number % len(known)]
            data = mutated(seeds, number)
            signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
            try:
                try_one(target, data)
            except (Exception, Hang) as error:
                at = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{name}: {type(error).__name__} at {Path(at.filename).name}:{at.lineno}"
                state.find(where, f"input {number}: {error!r} {data[:300]!r}")
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            counts[name] += 1
            state.done += 1
    state.kinds = dict(counts)
    state.seconds += time.monotonic() - begun


def fuzz_endpoints(state: State, minutes: float, seconds: float) -> None:
    """Requests to a service in this process, until `minutes` in all or `seconds` of this sitting."""
    begun, counts = time.monotonic(), Counter(state.kinds)

    async def run(requests: Requests) -> None:
        while True:
            spent = time.monotonic() - begun
            if spent >= seconds or state.seconds + spent >= minutes * 60:
                return
            request = requests.make(state.first + state.done)
            started = time.monotonic()
            status, problem = await check(requests.app, request)
            if time.monotonic() - started > HANG_S:
                problem = problem or "took more than two seconds"
            if problem:
                where = f"{request.method} {request.route}: {problem[:120]}"
                state.find(where, f"request {state.first + state.done}: {request}")
            counts[str(status)] += 1
            state.done += 1

    with tempfile.TemporaryDirectory() as folder, Requests.over(Path(folder)) as requests:
        asyncio.run(run(requests))
    state.kinds = dict(counts)
    state.seconds += time.monotonic() - begun


def _hang(_signal: int, _frame: FrameType | None) -> None:
    raise Hang(f"more than {HANG_S} s")


def summed(paths: list[Path]) -> State:
    """Several states as one. Raises ValueError where two fed the same inputs."""
    states = sorted((State.load(path) for path in paths), key=lambda state: state.first)
    whole = State()
    for state in states:
        if state.first < whole.first:
            raise ValueError("two of the states begin with inputs that the other fed")
        whole.first = state.first + state.done
        whole.done += state.done
        whole.seconds += state.seconds
        whole.kinds = dict(Counter(whole.kinds) + Counter(state.kinds))
        whole.findings |= state.findings
    return whole


def not_done(state: State, options: argparse.Namespace) -> bool:
    if options.what == "parsers":
        return bool(state.done < options.inputs)
    return bool(state.seconds < options.minutes * 60)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="what", required=True)
    parsers = commands.add_parser("parsers", help="feed every reader of text")
    parsers.add_argument("--inputs", type=int, default=1_000_000, help="inputs in all")
    endpoints = commands.add_parser("endpoints", help="send requests to every route")
    endpoints.add_argument("--minutes", type=float, default=15.0, help="minutes in all")
    for command in (parsers, endpoints):
        command.add_argument("--seconds", type=float, default=float("inf"), help="at most so long this time")
        command.add_argument("--state", type=Path, required=True)
        command.add_argument("--first", type=int, default=0, help="the first input of a new state")
    summing = commands.add_parser("sum", help="add several states up")
    summing.add_argument("states", type=Path, nargs="+")
    options = parser.parse_args()
    if options.what == "sum":
        state = summed(options.states)
    else:
        state = State.load(options.state)
        if not options.state.exists():
            state.first = options.first
        ends = time.monotonic() + options.seconds
        while not_done(state, options) and (left := ends - time.monotonic()) > 0:
            if options.what == "parsers":
                fuzz_parsers(state, options.inputs, min(left, SLICE_S))
            else:
                fuzz_endpoints(state, options.minutes, min(left, SLICE_S))
            state.save(options.state)
    rate = state.done / state.seconds if state.seconds else 0.0
    print(f"{state.done} inputs in {state.seconds:.0f} s ({rate:.0f}/s), {len(state.findings)} findings")
    print(", ".join(f"{kind}: {count}" for kind, count in sorted(state.kinds.items())))
    return 1 if state.findings else 0


if __name__ == "__main__":
    sys.exit(main())
