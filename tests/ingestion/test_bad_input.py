"""Bad input of every kind through the front door: a clear line for each, and all that is good is safe."""

from __future__ import annotations

import gzip
import io
import os
import random
import resource
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from ingestion.ingest import ingest
from ingestion.parse import parse_source
from ingestion.reading import IngestOptions
from ingestion.report import IngestReport, Status
from ingestion.sources import SourceFile, find_files
from ingestion.sources.archives import Limits
from ingestion.sources.files import HELD_TABLE
from rag.config import Settings
from rag.index.collection import open_collection
from rag.types import Cable
from tests.fakes import WordEncoder
from tests.ingestion.accounting import unaccounted
from tests.ingestion.conftest import Ingested, Opened
from tests.invariants import assert_whole
from tests.telegrams import telegram, telegrams

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def between(archive: Path, ingested: Ingested) -> Ingested:
    """Ingests the archive with a good file before and a good file behind what the test put there."""
    (archive / "a.txt").write_text(telegram(1), encoding="utf-8")
    (archive / "z.txt").write_text(telegram(2, ["Only cats."]), encoding="utf-8")

    def run(*paths: Path, **options: bool) -> IngestReport:
        report = ingested(*paths, **options)
        stored = {line.cable_id for line in report.lines if line.status is Status.ADDED}
        assert {"08REYKJAVIK1", "08REYKJAVIK2"} <= stored
        return report

    return run


def the_failure(report: IngestReport) -> str:
    (line,) = report.failures
    assert line.message and line.source in line.message and "\n" not in line.message
    return line.message


