"""The columns of a scored table, and its lines as text.

item_ref, the source's columns where they are wanted, for each field of the answer its value with `…_confidence` or
`…_certainty`, and `…_low` and `…_high` of numbers; then `outside`, and `error` for a row that does not fit the model.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import NoneType
from typing import Any

from ontos_tui.domain.answer_columns import LEFT_OUT, AnswerColumns, FieldAnswers
from ontos_tui.domain.records.data import Block, Column
from ontos_tui.domain.rules.confidence_text import outside_texts
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.records.cells import plain_cell, safe_cell

ITEM, OUTSIDE, ERROR = "item_ref", "outside", "error"
MOST_OUTSIDE = 20
"""Values outside of what was learned that one line names."""
_UNCHANGED_TYPES = ("BOOLEAN", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
"""Types of source columns that a Parquet file has as they are; all others are texts there."""

_NUMBERS = {int, float, NoneType}
_PLAIN = {*_NUMBERS, str}
"""Types of values that CSV has as they are."""


class Statement(StrEnum):
    """What a model says of a field beside its value."""

    CONFIDENCE = "confidence"
    CERTAINTY = "certainty"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True)
class AnswerColumn:
    """A field of the answer, its type in a Parquet file, and what the model says of it."""

    name: str
    type: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """The columns of a scored table. `source` are the columns taken over, and `called` their names here."""

    source: tuple[str, ...]
    called: tuple[str, ...]
    source_types: tuple[str, ...]
    answer: tuple[AnswerColumn, ...]

    @classmethod
    def of(cls, source: Sequence[Column], fields: Sequence[AnswerField], answers: Sequence[AnswerColumns]) -> Layout:
        """The layout for answers like these: what is said of a field in one of them has a column."""
        answer = tuple(AnswerColumn(one.name, _answer_type(one), _statements(one.name, answers)) for one in fields)
        taken = {ITEM, OUTSIDE, ERROR, *(name for column in answer for name in _names(column))}
        called = []
        for column in source:
            name = storable(column.name)
            while name in taken:
                name = f"source_{name}"
            taken.add(name)
            called.append(name)
        types = tuple(_source_type(column.type) for column in source)
        return cls(tuple(column.name for column in source), tuple(called), types, answer)

    @property
    def columns(self) -> dict[str, str]:
        """The columns in their order, with their types in a Parquet file."""
        columns = {ITEM: "VARCHAR", **dict(zip(self.called, self.source_types, strict=True))}
        for column in self.answer:
            kinds = ["VARCHAR" if one == Statement.CERTAINTY else "DOUBLE" for one in column.statements]
            columns |= dict(zip(_names(column), [column.type, *kinds], strict=True))
        return {**columns, OUTSIDE: "VARCHAR", ERROR: "VARCHAR"}

    def values(self, block: Block, answers: AnswerColumns) -> list[Sequence[Any]]:
        """The values of a block of rows by the column, in the order of `columns`."""
        nothing = [None] * answers.count
        answered: list[Sequence[Any]] = []
        for column in self.answer:
            field = answers.fields.get(column.name, FieldAnswers(nothing))
            answered += [
                [None if one is LEFT_OUT else one for one in field.values],
                *(_said(field, one) or nothing for one in column.statements),
            ]
        outside: list[str | None] = list(nothing)
        for line, unlike in answers.outside.items():
            outside[line] = "; ".join(outside_texts(unlike, MOST_OUTSIDE))
        answered = [_without(one, answers.errors) for one in (*answered, outside)]
        errors = [answers.errors.get(line) for line in range(answers.count)] if answers.errors else nothing
        return [block.refs, *(block.columns[name] for name in self.source), *answered, errors]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Layout:
        """Back from plain data. Raises KeyError or TypeError where it is none of ours."""
        answer = tuple(AnswerColumn(one["name"], one["type"], tuple(one["statements"])) for one in plain["answer"])
        return cls(tuple(plain["source"]), tuple(plain["called"]), tuple(plain["source_types"]), answer)


def csv_text(columns: Sequence[Sequence[Any]], *, excel_safe: bool) -> bytes:
    """Rows, given by the column, as CSV. What UTF-8 cannot hold is written out as an escape."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(zip(*(_cells(one, excel_safe=excel_safe) for one in columns), strict=True))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cells(values: Sequence[Any], *, excel_safe: bool) -> Sequence[Any]:
    """A column as CSV has it; one of plain numbers, or of texts that need no protection, is written as it is."""
    plain = _NUMBERS if excel_safe else _PLAIN
    return values if set(map(type, values)) <= plain else list(map(safe_cell if excel_safe else plain_cell, values))


def json_lines(names: Sequence[str], columns: Sequence[Sequence[Any]]) -> bytes:
    """Rows, given by the column, as JSON lines with a value for each name."""
    rows = zip(*columns, strict=True)
    return "".join(f"{_json(dict(zip(names, row, strict=True)))}\n" for row in rows).encode()


def _json(values: dict[str, Any]) -> str:
    try:
        text = _encode(values)
    except ValueError:  # NaN and infinities, which JSON does not know
        text = _encode(_finite(values))
    return text if text.isascii() else _encode({name: _storable(value) for name, value in values.items()})


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name)): _storable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return _finite(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list) else value


def _said(answers: FieldAnswers, statement: str) -> Sequence[Any]:
    """What is said of a field in each row; empty where nothing is."""
    said = {
        Statement.CONFIDENCE: answers.confidence,
        Statement.CERTAINTY: answers.certainty,
        Statement.LOW: answers.low,
        Statement.HIGH: answers.high,
    }
    return said[Statement(statement)]


def _without(values: Sequence[Any], lines: Mapping[int, str]) -> Sequence[Any]:
    """A column with nothing in these lines."""
    if not lines:
        return values
    cleared = list(values)
    for line in lines:
        cleared[line] = None
    return cleared


def _statements(name: str, answers: Sequence[AnswerColumns]) -> tuple[str, ...]:
    there = [one.fields[name] for one in answers if name in one.fields]
    # Where a certainty stands, the confidence only orders and means no percentage.
    certain = any(one.certainty for one in there)
    confident = not certain and any(one.confidence for one in there)
    bounded = any(one.low for one in there)
    said = [Statement.CERTAINTY] * certain + [Statement.CONFIDENCE] * confident
    return tuple(one.value for one in [*said, *([Statement.LOW, Statement.HIGH] if bounded else [])])


def _names(column: AnswerColumn) -> list[str]:
    return [column.name, *(f"{column.name}_{statement}" for statement in column.statements)]


def _answer_type(field: AnswerField) -> str:
    if field.kind is FieldKind.ENUM:
        kinds = set(map(type, field.choices))
        return "BIGINT" if kinds == {int} else "DOUBLE" if kinds and kinds <= {int, float} else "VARCHAR"
    kinds_of = {FieldKind.NUMBER: "DOUBLE", FieldKind.INTEGER: "BIGINT", FieldKind.BOOLEAN: "BOOLEAN"}
    return kinds_of.get(field.kind, "VARCHAR")


def _source_type(kind: str) -> str:
    if kind.removeprefix("U") in _UNCHANGED_TYPES:
        return kind
    return "DOUBLE" if kind.startswith("DECIMAL") and kind.endswith(")") else "VARCHAR"
