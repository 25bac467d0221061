"""Two versions of a template side by side: which fields differ, and in their texts, which lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from ontos_tui.domain.records.template import Template
from ontos_tui.services.templates.answer_lines import answer_text


class Change(StrEnum):
    """What became of a line."""

    SAME = "same"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class LinePair:
    """A line of the first version beside the one of the second; None where one of them has none."""

    before: str | None
    after: str | None
    change: Change


@dataclass(frozen=True)
class FieldDifference:
    """A field of a template in two versions, as text, and line by line."""

    field: str
    before: str
    after: str
    lines: tuple[LinePair, ...]


@dataclass(frozen=True)
class TemplateComparison:
    """Two templates, and every field that differs, in the order of the template's fields."""

    before: Template
    after: Template
    differences: tuple[FieldDifference, ...]


def compare(before: Template, after: Template, fields: tuple[str, ...]) -> TemplateComparison:
    """The difference of two templates in these fields."""
    differences = []
    for name in fields:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            one, other = _text(name, old), _text(name, new)
            if one == other:  # what the short notation does not show
                one, other = _json(old), _json(new)
            differences.append(FieldDifference(name, one, other, tuple(_lines(one, other))))
    return TemplateComparison(before, after, tuple(differences))


def _text(name: str, value: Any) -> str:
    if name == "output_schema":
        return answer_text(value)
    if isinstance(value, dict):
        return "\n".join(f"{key} = {one}" for key, one in value.items())
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _lines(before: str, after: str) -> Iterator[LinePair]:
    old, new = before.splitlines(), after.splitlines()
    for kind, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for one, other in zip_longest(old[from_old:to_old], new[from_new:to_new]):
            if kind == "equal":
                yield LinePair(one, other, Change.SAME)
            elif one is None:
                yield LinePair(None, other, Change.ADDED)
            elif other is None:
                yield LinePair(one, None, Change.REMOVED)
            else:
                yield LinePair(one, other, Change.CHANGED)
