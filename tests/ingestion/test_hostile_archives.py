"""Archives and files made to do harm: nothing is written, read or fetched beside what was named."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from ingestion.parse import parse_source
from ingestion.report import Status
from ingestion.sources import SourceFile
from rag.errors import ParseError
from rag.types import Cable
from tests.ingestion.conftest import Ingested
from tests.telegrams import telegram

SECRET = "The combination of the safe is 4711."
OUTSIDE = (
    "../../outside.txt",
    "/outside.txt",
    "a/../../outside.txt",
    "a\\..\\..\\outside.txt",
    "C:\\outside.txt",
)


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_member_that_points_outside_is_a_name_and_no_path(
    archive: Path, ingested: Ingested, tmp_path: Path, name: str, kind: str
) -> None:
    content = telegram(3).encode()
    if kind == "zip":
        with zipfile.ZipFile(archive / "m.zip", "w") as packed:
            packed.writestr(name, content)
    else:
        with tarfile.open(archive / "m.tar", "w") as tar:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    report = ingested()
    assert [line.cable_id for line in report.lines if line.status is Status.ADDED] == ["08REYKJAVIK3"]
    assert not list(tmp_path.parent.rglob("outside.txt"))
    assert not Path("/outside.txt").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_an_archive_are_not_followed(
    archive: Path, ingested: Ingested, tmp_path: Path, kind: bytes
) -> None:
    (tmp_path / "secret.txt").write_text(telegram(9, [SECRET]), encoding="utf-8")
    with tarfile.open(archive / "m.tar", "w") as tar:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = kind, str(tmp_path / "secret.txt")
        tar.addfile(link)
        content = telegram(3).encode()
        info = tarfile.TarInfo("fine.txt")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    report = ingested()
    assert [line.cable_id for line in report.lines if line.status is Status.ADDED] == ["08REYKJAVIK3"]


def test_an_archive_in_an_archive_is_not_opened(archive: Path, ingested: Ingested) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr("a.txt", telegram(4))
    with zipfile.ZipFile(archive / "m.zip", "w") as packed:
        packed.writestr("inner.zip", inner.getvalue())
        packed.writestr("fine.txt", telegram(3))
    report = ingested()
    assert {line.cable_id for line in report.lines if line.status is Status.ADDED} == {"08REYKJAVIK3"}
    assert all(line.message for line in report.failures)


def test_entities_are_refused_before_they_grow_or_fetch(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for declared in (
        f'<!ENTITY l0 "ha">{laughs}',
        f'<!ENTITY l11 SYSTEM "file://{tmp_path}/secret.txt">',
        '<!ENTITY l11 SYSTEM "http://127.0.0.1:9/">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1:9/dtd">%p;',
    ):
        text = (
            f"<!DOCTYPE TEI [{declared}]>\n"
            '<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body>'
            '<div type="document" xml:id="d1"><p>One &l11;</p></div></body></text></TEI>'
        )
        read = list(parse_source(SourceFile("frus1951v01.xml", text.encode()), format="frus-tei"))
        assert any(isinstance(item, ParseError) for item in read)
        for item in read:
            assert not isinstance(item, Cable) or (SECRET not in item.body and len(item.body) < 100)