def tarred(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def test_a_truncated_gzip(archive: Path, between: Ingested) -> None:
    (archive / "m.txt.gz").write_bytes(gzip.compress(telegram(3).encode())[:-30])
    assert "m.txt.gz: damaged" in the_failure(between())


def test_a_truncated_tar_gives_what_came_before(archive: Path, between: Ingested) -> None:
    chance = random.Random(1)
    noise = chance.randbytes(40_000)
    whole = tarred(
        {"3.txt": telegram(3, ["Dogs only."]).encode(), "noise.png": noise, "4.txt": b"never read"}
    )
    (archive / "m.tar.gz").write_bytes(whole[:20_000])
    report = between()
    assert "what came before it was read" in the_failure(report)
    assert "08REYKJAVIK3" in {line.cable_id for line in report.lines}


def test_a_csv_with_a_missing_column(archive: Path, between: Ingested) -> None:
    (archive / "m.csv").write_text("date,body\n2008-01-01,1. It rained.\n", encoding="utf-8")
    message = the_failure(between())
    assert "m.csv: line 1: no column for id: one of mrn" in message


def test_a_csv_with_a_quotation_mark_missing(archive: Path, between: Ingested) -> None:
    rows = f'id,date,body\n08RIGA1,2008-01-01,"{telegram(3)}"\n08RIGA2,2008-01-01,"1. It rained.\n'
    rows += "08RIGA3,2008,x\n"
    (archive / "m.csv").write_text(rows, encoding="utf-8")
    report = between()
    assert {"08REYKJAVIK3", "08RIGA2"} <= {line.cable_id for line in report.lines}


def test_invalid_tei(archive: Path, between: Ingested) -> None:
    text = (
        '<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body>\n'
        '<div type="document" xml:id="d1"><p>One.</p></div>\n'
        '<div type="document" xml:id="d2"><p>Two.</q></div></body></text></TEI>'
    )
    (archive / "frus1951v01.xml").write_text(text, encoding="utf-8")
    report = between()
    message = the_failure(report)
    assert "frus1951v01.xml: line 3: not valid TEI XML (mismatched tag): 1 documents before it" in message
    assert "frus1951v01-d1" in {line.cable_id for line in report.lines}


def test_mixed_encodings(archive: Path, between: Ingested) -> None:
    text = telegram(3, ["The keeper’s café was — so they say — dry."])
    written = {
        "cp1252": text.encode("cp1252"),
        "utf-16": text.replace("0003", "0004").encode("utf-16"),
        "utf-8-sig": text.replace("0003", "0005").encode("utf-8-sig"),
        "nul": text.replace("0003", "0006").replace("café", "ca\0fé").encode(),
        "both": text.replace("0003", "0007").encode("cp1252") + "\nPS: déjà vu".encode(),
    }
    for name, data in written.items():
        (archive / f"m-{name}.txt").write_bytes(data)
    report = between()
    assert report.failures == () and report.count(Status.ADDED) == 7
    for name, data in list(written.items())[:3]:
        (cable,) = parse_source(SourceFile(name, data))
        assert isinstance(cable, Cable)
        assert cable.paragraphs[0].text == "The keeper’s café was — so they say — dry."


def test_a_row_in_another_encoding(archive: Path, between: Ingested) -> None:
    rows = [
        b"id,date,body\n",
        '08RIGA1,2008-01-01,"1. The café was dry."\n'.encode(),
        '08RIGA2,2008-01-01,"1. The café was wet."\n'.encode("cp1252"),
    ]
    (archive / "m.csv").write_bytes(b"".join(rows))
    assert between().failures == ()
    for cable in parse_source(SourceFile("m.csv", b"".join(rows))):
        assert isinstance(cable, Cable) and unaccounted(cable) == ""
        assert "café" in cable.paragraphs[0].text and cable.raw in rows


def test_a_link_that_leads_back_to_its_folder(archive: Path, between: Ingested) -> None:
    (archive / "b").mkdir()
    (archive / "b" / "loop").symlink_to(archive)
    (archive / "b" / "self").symlink_to(archive / "b" / "self")
    (archive / "b" / "gone").symlink_to(archive / "nothing")
    report = between()
    assert report.count(Status.ADDED) == 2
    assert [line.message for line in report.failures] == [
        "b/gone: a link that leads nowhere",
        "b/self: cannot be read (Too many levels of symbolic links)",
    ]


@pytest.mark.parametrize("kind", ["zip", "gz", "tar.gz", "quine"])
def test_a_bomb_meets_a_limit_and_not_the_memory(archive: Path, between: Ingested, kind: str) -> None:
    zeros = b"0" * 60_000_000
    if kind == "zip":
        with zipfile.ZipFile(archive / "m.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("zeros.txt", zeros)
            packed.writestr("fine.txt", telegram(3, ["Dogs only."]))
    elif kind == "gz":
        (archive / "m.txt.gz").write_bytes(gzip.compress(zeros))
    elif kind == "tar.gz":
        (archive / "m.tar.gz").write_bytes(
            tarred({"fine.txt": telegram(3, ["Dogs."]).encode(), "zeros": zeros})
        )
    else:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("again.zip", b"PK\x03\x04" + zeros[:1000])
        (archive / "m.zip").write_bytes(inner.getvalue())
    report = between()
    assert the_failure(report)
    if kind in ("zip", "tar.gz"):
        assert "08REYKJAVIK3" in {line.cable_id for line in report.lines}


def test_an_archive_is_read_from_the_disk_whatever_its_size(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "large.zip", "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("picture.png", b"\x89PNG" + bytes(300_000))
        packed.writestr("a.txt", telegram(1))
    found = list(find_files(tmp_path / "large.zip", Limits(file_bytes=200_000)))
    assert [item.name for item in found if isinstance(item, SourceFile)] == ["large.zip!a.txt"]


def test_a_large_table_is_read_row_by_row(archive: Path, opened: Opened, data_settings: Settings) -> None:
    """Beyond what is held; its rows are the same cables as those of a small one, and unchanged next time."""
    body = telegram(7, ["Rain fell, and “hail” too. " * 40]).replace('"', '""')
    row = '08RIGA{n},2008-01-01 10:00,"{body}"\n'
    padding = "x" * 4_000_000
    rows = [f'08RIGA{n},2008-01-01,"1. Long {padding} {n}."\n' for n in range(1, 6)]
    text = "id,date,body\n" + "".join(rows) + row.format(n=9, body=body)
    (archive / "dump.csv").write_text(text, encoding="utf-8")
    assert (archive / "dump.csv").stat().st_size > HELD_TABLE
    (source,) = find_files(archive)
    assert isinstance(source, SourceFile) and source.opener is not None and len(source.data) < 100_000
    *_, last = parse_source(source)
    small = f"id,date,body\n{row.format(n=9, body=body)}"
    (same,) = parse_source(SourceFile("dump.csv", small.encode()))
    assert isinstance(last, Cable) and isinstance(same, Cable)
    assert (last.body, last.raw, last.paragraphs) == (same.body, same.raw, same.paragraphs)

    class Long(WordEncoder):
        max_tokens = 10_000_000

    for status in (Status.ADDED, Status.UNCHANGED):
        with open_collection(data_settings, Long(), write=True) as collection:
            report = ingest([archive], collection, IngestOptions())
            assert report.count(status) == 6, report.lines


def test_a_hundred_thousand_paragraphs_in_one_file() -> None:
    paragraphs = [f"Paragraph {n} tells of {n} pigeons." for n in range(1, 100_001)]
    (cable,) = parse_source(SourceFile("big.txt", telegram(1, paragraphs).encode()))
    assert isinstance(cable, Cable)
    assert len(cable.paragraphs) == 100_000 and cable.paragraphs[-1].label == "100000"
    assert cable.paragraphs[99].text == paragraphs[99]


def test_a_folder_that_may_not_be_read_is_one_line(archive: Path, between: Ingested) -> None:
    (archive / "m").mkdir()
    (archive / "m" / "pipe.txt").symlink_to("/proc/self/mem")
    assert "m/pipe.txt: cannot be read" in the_failure(between())


def test_a_disk_that_fills_up(archive: Path, tmp_path: Path) -> None:
    """Files may grow to a few sizes only: each run says so, and the last one is as if none had failed."""
    for name, text in telegrams(40, 12).items():
        (archive / name).write_text(text, encoding="utf-8")
    said: list[str] = []
    for limit in (300_000, 600_000, 1_000_000, None):
        done = limited_ingest(archive, tmp_path / "data", limit)
        if limit is not None:
            assert done.returncode in (0, 3), done.stderr
            said += [done.stderr.strip().splitlines()[-1]] if done.returncode else []
    assert done.returncode == 0, done.stderr
    assert said and all("most likely the disk is full" in line for line in said)
    with open_collection(Settings(data_dir=tmp_path / "data"), WordEncoder(), write=False) as collection:
        assert_whole(collection)
        assert collection.store.counts().cables == 40


def limited_ingest(archive: Path, data: Path, limit: int | None) -> subprocess.CompletedProcess[str]:
    """An ingest in a process of its own, no file of which may grow beyond `limit` bytes."""
    code = (
        "import sys; from pathlib import Path; from tests.ingestion.interrupted import main\n"
        "from rag.errors import CableqaError\n"
        "try:\n    main(*sys.argv[1:])\n"
        "except CableqaError as error:\n    print(error.message, file=sys.stderr)\n"
        "    sys.exit(error.exit_status)\n"
    )
    command = [sys.executable, "-c", code, str(archive), str(data), os.devnull]

    def restrict() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        command, cwd=ROOT, preexec_fn=restrict, capture_output=True, text=True, timeout=120, check=False
    )
