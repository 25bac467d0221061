"""The curve: every version on the same pairs, and what cannot be tried so is marked, never passed off as comparable."""

from __future__ import annotations

import pytest

from builders.defects import add_pairs, labeled_sheet
from builders.models import train_next
from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.training import Evaluation, ModelVersion
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


@pytest.fixture
def versions(workspace: Workspace) -> list[ModelVersion]:
    """Three versions: the first knows the cracks alone, each later one learns another class."""
    sheet = labeled_sheet(workspace.store, 0)
    add_pairs(workspace.store, sheet, range(300, 360), allowed_uses=["evaluation"])
    made = []
    for step in range(3):
        for number in range(60):
            if number % 3 == step:
                add_pairs(workspace.store, sheet, range(number, number + 1))
        made.append(train_next(workspace, sheet, f"j{step}"))
    return made


def test_every_version_is_scored_on_the_same_pairs(workspace: Workspace, versions: list[ModelVersion]) -> None:
    curve = workspace.train.models.curve("defects")
    assert (curve.name, curve.field, curve.n) == ("defects", "defect", 60)
    assert [point.model.id for point in curve.points] == [model.id for model in versions]
    scores = [point.score for point in curve.points]
    assert all(
        score is not None and score.n == 60 and not point.is_own
        for score, point in zip(scores, curve.points, strict=True)
    )
    values = [score.value for score in scores if score]
    assert values == sorted(values) and values[0] < 0.4 < 0.9 < values[-1]
    assert all(score.low <= score.value <= score.high for score in scores if score)
    assert "same 60 held-out pairs" in curve.basis


def test_the_pairs_are_taken_with_todays_answers(workspace: Workspace, versions: list[ModelVersion]) -> None:
    before = workspace.train.models.curve("defects:1").points[-1].score
    with workspace.store.write() as connection:
        for pair in rows.find(connection, QAPair):
            if pair.allowed_uses == ["evaluation"]:
                rows.change(connection, pair, answer={"defect": "none"})
    after = workspace.train.models.curve("defects").points[-1].score
    assert before is not None and after is not None
    assert after.value < before.value


def test_a_version_whose_files_are_altered_shows_its_own_evaluation_and_why(
    workspace: Workspace, versions: list[ModelVersion]
) -> None:
    for path in (workspace.home / versions[1].artifact).iterdir():
        path.write_bytes(b"altered")
    curve = workspace.train.models.curve("defects")
    one, two, three = curve.points
    assert (one.is_own, two.is_own, three.is_own, curve.n) == (False, True, False, 60)
    assert two.note
    assert two.score == Evaluation.model_validate(versions[1].evaluation).scores[0]


def test_a_version_that_answers_another_question_is_not_compared(
    workspace: Workspace, versions: list[ModelVersion]
) -> None:
    schema = {"type": "object", "properties": {"severe": {"type": "boolean"}}, "required": ["severe"]}
    with workspace.store.write() as connection:
        rows.change(
            connection, versions[0], template_snapshot={**versions[0].template_snapshot, "output_schema": schema}
        )
    first = workspace.train.models.curve("defects").points[0]
    assert (first.is_own, first.note) == (True, "it answers severe (boolean)")
    assert first.score is not None and first.score.field == "severe"


def test_without_common_pairs_each_has_its_own_evaluation(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 40)
    train_next(workspace, sheet, "j1")
    other = labeled_sheet(workspace.store, 40, name="Other")
    train_next(workspace, other, "j2")
    with workspace.store.write() as connection:
        for pair in rows.find(connection, QAPair):
            rows.change(connection, pair, allowed_uses=["few_shot"])
    curve = workspace.train.models.curve("defects")
    assert (curve.n, [point.is_own for point in curve.points]) == (0, [True, True])
    assert "cannot be compared exactly" in curve.basis
    with pytest.raises(NotFoundError):
        workspace.train.models.curve("nothing")
