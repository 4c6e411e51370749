"""Ingest: added, unchanged, replaced, removed, repeated, failed; always whole afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions, dry_run
from ingestion.report import IngestProgress, IngestReport, Status, by_status
from rag.config import Settings
from rag.errors import UsageError
from rag.index.collection import open_collection
from rag.index.embedded import embedded_text
from rag.index.indexing import COMMIT_CHUNKS
from tests.fakes import WordEncoder
from tests.ingestion.conftest import Ingested, Opened
from tests.invariants import assert_whole
from tests.telegrams import PARAGRAPHS, telegram, telegrams


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def statuses(report: IngestReport) -> dict[str | None, str]:
    return {line.cable_id or line.source: line.status.value for line in report.lines}


def test_twice_is_once(archive: Path, ingested: Ingested, opened: Opened) -> None:
    write(archive, telegrams(3))
    first = ingested()
    assert by_status(first.lines) == {Status.ADDED: 3} and first.embedded == 18 and first.files == 3
    with opened() as collection:
        snapshot = collection.store.snapshot()
    second = ingested()
    assert by_status(second.lines) == {Status.UNCHANGED: 3}
    assert (second.embedded, second.reused) == (0, 0)
    with opened() as collection:
        assert collection.store.snapshot() == snapshot


def test_a_changed_file_replaces_its_cable_and_leaves_nothing_stale(
    archive: Path, ingested: Ingested, opened: Opened
) -> None:
    write(archive, {"a.txt": telegram(1), "b.txt": telegram(2, ["Only cats."])})
    ingested()
    write(archive, {"a.txt": telegram(1, [*PARAGRAPHS[:1], "A hawk came."])})
    report = ingested()
    assert statuses(report) == {"08REYKJAVIK1": "replaced", "08REYKJAVIK2": "unchanged"}
    # The summary's vector is known; only the hawk is embedded.
    assert (report.embedded, report.reused) == (1, 1)
    with opened() as collection:
        assert collection.lexical.search("feathers", 5) == []
        assert collection.lexical.search("hawk", 5)[0].label == "2"


def test_only_sync_removes_what_is_gone(archive: Path, ingested: Ingested, opened: Opened) -> None:
    write(
        archive,
        {"in/a.txt": telegram(1), "in/b.txt": telegram(2, ["Only cats."]), "c.txt": telegram(3, ["Dogs."])},
    )
    ingested()
    (archive / "in" / "a.txt").unlink()
    (archive / "c.txt").unlink()
    assert by_status(ingested().lines) == {Status.UNCHANGED: 1}
    # Only what was under the given folder is taken out.
    assert statuses(ingested(archive / "in", sync=True)) == {
        "08REYKJAVIK2": "unchanged",
        "08REYKJAVIK1": "removed",
    }
    with opened() as collection:
        assert set(collection.store.census.cable_ids()) == {"08REYKJAVIK2", "08REYKJAVIK3"}
        assert collection.store.vectors.count(WordEncoder.fingerprint) == 2


def test_one_cable_under_two_names_is_a_duplicate_and_survives_either(
    archive: Path, ingested: Ingested, opened: Opened
) -> None:
    write(archive, {"a.txt": telegram(1), "b.txt": telegram(1)})
    report = ingested()
    assert [line.status for line in report.lines] == [Status.ADDED, Status.DUPLICATE]
    assert "a.txt" in (report.lines[1].message or "")
    assert by_status(ingested().lines) == {Status.UNCHANGED: 2}
    (archive / "a.txt").unlink()
    moved = ingested(sync=True)
    assert [line.status for line in moved.lines] == [Status.REPLACED] and moved.embedded == 0
    with opened() as collection:
        assert collection.store.headers(["08REYKJAVIK1"])["08REYKJAVIK1"].source == "b.txt"
    (archive / "b.txt").unlink()
    assert by_status(ingested(sync=True).lines) == {Status.REMOVED: 1}


def test_another_text_under_a_taken_id_is_not_lost_and_not_taken(archive: Path, ingested: Ingested) -> None:
    write(archive, {"a.txt": telegram(1), "b.txt": telegram(1, ["Something else altogether."])})
    report = ingested()
    assert [line.status for line in report.lines] == [Status.ADDED, Status.FAILED]
    assert "08REYKJAVIK1" in (report.lines[1].message or "") and "--id" in (report.lines[1].message or "")
    assert [line.status for line in ingested().lines] == [Status.UNCHANGED, Status.FAILED]
    (archive / "a.txt").unlink()
    assert by_status(ingested().lines) == {Status.REPLACED: 1}


def test_a_retransmission_is_linked_and_not_doubled(
    archive: Path, ingested: Ingested, opened: Opened
) -> None:
    write(archive, {"a.txt": telegram(1), "b.txt": telegram(2, [*PARAGRAPHS[:2], PARAGRAPHS[2] + " MORE."])})
    report = ingested()
    assert [line.status for line in report.lines] == [Status.ADDED, Status.ADDED]
    assert "repeats 08REYKJAVIK1" in (report.lines[1].message or "")
    with opened() as collection:
        assert collection.store.work.originals(["08REYKJAVIK2", "08REYKJAVIK1"]) == {
            "08REYKJAVIK2": "08REYKJAVIK1"
        }


def test_each_bad_file_is_one_line_and_the_rest_is_safe(archive: Path, ingested: Ingested) -> None:
    write(archive, {"good.txt": telegram(1), "empty.txt": "", "prose.txt": "It was a dark and stormy night."})
    (archive / "binary.txt").write_bytes(bytes(range(256)) * 40)
    report = ingested()
    failed = {line.source: line.message or "" for line in report.failures}
    assert set(failed) == {"empty.txt", "prose.txt", "binary.txt"}
    assert all(name in message for name, message in failed.items())
    assert report.count(Status.ADDED) == 1
    assert set(statuses(ingested()).values()) == {"unchanged", "failed"}


def test_a_missing_folder_is_wrong_usage(archive: Path, ingested: Ingested) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        ingested(archive / "nowhere")


class LongEncoder(WordEncoder):
    """Takes a long paragraph whole: this test is about the text, not about the number of vectors."""

    max_tokens = 100_000


def test_fifty_megabytes_go_in_as_one_cable(archive: Path, data_settings: Settings) -> None:
    paragraph = "The quota for cod was raised again after the minister had spoken. " * 400
    count = 50_000_000 // len(paragraph) + 1
    write(archive, {"big.txt": telegram(1, [paragraph] * count), "small.txt": telegram(2)})
    with open_collection(data_settings, LongEncoder(), write=True) as collection:
        report = ingest([archive], collection, IngestOptions())
        assert by_status(report.lines) == {Status.ADDED: 2} and report.embedded == 4
        assert collection.store.counts().paragraphs == count + 3 == collection.lexical.count()


def test_progress_has_totals_and_ends_complete(archive: Path, data_settings: Settings) -> None:
    write(archive, telegrams(3))
    told: list[IngestProgress] = []
    collection = open_collection(data_settings, WordEncoder(), write=True)
    ingest([archive], collection, IngestOptions(), told.append)
    collection.close()
    assert [p.files_done for p in told] == sorted(p.files_done for p in told)
    last = told[-1]
    assert (last.files_done, last.files_total, last.cables) == (3, 3, 3)
    assert last.chunks_done == last.chunks_total == 18


def test_a_dry_run_writes_nothing(archive: Path, data_settings: Settings) -> None:
    write(archive, {"a.txt": telegram(1), "b.txt": ""})
    report = dry_run([archive], IngestOptions())
    assert by_status(report.lines) == {Status.PARSED: 1, Status.FAILED: 1}
    assert report.lines[0].paragraphs == 3 and not data_settings.data_dir.exists()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["a.txt", "b.txt", "c.txt"]),
        st.none()
        | st.tuples(st.integers(1, 2), st.lists(st.sampled_from(PARAGRAPHS), min_size=1, max_size=3)),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=3))
def test_any_history_of_a_folder_ends_whole(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, tuple[int, list[str]] | None]]]
) -> None:
    root = tmp_path_factory.mktemp("history")
    (root / "archive").mkdir()
    for steps in rounds:
        for name, content in steps:
            if content is None:
                (root / "archive" / name).unlink(missing_ok=True)
            else:
                write(root / "archive", {name: telegram(*content)})
        with open_collection(Settings(data_dir=root / "data"), WordEncoder(), write=True) as collection:
            report = ingest([root / "archive"], collection, IngestOptions(sync=True))
            assert_whole(collection)
            taken = {n.cable_id for n in report.lines if n.status not in (Status.FAILED, Status.REMOVED)}
            stored = set(collection.store.census.cable_ids())
            # A file that fails loses nothing: what it held before stays.
            assert stored >= taken if report.failures else stored == taken


def test_the_report_counts_by_format(archive: Path, ingested: Ingested) -> None:
    volume = "---\ntitle: T\nvol_id: 9\ndoc_date: 1941-02-03\n---\n\nIt rained.\n\n2\\. It was dry.\n"
    write(archive, {**telegrams(2, 4), "1-x.md": volume, "bad.txt": "no cable"})
    report = ingested()
    assert [(t.format, t.cables, t.paragraphs) for t in report.formats] == [
        ("dfat", 1, 2),
        ("telegram", 2, 8),
    ]
    assert dry_run([archive], IngestOptions()).formats == report.formats


@pytest.mark.parametrize("names", [("a.txt", "b.txt"), ("b.txt", "a.txt")], ids=["before", "behind"])
def test_a_cable_that_leaves_its_file_stays_with_the_other_that_has_it(
    archive: Path, ingested: Ingested, opened: Opened, names: tuple[str, str]
) -> None:
    owner, other = names
    write(archive, {owner: telegram(1)})
    ingested()
    write(archive, {other: telegram(1)})
    ingested()
    write(archive, {owner: telegram(2, ["Only cats."])})
    report = ingested(sync=True)
    assert report.files == 2 and statuses(report)["08REYKJAVIK2"] == "added"
    with opened() as collection:
        headers = collection.store.headers(["08REYKJAVIK1", "08REYKJAVIK2"])
    assert {cable_id: header.source for cable_id, header in headers.items()} == {
        "08REYKJAVIK1": other,
        "08REYKJAVIK2": owner,
    }
    assert by_status(ingested(sync=True).lines) == {Status.UNCHANGED: 2}


def test_a_cable_stays_while_a_file_elsewhere_has_it(
    archive: Path, ingested: Ingested, opened: Opened
) -> None:
    write(archive, {"in/a.txt": telegram(1), "out/a.txt": telegram(1)})
    ingested()
    (archive / "in" / "a.txt").unlink()
    assert ingested(archive / "in", sync=True).lines == ()
    assert by_status(ingested().lines) == {Status.REPLACED: 1}


def test_a_cable_that_a_table_has_twice_is_not_struck_off_with_its_first_text(
    archive: Path, data_settings: Settings
) -> None:
    """Cut short between the commit that covers the first text and the one that covers the second."""
    many = telegram(2, [f"Cat {n} slept." for n in range(COMMIT_CHUNKS - 1)])
    bodies = (telegram(1, ["A lemur came."]), many, telegram(1, ["A hawk came."]))
    ids = ("08REYKJAVIK1", "08REYKJAVIK2", "08REYKJAVIK1")
    rows = "".join(f'{cable_id},"{body}"\n' for cable_id, body in zip(ids, bodies, strict=True))
    write(archive, {"dump.csv": f"id,body\n{rows}"})

    class Cut(Exception):
        pass

    def cut(progress: IngestProgress) -> None:
        if progress.chunks_done > COMMIT_CHUNKS:
            raise Cut

    collection = open_collection(data_settings, WordEncoder(), write=True)
    with pytest.raises(Cut), collection:
        ingest([archive], collection, IngestOptions(), cut)
    with open_collection(data_settings, WordEncoder(), write=True) as collection:
        assert_whole(collection)
        assert collection.lexical.search("lemur", 5) == []
        paragraph = collection.store.cable_paragraphs("08REYKJAVIK1")[0]
        (chunk,) = collection.store.cable_chunks("08REYKJAVIK1")
        text = embedded_text(collection.store.get_cable("08REYKJAVIK1").header, paragraph, chunk)
        (expected,) = WordEncoder().encode([text])
        kept = collection.store.vectors.of_chunks(collection.encoder.fingerprint)
        for of_all in (kept, collection.chunks.vectors()):
            vectors = {one: row for ids, rows in of_all for one, row in zip(ids, rows, strict=True)}
            np.testing.assert_allclose(vectors["08REYKJAVIK1|1|0"], expected, atol=1e-6)


def test_a_table_that_has_a_cable_twice_keeps_the_last_and_leaves_nothing_of_the_first(
    archive: Path, ingested: Ingested, opened: Opened
) -> None:
    first, last = telegram(1), telegram(1, ["A hawk came."])
    write(archive, {"dump.csv": f'id,date,body\n08REYKJAVIK1,2008-05-06,"{first}"\n08REYKJAVIK1,,"{last}"\n'})
    assert [line.status for line in ingested().lines] == [Status.ADDED, Status.REPLACED]
    with opened() as collection:
        assert collection.lexical.search("feathers", 5) == []
        assert collection.chunks.count() == 1
