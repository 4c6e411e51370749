"""Bytes to text, without losing one."""

from __future__ import annotations

import codecs

from rag.errors import ParseError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# More control characters than this among the first bytes: not text in any encoding we know.
_CONTROL_SHARE = 0.02
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f\v\x0b\x1a\x1b")
_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x7fELF",
    b"GIF8",
    b"\xff\xd8\xff",
    b"SQLite format",
)
_SAMPLE = 65_536


def decode(name: str, data: bytes) -> tuple[str, str]:
    """The text and the codec that gives it back: ``data.decode(codec)``.

    UTF-8 where it is valid, UTF-16 and UTF-32 by their marks, else Windows-1252, else Latin-1, which takes
    any byte. NUL bytes in otherwise readable text are kept. Raises ParseError for an empty or binary file.
    """
    if not data.strip():
        raise ParseError(f"{name}: the file is empty", file=name)
    for mark, codec in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(codec), codec
            except UnicodeDecodeError as error:
                raise ParseError(
                    f"{name}: begins with a {codec} byte order mark but is not {codec} "
                    f"at byte {error.start}: save it again as UTF-8",
                    file=name,
                ) from error
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if data.startswith(_MAGIC) or controls - sample.count(0) > _CONTROL_SHARE * len(sample):
        raise ParseError(f"{name}: a binary file, not a cable's text: export it as text first", file=name)
    if sample.count(0) > 0.3 * len(sample):
        codec = "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
        try:
            return data.decode(codec), codec
        except UnicodeDecodeError:
            raise ParseError(
                f"{name}: a binary file, not a cable's text: export it as text first", file=name
            ) from None
    for codec in ("utf-8", "cp1252"):
        try:
            return data.decode(codec), codec
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"
