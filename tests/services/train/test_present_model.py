"""Which version is the present model that a training has to beat, and that the record says so."""

from __future__ import annotations

from typing import Any

from builders.defects import add_pairs, labeled_sheet
from ontos_tui.cli.train.models import model_lines
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.training import CandidateScore, Evaluation, ModelVersion
from ontos_tui.services.train.present_model import present_model
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


def train(workspace: Workspace, sheet_id: str, job_id: str, **params: Any) -> ModelVersion:
    return workspace.train.models.run({"training_sheet_id": sheet_id, **params}, job_id, NoProgress())


def candidates(model: ModelVersion) -> list[CandidateScore]:
    return Evaluation.model_validate(model.evaluation).candidates


def test_a_retrain_begins_with_the_way_that_answers_today(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 40)
    first = train(workspace, sheet.id, "j1", base_model="nearest", params={"neighbors": 3})
    assert not any(one.present for one in candidates(first))
    workspace.deploy.endpoints.deploy(first.name, "live", despite="for the test")
    second = train(workspace, sheet.id, "j2", base_model="logistic")
    with workspace.store.read() as connection:
        assert present_model(connection, first.name).label == first.label()
    add_pairs(workspace.store, sheet, range(40, 52))
    third = train(workspace, sheet.id, "j3", base_model="best", params={"fits": 20})
    present = candidates(third)[0]
    assert (present.base_model, present.params) == ("nearest", {"neighbors": 3})
    assert present.present == first.label()
    assert len(candidates(third)) > 1
    assert any(f"present model ({first.label()})" in text for text in model_lines(third))
    assert f"present model ({first.label()})" in workspace.train.cards.model_card(third.label())
    assert second.version == 2


def test_without_an_endpoint_it_is_the_newest_that_is_not_archived(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 20)
    with workspace.store.read() as connection:
        assert present_model(connection, "defects").ways == {}
    first = train(workspace, sheet.id, "j1", base_model="nearest")
    second = train(workspace, sheet.id, "j2", base_model="logistic")
    with workspace.store.read() as connection:
        present = present_model(connection, first.name)
    assert present.label == second.label()
    assert {one.base_model for one in present.ways.values()} == {"logistic"}
    with workspace.store.write() as connection:
        rows.change(connection, second, archived=True)
        assert present_model(connection, first.name).label == first.label()


def test_several_fields_are_each_learned_like_before(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 20)
    first = train(workspace, sheet.id, "j1", base_model="nearest")
    evaluation = Evaluation.model_validate(first.evaluation)
    score, one = evaluation.scores[0], evaluation.candidates[0]
    fields = ("size", "a of size")
    evaluation.scores = [score.model_copy(update={"field": name}) for name in fields]
    evaluation.candidates = [
        one.model_copy(update={"metric": f"accuracy of {name}", "params": {"neighbors": place}})
        for place, name in enumerate(reversed(fields), 1)
    ]
    with workspace.store.write() as connection:
        rows.change(connection, first, evaluation=evaluation.model_dump(mode="json"))
        ways = present_model(connection, first.name).ways
    assert {name: way.params["neighbors"] for name, way in ways.items()} == {"a of size": 1, "size": 2}
