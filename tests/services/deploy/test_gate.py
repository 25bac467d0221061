"""The gate before a deployment: cases, floors, the verdict, and what came since the version that answers now."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from builders.defects import add_pairs, change_pair, find_pair, truth
from builders.evaluations import measured, weak_evaluation
from builders.models import served_model, train_next, trained_model
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.records.gate import DeploymentFloor, Measure, MustPassCase
from ontos_tui.domain.records.pairs import Event, TrainingSheet
from ontos_tui.domain.records.serving import Deployment, Endpoint
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.deployment_gate import CASES, CORRECTIONS, FLOORS, LABELS, VERDICT, GateError, Outcome
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace


def failed(workspace: Workspace, model: ModelVersion, endpoint: str = "live") -> dict[str, str]:
    """The checks that stand in the way of a deployment, with their lines."""
    report = workspace.deploy.endpoints.checks(model.id, endpoint)
    assert report is not None
    return {check.name: check.line for check in report.failed}


def last_deployment(workspace: Workspace) -> Deployment:
    with workspace.store.read() as connection:
        return rows.find(connection, Deployment, order_by=("at DESC",))[0]


def case_events(workspace: Workspace) -> list[str]:
    with workspace.store.read() as connection:
        events = rows.find(connection, Event, equal(entity_type=MustPassCase.TABLE), order_by=("at",))
    return [f"{event.actor} {event.action}" for event in events]


# The verdict, and the reason -----------------------------------------------------------------------------------------


def test_a_good_first_version_passes_and_its_checks_are_kept(home: Path) -> None:
    _, model = trained_model(home)
    with Workspace(home) as workspace:
        assert workspace.deploy.endpoints.deploy(model.id, "live").model_id == model.id
        kept = last_deployment(workspace)
        assert {check.name: check.outcome for check in kept.checks} == {
            CASES: Outcome.NOT_MEASURED,
            VERDICT: Outcome.PASSED,
        }
        assert kept.reason == ""


def test_a_model_that_is_not_usable_needs_a_reason_which_the_log_keeps(home: Path) -> None:
    _, model = trained_model(home)
    with Workspace(home) as workspace:
        measured(workspace, model, weak_evaluation())
        service = workspace.deploy.endpoints
        for reason in ("", "   "):
            with pytest.raises(GateError, match="Not usable yet") as caught:
                service.deploy(model.id, "live", despite=reason)
        assert caught.value.report.only_to_try
        assert service.endpoints() == []
        service.deploy(model.id, "live", despite="to show it in the lab")
        kept = last_deployment(workspace)
        assert (kept.reason, kept.by) == ("to show it in the lab", "ana")
        assert [check.name for check in kept.checks if check.blocks] == [VERDICT]
        with workspace.store.read() as connection:
            (event,) = rows.find(connection, Event, equal(entity_type=Endpoint.TABLE))
        assert event.reason == "to show it in the lab"
        assert event.after is not None
        assert event.after["failed_checks"][0].startswith("verdict: Not usable yet")


def test_a_reason_that_was_not_needed_is_not_kept(home: Path) -> None:
    _, model = trained_model(home)
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.deploy(model.id, "live", despite="whatever")
        assert last_deployment(workspace).reason == ""


def test_to_go_back_needs_no_check(home: Path) -> None:
    sheet, first = served_model(home)
    with Workspace(home) as workspace:
        second = train_next(workspace, sheet, "j2")
        service = workspace.deploy.endpoints
        service.deploy(second.id, "live")
        measured(workspace, first, weak_evaluation())
        assert service.checks(first.id, "live") is None
        assert service.roll_back("live").model_id == first.id
        assert service.deploy(second.id, "live").model_id == second.id
        assert service.deploy(first.id, "live").model_id == first.id


# Must-pass cases ---------------------------------------------------------------------------------------------------


def test_a_must_pass_case_stops_a_version_that_answers_otherwise(home: Path) -> None:
    sheet, model = trained_model(home)
    with Workspace(home) as workspace:
        pair = change_pair(workspace.store, sheet, "P0003", answer={"defect": "none", "severe": False})
        case = workspace.deploy.cases.add(pair.id, fields=["defect"], note="it looked like a crack once")
        assert (case.expected, case.created_by) == ({"defect": "none"}, "ana")
        assert failed(workspace, model)[CASES] == "1 of 1 wrong: P0003: defect crack, expected none"
        with pytest.raises(ConflictError, match="already"):
            workspace.deploy.cases.add(pair.id)
        workspace.deploy.cases.remove(case.id[:8])
        assert failed(workspace, model) == {}
        assert case_events(workspace) == ["ana add", "ana remove"]


def test_a_case_outlives_new_training_sheets_and_versions_of_its_template(home: Path) -> None:
    sheet, model = trained_model(home)
    with Workspace(home) as workspace:
        pair = find_pair(workspace.store, sheet, "P0004")
        workspace.deploy.cases.add(pair.id)
        with workspace.store.write() as connection:
            there = rows.get(connection, TrainingSheet, sheet.id)
            snapshot = {**there.template_snapshot, "version": "2.0.0", "id": "another"}
            rows.change(connection, there, template_snapshot=snapshot, template_version="2.0.0")
        again = train_next(workspace, sheet, "j2")
        report = workspace.deploy.endpoints.checks(again.id, "live")
        assert report is not None
        assert report.checks[0].line == "all 1 answered as expected"
        assert model.template_version != again.template_version


def test_only_what_is_decided_can_be_expected(home: Path) -> None:
    sheet, _ = trained_model(home)
    with Workspace(home) as workspace:
        (pair,) = add_pairs(workspace.store, sheet, range(70, 71), status=PairStatus.UNLABELED)
        with pytest.raises(NotReadyError, match="no decided answer"):
            workspace.deploy.cases.add(pair.id)
        labeled = find_pair(workspace.store, sheet, "P0001")
        with pytest.raises(InvalidInputError, match="no field 'depth'"):
            workspace.deploy.cases.add(labeled.id, fields=["depth"])
        with pytest.raises(InvalidInputError, match="no number"):
            workspace.deploy.cases.add(labeled.id, within={"defect": 1.0})
        with pytest.raises(NotFoundError):
            workspace.deploy.cases.pair_of(sheet.id, "P9999")


# Floors --------------------------------------------------------------------------------------------------------------


def test_floors_of_the_endpoint_and_of_the_model_hold_both(home: Path) -> None:
    sheet, first = served_model(home)
    with Workspace(home) as workspace:
        model = train_next(workspace, sheet, "j2")
        floors = workspace.deploy.floors
        floors.set("live", Measure.RECALL, 1.0, class_name="crack")
        floors.set("defects", Measure.PRECISION, 0.5, class_name="none")
        floors.set("live", Measure.F1, 0.5, class_name="rust")
        lines = failed(workspace, model)[FLOORS]
        assert lines.startswith("F1 of rust ≥ 0.5: no tested pair")
        floors.remove("live", Measure.F1, class_name="rust")
        report = workspace.deploy.endpoints.checks(model.id, "live")
        assert report is not None
        shown = [check.line for check in report.checks if check.name == FLOORS]
        assert [line.partition(":")[0] for line in shown] == ["precision of none ≥ 0.5", "recall of crack ≥ 1"]
        assert first.id != model.id


def test_a_floor_is_set_again_and_removed_and_the_log_keeps_it(home: Path) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        floors = workspace.deploy.floors
        floors.set("live", Measure.ACCURACY, 0.8)
        floors.set("live", Measure.ACCURACY, 0.9)
        (floor,) = floors.floors("live")
        assert floor.text() == "accuracy ≥ 0.9"
        floors.remove("live", Measure.ACCURACY)
        assert floors.floors() == []
        with workspace.store.read() as connection:
            events = rows.find(connection, Event, equal(entity_type=DeploymentFloor.TABLE), order_by=("at",))
        assert [(event.action, event.before) for event in events][1] == ("set", {"bound": 0.8})
        for measure, bound, class_name in (
            (Measure.RECALL, 0.9, ""),
            (Measure.MAE, 1.0, "crack"),
            (Measure.F1, 1.5, "crack"),
            (Measure.MAE, float("nan"), ""),
        ):
            with pytest.raises(InvalidInputError):
                floors.set("live", measure, bound, class_name=class_name)
        with pytest.raises(NotFoundError, match="nowhere"):
            floors.set("nowhere", Measure.ACCURACY, 0.5)
        with pytest.raises(NotFoundError, match="no such floor"):
            floors.remove("live", Measure.ACCURACY)


# What came since -----------------------------------------------------------------------------------------------------


def test_more_right_labels_pass(home: Path) -> None:
    sheet, _ = served_model(home)
    with Workspace(home) as workspace:
        add_pairs(workspace.store, sheet, range(60, 160))
        assert failed(workspace, train_next(workspace, sheet, "j2")) == {}


def test_flipped_labels_are_noticed(home: Path) -> None:
    sheet, _ = served_model(home)
    with Workspace(home) as workspace:
        draw = random.Random(1)
        for number in range(60, 160):
            shift = draw.choice((1, 2)) if number % 3 == draw.choice((0, 1, 2)) else 0
            add_pairs(workspace.store, sheet, range(number, number + 1), answer=truth(number + shift))
        lines = failed(workspace, train_next(workspace, sheet, "j2"))
        assert "new labels" in lines[LABELS]


def test_labels_that_were_chosen_because_the_model_was_wrong_are_no_sign(home: Path) -> None:
    sheet, _ = served_model(home)
    with Workspace(home) as workspace:
        for number in range(60, 100):
            add_pairs(workspace.store, sheet, range(number, number + 1), answer=truth(number + 1), feedback_id="f")
        assert LABELS not in failed(workspace, train_next(workspace, sheet, "j2"))


def test_many_changed_labels_are_noticed(home: Path) -> None:
    sheet, _ = served_model(home)
    with Workspace(home) as workspace:
        for number in range(12):
            change_pair(workspace.store, sheet, f"P{number:04d}", answer=truth(number + 1))
        lines = failed(workspace, train_next(workspace, sheet, "j2"))
        assert lines[CORRECTIONS] == "12 of the 60 labels that defects v1 knew say something else now"
