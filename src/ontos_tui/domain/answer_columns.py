"""What a model answers to many rows, by the column: for tables of any length, without an object for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import accumulate
from typing import Any, Protocol, runtime_checkable

from ontos_tui.domain.intervals import Interval, Outside
from ontos_tui.domain.learning import EndpointAnswer, Prediction, Predictor


class LeftOut(Enum):
    """In the place of a value that an answer does not have. None is a value: a choice may be null."""

    LEFT_OUT = "left out"


LEFT_OUT = LeftOut.LEFT_OUT


@dataclass(frozen=True)
class FieldAnswers:
    """What was answered to one field: a value for each row, and beside it what the model says of each.

    A value is LEFT_OUT where the field is. `confidence` and `certainty` are as in `Prediction`, `low` and `high`
    bound a number; each of them is empty where the model says nothing of that kind, and None in a row where it does
    not. `rough` is whether the intervals rest on few units.
    """

    values: Sequence[Any]
    confidence: Sequence[float | None] = ()
    certainty: Sequence[str | None] = ()
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    rough: bool = False


@dataclass(frozen=True)
class AnswerColumns:
    """The answers to `count` rows by the name of the field.

    `outside` has by the place of a row what of it the model has not learned from, and `errors` why a row was not
    answered: what stands in such a row's columns means nothing.
    """

    count: int
    fields: Mapping[str, FieldAnswers]
    outside: Mapping[int, tuple[Outside, ...]] = field(default_factory=dict)
    errors: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, answers: Sequence[EndpointAnswer]) -> AnswerColumns:
        """The same of answers that came one by one."""
        there = {line: one.prediction for line, one in enumerate(answers) if one.prediction is not None}
        names = dict.fromkeys(name for one in there.values() for name in (*one.answer, *one.certainty, *one.intervals))
        return cls(
            len(answers),
            {name: _field_answers(name, [there.get(line) for line in range(len(answers))]) for name in names},
            {line: one.outside for line, one in there.items() if one.outside},
            {line: one.error for line, one in enumerate(answers) if one.prediction is None},
        )

    def predictions(self) -> list[Prediction]:
        """The same one by one; those of rows with an error mean nothing."""
        predictions = [Prediction({}, {}, outside=self.outside.get(line, ())) for line in range(self.count)]
        for name, column in self.fields.items():
            for line, (prediction, value) in enumerate(zip(predictions, column.values, strict=True)):
                if value is not LEFT_OUT:
                    prediction.answer[name] = value
                if column.confidence and (stated := column.confidence[line]) is not None:
                    prediction.confidence[name] = stated
                if column.certainty and (word := column.certainty[line]) is not None:
                    prediction.certainty[name] = word
                low, high = (column.low[line], column.high[line]) if column.low else (None, None)
                if low is not None and high is not None:
                    prediction.intervals[name] = Interval(low, high, column.rough)
        return predictions


@runtime_checkable
class ColumnPredictor(Predictor, Protocol):
    """A loaded model that also takes many rows by the column, which is faster by far."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        ...

    @property
    def reads_pictures(self) -> bool:
        """Whether it opens pictures, of which a request may have so many only."""
        ...

    def predict_columns(self, columns: Mapping[str, Sequence[Any]], count: int) -> AnswerColumns:
        """The answers to all rows. Raises InvalidInputError when a column is lacking."""
        ...


def joined(blocks: Sequence[AnswerColumns]) -> AnswerColumns:
    """The answers of several blocks of rows of one predictor, one behind the other."""
    starts = list(accumulate((one.count for one in blocks), initial=0))
    fields = {}
    for name in dict.fromkeys(name for one in blocks for name in one.fields):
        parts = [one.fields.get(name, FieldAnswers([LEFT_OUT] * one.count)) for one in blocks]
        named = ("values", "confidence", "certainty", "low", "high")
        values = {one: _behind(blocks, [getattr(part, one) for part in parts]) for one in named}
        fields[name] = FieldAnswers(**values, rough=any(part.rough for part in parts))
    return AnswerColumns(
        starts[-1],
        fields,
        {start + line: what for start, one in zip(starts, blocks, strict=False) for line, what in one.outside.items()},
        {start + line: what for start, one in zip(starts, blocks, strict=False) for line, what in one.errors.items()},
    )


def _behind(blocks: Sequence[AnswerColumns], parts: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """Parts of a column one behind the other, None where one says nothing; empty where all do."""
    if not any(map(len, parts)):
        return ()
    return [value for one, part in zip(blocks, parts, strict=True) for value in part or [None] * one.count]


def _field_answers(name: str, predictions: Sequence[Prediction | None]) -> FieldAnswers:
    intervals = [None if one is None else one.intervals.get(name) for one in predictions]
    bounded = any(one is not None for one in intervals)
    confidence = [None if one is None else one.confidence.get(name) for one in predictions]
    certainty = [None if one is None else one.certainty.get(name) for one in predictions]
    return FieldAnswers(
        [LEFT_OUT if one is None else one.answer.get(name, LEFT_OUT) for one in predictions],
        confidence if any(one is not None for one in confidence) else (),
        certainty if any(one is not None for one in certainty) else (),
        [None if one is None else one.low for one in intervals] if bounded else (),
        [None if one is None else one.high for one in intervals] if bounded else (),
        any(one is not None and one.rough for one in intervals),
    )
