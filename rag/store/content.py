"""What a cable says, as a hash: by it a changed cable is told from the same one read again."""

from __future__ import annotations

import hashlib
import json

from rag.store.row_values import header_to_row
from rag.types import Cable


def content_sha256(cable: Cable) -> str:
    """What a cable says, hashed: everything but the name of the file that it came from."""
    row = header_to_row(cable.header)
    row["source"] = ""
    parts = [
        json.dumps(row, default=str, sort_keys=True),
        json.dumps(
            [(p.label, p.start, p.end, p.heading, p.kind, p.marking, p.sha256) for p in cable.paragraphs]
        ),
        json.dumps([(r.letter, r.kind, r.text, r.cable_id) for r in cable.references]),
        json.dumps([cable.encoding, *cable.aliases, "", *cable.warnings]),
        cable.body,
    ]
    digest = hashlib.sha256(cable.raw)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()
