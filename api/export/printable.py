"""A page to print: complete in one file, its style inside, every text escaped."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from api.export.dossier import Dossier, shown_date
from api.outcomes import heading

_FOLDER = files("api") / "templates"
STYLE = (_FOLDER / "print.css").read_text(encoding="utf-8")
# Only the page's own style, known by its hash; no script, nothing from elsewhere.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def printable(dossier: Dossier) -> str:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((_FOLDER / "print.html.j2").read_text(encoding="utf-8"))
    return template.render(
        dossier=dossier,
        style=Markup(STYLE),
        heading=heading,
        shown_date=shown_date,
        policy=CONTENT_SECURITY_POLICY,
    )
