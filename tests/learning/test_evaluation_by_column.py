"""Held-out rows that come by the column are scored as those that come one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ontos_tui.domain.answer_columns import AnswerColumns
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.learning import EndpointAnswer, Interval, Prediction, TrainingSet
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.row_columns import ColumnRows, Examples
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.evaluation.evaluate import evaluate, method_in_words

FIELDS = (
    AnswerField("fault", FieldKind.ENUM, required=False, choices=("wear", "none")),
    AnswerField("life", FieldKind.NUMBER, required=True),
)


class ByRow:
    """Answers by a rule; refuses a row whose heat is a text."""

    features = ("heat", "word")
    reads_pictures = False

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        if any(isinstance(row["heat"], str) for row in rows):
            raise InvalidInputError("the field 'heat' holds a text.", "Give a number.")
        return [_prediction(row) for row in rows]


class ByColumn(ByRow):
    def predict_columns(self, columns: dict[str, Sequence[Any]], count: int) -> AnswerColumns:
        answers = []
        for row in ColumnRows(columns, count):
            try:
                answers += [EndpointAnswer(one, 200, 0.0) for one in self.predict([row])]
            except InvalidInputError as error:
                answers.append(EndpointAnswer(None, 400, 0.0, str(error)))
        return AnswerColumns.of(answers)


def _prediction(row: Row) -> Prediction:
    heat = row["heat"]
    answer: dict[str, Any] = {"life": 2 * heat}
    if heat > 0.2:
        answer["fault"] = "wear" if heat > 0.6 else "none"
    return Prediction(answer, {"fault": 0.5 + heat / 2}, intervals={"life": Interval(heat, 3 * heat)})


def data(heats: Sequence[Any]) -> TrainingSet:
    """Rows with a missing answer here and there, some in groups."""
    count = len(heats)
    drawn = np.random.default_rng(0).random(count).tolist()
    answers: list[dict[str, Any]] = [
        {"fault": "wear" if one > 0.5 else "none", "life": one} if one > 0.1 else {"life": one} for one in drawn
    ]
    values: Any = np.array(heats) if all(isinstance(one, float) for one in heats) else list(heats)
    rows = ColumnRows({"heat": values, "word": ["a", "b"] * (count // 2)}, count)
    groups = [f"g{number // 3}" if number % 4 else None for number in range(count)]
    examples = Examples([f"r{number}" for number in range(count)], rows, answers, groups)
    return TrainingSet(FIELDS, ("heat", "word"), examples, examples, "drawn", group_name="unit")


HEATS = np.random.default_rng(1).random(120).tolist()


@pytest.mark.parametrize("heats", [HEATS, [*HEATS[:-2], "hot", 0.5]], ids=["all fit", "one is refused"])
def test_by_column_is_as_by_row(heats: Sequence[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ontos_tui.learning.evaluation.evaluate.BLOCK", 50)
    columns = data(heats)
    rows = replace(columns, train=tuple(columns.train), held_out=tuple(columns.held_out))
    by_column, by_row = evaluate(ByColumn(), columns), evaluate(ByRow(), rows)
    assert by_column == by_row
    assert [score.n for score in by_column.scores] != []


def test_pairs_without_a_group_are_counted_one_by_one() -> None:
    examples = data(HEATS).train
    alone = Examples([one.ref for one in examples], [{}] * len(examples), [{}] * len(examples), [None] * len(examples))
    assert method_in_words(data(HEATS), 0, alone).startswith("5-fold cross-validation over 120 ")
