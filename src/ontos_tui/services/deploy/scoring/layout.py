"""The columns of a scored table, and its lines as text.

item_ref, the source's columns where they are wanted, for each field of the answer its value with `…_confidence` or
`…_certainty`, and `…_low` and `…_high` of numbers; then `outside`, and `error` for a row that does not fit the model.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ontos_tui.domain.learning import EndpointAnswer, Prediction
from ontos_tui.domain.records.data import Block, Column
from ontos_tui.domain.rules.confidence_text import outside_texts
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.domain.text import storable
from ontos_tui.services.records.cells import plain_cell, safe_cell

ITEM, OUTSIDE, ERROR = "item_ref", "outside", "error"
MOST_OUTSIDE = 20
"""Values outside of what was learned that one line names."""
_UNCHANGED_TYPES = ("BOOLEAN", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
"""Types of source columns that a Parquet file has as they are; all others are texts there."""


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
    def of(
        cls, source: Sequence[Column], fields: Sequence[AnswerField], predictions: Sequence[Prediction | None]
    ) -> Layout:
        """The layout for answers like these `predictions`: what is said of a field in one of them has a column."""
        answer = tuple(AnswerColumn(one.name, _answer_type(one), _statements(one.name, predictions)) for one in fields)
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

    def rows(self, block: Block, answers: Sequence[EndpointAnswer]) -> Iterator[list[Any]]:
        """The values of each row, in the order of `columns`."""
        nothing = [None] * sum(1 + len(column.statements) for column in self.answer)
        taken = [block.columns[name] for name in self.source]
        for ref, answer, *values in zip(block.refs, answers, *taken, strict=True):
            prediction = answer.prediction
            if prediction is None:
                yield [ref, *values, *nothing, None, answer.error]
                continue
            outside = "; ".join(outside_texts(prediction.outside, MOST_OUTSIDE)) if prediction.outside else None
            yield [ref, *values, *self._answered(prediction), outside, None]

    def _answered(self, prediction: Prediction) -> Iterator[Any]:
        for column in self.answer:
            yield prediction.answer.get(column.name)
            for statement in column.statements:
                yield _said(prediction, column.name, statement)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Layout:
        """Back from plain data. Raises KeyError or TypeError where it is none of ours."""
        answer = tuple(AnswerColumn(one["name"], one["type"], tuple(one["statements"])) for one in plain["answer"])
        return cls(tuple(plain["source"]), tuple(plain["called"]), tuple(plain["source_types"]), answer)


def csv_text(rows: Sequence[Sequence[Any]] | Iterator[Sequence[Any]], *, excel_safe: bool) -> bytes:
    """Rows as CSV. What UTF-8 cannot hold is written out as an escape."""
    cell = safe_cell if excel_safe else plain_cell
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def json_lines(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> bytes:
    """Rows as JSON lines, a value for every column."""
    return "".join(f"{_json(dict(zip(columns, row, strict=True)))}\n" for row in rows).encode()


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


def _said(prediction: Prediction, name: str, statement: str) -> float | str | None:
    if statement == Statement.CONFIDENCE:
        return prediction.confidence.get(name)
    if statement == Statement.CERTAINTY:
        return prediction.certainty.get(name)
    interval = prediction.intervals.get(name)
    if interval is None:
        return None
    return interval.low if statement == Statement.LOW else interval.high


def _statements(name: str, predictions: Sequence[Prediction | None]) -> tuple[str, ...]:
    there = [one for one in predictions if one is not None]
    # Where a certainty stands, the confidence only orders and means no percentage.
    certain = any(name in one.certainty for one in there)
    confident = not certain and any(name in one.confidence for one in there)
    bounded = any(name in one.intervals for one in there)
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
