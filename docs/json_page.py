"""Write docs/json.md, what every command prints with --json, field by field: `python docs/json_page.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ontos_tui.cli.core.json_schema import Schema, SchemaMaker
from ontos_tui.cli.json_documents import DOCUMENTS

PAGE = Path(__file__).with_name("json.md")

INTRODUCTION = """# What the commands print with --json

Every command prints one JSON document on stdout with `--json`. This page is made from the types in the code, and a
test holds every command to it. `ontos schema COMMAND`, such as `ontos schema gaps list`, prints the JSON schema.

- A document has all fields that are named here, and no other. A field without a value is `null` or `""`.
- A *time* is ISO 8601 in UTC, to the microsecond: `2026-01-02T09:30:00.000000Z`. A *day* is `2026-01-02`. Values of
  your own data stay as they are in the data.
- A share is a number from 0 to 1. Durations have `seconds`, `minutes` or `ms` in their names.
- An id is 32 hexadecimal digits. Commands accept its beginning, from 4 digits on.
- The text is ASCII; other characters are escaped. Progress goes to stderr.

A command that fails prints `{"error": {"what": "…", "todo": "…"}}`, and the same on stderr. Its exit code is 1, or 2
when the command line is wrong. `query`, `import`, `import-old-web` and `label import-labels` print their document also
when some rows or lines failed, and `doctor` when a check failed, with exit code 1. A command that goes on for ever
(`alerts watch`, `monitor --watch`, `sync --watch`) prints one document a round.
"""


def page() -> str:
    """The whole page."""
    maker = SchemaMaker()
    documents = {command: maker.schema(document) for command, document in DOCUMENTS.items()}
    definitions = sorted(maker.definitions.items(), key=lambda item: item[0].lower())
    lines = [INTRODUCTION, "## Commands", ""]
    for command, schema in documents.items():
        lines += [f"### ontos {command}", "", *_document(schema), ""]
    lines += ["## Objects", ""]
    for name, schema in definitions:
        described = [schema["description"], ""] if "description" in schema else []
        lines += [f"### {name}", "", *described, *_fields(schema), ""]
    return "\n".join(lines).rstrip() + "\n"


def _document(schema: Schema) -> Iterator[str]:
    """What a command prints, and the fields of an object that is put together for it alone."""
    kinds = schema.get("anyOf", [schema])
    yield from (f"- {_kind(one)}" for one in kinds)
    for one in kinds:
        own = one.get("items", one) if one.get("type") == "array" else one
        if "properties" in own:
            yield ""
            yield from _fields(own)


def _fields(schema: Schema) -> Iterator[str]:
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for name, one in schema["properties"].items():
        meaning = one.get("description", "").replace("|", "\\|")
        yield f"| `{name}` | {_kind(one)} | {meaning} |"


def _kind(schema: Schema) -> str:
    """A schema in words: `list of [Gap](#gap)`, `time or null`."""
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return _simple(schema)


def _simple(schema: Schema) -> str:
    kind: Any = schema.get("type")
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(map(_kind, schema['prefixItems']))}]"
        return f"list of {_kind(schema['items'])}"
    if kind == "object":
        if "properties" in schema:
            return "object: the fields below"
        values = schema["additionalProperties"]
        return f"object of {_kind(values)} by name" if values else "object"
    return {"date-time": "time", "date": "day"}.get(schema.get("format", ""), kind or "any value")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
