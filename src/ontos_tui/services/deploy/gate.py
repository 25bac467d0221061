"""What is checked before a model version may answer at an endpoint; the rules stand in domain/rules/deployment_gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, OntosError
from ontos_tui.domain.learning import ELSEWHERE, Prediction, Predictor
from ontos_tui.domain.records.gate import DeploymentFloor, Measure, MustPassCase
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Evaluation, FieldScore, ModelVersion
from ontos_tui.domain.rules.deployment_gate import (
    CaseResult,
    Check,
    GateReport,
    check_cases,
    check_floor,
    check_verdict,
)
from ontos_tui.domain.rules.model_verdict import Level, verdict_of
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.deploy.retrain_checks import check_retrain
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import deployment_gate as queries
from ontos_tui.store.queries import endpoints

NUMBERS = (FieldKind.NUMBER, FieldKind.INTEGER)
ALLOWED_ERRORS = 2.0
"""Mean absolute errors that a number may be off in a must-pass case that names no distance, without an interval."""


class DeploymentGate:
    """Checks versions before they are deployed. Changes nothing."""

    def __init__(self, store: Store, trainer: Callable[[], Trainer], home: Path) -> None:
        """`trainer` gives the engine when it is needed: its libraries take seconds to import."""
        self._store = store
        self._trainer = trainer
        self._home = home

    def check(self, model: ModelVersion, endpoint: str) -> GateReport | None:
        """All checks of this version before this endpoint; None where none is due.

        None is due for a version that the endpoint serves or has served before: to go back must never be hard.
        Raises PlatformError when the model's files are missing or altered.
        """
        with self._store.read() as connection:
            there = endpoints.endpoint(connection, endpoint)
            if queries.has_served(connection, endpoint, model.id):
                return None
            serving = None if there is None else rows.get(connection, ModelVersion, there.model_id)
            template = Template.model_validate(model.template_snapshot)
            cases = queries.cases(connection, template.name, template.label_type)
            floors = queries.floors(connection, endpoint, model.name)
        if serving is not None and serving.id == model.id:
            return None
        predictor = self._predictor(model)
        checks = [_check_cases(cases, model, predictor), *_check_floors(floors, model), _check_verdict(model)]
        if serving is not None:
            before = self._predictor_or_none(serving)
            checks += check_retrain(self._store, endpoint, (serving, before), (model, predictor))
        return GateReport(model.label(), endpoint, "" if serving is None else serving.label(), tuple(checks))

    def _predictor(self, model: ModelVersion) -> Predictor | None:
        """The model on this machine; None for one whose files are elsewhere, so that it cannot be asked before."""
        folder = self._home / model.artifact
        return None if (folder / ELSEWHERE).exists() else self._trainer().load(folder, model.sha256)

    def _predictor_or_none(self, model: ModelVersion) -> Predictor | None:
        """The same; None also where it cannot be read any more, which must not stand in its successor's way."""
        try:
            return self._predictor(model)
        except OntosError:
            return None


# Cases -------------------------------------------------------------------------------------------------------------


def _check_cases(cases: Sequence[MustPassCase], model: ModelVersion, predictor: Predictor | None) -> Check:
    results = [_ask(case, model, predictor) for case in cases]
    return check_cases([one for one in results if one is not None])


def _ask(case: MustPassCase, model: ModelVersion, predictor: Predictor | None) -> CaseResult | None:
    """What the model says to a case; None where it has none of the fields that are checked."""
    fields = {field.name: field for field in Template.model_validate(model.template_snapshot).fields()}
    checked = {name: value for name, value in case.expected.items() if name in fields}
    if not checked:
        return None
    if predictor is None:
        return CaseResult(case.item_ref, answered=False)
    try:
        (prediction,) = predictor.predict([{**dict.fromkeys(model.features), **case.source_data}])
    except InvalidInputError as error:
        return CaseResult(case.item_ref, (error.what,))
    wrong = (
        f"{name} {_shown(prediction.answer.get(name))}, expected {_shown(expected)}"
        for name, expected in checked.items()
        if not _is_right(fields[name], expected, prediction, case.within.get(name), model)
    )
    return CaseResult(case.item_ref, tuple(wrong))


def _is_right(
    field: AnswerField, expected: Any, prediction: Prediction, within: float | None, model: ModelVersion
) -> bool:
    """Whether an answer is as expected: equal, and for a number near enough."""
    said = prediction.answer.get(field.name)
    if field.kind not in NUMBERS or not (_is_number(said) and _is_number(expected)):
        return bool(said == expected)
    if within is not None:
        return bool(abs(said - expected) <= within)
    interval = prediction.intervals.get(field.name)
    if interval is not None:
        return bool(interval.low <= expected <= interval.high)
    score = _score(model, field.name)
    return bool(score is not None and abs(said - expected) <= ALLOWED_ERRORS * score.value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


# Floors and the verdict --------------------------------------------------------------------------------------------


def _check_floors(floors: Sequence[DeploymentFloor], model: ModelVersion) -> list[Check]:
    return [_check_floor(floor, model) for floor in floors]


def _check_floor(floor: DeploymentFloor, model: ModelVersion) -> Check:
    score = _score(model, floor.field)
    value, n = (None, 0) if score is None else measured(score, floor.measure, floor.class_name)
    return check_floor(floor.text(), value, floor.bound, n, higher_is_better=floor.measure.higher_is_better)


def measured(score: FieldScore, measure: Measure, class_name: str) -> tuple[float | None, int]:
    """What a measure of a field or of one of its classes is, and on how many pairs; None where no pair tells."""
    if measure.of_class:
        one = score.classes.get(class_name)
        if one is None or not one.support:
            return None, 0
        return float(getattr(one, measure.value)), one.support
    if measure is Measure.MACRO_F1:
        return score.macro_f1, score.n
    is_error = measure is Measure.MAE
    return (score.value if is_error is not score.higher_is_better else None), score.n


def _score(model: ModelVersion, field: str) -> FieldScore | None:
    """The score of a field, of the first where none is named."""
    scores = Evaluation.model_validate(model.evaluation).scores
    return next((score for score in scores if not field or score.field == field), None)


def _check_verdict(model: ModelVersion) -> Check:
    verdict = verdict_of(model)
    return check_verdict(verdict.level is not Level.NOT_USABLE, verdict.text)
