"""A model that was trained on this machine, in memory: what it answers to rows, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ontos_tui.domain.answer_columns import AnswerColumns, FieldAnswers
from ontos_tui.domain.learning import EndpointAnswer, Prediction
from ontos_tui.domain.records.data import Row
from ontos_tui.learning.encoding.column_encoding import Columns, encode_columns, rows_of
from ontos_tui.learning.encoding.features import FeatureTable, Matrix
from ontos_tui.learning.extraction.extractor import Extractor
from ontos_tui.learning.models.field_models import FieldModel
from ontos_tui.learning.targets import NUMBER_KINDS, field_values
from ontos_tui.learning.trust.applicability import Applicability
from ontos_tui.learning.trust.field_trust import FieldTrust, certainty

BLOCK = 2_048
"""Rows that are predicted at once."""


@dataclass(frozen=True)
class LocalPredictor:
    """A trained model in memory. Nothing in it changes while it predicts, so threads may share it.

    `trust` says by field what may be stated; models of earlier releases have none, and state no percentages.
    """

    table: FeatureTable
    heads: tuple[FieldModel, ...]
    reader: Extractor | None = None
    trust: Mapping[str, FieldTrust] = field(default_factory=dict)
    applicability: Applicability = field(default_factory=Applicability)

    @cached_property
    def reads_pictures(self) -> bool:
        """Whether one of its columns holds pictures."""
        return bool(self.table.pictures())

    @cached_property
    def features(self) -> tuple[str, ...]:
        """The columns that it looks at, and the text that it reads."""
        text = () if self.reader is None else (self.reader.plan.text_field,)
        return tuple(dict.fromkeys((*self.table.names, *text)))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the answer that it gives."""
        read = () if self.reader is None else self.reader.plan.fields
        return (*(head.field.name for head in self.heads), *read)

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction a row. Raises InvalidInputError naming the field when a row does not fit the model."""
        predictions: list[Prediction] = []
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            predictions += self._answers(self.table.encode(block, strict=True), block).predictions()
        return predictions

    def predict_columns(self, columns: Columns, count: int) -> AnswerColumns:
        """The same for rows that come by the column; a row that does not fit the model has an error instead.

        Raises InvalidInputError when a column is lacking.
        """
        encoded = encode_columns(self.table, columns, count)
        return replace(self._answers(encoded.matrix, rows_of(columns, count)), errors=encoded.errors)

    def stating_all(self) -> LocalPredictor:
        """The same, stating each confidence as a percentage: to measure whether it may."""
        trust = {name: self.trust.get(name, FieldTrust(name)) for name in self.fields}
        return replace(self, trust={name: replace(one, shown=True) for name, one in trust.items()})

    def _answers(self, matrix: Matrix, rows: Sequence[Row]) -> AnswerColumns:
        fields = {head.field.name: self._answer_field(head, matrix) for head in self.heads}
        outside = self.applicability.outside_by_line(self.table, matrix, rows)
        answers = AnswerColumns(len(matrix), fields, outside)
        if self.reader is None:
            return answers
        read = zip(answers.predictions(), rows, strict=True)
        predictions = [self._with_trust(self.reader.add_to(prediction, row)) for prediction, row in read]
        return AnswerColumns.of([EndpointAnswer(one, 200, 0.0) for one in predictions])

    def _answer_field(self, head: FieldModel, matrix: Matrix) -> FieldAnswers:
        trust = self.trust.get(head.field.name, FieldTrust(head.field.name))
        given, stated = head.answers(matrix)
        values = field_values(head.field, given)
        if trust.conformal is not None and head.field.kind in NUMBER_KINDS:
            low, high = trust.conformal.bounds(head.field, np.array(given, dtype=np.float64))
            return FieldAnswers(values, low=low.tolist(), high=high.tolist(), rough=trust.conformal.rough)
        if stated is None:
            return FieldAnswers(values)
        confidence = trust.confidence(head.field, stated, given).tolist()
        if trust.shown:
            return FieldAnswers(values, confidence)
        return FieldAnswers(values, certainty=[certainty(one) for one in confidence])

    def _with_trust(self, prediction: Prediction) -> Prediction:
        """Calibrated confidence of the fields that are read, or a word in its place where none may be stated."""
        assert self.reader is not None
        for name in self.reader.plan.fields:
            if name in prediction.confidence:
                trust = self.trust.get(name, FieldTrust(name))
                confidence = trust.reading_confidence(prediction.confidence[name])
                if trust.shown:
                    prediction.confidence[name] = confidence
                else:
                    del prediction.confidence[name]
                    prediction.certainty[name] = certainty(confidence)
        return prediction
