"""A model that was trained on this machine, in memory: what it answers to rows, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ontos_tui.domain.learning import Prediction
from ontos_tui.domain.records.data import Row
from ontos_tui.learning.encoding.column_encoding import Columns, encode_columns, rows_of
from ontos_tui.learning.encoding.features import FeatureTable, Matrix
from ontos_tui.learning.extraction.extractor import Extractor
from ontos_tui.learning.models.field_models import FieldModel
from ontos_tui.learning.targets import put
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

    @property
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
            predictions += self._predict(self.table.encode(block, strict=True), block)
        return predictions

    def predict_columns(self, columns: Columns, count: int) -> tuple[list[Prediction], dict[int, str]]:
        """The same for rows that come by the column, and by its place why a row does not fit the model.

        The prediction for such a row means nothing. Raises InvalidInputError when a column is lacking.
        """
        encoded = encode_columns(self.table, columns, count)
        return self._predict(encoded.matrix, rows_of(columns, count)), encoded.errors

    def stating_all(self) -> LocalPredictor:
        """The same, stating each confidence as a percentage: to measure whether it may."""
        trust = {name: self.trust.get(name, FieldTrust(name)) for name in self.fields}
        return replace(self, trust={name: replace(one, shown=True) for name, one in trust.items()})

    def _predict(self, matrix: Matrix, rows: Sequence[Row]) -> list[Prediction]:
        outside = self.applicability.outside(self.table, matrix, rows)
        predictions = [Prediction({}, {}, outside=one) for one in outside]
        for head in self.heads:
            self._answer_field(head, matrix, predictions)
        if self.reader is not None:
            read = zip(predictions, rows, strict=True)
            predictions = [self._with_trust(self.reader.add_to(prediction, row)) for prediction, row in read]
        return predictions

    def _answer_field(self, head: FieldModel, matrix: Matrix, predictions: Sequence[Prediction]) -> None:
        name = head.field.name
        trust = self.trust.get(name, FieldTrust(name))
        answers = head.predict(matrix)
        for prediction, (value, _) in zip(predictions, answers, strict=True):
            put(prediction.answer, head.field, value)
        values: list[Any] = [value for value, _ in answers]
        for prediction, interval in zip(predictions, trust.intervals(head.field, values), strict=False):
            prediction.intervals[name] = interval
        if answers and answers[0][1] is not None:
            stated = np.array([one for _, one in answers], dtype=np.float64)
            confidence = trust.confidence(head.field, stated, values).tolist()
            for prediction, one in zip(predictions, confidence, strict=True):
                if trust.shown:
                    prediction.confidence[name] = one
                else:
                    prediction.certainty[name] = certainty(one)

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
