"""The shapes of a telegram's lines: what is no text, by what it looks like."""

from __future__ import annotations

import re

_SPACED = {
    "TOP SECRET": r"T\s?O\s?P\s+S\s?E\s?C\s?R\s?E\s?T",
    "SECRET": r"S\s?E\s?C\s?R\s?E\s?T",
    "CONFIDENTIAL": r"C\s?O\s?N\s?F\s?I\s?D\s?E\s?N\s?T\s?I\s?A\s?L",
    "LIMITED OFFICIAL USE": r"L\s?I\s?M\s?I\s?T\s?E\s?D\s+O\s?F\s?F\s?I\s?C\s?I\s?A\s?L\s+U\s?S\s?E",
    "UNCLASSIFIED": r"U\s?N\s?C\s?L\s?A\s?S(?:\s?S\s?I\s?F\s?I\s?E\s?D)?",
}
_LETTERS_OF = {name.replace(" ", ""): name for name in _SPACED}
# The first signs of a line that begins with a classification.
CLASS_LETTERS = frozenset("TSCLU*")
CLASS = "(?:" + "|".join(_SPACED.values()) + ")"
_SECTION = (
    r"(?:(?:FINAL\s+)?SECTION\s+(?:\w{1,2}\s*[OQ]F\s*\w{1,3}|\d\w{1,2}F\w{1,2})"
    r"|FINAL\s+SECTION\s+OF\s+\d{1,2})"
)
# "UNCLAS SECTION 01 OF 03 ASTANA 001206", "C O N F I D E N T I A L STATE 194968", "UNCLAS E F T O KABUL 1"
CLASS_LINE = re.compile(
    rf"^\s*\*?\s*(?P<class>{CLASS})(?:\s*/{{1,2}}\s*NOFORN)?(?:\s+E\s?F\s?T\s?O)?(?:\s+(?P<section>{_SECTION}))?"
    r"(?:\s+(?P<post>[A-Z][A-Z .'/-]*?)\s+(?P<serial>\d{3,8}))?"
    r"(?:\s+(?:SIPDIS|STADIS|NODIS|EXDIS|LIMDIS|NOFORN|SENSITIVE|TOSEC|SECTO"
    r"|CORRECTED\s+COPY)\b.*)?[\s/*]*$"
)
CLASS_STAMP = re.compile(rf"^\s*(?:{CLASS})(?:\s*/{{1,2}}\s*NOFORN)?\s*$")
SECTION_LINE = re.compile(
    rf"^\s*\*?\s*(?P<class>{CLASS})\b.{{0,20}}?\b(?P<section>{_SECTION})\b(?P<rest>[A-Z0-9 .'/*-]*)$"
)

