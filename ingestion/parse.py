"""A source file to parsed cables: header, cleaned body with its map, paragraphs, references."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ingestion.cleaning import Body
from ingestion.frame import EDITIONS, Frame, merged, read_frame
from ingestion.identity import archive_id, is_archive_id, mend_id, names_post, short_id, spellings
from ingestion.kinds import paragraph_kinds
from ingestion.patterns import UNAVAILABLE, canonical_classification
from ingestion.posts import find_post
from ingestion.references import read_references
from ingestion.sources.decoding import decode
from ingestion.sources.formats import AUTO, choose_format
from ingestion.sources.records import Known, RawCable, SourceFile
from ingestion.tags import read_tags
from ingestion.views import compose
from rag.errors import ParseError
from rag.text.mrn import MessageNumber, read_mrn
from rag.types import Cable, CableHeader, DatePrecision, Paragraph, Segment, Stripped

_CORPORA = {"telegram": "seed", "nara": "nara", "dfat": "dfat", "frus-tei": "frus", "csv": "csv"}
_SHORT_TEXT = 400


def parse_source(
    source: SourceFile,
    *,
    format: str = AUTO,
    cable_id: str | None = None,
    corpus: str | None = None,
    default_classification: str | None = None,
) -> Iterator[Cable | ParseError]:
    """The cables of a file, and an error for each record that is none.

    `format` is a name of ``FORMATS`` or "auto"; `cable_id` names a source that holds one cable and does
    not say which. Raises UsageError for an unknown format; everything else that can go wrong is yielded.
    """
    try:
        text, encoding = decode(source.name, source.data)
        chosen = choose_format(format, source, text)
        if source.opener and chosen.name != "csv":
            raise ParseError(
                f"{source.name}: a table too large to be read as {chosen.name}: split it", file=source.name
            )
    except ParseError as error:
        yield error
        return
    for record in chosen.read(source, text, encoding):
        if isinstance(record, ParseError):
            yield record
            continue
        try:
            yield _cable(record, cable_id, corpus, default_classification)
        except ParseError as error:
            yield error


def _cable(
    raw: RawCable, cable_id: str | None, corpus: str | None, default_classification: str | None
) -> Cable:
    frame = read_frame(raw)
    known = merged(raw.known, frame.known)
    warnings = list(frame.structure.warnings)
    identifier = _identify(raw, frame, cable_id, known, warnings)
    number = read_mrn(identifier)
    body = Body(frame.lines, frame.indexes, frame.structure.paragraphs)
    view = compose(body.view(), frame.visible)
    available = not (len(view.text) < _SHORT_TEXT and UNAVAILABLE.search(view.text))
    if not frame.structure.paragraphs:
        raise ParseError(
            f"{raw.name}: line {raw.line}: a header without any text: nothing to cite",
            file=raw.name,
            line=raw.line,
        )
    if not available:
        warnings.append("the text of this cable is not available: the record says so, and nothing else")
    header = _header(raw, frame, known, identifier, number, corpus, default_classification, available)
    references, doubts = read_references(
        frame.header.reference or known.references or "",
        year=_year(header, number),
        origin=header.origin,
        serial=number.serial if number else None,
        archive=is_archive_id(identifier),
    )
    return Cable(
        header=header,
        body=view.text,
        paragraphs=_paragraphs(identifier, body, frame),
        references=(*raw.references, *references),
        raw=raw.raw,
        encoding=raw.encoding,
        segments=tuple(map(Segment._make, view.segments)),
        stripped=tuple(map(Stripped._make, view.stripped)),
        warnings=(*warnings, *(() if raw.format in EDITIONS else doubts)),
        aliases=spellings(identifier),
    )


def _identify(raw: RawCable, frame: Frame, asked: str | None, known: Known, warnings: list[str]) -> str:
    """The id: as asked, as the archive's table prints it, as the header builds it, as the file is named."""
    header = frame.header
    year = header.sent_at.year if header.sent_at else known.day.year if known.day else None
    built = None
    if header.post and header.serial is not None and year is not None and find_post(header.post):
        early = raw.format == "nara" or year < 1980
        built = (
            archive_id(year, header.post, header.serial)
            if early
            else short_id(year, header.post, header.serial)
        )
    named = mend_id(asked) if asked and read_mrn(asked) else asked
    identifier = named or frame.printed_id or built or raw.cable_id
    if identifier is None:
        raise ParseError(
            f"{raw.name}: line {raw.line}: no message number in the text or the file's name: "
            "give one with --id",
            file=raw.name,
            line=raw.line,
        )
    others = {other for other in (frame.printed_id, built, raw.cable_id) if other and other != identifier}
    for other in sorted(others):
        if read_mrn(other) != read_mrn(identifier) and not set(spellings(other)) & set(spellings(identifier)):
            warnings.append(f"another message number is given as well: {other}")
    if read_mrn(identifier) and not names_post(identifier):
        warnings.append(f"unknown post in {identifier}")
    return identifier


