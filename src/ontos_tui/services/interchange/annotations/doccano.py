"""doccano's JSONL: classes (`"label": ["X"]`), and spans in its old and new shapes.

    {"text": "Acme moved", "label": [[0, 4, "org"]]}
    {"text": "Acme moved", "entities": [{"id": 1, "label": "org", "start_offset": 0, "end_offset": 4}], "relations": []}

An empty list is what doccano writes for a text that nobody has annotated: such a line has no label. Relations and
answers to questions of other projects are refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ontos_tui.services.interchange.annotations.annotated import ITEM, Annotated, item_of, marked_spans

LABELS = ("label", "labels", "entities", "cats")
"""Where a project keeps what was said, by its kind and doccano's version."""


@dataclass(frozen=True)
class DoccanoReader:
    """Reads lines; `item_key` is the key of a line, or of its `meta` or `metadata`, that names the item."""

    item_key: str = ITEM
    left_out: frozenset[str] = frozenset()

    def parse(self, number: int, line: Any) -> Annotated | str | None:
        """What a line says."""
        if not isinstance(line, Mapping):
            return "not a JSON object"
        text = line.get("text", line.get("data"))
        if not isinstance(text, str):
            return "it has no text"
        ref = item_of(self.item_key, line, line.get("meta"), line.get("metadata"))
        if ref is None:
            return f"the item is not named: {self.item_key} is not a text"
        if line.get("relations") and "relations" not in self.left_out:
            return "relations between spans are not supported; leave them out: --leave-out relations"
        keys = [key for key in LABELS if key in line]
        if not keys:
            return f"it has no labels: none of {', '.join(LABELS)} is in it"
        given = [key for key in keys if line[key] not in (None, [], "")]
        if not given:
            return None
        if len(given) > 1:
            return f"its labels are in {' and in '.join(given)}; one of them is expected"
        return self._read(Annotated(number, ref, text), given[0], line[given[0]])

    @staticmethod
    def _read(one: Annotated, key: str, value: Any) -> Annotated | str:
        items = value if isinstance(value, list) else [value]
        if all(isinstance(item, (str, int)) and not isinstance(item, bool) for item in items):
            one.labels = tuple(items)
            return one
        spans = marked_spans(value, key)
        if isinstance(spans, str):
            return spans
        one.spans = spans
        return one