PAGE_BANNER = re.compile(
    r"^\s*\*?(?P<post>[A-Z][A-Z .'-]{1,30}?)\s+(?P<serial>\d{3,8})"
    r"\s+(?P<page>\d{1,3})(?:\.\d{1,2})?\s+OF\s+\d{1,3}\s*$"
)
PAGE_BREAK = re.compile(
    r"^\s*PAGE\s+\d{1,3}(?:\s+OF\s+\d{1,3})?(?:\s+[A-Z][A-Z .]*?\s+\d{4,6}(?:\s.*)?)?\s*$"
)
BREAK_NUMBER = re.compile(r"^\s*[A-Z][A-Z .]*?\s+\d{5,6}(?:\s+\d{6}Z.*)?\s*$")
ROUTING_RULE = re.compile(
    r"^\s*-{3,}\s*\d{6}Z?\s+(?:\d{6}Z?)?.*$|^\s*-{4,}\s*\d{4,6}\s*$|^\s*-{4,}\s*(?:# ?\d+|HEADER)\s*$", re.I
)
RULE = re.compile(r"^\s*(?:[-=_*~]\s?){3,}$")
TRAILER = re.compile(
    r"^\s*(?:N{4}|#\d{4}|NMAFVVZCZ|BT|@|\x1a|<?<?END OF (?:MESSAGE|CABLE)>?>?|NOTE BY OC/T\b.*"
    r"|NOTE: .{0,40}OC/T.*"
    r"|\*{3} ?CURRENT (?:HANDLING|CLASSIFICATION).*)\s*$",
    re.I,
)
CAPTION = re.compile(
    r"^\s*(?:SIPDIS|SENSITIVE|NODIS|EXDIS|LIMDIS|STADIS|NOFORN|NOCONTRACT|ROGER|CHEROKEE|TERREP"
    r"|NO ?DISTRIBUTION"
    r"|CODEL|SPECAT|STADIS/+|FODAG|PARTO|SECTO|TOSEC|EYES ONLY"
    r"|C\s?O\s?R\s?R\s?E\s?C\s?T\s?E\s?D\s+C\s?O\s?P\s?Y.*"
    r"|NOT FOR INTERNET DISTRIBUTION|SENSITIVE BUT UNCLASSIFIED)(?:[\s,/]+(?:SIPDIS|SENSITIVE|NODIS"
    r"|EXDIS|LIMDIS|STADIS|NOFORN"
    r"|[A-Z]+ \d+))*[\s/*]*$"
)
PASS_LINE = re.compile(
    r"^\s*(?:(?:DEPT|DEPARTMENT|STATE|EMBASSY|POSTS?|PLEASE|PLS)\b.{0,30}\bPASS\b.*|PASS TO .*"
    r"|.{0,40}\bPLEASE PASS\b.*"
    r"|[A-Z][A-Z ,/&.'-]{1,60}\bFOR\s+[A-Z][A-Z0-9 ,/&.;:()'-]*|FOR (?:THE )?(?:AMBASSADOR|SECRETARY"
    r"|CHARGE|[A-Z]+/[A-Z]).*"
    r"|INFORM CONSULS?.*|ALSO FOR .*|TREAT AS .*)$"
)
ADDRESS = re.compile(
    r"^\s*(?:(?:ZEN|TO|INFO|FM|XMT|AIG|ALSO)[ /].*|R[A-Z]{3,7}/.*"
    r"|(?:A?M?EMBASSY|AMCONSUL|AMCONGEN|AMEMB|US ?MISSION|USDEL|USLO|USINT|USUN|USOFFICE|SECSTATE"
    r"|SECDEF|DEPT OF|DEPARTMENT OF|JCS|(?:US)?CINC\w*"
    r"|CIA|DIA|NSC|WHITE HOUSE|USIA|USICA|USDOC|USEC|USNATO|USNMR|USAID|CDR|JOINT STAFF"
    r"|NATIONAL SECURITY COUNCIL|AMINSTITUTE|AIT"
    r"|ALL [A-Z ]+|[A-Z ]+COLLECTIVE)(?![A-Z])[^.]*)\s*$"
)
FROM_LINE = re.compile(r"^\s*FM\s+[A-Z]")
TO_LINE = re.compile(r"^\s*TO\s+(?:R[A-Z]{3,7}/|[A-Z])")
TRANSMISSION = re.compile(
    r"^\s*(?:VZCZ\w+|[ZOPRY]{2}\s+R[A-Z]{3,7}\b.*|DE\s+R[A-Z]{3,7}\b.*|ZN[RY]\b.*|[ZOPR]\s+\d{6}Z\s.*)\s*$"
)
DTG = re.compile(
    r"(?:^|[\s/])(?P<precedence>[ZOPR](?:\s[ZOPR])?)\s+(?P<day>\d{2})(?P<hour>\d{2})(?P<minute>\d{2})\s?Z"
    r"\s+(?P<month>[A-Z]{3})[A-Z]{0,6}\s+(?P<year>\d{2,4})\b"
)
LABEL = re.compile(
    r"^\s*(?:(?P<order>E\.?\s?O\.?\s*1[0-9]\d{3}\b\s*[:;.]?)|(?P<tags>(?:T?A[GB][SE]?|TAGS?|AGS)\s*[:;])"
    r"|(?P<subject>SUBJ?E?C?T?S?\s*[:;]|SUBJECT\s*[.-]\s)|(?P<classified>CLASSIFIED\s+BY\b"
    r"|Classified\s+[Bb]y(?=\s*:|\s+[A-Z].{0,200}\b[Rr]easons?\b)|DERIVED\s+FROM\b|Derived\s+[Ff]rom\s*:"
    r"|(?:DECL(?:ASSIFY)?|Declassify)\s+(?:ON|[Oo]n)\s*:|(?:REASONS?|Reasons?)\s*:\s*1\.)"
    r"|(?P<reference>REF(?:S|\(S\)|ERENCES?|TELS?|TEL\(S\))?\s*(?:[:;]|(?=\(?[A-Z]\)?[).:]\s*)"
    r"|\s(?=(?:\d{2}\s+)?[A-Z][A-Z .]+\d))))"
)
# The first signs of lines that begin with a label, or are a trailer: most lines begin with others.
LABEL_STARTS = frozenset(
    ("E.", "EO", "E ", "E\t", "E\xa0", "TA", "AG", "AB", "SU", "CL", "Cl", "DE", "De", "RE", "Re")
)
TRAILER_SIGNS = frozenset("NnBb#@<Ee*\x1a")
NUMBERED = re.compile(
    r"^\s*(?:¶\s*)?(?P<number>\d{1,6})(?P<letter>[A-Z])?\s?\\?(?P<sign>[.)]\)?\.?)(?=\s|\(|[A-Z\"'“‘]|$)"
)
REFERENCE_ENTRY = re.compile(r"^\s*(?:REF\w*\s*:?\s*)?\(?(?P<letter>[A-Z])[.):][):]?\s*\S")
UNAVAILABLE = re.compile(
    r"ERROR READING TEXT INDEX|TELEGRAM TEXT FOR THIS MRN IS UNAVAILABLE|NO TEXT BODY AVAILABLE"
    r"|TEXT (?:IS )?NOT AVAILABLE"
    r"|WITHDRAWAL (?:CARD|NOTICE)|\[?DOCUMENT WITHHELD|NOT DECLASSIFIED IN (?:FULL|ENTIRETY)"
    r"|\A\W*(?:TEXT|[\w½¼¾-]{1,8}(?: [½¼¾/\d]{1,3})? (?:PAGE|LINE|PARAGRAPH|DOCUMENT)S?)"
    r" NOT DECLASSIFIED.{0,60}\Z",
    re.I,
)


def canonical_classification(text: str | None) -> str | None:
    """``"C O N F I D E N T I A L" -> "CONFIDENTIAL"``; None where it names no classification."""
    if not text:
        return None
    letters = "".join(text.upper().split())
    for beginning, name in _LETTERS_OF.items():
        if letters.startswith(beginning):
            return name
    return "UNCLASSIFIED" if letters.startswith("UNCLAS") else None