def _header(
    raw: RawCable,
    frame: Frame,
    known: Known,
    identifier: str,
    number: MessageNumber | None,
    corpus: str | None,
    default_classification: str | None,
    available: bool,
) -> CableHeader:
    read = frame.header
    sent_at = read.sent_at or known.created
    date_from, date_to, precision = _dates(sent_at, known, number)
    origin_text = known.origin or read.post or (number.post if number else None)
    post = (find_post(origin_text) if origin_text else None) or (find_post(number.post) if number else None)
    tags = read_tags(read.tags) if read.tags else known.tags
    return CableHeader(
        cable_id=identifier,
        corpus=corpus or _CORPORA.get(raw.format, raw.format),
        format=raw.format,
        origin=post.name if post else known.origin,
        sent_at=sent_at,
        date_from=date_from,
        date_to=date_to,
        date_precision=precision,
        classification=canonical_classification(read.classification)
        or known.classification
        or default_classification,
        subject=read.subject or known.subject,
        tags=tags,
        signature=frame.signature or known.signature,
        source=raw.name,
        captions=tuple(dict.fromkeys(read.captions)),
        precedence=read.precedence,
        sender=read.sender,
        addressees=tuple(read.addressees),
        info_addressees=tuple(read.info),
        executive_order=read.order,
        text_available=available,
    )


def _dates(
    sent_at: datetime | None, known: Known, number: MessageNumber | None
) -> tuple[date | None, date | None, DatePrecision]:
    if sent_at:
        return sent_at.date(), sent_at.date(), DatePrecision.MINUTE
    if known.day:
        last = known.day_to or known.day
        days = (last - known.day) // timedelta(days=1)
        precision = (
            DatePrecision.DAY if days == 0 else DatePrecision.MONTH if days < 31 else DatePrecision.YEAR
        )
        return known.day, last, precision
    if number and number.year is not None:
        return date(number.year, 1, 1), date(number.year, 12, 31), DatePrecision.YEAR
    return None, None, DatePrecision.UNKNOWN


def _year(header: CableHeader, number: MessageNumber | None) -> int | None:
    if number and number.year is not None:
        return number.year
    return header.date_from.year if header.date_from else None


def _paragraphs(identifier: str, body: Body, frame: Frame) -> tuple[Paragraph, ...]:
    view_text = body.text
    drafts = frame.structure.paragraphs
    spans = [body.span(draft) for draft in drafts]
    texts = [view_text[start:end] for start, end in spans]
    headings = [body.text_of(draft.heading) or None for draft in drafts]
    kinds = paragraph_kinds(texts, headings)
    return tuple(
        Paragraph(
            cable_id=identifier,
            label=draft.label,
            ordinal=ordinal,
            start=start,
            end=end,
            text=text,
            heading=heading,
            kind=draft.kind or kind,
            marking=draft.marking,
            sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        )
        for ordinal, (draft, (start, end), text, heading, kind) in enumerate(
            zip(drafts, spans, texts, headings, kinds, strict=True)
        )
    )
