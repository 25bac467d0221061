"""What goes to a packed model and what comes back: the columns of a row, and an answer with all that is said of it.

A packed model is a model of this program in MLflow's format. It is asked by the protocol of MLflow's scoring server,
and answers with a record for each row: the fields, what is said of each, and `details`, which holds the same exactly.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ontos_tui.domain.answer_columns import LEFT_OUT, AnswerColumns, FieldAnswers
from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.intervals import Interval, Outside
from ontos_tui.domain.learning import Prediction
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.rules.confidence_text import outside_texts
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.domain.text.numbers import is_numeral
from ontos_tui.domain.text.terminal_text import safe_line

OUTSIDE, ERROR, DETAILS = "outside", "error", "details"
"""The columns of an answer that belong to the whole row."""
MOST_OUTSIDE = 20
"""Values outside of what was learned that one answer names."""


class InputKind(StrEnum):
    """What a column of a row is for the protocol. A picture is a text there: the bytes of its file in base64."""

    NUMBER = "number"
    TEXT = "text"
    PICTURE = "picture"


@dataclass(frozen=True)
class InputColumn:
    """A column that a packed model looks at. `marks` are the texts that stand for a missing number; `folders` are where
    pictures lie on this machine, which are not packed.
    """

    name: str
    kind: InputKind
    marks: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"name": self.name, "kind": self.kind.value, "marks": self.marks, "folders": self.folders}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> InputColumn:
        """Back from plain data. Raises KeyError, TypeError or ValueError where it is none."""
        return cls(str(plain["name"]), InputKind(plain["kind"]), tuple(plain["marks"]), tuple(plain["folders"]))


@dataclass(frozen=True)
class AnswerColumn:
    """A field of the answer, its type in MLflow's words, and what the model says of it."""

    name: str
    type: str
    statements: tuple[str, ...]

    def types(self) -> dict[str, str]:
        """The types of the field's own column and of those beside it, by name."""
        beside = {f"{self.name}_{one}": "string" if one == "certainty" else "double" for one in self.statements}
        return {self.name: self.type, **beside}

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"name": self.name, "type": self.type, "statements": self.statements}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> AnswerColumn:
        """Back from plain data. Raises KeyError or TypeError where it is none."""
        return cls(str(plain["name"]), str(plain["type"]), tuple(plain["statements"]))


def answer_columns(fields: Sequence[AnswerField], said: AnswerColumns) -> tuple[AnswerColumn, ...]:
    """The columns of answers to `fields`, by what a model says of each in `said`."""
    return tuple(AnswerColumn(one.name, _type(one), _statements(said.fields.get(one.name))) for one in fields)


def answer_table(columns: Sequence[AnswerColumn], answers: AnswerColumns) -> dict[str, list[Any]]:
    """The answers by column, a value for each row; nothing in a row that was not answered but its error."""
    nothing: list[Any] = [None] * answers.count
    table: dict[str, list[Any]] = {}
    for column in columns:
        field = answers.fields.get(column.name, FieldAnswers(nothing))
        values = [None if one is LEFT_OUT else one for one in field.values]
        table[column.name] = [_flat(one) for one in values] if column.type == "string" else values
        for statement in column.statements:
            table[f"{column.name}_{statement}"] = list(getattr(field, statement)) or nothing[:]
    predictions = answers.predictions()
    table[OUTSIDE] = ["; ".join(outside_texts(one.outside, MOST_OUTSIDE)) for one in predictions]
    table[ERROR] = nothing[:]
    table[DETAILS] = [details_text(one) for one in predictions]
    for line, error in answers.errors.items():
        for values in table.values():
            values[line] = None
        table[ERROR][line] = error
    return table


def details_text(prediction: Prediction) -> str:
    """A prediction as JSON, exactly."""
    return json.dumps(
        {
            "answer": prediction.answer,
            "confidence": prediction.confidence,
            "certainty": prediction.certainty,
            "intervals": {name: [one.low, one.high, one.rough] for name, one in prediction.intervals.items()},
            "outside": [[one.column, one.value, one.low, one.high] for one in prediction.outside],
        },
        separators=(",", ":"),
    )


