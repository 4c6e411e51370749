"""Fictional cables with known content, written out with the defects of real ones switched on at random."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from random import Random

_WORDS = (
    "harbor minister bridge delegation weather river market council engineer ferry winter border "
    "committee report treaty season village railway contract coffee lantern mountain interview "
    "election ministry professor garden customs transport agreement hospital embassy library "
    "festival university teacher island captain museum "
).split()
_VERBS = "visited described opened inspected criticized welcomed repaired postponed measured praised".split()
_NAMES = "HALVORSEN TREMAINE OKONJO DELACROIX VANTERPOOL ASHGROVE KENNEDY-MARLOW MERRIWEATHER".split()
_TAGS = "PREL PGOV ECON EFIN ETRD SENV SOCI ELAB KCRM KTIP".split()
_POSTS = (
    ("TALLINN", "Embassy Tallinn"),
    ("LUSAKA", "Embassy Lusaka"),
    ("SAN JOSE", "Embassy San Jose"),
    ("KUALA LUMPUR", "Embassy Kuala Lumpur"),
    ("RIO DE JANEIRO", "Consulate Rio de Janeiro"),
)
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_WIDTH = 67

DEFECTS = (
    "page_banners",
    "repeated_header",
    "section_headers",
    "stamps",
    "hyphens",
    "web_page",
    "pilcrows",
    "tight_numbers",
    "spaced_numbers",
    "ruled_headings",
    "wrapped_reference",
    "label_typos",
    "glued_tags",
    "trailer",
    "carriage_returns",
    "no_blank_lines",
    "number_gap",
    "number_repeat",
    "unnumbered_summary",
    "inner_list",
    "capitals",
    "indented",
    "classified",
    "page_breaks",
    "byte_order_mark",
    "email_reference",
    "year_after_number",
    "lettered_items",
    "enclosed_text",
)


@dataclass
class Expected:
    """What a generated cable says."""

    cable_id: str
    origin: str
    sent_at: str
    subject: str
    tags: tuple[str, ...]
    references: tuple[tuple[str | None, str], ...]
    signature: str
    classification: str
    labels: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    headings: list[str | None] = field(default_factory=list)
    markings: list[str | None] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


def generate(seed: int, defects: frozenset[str] | None = None) -> tuple[str, Expected]:
    """The text of a cable and what it says; `defects` are chosen by the seed where none are given."""
    random = Random(seed)
    on = defects if defects is not None else frozenset(name for name in DEFECTS if random.random() < 0.35)
    return _Writer(random, on).write()


class _Writer:
    def __init__(self, random: Random, on: frozenset[str]) -> None:
        self.random = random
        self.on = on
        post, origin = random.choice(_POSTS)
        self.post, year = post, random.randint(3, 9)
        self.year = year
        self.serial = random.randint(200, 1900)
        self.day, self.month = random.randint(1, 28), random.randint(1, 12)
        self.hour, self.minute = random.randint(0, 23), random.randint(0, 59)
        squeezed = post.replace(" ", "")
        self.grade = "C O N F I D E N T I A L" if "classified" in on else "UNCLAS"
        tags = tuple(random.sample(_TAGS, random.randint(2, 5)))
        references = self._references(squeezed)
        self.expected = Expected(
            cable_id=f"{year:02d}{squeezed}{self.serial}",
            origin=origin,
            sent_at=f"20{year:02d}-{self.month:02d}-{self.day:02d}T{self.hour:02d}:{self.minute:02d}:00+00:00",
            subject=" ".join(random.choices(_WORDS, k=random.randint(3, 12))).upper(),
            tags=tags,
            references=tuple((letter, cable_id) for letter, cable_id, _ in references),
            signature=random.choice(_NAMES),
            classification="CONFIDENTIAL" if "classified" in on else "UNCLASSIFIED",
        )
        self.reference_lines = references
        self.page = 0

    def _references(self, own: str) -> list[tuple[str | None, str, str]]:
        mailed = "email_reference" in self.on
        count = self.random.randint(0, 3)
        found: list[tuple[str | None, str, str]] = []
        for index in range(count):
            letter = chr(ord("A") + index) if count + mailed > 1 else None
            serial = self.random.randint(1, self.serial - 1)
            if self.random.random() < 0.5:
                found.append((letter, f"{self.year:02d}{own}{serial}", f"{self.post} {serial:04d}"))
            else:
                earlier = self.year - self.random.randint(1, 2)
                after = f"STATE {serial} ({earlier:02d})"
                before = f"{earlier:02d} STATE {serial} (NOTAL)"
                shown = after if "year_after_number" in self.on else before
                found.append((letter, f"{earlier:02d}STATE{serial}", shown))
        if mailed:
            letter = chr(ord("A") + count) if count else None
            found.append((letter, "", f"MARLOW-ASHGROVE EMAIL OF {self.month:02d}/03/{self.year:02d}"))
        return found

    def sentence(self) -> str:
        words = self.random.choices(_WORDS, k=self.random.randint(5, 14))
        words.insert(2, self.random.choice(_VERBS))
        if self.random.random() < 0.2:
            words.append(f"{self.random.randint(2, 90)} percent")
        return " ".join(words).capitalize() + "."

    def body_text(self) -> str:
        text = " ".join(self.sentence() for _ in range(self.random.randint(1, 5)))
        return text.upper() if "capitals" in self.on else text

    def write(self) -> tuple[str, Expected]:
        header = self._header()
        lines = self._preamble() if "web_page" in self.on else []
        lines += self._transmission() + header
        if "repeated_header" in self.on:
            lines += [self._banner(), "", "", *header]
        lines += ["", *self._body()]
        lines += ["", self.expected.signature]
        if "trailer" in self.on:
            lines += ["", "NNNN"]
        text = "\n".join(lines) + "\n"
        if "byte_order_mark" in self.on:
            text = "\ufeff" + text
        return text.replace("\n", "\r\n") if "carriage_returns" in self.on else text, self.expected

    def _preamble(self) -> list[str]:
        shown = self.expected.sent_at[:16].replace("T", " ")
        return [
            "Identifier", "Created", "Classification", "Origin", self.expected.cable_id, f"{shown}:00",
            self.expected.classification, self.expected.origin, "Cable title:  ", "", self.expected.subject,
            "", f"Tags:  {' '.join(self.expected.tags)} ", "pdf how-to read a cable",
        ]  # fmt: skip

    def _transmission(self) -> list[str]:
        stamp = f"{self.day:02d}{self.hour:02d}{self.minute:02d}Z {_MONTHS[self.month - 1]} {self.year:02d}"
        return [
            "VZCZCXRO2188", "PP RUEHAG RUEHAST RUEHBI", "RUEHKW RUEHLA",
            f"DE RUEHTA #{self.serial:04d}/01 2020721", "ZNR UUUUU ZZH", f"P {stamp}",
            f"FM AMEMBASSY {self.post}", "TO RUEHC/SECSTATE WASHDC PRIORITY 5824",
            "INFO RUCNCIS/CIS COLLECTIVE 1767", "RUEHBJ/AMEMBASSY BEIJING 1134",
        ]  # fmt: skip

    def _header(self) -> list[str]:
        typo = "label_typos" in self.on
        tags = self.expected.tags
        shown = "".join(tags) if "glued_tags" in self.on else self.random.choice([", ", " "]).join(tags)
        subject = textwrap.wrap(self.expected.subject, 58)
        lines = [
            f"{self.grade} SECTION 01 OF 03 {self.post} {self.serial:06d} ",
            "",
            "SIPDIS",
            "",
            "STATE FOR EUR, G/TIP",
            "",
        ]
        order = "E.O. 12958: DECL: 08/06/2019" if "classified" in self.on else "E.O. 12958: N/A"
        lines += [order, f"{'TAGE' if typo else 'TAGS'}: {shown}"]
        lines += [f"{'SUBJ' if typo else 'SUBJECT'}: {subject[0]}", *subject[1:], ""]
        lines += self._reference_block()
        if "classified" in self.on:
            lines += ["Classified By: Jane Q. Roe, Economic Counselor, for reasons 1.4 (b)", "and (d).", ""]
        return lines

    def _reference_block(self) -> list[str]:
        if not self.reference_lines:
            return []
        style = self.random.choice(["({})", "{}.", "{})"])
        entries = [
            f"{style.format(letter)} {text}" if letter else text for letter, _, text in self.reference_lines
        ]
        if "wrapped_reference" in self.on:
            return [f"REF: {entries[0]}", *entries[1:], ""]
        return [f"REF: {', '.join(entries)}", ""]

    def _banner(self) -> str:
        self.page += 1
        return f"{self.post} {self.serial:08d}  {self.page:03d}{self.random.choice(['', '.2'])} OF 003"

    def _number(self, number: int) -> str:
        sign = "¶" if "pilcrows" in self.on else ""
        if "spaced_numbers" in self.on:
            return f"{sign}{number} ."
        return f"{sign}{number}."

    def _plan(self) -> list[str]:
        count = self.random.randint(2, 9)
        numbers = list(range(1, count + 1))
        if "number_gap" in self.on and count > 3:
            numbers = [number if number < 3 else number + 1 for number in numbers]
        labels = [str(number) for number in numbers]
        if "number_repeat" in self.on and count > 2:
            labels.insert(2, f"{labels[1]}#2")
        return labels

    def _body(self) -> list[str]:
        lines: list[str] = []
        labels = self._plan()
        expected = self.expected
        if "unnumbered_summary" in self.on:
            text = f"SUMMARY: {self.body_text()} END SUMMARY."
            self._expect("u1", text, None, None, "summary")
            lines += [*self._wrap(text), ""]
        for place, label in enumerate(labels):
            if "capitals" not in self.on and self.random.random() < 0.3:
                expected.headings.append(" ".join(self.random.choices(_WORDS, k=3)).upper())
                rule = ["-" * len(expected.headings[-1] or "")] if "ruled_headings" in self.on else []
                lines += [*rule, expected.headings[-1] or "", *rule]
                lines += [] if "no_blank_lines" in self.on else [""]
            else:
                expected.headings.append(None)
            lines += self._paragraph(label, place, len(labels))
            if "no_blank_lines" not in self.on:
                lines += [""] * self.random.randint(1, 2)
        return lines

    def _expect(self, label: str, text: str, heading: str | None, marking: str | None, kind: str) -> None:
        expected = self.expected
        expected.labels.append(label)
        expected.texts.append(text)
        if len(expected.headings) < len(expected.labels):
            expected.headings.append(heading)
        expected.markings.append(marking)
        expected.kinds.append(kind)

    def _paragraph(self, label: str, place: int, count: int) -> list[str]:
        marking = self.random.choice([None, "U", "SBU"])
        text, kind = self.body_text(), "body"
        if place == 0 and "unnumbered_summary" not in self.on and self.random.random() < 0.5:
            text, kind = f"SUMMARY: {text} END SUMMARY.", "summary"
        elif place == count - 1 and self.random.random() < 0.5:
            text, kind = f"COMMENT: {text} END COMMENT.", "comment"
        elif "enclosed_text" in self.on and place == count - 2:
            text, kind = f"BEGIN TEXT: {text} END TEXT.", "quoted_text"
        gap = "" if "tight_numbers" in self.on else " "
        number = self._number(int(label.split("#")[0]))
        opening = f"{number}{gap if marking else ' '}{f'({marking}) ' if marking else ''}"
        lines = self._wrap(opening + text)
        if "inner_list" in self.on and kind == "body" and place == 1:
            items = [f"-- {self.random.choice(_WORDS)} {self.random.choice(_WORDS)};" for _ in range(3)]
            text = text + "\n" + "\n".join(items)
            lines += items
        if "lettered_items" in self.on and kind == "body" and place == 2:
            items = [f"{letter}. {self.random.choice(_WORDS).capitalize()};" for letter in "ABC"]
            text = text + "\n" + "\n".join(items)
            lines += items
        lines = self._damaged(lines)
        if "indented" in self.on:
            lines[0] = "  " + lines[0]
        self._expect(label, text, None, marking, kind)
        return lines

    def _wrap(self, text: str) -> list[str]:
        lines = textwrap.wrap(text, _WIDTH, break_on_hyphens=False)
        if "hyphens" not in self.on:
            return lines
        for index in range(len(lines) - 1):
            first, _, rest = lines[index + 1].partition(" ")
            room = _WIDTH + 6 - len(lines[index]) - 2
            if first.isalpha() and first.lower() in _WORDS and len(first) > 5 and room > 3 and rest:
                cut = min(room, len(first) - 3)
                if cut >= 3:
                    lines[index] = f"{lines[index]} {first[:cut]}-"
                    lines[index + 1] = f"{first[cut:]} {rest}"
        return lines

    def _damaged(self, lines: list[str]) -> list[str]:
        """Furniture in the middle of a sentence of the paragraph."""
        middle = [
            i
            for i in range(1, len(lines))
            if not lines[i].startswith(("--", "A.", "B.", "C."))
            and not lines[i - 1].endswith((".", "-", ";"))
        ]
        if not middle or self.random.random() < 0.4:
            return lines
        at = self.random.choice(middle)
        furniture: list[str] = []
        if "page_banners" in self.on:
            furniture += ["", self._banner(), "", ""]
        if "section_headers" in self.on:
            section = f"{self.grade} SECTION 02 OF 03 {self.post} {self.serial:06d} "
            furniture += [section, "", "SIPDIS", "", "STATE FOR EUR, G/TIP", ""]
        if "page_breaks" in self.on:
            banner = self.expected.classification
            furniture += [banner, banner, "", f"PAGE 02        {self.post[:6]}  {self.serial:05d}", ""]
        if "stamps" in self.on:
            furniture += [
                "Jane Q. Roe Declassified/Released US Department of State EO Systematic Review 20 Mar 2014"
            ] * 2
        return [*lines[:at], *furniture, *lines[at:]]
