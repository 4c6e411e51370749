"""Writes docs/reference/ from the code: commands, routes, settings.

    python docs/reference.py

A test holds what is committed against what this would write.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "reference"
MADE = "<!-- Written by docs/reference.py: change the code, and run it again. -->"
Schema = Mapping[str, Any]


def commands() -> str:
    """Every command, as typer describes it."""
    typer = [sys.executable, "-m", "typer", "api.cli.program", "utils", "docs"]
    told = subprocess.run(
        [*typer, "--name", "cableqa", "--title", "Commands"], capture_output=True, check=True
    )
    text = re.sub(
        r"^Example: (.*)$", r"**Example**:\n\n```console\n$ \1\n```", told.stdout.decode(), flags=re.M
    )
    return f"{MADE}\n\n{text.strip()}\n"


def settings() -> str:
    """Every setting with its default and the words beside it in the code."""
    from rag.config import Settings

    lines = [
        MADE,
        "",
        "# Settings",
        "",
        "Every setting is an environment variable; the command line's `--data-dir` stands above"
        " `CABLEQA_DATA_DIR`. A wrong value is refused at start with a message that names it.",
        "",
        "| variable | default | what it does |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = (
            "none" if default is None else f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
        )
        lines.append(f"| `CABLEQA_{name.upper()}` | {shown} | {_cell(field.description or '')} |")
    lines += [
        "",
        "A collection remembers the encoder, its precision and what is embedded; opened with others it is"
        " refused with the command that mends it.",
    ]
    return "\n".join([*lines, ""])


def routes() -> str:
    """Every route of the OpenAPI document, and the shapes that they take and give."""
    from api.app import described

    document = described().openapi()
    nouns: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            noun = nouns.setdefault(operation["tags"][0], [])
            noun += _operation(f"{method.upper()} {path}", operation)
    lines = [
        MADE,
        "",
        "# HTTP",
        "",
        "The same as JSON: `/openapi.json` of a running server. Every route may also answer with an error,"
        " always with the body [ErrorBody](#errorbody): 401, 403, 413, 422, 429 or 503, and 404 where an id"
        " leads nowhere. `/mcp` is described in [Programs](../api.md).",
    ]
    for noun, told in nouns.items():
        lines += ["", f"## {noun}", *told]
    lines += ["", "## Shapes"]
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines += _shape(name, schema)
    return "\n".join([*lines, ""])


def _operation(title: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"### `{title}`", "", operation.get("description", operation["summary"]).strip())
    parameters = operation.get("parameters", [])
    if parameters:
        yield from ("", "| parameter | in | type | default | what it is |", "|---|---|---|---|---|")
    for each in parameters:
        schema = each["schema"]
        default = "required" if each["required"] else _default(schema)
        facts = each.get("description") or schema.get("description", "")
        yield f"| `{each['name']}` | {each['in']} | {_type(schema)} | {default} | {_cell(facts)} |"
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield from ("", f"Body (`{media_type}`): {_type(content['schema'])}")
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            shapes = [
                f"`{media_type}`: {_type(content.get('schema', {}))}"
                if content.get("schema")
                else f"`{media_type}`"
                for media_type, content in answer.get("content", {}).items()
            ]
            phrase = HTTPStatus(int(status)).phrase
            yield from ("", f"Answers {status} {phrase}" + (f", {'; '.join(shapes)}" if shapes else ""))


def _shape(name: str, schema: Schema) -> Iterator[str]:
    yield from ("", f"### {name}", "", " ".join(schema.get("description", "").split()))
    if "enum" in schema:
        yield from ("", "One of " + ", ".join(f"`{value}`" for value in schema["enum"]))
    if "properties" in schema:
        yield from ("", "| field | type | default | what it is |", "|---|---|---|---|")
    for field, of in schema.get("properties", {}).items():
        default = "required" if field in schema.get("required", ()) else _default(of)
        yield f"| `{field}` | {_type(of)} | {default} | {_cell(of.get('description', ''))} |"
    for example in schema.get("examples", ()):
        yield from ("", "```json", json.dumps(example, ensure_ascii=False, indent=2), "```")


def _type(schema: Schema) -> str:
    """Example: "list of [Hit](#hit)", "text, 1 to 4000 characters", "whole number, 1 to 50, or null"."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return ", or ".join(_type(each) for each in schema[several])
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if kind == "array":
        inner = schema.get("items") or {}
        return f"list of {_type(inner)}" if inner else "list"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"object of {_type(inner)}" if isinstance(inner, dict) and inner else "object"
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "yes or no",
        "null": "null",
    }
    named = {"date": "day", "date-time": "time", "binary": "file"}
    told = named.get(schema.get("format", ""), words.get(kind or "", "anything"))
    return told + _limits(schema)


def _limits(schema: Schema) -> str:
    for low, high, unit in (("minimum", "maximum", ""), ("minLength", "maxLength", " characters")):
        least, most = schema.get(low), schema.get(high)
        if least is not None and most is not None:
            return f", {least} to {most}{unit}"
        if least is not None or most is not None:
            return f", at least {least}{unit}" if most is None else f", at most {most}{unit}"
    return ""


def _default(schema: Schema) -> str:
    given = schema.get("default")
    return "" if given is None or given == [] else f"`{json.dumps(given, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES: Mapping[str, Callable[[], str]] = {"cli.md": commands, "http.md": routes, "settings.md": settings}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
