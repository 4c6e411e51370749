"""Telegrams as files, for tests that begin at the front door of an ingest."""

from __future__ import annotations

from collections.abc import Sequence

PARAGRAPHS = (
    "SUMMARY: The Zemblan Ministry of Posts released four hundred pigeons on Tuesday. END SUMMARY.",
    "Econoff counted thirty-one feathers on the chancery roof; the gardener disputes the number and has "
    "asked for a second count, which the Management Officer has promised for the coming week.",
    "COMMENT: Post expects the pigeons to return before the harvest festival. END COMMENT.",
)


def telegram(serial: int, paragraphs: Sequence[str] = PARAGRAPHS, *, post: str = "REYKJAVIK") -> str:
    """A bare telegram of 2008 with the printed paragraphs 1, 2, 3..."""
    body = "\n\n".join(f"{number}. {text}" for number, text in enumerate(paragraphs, start=1))
    return f"""P 060721Z MAY 08
FM AMEMBASSY {post}
TO SECSTATE WASHDC PRIORITY 1234
UNCLAS {post} {serial:06d}

SIPDIS

E.O. 12958: N/A
TAGS: PGOV, EFIS, IC
SUBJECT: PIGEON POST NUMBER {serial}

{body}

HOLT
"""


def telegrams(count: int, paragraphs: int = 6) -> dict[str, str]:
    """File name to text of `count` telegrams that share no sentence."""
    return {
        f"08REYKJAVIK{n}.txt": telegram(
            n,
            [
                f"Paragraph {k} of message {n} tells of {n * k} pigeons and {n + k} cats."
                for k in range(paragraphs)
            ],
        )
        for n in range(1, count + 1)
    }
