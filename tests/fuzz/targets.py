"""Everything that reads text which anyone may have written, each as a function of bytes.

A target lets the project's own errors pass: they are the clear line that bad input is owed. Whatever else
leaves it is a finding.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

from langchain_core.messages import AIMessageChunk

from api.batches.questions import read_questions
from evals.samples import load_samples
from ingestion.dates import read_date, read_dtg
from ingestion.parse import parse_source
from ingestion.references import read_references
from ingestion.sources import FORMATS, SourceFile
from ingestion.sources.archives import Limits, members_of
from ingestion.tags import read_tags
from rag.asking.understand import understand
from rag.errors import CableqaError
from rag.llm.reply_readers import BlockReader, MarkedReader, SchemaReader
from rag.text.citations import parse_sentence, split_sentences
from rag.text.folding import fold
from rag.text.memo import memo_sentences, parse_memo_sentence
from rag.text.mrn import lookup_keys, read_mrn
from rag.text.periods import read_periods
from rag.types import Cable, Question, Turn
from rag.verifying.verify import DeterministicVerifier
from tests.made import passages
from tests.rag.archives import ListedArchive

Target = Callable[[bytes], None]
CORPUS = Path(__file__).parent / "corpus"
SMALL = Limits(file_bytes=1 << 20, archive_bytes=1 << 22, members=50)
ARCHIVE = ListedArchive(("08REYKJAVIK1", "05TALLINN7", "1976MUSCAT00301"), {"pigeon post": "08REYKJAVIK1"})
VERIFIER = DeterministicVerifier()


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def halves(data: bytes) -> tuple[str, str]:
    """Two texts, cut at the first NUL, or in the middle."""
    text = text_of(data)
    first, found, second = text.partition("\0")
    return (first, second) if found else (text[: len(text) // 2], text[len(text) // 2 :])


def parse(format: str, data: bytes) -> None:
    """A cable file; what is read keeps its promise on offsets."""
    for cable in parse_source(SourceFile("08REYKJAVIK1.txt", data), format=format, cable_id="08REYKJAVIK1"):
        if isinstance(cable, Cable):
            for paragraph in cable.paragraphs:
                assert paragraph.text == cable.body[paragraph.start : paragraph.end]


def unpack(data: bytes) -> None:
    """An archive, member by member."""
    if read := members_of("a.zip", data[:512]):
        for _ in read("a.zip", io.BytesIO(data), len(data), SMALL):
            pass


def read_header_parts(data: bytes) -> None:
    """Message numbers, dates, TAGS and references, each by itself."""
    text = text_of(data)
    read_mrn(text)
    lookup_keys(text)
    read_dtg(text)
    read_date(text)
    read_tags(text)
    read_references(text, year=2008, origin="Embassy Reykjavik", serial=7, archive=len(data) % 2 == 0)


def read_question(data: bytes) -> None:
    """A question, with the one before it."""
    before, text = halves(data)
    read_periods(text)
    understand(Question(text, history=(Turn(before, "An answer."),)), ARCHIVE)


def read_reply(data: bytes) -> None:
    """A model's reply in every form, cut anywhere."""
    text = text_of(data)
    cut = len(text) * 2 // 3
    for reader in (MarkedReader(), SchemaReader(), BlockReader((1, 2))):
        for piece in (text[:cut], text[cut:]):
            reader.feed(AIMessageChunk(content=piece))
        reader.flush()


def verify(data: bytes) -> None:
    """A sentence with its markers, against a passage that is as strange."""
    said, source = halves(data)
    known = passages(source or " ", "Police closed 22 houses on May 3.")
    for span in split_sentences(said):
        sentence = parse_sentence(said[span.start : span.end], known)
        checked = VERIFIER.check(sentence, known)
        assert len(checked.citations) == len(sentence.quotes)
        for citation in checked.citations:
            text = known[citation.passage].text
            assert 0 <= citation.start <= citation.end <= len(text)
    parse_memo_sentence(said)
    assert "".join("".join(memo_sentences(said)).split()) == "".join(said.split())
    assert fold(source).text is not None


def read_batch(data: bytes) -> None:
    """A file of questions for a batch."""
    read_questions(text_of(data))


def read_samples(folder: Path, data: bytes) -> None:
    """A question set of the evaluation."""
    path = folder / "samples.jsonl"
    path.write_bytes(data)
    load_samples(path)


def targets(folder: Path) -> dict[str, Target]:
    """Every target by its name; `folder` is for the one that reads from the disk."""
    return {
        **{f"parse {name}": partial(parse, name) for name in ("auto", *(known.name for known in FORMATS))},
        "archive": unpack,
        "header parts": read_header_parts,
        "question": read_question,
        "reply": read_reply,
        "verify": verify,
        "batch": read_batch,
        "samples": partial(read_samples, folder),
    }


def try_one(target: Target, data: bytes) -> None:
    """Feed `data`; the project's own errors are an answer, if they say anything in one line."""
    try:
        target(data)
    except CableqaError as error:
        assert error.message.strip()
