"""Long runs that break the service on purpose; each can be stopped and goes on where it was.

    python -m benchmarks.endurance kills --rounds 60 --state build/kills.json [--limit-s 240]

A round of `kills`: cables are added and an ingest of them is killed (SIGKILL) at a random moment. In every
other round it is run to its end at once; in the others it is killed as it writes, the server is started over
what that left, and the ingest is run to its end afterwards. The server is asked by two clients in a
conversation each, and killed at a random moment. After it, everything that was ever acknowledged is looked
for: cables by the hash of their content, answers by the hash of their record, messages in their
conversations; and store, vectors and words are held against each other. Real processes, the real encoder.
The exit status is 1 where anything was lost, torn or late.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
from pydantic import BaseModel, Field

from api.history import History
from ingestion.doctor import examine
from rag.bootstrap import build_pipeline
from rag.config import Settings
from rag.errors import NotFound
from rag.index.collection import UNCLEAN
from rag.models.embeddings import Encoder, load_encoder
from rag.store.cable_store import CableStore
from rag.types import Outcome, Question

ROOT = Path(__file__).resolve().parents[1]
READY_LIMIT_S = 10.0
PARAGRAPHS_A_CABLE = 40
GOODS = (
    "cod",
    "salt",
    "timber",
    "wool",
    "barley",
    "copper",
    "rope",
    "tar",
    "glass",
    "herring",
    "slate",
    "hemp",
)
PORTS = ("Kalmuse", "Ostrava", "Vinterhaven", "Morrow", "Selby", "Grimsund", "Tarvo", "Lisse", "Aldport")


class Round(BaseModel):
    """What one round did and found."""

    ingest_killed_after_s: float | None
    ready_s: float
    answers: int
    # Whether the server was started over what the kill left, and how often it said so instead of an answer.
    over_remains: bool = False
    degraded: int = 0
    failures: list[str] = Field(default_factory=list)


class State(BaseModel):
    """Everything that was acknowledged so far, and every round."""

    seed: int
    cables: dict[str, str] = Field(default_factory=dict)
    answers: dict[str, str] = Field(default_factory=dict)
    absent: dict[str, str] = Field(default_factory=dict)
    absent_in_peace: int = 0
    conversations: dict[str, list[str]] = Field(default_factory=dict)
    serial: int = 0
    rounds: list[Round] = Field(default_factory=list)


def telegram(serial: int) -> str:
    """A telegram whose paragraphs no other one has."""
    chance = random.Random(serial)
    port = PORTS[serial % len(PORTS)]
    paragraphs = [
        f"{number}. The harbor master of {port} counted {chance.randint(100, 99_999)} crates of "
        f"{GOODS[number % len(GOODS)]} on pier {number} in week {serial}, and wrote it into the ledger."
        for number in range(1, PARAGRAPHS_A_CABLE + 1)
    ]
    return (
        f"P 060721Z MAY 08\nFM AMEMBASSY REYKJAVIK\nTO SECSTATE WASHDC PRIORITY 1234\n"
        f"UNCLAS REYKJAVIK {serial:06d}\n\nSIPDIS\n\nE.O. 12958: N/A\nTAGS: EFIS, IC\n"
        f"SUBJECT: CRATES OF WEEK {serial}\n\n" + "\n\n".join(paragraphs) + "\n\nHOLT\n"
    )


class Kills:
    """The rounds over one collection."""

    def __init__(self, place: Path, paragraphs: int) -> None:
        self._place = place
        self._folder = place.with_suffix(".data")
        self._archive, self._data = self._folder / "archive", self._folder / "data"
        self._archive.mkdir(parents=True, exist_ok=True)
        self.state = (
            State.model_validate_json(place.read_text(encoding="utf-8"))
            if place.exists()
            else State(seed=random.randrange(1 << 30))
        )
        self._settings = Settings(data_dir=self._data)
        self._encoder: Encoder = load_encoder(self._settings.embedding_model)
        self._first = paragraphs // PARAGRAPHS_A_CABLE

    def fill(self) -> None:
        """The collection that the rounds begin with."""
        if self.state.serial >= self._first:
            return
        self._write(self._first - self.state.serial)
        self._ingest()
        self._acknowledge_cables()
        self._save()

    def round(self) -> Round:
        number = len(self.state.rounds)
        chance = random.Random(self.state.seed + number)
        self._write(2)
        over_remains = number % 2 == 1
        # An ingest takes some seconds to load its models, and then a second or two to write.
        killed = self._kill_ingest(
            chance.uniform(0.0, 1.5) if over_remains else chance.uniform(0.2, 9.0), over_remains
        )
        if not over_remains:
            self._ingest()
            self._acknowledge_cables()
        with self._serving() as (url, ready_s, server):
            given, degraded = self._ask_until_killed(url, server, chance)
        if over_remains:
            self._ingest()
            self._acknowledge_cables()
        result = Round(
            ingest_killed_after_s=killed,
            ready_s=round(ready_s, 2),
            answers=given,
            over_remains=over_remains,
            degraded=degraded,
        )
        result.failures = self._failures(ready_s)
        self.state.rounds.append(result)
        self._save()
        return result

    def _write(self, count: int) -> None:
        for _ in range(count):
            self.state.serial += 1
            name = f"08REYKJAVIK{self.state.serial}.txt"
            (self._archive / name).write_text(telegram(self.state.serial), encoding="utf-8")

    def _command(self, *arguments: str) -> list[str]:
        code = "from api.cli import main; main()"
        return [sys.executable, "-c", code, *arguments, "--data-dir", str(self._data)]

    def _kill_ingest(self, after_s: float, of_writing: bool) -> float | None:
        """Start an ingest and kill it so long after it began, or began to write; None where it was done."""
        before = self._began_to_write()
        command = self._command("ingest", str(self._archive), "--json")
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as ingest:
            try:
                while of_writing and self._began_to_write() == before and ingest.poll() is None:
                    time.sleep(0.01)
                ingest.wait(after_s)
                return None
            except subprocess.TimeoutExpired:
                ingest.kill()
                return round(after_s, 2)

    def _began_to_write(self) -> int:
        """When the last writer opened the collection, as its mark says; 0 where none stands."""
        marker = self._data / UNCLEAN
        return marker.stat().st_mtime_ns if marker.exists() else 0

    def _ingest(self) -> None:
        command = self._command("ingest", str(self._archive), "--json")
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode or "Traceback" in done.stderr:
            raise RuntimeError(f"the ingest ended with {done.returncode}: {done.stderr[-2000:]}")

    def _acknowledge_cables(self) -> None:
        with closing(CableStore.open(self._data, write=False)) as store:
            for serial in range(1, self.state.serial + 1):
                cable_id = f"08REYKJAVIK{serial}"
                if cable_id not in self.state.cables:
                    self.state.cables[cable_id] = _digest(store.get_cable(cable_id).body)

    @contextmanager
    def _serving(self) -> Iterator[tuple[str, float, subprocess.Popen[str]]]:
        began = time.monotonic()
        command = self._command("serve", "--port", "0")
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                lines = []
                for line in server.stderr:
                    lines.append(line)
                    if line.startswith("Open"):
                        break
                else:
                    raise RuntimeError(f"the server did not start: {''.join(lines)[-2000:]}")
                url = line.split()[1]
                # Degraded is ready too: it answers what it can, and declares nothing absent.
                while httpx.get(f"{url}readyz", timeout=30).status_code != 200:
                    time.sleep(0.05)
                yield url, time.monotonic() - began, server
            finally:
                server.kill()

    def _ask_until_killed(
        self, url: str, server: subprocess.Popen[str], chance: random.Random
    ) -> tuple[int, int]:
        """Two clients ask as fast as they are answered; what reached them is acknowledged.

        How many answers, and how many times an index was missed for one.
        """
        lock = threading.Lock()
        given = degraded = 0

        def ask(seed: int) -> None:
            nonlocal given, degraded
            questions = random.Random(seed)
            with contextlib.suppress(httpx.HTTPError), httpx.Client(base_url=url, timeout=30) as client:
                begun = client.post("v1/conversations", json={"title": "Crates"}).json()["conversation_id"]
                with lock:
                    self.state.conversations[begun] = []
                while True:
                    serial = questions.randint(1, self._first)
                    pier = questions.randint(1, PARAGRAPHS_A_CABLE)
                    text = f"How many crates of {GOODS[pier % len(GOODS)]} were counted on pier {pier} in "
                    text += f"REYKJAVIK {serial}?"
                    asked = {"question": text, "conversation_id": begun}
                    response = client.post("v1/answers", json=asked)
                    record = response.json()
                    if response.status_code == 503 and record["error"]["code"] == "collection_degraded":
                        with lock:
                            degraded += 1
                        continue
                    response.raise_for_status()
                    with lock:
                        self.state.answers[record["answer_id"]] = _digest(json.dumps(record, sort_keys=True))
                        self.state.conversations[begun].append(record["answer_id"])
                        if record["outcome"] == "not_in_corpus":
                            self.state.absent[record["answer_id"]] = text
                        given += 1

        clients = [threading.Thread(target=ask, args=(chance.randrange(1 << 30),)) for _ in range(2)]
        for client in clients:
            client.start()
        time.sleep(chance.uniform(0.3, 4.0))
        server.send_signal(signal.SIGKILL)
        for client in clients:
            client.join()
        return given, degraded

    def _failures(self, ready_s: float) -> list[str]:
        found = [f"ready after {ready_s:.1f} s"] if ready_s >= READY_LIMIT_S else []
        with closing(CableStore.open(self._data, write=False)) as store:
            for cable_id, digest in self.state.cables.items():
                cable = store.find_cable(cable_id)
                if cable is None or _digest(cable.body) != digest:
                    found.append(f"cable {cable_id} is lost or changed")
            for answer_id, digest in self.state.answers.items():
                record = store.find_answer(answer_id)
                if record is None or _digest(json.dumps(json.loads(record), sort_keys=True)) != digest:
                    found.append(f"answer {answer_id} is lost or changed")
        with closing(History.open(self._data)) as history:
            for conversation_id, answers in self.state.conversations.items():
                try:
                    kept = history.conversations.get(conversation_id).answer_ids
                except NotFound:
                    found.append(f"conversation {conversation_id} is lost")
                    continue
                # What was written and did not reach its reader may stand behind.
                if list(kept[: len(answers)]) != answers:
                    found.append(f"conversation {conversation_id} lacks a message")
        found += self._wrongly_absent()
        report = examine(self._settings, self._encoder, repair=False)
        return found + [f"{one.check}: {one.message}" for one in report.findings if not one.well]

    def _wrongly_absent(self) -> list[str]:
        """Questions that were declared unanswerable around a kill, and are answered in peace."""
        if not self.state.absent:
            return []
        pipeline = build_pipeline(self._settings)
        try:
            wrong = [
                f"“{text}” was declared absent"
                for text in self.state.absent.values()
                if pipeline.unrecorded().answer(Question(text)).outcome is not Outcome.NOT_IN_CORPUS
            ]
        finally:
            pipeline.collection.close()
        self.state.absent_in_peace += len(self.state.absent) - len(wrong)
        self.state.absent = {}
        return wrong

    def _save(self) -> None:
        partial = self._place.with_suffix(".partial")
        partial.write_text(self.state.model_dump_json(), encoding="utf-8")
        partial.replace(self._place)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def kills(place: Path, rounds: int, paragraphs: int, limit_s: float) -> int:
    """Go on until there are so many rounds, or the time is over."""
    began = time.monotonic()
    place.parent.mkdir(parents=True, exist_ok=True)
    running = Kills(place, paragraphs)
    running.fill()
    while len(running.state.rounds) < rounds and time.monotonic() - began < limit_s:
        done = running.round()
        killed = "done" if done.ingest_killed_after_s is None else f"{done.ingest_killed_after_s:.1f} s"
        print(
            f"{len(running.state.rounds):>4}  ingest killed at {killed:>6}  ready {done.ready_s:>5.2f} s  "
            f"{done.answers:>4} answers  {done.degraded:>3} degraded  "
            f"{'over remains' if done.over_remains else 'after the ingest'}  "
            f"{'; '.join(done.failures) or 'whole'}",
            flush=True,
        )
    state = running.state
    failed = [failure for one in state.rounds for failure in one.failures]
    ready = sorted(one.ready_s for one in state.rounds)
    killed_ingests = sum(one.ingest_killed_after_s is not None for one in state.rounds)
    print(
        f"{len(state.rounds)} of {rounds} rounds: {killed_ingests} ingests and {len(state.rounds)} servers "
        f"killed; {len(state.cables)} cables, {len(state.answers)} answers and "
        f"{len(state.conversations)} conversations acknowledged; {len(failed)} lost, torn or late"
    )
    print(
        f"{sum(one.over_remains for one in state.rounds)} servers were started over what a kill left; "
        f"{sum(one.degraded for one in state.rounds)} questions were told to come back"
    )
    print(f"{state.absent_in_peace} answers were abstentions, and are when they are asked in peace")
    if ready:
        print(f"ready: median {ready[len(ready) // 2]:.2f} s, slowest {ready[-1]:.2f} s")
    for failure in failed[:20]:
        print(f"  {failure}")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    killing = commands.add_parser("kills", help="kill ingests and servers, and look what is lost")
    killing.add_argument("--rounds", type=int, default=200)
    killing.add_argument("--state", type=Path, default=Path("build/kills.json"))
    killing.add_argument("--paragraphs", type=int, default=10_000)
    killing.add_argument("--limit-s", type=float, default=float("inf"), help="stop after so many seconds")
    killing.add_argument("--afresh", action="store_true", help="forget what was done")
    options = parser.parse_args()
    if options.afresh:
        options.state.unlink(missing_ok=True)
        shutil.rmtree(options.state.with_suffix(".data"), ignore_errors=True)
    return kills(options.state, options.rounds, options.paragraphs, options.limit_s)


if __name__ == "__main__":
    sys.exit(main())
