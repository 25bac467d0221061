"""spaCy's examples as JSON lines: `doc.to_json()`, and the pairs of a text and its annotations of version 2.

    {"text": "Acme moved", "ents": [{"start": 0, "end": 4, "label": "ORG"}], "cats": {"major": 1.0, "minor": 0.0}}
    ["Acme moved", {"entities": [[0, 4, "ORG"]]}]

Of `cats` the class with the value 1 counts; several such are several classes. DocBin, the binary `.spacy`, is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.services.interchange.annotations.annotated import ITEM, Annotated, item_of, marked_spans
from ontos_tui.services.interchange.reading import Entry, first_bytes, json_entries, json_lines
from ontos_tui.services.interchange.report import ImportReport

_SPANS = ("ents", "entities")
FIRST_LINE = 1 << 20
"""Bytes that are looked at for a first line."""

CERTAIN = 0.5
"""A class whose value is more than this was chosen."""


def entries(path: Path, report: ImportReport) -> Iterator[Entry]:
    """The examples of a file; of version 2 a line may be a list by itself."""
    yield from (json_lines if has_lists(path) else json_entries)(path, report)


def has_lists(path: Path) -> bool:
    """Whether the first line is an example of version 2."""
    try:
        first = json.loads(first_bytes(path, FIRST_LINE).decode("utf-8-sig").splitlines()[0])
    except (ValueError, IndexError, RecursionError):
        return False
    return isinstance(first, list) and len(first) == 2 and isinstance(first[0], str) and isinstance(first[1], dict)


@dataclass(frozen=True)
class SpacyReader:
    """Reads lines; `item_key` is the key of a line, or of its `meta` or `_`, that names the item."""

    item_key: str = ITEM
    left_out: frozenset[str] = frozenset()

    def parse(self, number: int, line: Any) -> Annotated | str | None:
        """What a line says."""
        if isinstance(line, list) and len(line) == 2 and isinstance(line[1], Mapping):
            line = {"text": line[0], **line[1]}
        if not isinstance(line, Mapping) or not isinstance(line.get("text"), str):
            return "it is not an object with a text"
        ref = item_of(self.item_key, line, line.get("meta"), line.get("_"))
        if ref is None:
            return f"the item is not named: {self.item_key} is not a text"
        groups = line.get("spans")
        if isinstance(groups, Mapping) and any(groups.values()) and "spans" not in self.left_out:
            names = ", ".join(map(str, groups))[:80]
            return f"groups of spans ({names}) are not supported; write them as ents, or use --leave-out spans"
        one = Annotated(number, ref, line["text"])
        key = next((key for key in _SPANS if isinstance(line.get(key), list)), None)
        if key is not None:
            spans = marked_spans(line[key], key)
            if isinstance(spans, str):
                return spans
            one.spans = spans
        cats = line.get("cats")
        if isinstance(cats, Mapping) and cats:
            if not all(isinstance(value, (int, float)) for value in cats.values()):
                return "cats: a number for each class is expected"
            one.labels = tuple(name for name, value in cats.items() if value > CERTAIN)
            if not one.labels:
                return f"cats: no class has a value of more than {CERTAIN}"
        return "it has no labels: ents or cats is expected" if one.says_nothing else one
