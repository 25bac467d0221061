"""Segments: the rows that have one value of a field, or a number within one fifth of what there is of it.

A fifth keeps its name (the highest fifth of the torque) from one analysis to the next, although its limits move a
little with the rows: so a gap about it is found again.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from ontos_tui.domain.schema import Answer

MOST_VALUES = 25
"""Values of a field beyond which it is no category."""
FEW_NUMBERS = 8
"""Different numbers up to which each is a category of its own."""
FIFTHS = 5
_PLACES = ("lowest", "second", "middle", "fourth", "highest")


@dataclass(frozen=True)
class Segment:
    """Rows with one `value` of a field; or, in the fifth number `place` of a field, from `low` to `high`.

    `of_answer`: the field is one of the answer, not of the item.
    """

    field: str
    value: Any = None
    place: int = 0
    low: float = 0.0
    high: float = 0.0
    of_answer: bool = False

    @property
    def key(self) -> str:
        """The same in every analysis."""
        what = f"fifth {self.place}" if self.place else self.value
        return json.dumps([self.field, what, self.of_answer], sort_keys=True)

    @property
    def words(self) -> str:
        """The segment as part of a sentence."""
        if self.place:
            return f"{self.field} in its {_PLACES[self.place - 1]} fifth ({self.low:.4g} to {self.high:.4g})"
        return f"{self.field} = {describe_value(self.value)}"

    def evidence(self) -> dict[str, Any]:
        """The segment as it is stored in a gap's evidence."""
        evidence: dict[str, Any] = {"field": self.field, "of_answer": self.of_answer}
        if self.place:
            return {**evidence, "place": self.place, "low": self.low, "high": self.high}
        return {**evidence, "value": self.value}

    @classmethod
    def from_evidence(cls, evidence: Mapping[str, Any]) -> Segment:
        """The segment that `evidence` returned."""
        return cls(**evidence)

    def contains(self, fields: Mapping[str, Any], answer: Answer | None = None) -> bool:
        """Whether a row with these fields and this answer belongs to the segment."""
        value = ((answer or {}) if self.of_answer else fields).get(self.field)
        if not self.place:
            return _same(value, self.value)
        return is_number(value) and self.low <= value <= self.high


def segments_of(field: str, values: Iterable[Any], *, of_answer: bool = False) -> list[Segment]:
    """The segments that a field's values fall into; none for free texts, lists, and fields of a single value."""
    present = [value for value in values if isinstance(value, str | bool | int | float) or value is None]
    counts = Counter(map(_name, present))
    numbers = sorted(float(value) for value in present if is_number(value))
    if len(set(numbers)) > FEW_NUMBERS and len(numbers) >= 0.9 * sum(value is not None for value in present):
        return _fifths(field, numbers, of_answer)
    if not 1 < len(counts) <= MOST_VALUES or len(counts) > len(present) / 2:
        return []
    return [Segment(field, json.loads(name), of_answer=of_answer) for name in sorted(counts)]


def _fifths(field: str, numbers: Sequence[float], of_answer: bool) -> list[Segment]:
    edges = [numbers[len(numbers) * part // FIFTHS] for part in range(1, FIFTHS)]
    by_fifth: dict[int, list[float]] = {}
    for number in numbers:
        # Equal edges make fifths that are empty; the numbers are all in the last of them.
        by_fifth.setdefault(bisect_right(edges, number) + 1, []).append(number)
    return [
        Segment(field, place=place, low=some[0], high=some[-1], of_answer=of_answer) for place, some in by_fifth.items()
    ]


def count_by_segment(segments: Sequence[Segment], values: Sequence[Any]) -> list[int]:
    """How many of a field's values each of its segments holds, in one pass."""
    numbers = sorted(value for value in values if is_number(value)) if any(one.place for one in segments) else []
    counts = Counter(_name(value) for value in values if not isinstance(value, list | dict))
    return [
        bisect_right(numbers, one.high) - bisect_left(numbers, one.low) if one.place else counts[_name(one.value)]
        for one in segments
    ]


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number and no yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def describe_value(value: Any) -> str:
    """A value as part of a sentence."""
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _name(value: Any) -> str:
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)