def read_answer(record: Any) -> Prediction:
    """The prediction in a record of a packed model's answer.

    Raises InvalidInputError for a row that does not fit the model, PlatformError for what is no such record.
    """
    if not isinstance(record, Mapping) or DETAILS not in record:
        raise PlatformError(
            "The endpoint's answer is not that of a model of this program.", "Deploy a model of this program to it."
        )
    if record.get(ERROR):
        raise InvalidInputError(str(record[ERROR]))
    try:
        plain = json.loads(record[DETAILS])
        return Prediction(
            dict(plain["answer"]),
            {str(name): float(one) for name, one in plain["confidence"].items()},
            {str(name): str(one) for name, one in plain["certainty"].items()},
            {str(name): Interval(*one) for name, one in plain["intervals"].items()},
            tuple(Outside(*one) for one in plain["outside"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise PlatformError(
            f"The details of the endpoint's answer cannot be read ({type(error).__name__}).", "Deploy the model again."
        ) from error


def sendable_row(row: Row, columns: Sequence[InputColumn]) -> dict[str, Any]:
    """The columns of a row as a packed model takes them. Raises InvalidInputError naming what does not fit."""
    absent = [one.name for one in columns if one.name not in row]
    if absent:
        lacking = ", ".join(repr(safe_line(name, 80)) for name in absent)
        raise InvalidInputError(f"The input lacks {lacking}.", "Give every field, or null for an unknown value.")
    return {column.name: _sendable(column, row[column.name]) for column in columns}


def _sendable(column: InputColumn, value: Any) -> Any:
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, (list, dict)):
        raise InvalidInputError(
            f"The field {safe_line(column.name, 80)!r} holds a list or an object.", "Send a text or a number."
        )
    if column.kind is InputKind.PICTURE:
        return _picture(column, str(value))
    if column.kind is InputKind.TEXT:
        return ("true" if value else "false") if isinstance(value, bool) else str(value)
    return _number(column, value)


def _number(column: InputColumn, value: Any) -> float | None:
    """A number, also from its text; None for a text that stands for a missing one."""
    if isinstance(value, str) and (not value.strip() or value.strip() in column.marks):
        return None
    try:
        if not isinstance(value, bool) and (not isinstance(value, str) or is_numeral(value.strip())):
            return float(value)
    except OverflowError:
        pass
    raise InvalidInputError(
        f"The field {safe_line(column.name, 80)!r} holds {safe_line(repr(value), 60)}.",
        "A number is expected there, or null for an unknown value.",
    )


def _picture(column: InputColumn, value: str) -> str:
    """The bytes of a picture in base64; of a path, those of the file below the folder of the data."""
    from ontos_tui.learning.encoding.images import find_image, inline, read_file
    from ontos_tui.learning.encoding.page_images import page_image, page_of

    if not value.strip():
        return ""
    if inline(value) is not None:
        return value
    folder, *others = map(Path, column.folders or (".",))
    path, page = find_image(value, [folder], others), page_of(value)[1]
    if not page:
        return base64.b64encode(read_file(path)).decode("ascii")
    import io

    content = io.BytesIO()
    page_image(path, page).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode("ascii")


def _flat(value: Any) -> Any:
    """A value as a text of a column: what is no text becomes JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _type(field: AnswerField) -> str:
    if field.kind is FieldKind.ENUM:
        kinds = {type(one) for one in field.choices if one is not None}
        return "long" if kinds == {int} else "double" if kinds and kinds <= {int, float} else "string"
    kinds_of = {FieldKind.NUMBER: "double", FieldKind.INTEGER: "long", FieldKind.BOOLEAN: "boolean"}
    return kinds_of.get(field.kind, "string")


def _statements(said: FieldAnswers | None) -> tuple[str, ...]:
    if said is None:
        return ()
    # Where a certainty stands, the confidence only orders and means no percentage.
    stated = ("certainty",) if said.certainty else ("confidence",) if said.confidence else ()
    return (*stated, *(("low", "high") if said.low else ()))
