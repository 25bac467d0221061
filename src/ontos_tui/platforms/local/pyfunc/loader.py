"""What answers for a packed model wherever MLflow loads it; MLflow calls `_load_pyfunc` by name.

It works without MLflow and without pandas as well: rows may come as a list of objects, and then go as one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ontos_tui.domain.answer_columns import AnswerColumns
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.learning import EndpointAnswer, Prediction
from ontos_tui.platforms.local.model_loading import load_model
from ontos_tui.platforms.local.predictor import LocalPredictor
from ontos_tui.platforms.scoring_protocol import AnswerColumn, InputColumn, InputKind, answer_table

PACKED, MODEL = "packed.json", "model"
"""Within the package's data: what it says of the model, and the folder of the model's own files."""


class PackedModel:
    """A model with the columns that it takes and gives."""

    def __init__(
        self, predictor: LocalPredictor, inputs: Sequence[InputColumn], columns: Sequence[AnswerColumn]
    ) -> None:
        self._predictor = predictor
        self._inputs = tuple(inputs)
        self._columns = tuple(columns)

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """The answers to rows: a table for a table (pandas), a list of records for a list of rows.

        A row that does not fit the model has its reason in `error`. Raises InvalidInputError when a column is lacking.
        """
        if isinstance(model_input, list):
            table = self._answered({one.name: [row.get(one.name) for row in model_input] for one in self._inputs})
            return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        import pandas  # which MLflow brings where it sends one

        absent = [one.name for one in self._inputs if one.name not in model_input]
        if absent:
            raise InvalidInputError(f"The input lacks the columns {', '.join(map(repr, absent))}.", "Send them.")
        table = self._answered({one.name: _values(one, model_input[one.name]) for one in self._inputs})
        return pandas.DataFrame({name: pandas.Series(values, dtype=object) for name, values in table.items()})

    def _answered(self, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        count = len(next(iter(columns.values()), ()))
        return answer_table(self._columns, self._answers(columns, count))

    def _answers(self, columns: dict[str, list[Any]], count: int) -> AnswerColumns:
        """One by one where the block fails: then the row at which it does has the error."""
        try:
            return self._predictor.predict_columns(columns, count)
        except InvalidInputError:
            names = list(columns)
            rows = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
            return AnswerColumns.of([self._answer(row) for row in rows])

    def _answer(self, row: dict[str, Any]) -> EndpointAnswer:
        prediction: Prediction | None = None
        try:
            (prediction,) = self._predictor.predict([row])
        except InvalidInputError as error:
            return EndpointAnswer(None, 400, 0.0, str(error))
        return EndpointAnswer(prediction, 200, 0.0)


def _values(column: InputColumn, series: Any) -> list[Any]:
    """The values of a column of pandas, None where one is missing.

    pandas makes fractions of whole numbers beside which one is missing; as a text, 3.0 would not be 3.
    """
    values: list[Any] = series.astype(object).where(series.notna(), None).tolist()
    if column.kind is InputKind.NUMBER:
        return values
    return [_word(value) for value in values]


def _word(value: Any) -> Any:
    """A value as the text that a row on this machine would compare it by."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def packed_text(sha256: str, inputs: Sequence[InputColumn], columns: Sequence[AnswerColumn]) -> str:
    """What a package says of its model."""
    plain = {
        "sha256": sha256,
        "inputs": [one.to_json() for one in inputs],
        "columns": [one.to_json() for one in columns],
    }
    return json.dumps(plain, indent=1)


def _load_pyfunc(data_path: str) -> PackedModel:
    """The packed model in a folder. Raises PlatformError when a file of it was altered."""
    folder = Path(data_path)
    plain = json.loads((folder / PACKED).read_text("utf-8"))
    columns = [AnswerColumn.from_json(one) for one in plain["columns"]]
    inputs = [InputColumn.from_json(one) for one in plain["inputs"]]
    return PackedModel(load_model(folder / MODEL, plain["sha256"]), inputs, columns)
