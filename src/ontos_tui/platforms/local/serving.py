"""Endpoints on this machine: a model's files are loaded once in a process and answer from memory."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from ontos_tui.domain.answer_columns import AnswerColumns, ColumnPredictor
from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.learning import EndpointAnswer, Prediction, Predictor, Progress
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.learning.encoding.pixel_budget import BusyError, TooManyPixelsError, restart_pixels
from ontos_tui.platforms.ports import Trainer

LOG = logging.getLogger(__name__)
SEVERAL = 4
"""From so many rows on, they are asked by the column."""
MODELS_IN_MEMORY = 8
"""Models that stay in memory; the least recently used one goes first."""


class LocalServing:
    """Answers with models that were trained on this machine. Safe to use from several threads."""

    def __init__(self, home: Path, trainer: Trainer) -> None:
        self._home = home
        self._trainer = trainer
        self._loaded: OrderedDict[str, Predictor] = OrderedDict()
        self._lock = threading.Lock()

    def takes_long(self, model: ModelVersion) -> bool:
        """Never: a model is loaded within seconds."""
        return False

    def deploy(self, endpoint: str, model: ModelVersion, progress: Progress | None = None) -> None:
        """Make sure that the model's files are there, unaltered, and in memory. Raises PlatformError."""
        self._predictor(model)

    def invoke(
        self, endpoint: str, model: ModelVersion, rows: Sequence[Row], ids: Sequence[str] = ()
    ) -> list[EndpointAnswer]:
        """Ask the model; a row that does not fit is answered with 400 and its error, a model that fails with 500.

        The latency is that of the whole call, in milliseconds: so long every one of its rows had to wait. Reading a
        model's files for the first request does not count: it says nothing about the next one.
        """
        with suppress(PlatformError):  # which the answers say
            self._predictor(model)
        begun = time.perf_counter()
        answers = self._answers(model, rows)
        latency = (time.perf_counter() - begun) * 1_000
        return [EndpointAnswer(prediction, status, latency, error) for prediction, status, error in answers]

    def invoke_many(
        self, endpoint: str, model: ModelVersion, groups: Sequence[Sequence[Row]]
    ) -> list[list[EndpointAnswer]]:
        """Ask about the rows of several requests at once; each request with pictures by itself, as they are limited."""
        if self._reads_pictures(model):
            answers = []
            for rows in groups:
                restart_pixels()
                answers.append(self.invoke(endpoint, model, rows))
            return answers
        together = iter(self.invoke(endpoint, model, [row for rows in groups for row in rows]))
        return [list(islice(together, len(rows))) for rows in groups]

    def score(
        self, endpoint: str, model: ModelVersion, columns: Mapping[str, Sequence[Any]], count: int
    ) -> AnswerColumns:
        """Ask the model about rows that come by the column. Raises PlatformError when its files are not readable."""
        predictor = self._predictor(model)
        if isinstance(predictor, ColumnPredictor):
            try:
                return predictor.predict_columns(columns, count)
            except Exception:
                LOG.exception("%s failed at a block of %d rows", model.label(), count)  # one by one shows at which
        names = list(columns)
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        return AnswerColumns.of(self.invoke(endpoint, model, rows))

    def _answers(self, model: ModelVersion, rows: Sequence[Row]) -> list[tuple[Prediction | None, int, str]]:
        try:
            predictor = self._predictor(model)
            if len(rows) >= SEVERAL and (answers := self._by_column(model, predictor, rows)) is not None:
                return answers
            return [(prediction, 200, "") for prediction in predictor.predict(rows)]
        except TooManyPixelsError as error:
            return [(None, 413, str(error))] * len(rows)
        except BusyError as error:
            return [(None, 429, str(error))] * len(rows)
        except InvalidInputError as error:
            if len(rows) == 1:
                return [(None, 400, str(error))]
            restart_pixels()
            return [self._answers(model, [row])[0] for row in rows]
        except PlatformError as error:
            return [(None, 500, str(error))] * len(rows)
        except Exception as error:
            LOG.exception("%s failed", model.label())
            if len(rows) == 1:
                return [(None, 500, f"The model failed at this row ({type(error).__name__}: {error}).")]
            restart_pixels()
            return [self._answers(model, [row])[0] for row in rows]

    def _by_column(
        self, model: ModelVersion, predictor: Predictor, rows: Sequence[Row]
    ) -> list[tuple[Prediction | None, int, str]] | None:
        """The same, faster; None where a row may not fit otherwise than by a value, which is said row by row."""
        if not isinstance(predictor, ColumnPredictor) or predictor.reads_pictures:
            return None
        names = frozenset(predictor.features)
        if not all(names <= row.keys() for row in rows):
            return None
        try:
            answers = predictor.predict_columns({name: [row[name] for row in rows] for name in names}, len(rows))
        except Exception:
            LOG.exception("%s failed at %d rows", model.label(), len(rows))  # one by one shows at which
            return None
        errors = answers.errors
        return [
            (None, 400, errors[line]) if line in errors else (prediction, 200, "")
            for line, prediction in enumerate(answers.predictions())
        ]

    def _reads_pictures(self, model: ModelVersion) -> bool:
        try:
            predictor = self._predictor(model)
        except PlatformError:
            return False  # which `invoke` says in its answers
        return not isinstance(predictor, ColumnPredictor) or predictor.reads_pictures

    def _predictor(self, model: ModelVersion) -> Predictor:
        with self._lock:
            predictor = self._loaded.get(model.id)
            if predictor is None:
                predictor = self._trainer.load(self._home / model.artifact, model.sha256)
                self._loaded[model.id] = predictor
                if len(self._loaded) > MODELS_IN_MEMORY:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(model.id)
        return predictor
