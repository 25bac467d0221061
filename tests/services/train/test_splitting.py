"""The split of a training: proposed by the data, decided by people, kept with the sheet, the same in the estimate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builders.defects import DEFECT_SCHEMA, add_pairs, labeled_sheet
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.learning import NoProgress, Progress, Trained, TrainingSet
from ontos_tui.domain.records.pairs import GenerationMode, TrainingSheet
from ontos_tui.domain.records.training import Evaluation, ModelVersion, Role
from ontos_tui.domain.rules.split import ROW, SplitBy
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.platforms.local.trainer import LocalTrainer
from ontos_tui.services.records.splits import split_options
from ontos_tui.services.records.training_sheets import update_from_template
from ontos_tui.store import rows
from ontos_tui.store.queries.templates import template_with_id
from ontos_tui.workspace import Workspace
from real_data import real_data


def a_sheet(workspace: Workspace, fields: list[dict[str, Any]], **template: Any) -> TrainingSheet:
    """A training sheet with a labeled pair for each of these rows, whose template says nothing of a split."""
    named = {"user_prompt": " ".join(f"{{{{ {name} }}}}" for name in fields[0]), "split_by": "proposed", **template}
    sheet = labeled_sheet(workspace.store, 0, **named)
    for number, row in enumerate(fields):
        add_pairs(workspace.store, sheet, range(number, number + 1), source_data=row)
    return sheet


def units(count: int = 12, each: int = 10) -> list[dict[str, Any]]:
    """Rows of some units, one after the other, a day apart."""
    noise = np.random.default_rng(1)
    return [
        {
            "unit": f"U{n // each}",
            "heat": round(float(noise.normal()), 4),
            "at": f"2026-01-{1 + n // 5:02d} 0{n % 5}:00",
        }
        for n in range(count * each)
    ]


def reread(workspace: Workspace, sheet: TrainingSheet) -> TrainingSheet:
    with workspace.store.read() as connection:
        return rows.get(connection, TrainingSheet, sheet.id)


class Recorder(LocalTrainer):
    """A trainer that keeps what it was given."""

    seen: TrainingSet

    def train(self, data: TrainingSet, base_model: str, folder: Path, progress: Progress) -> Trained:
        self.seen = data
        nothing = Evaluation(scores=[], n=len(data.held_out), held_out_from=data.held_out_from)
        return Trained(base_model, "none", dict(data.params), data.features, nothing, "0", 0.0)


@pytest.fixture
def recorder(workspace: Workspace) -> Recorder:
    trainer = Recorder()
    workspace.train.models._trainer = trainer
    return trainer


def train(workspace: Workspace, sheet: TrainingSheet, job: str = "j1", **params: Any) -> ModelVersion:
    asked_for: Mapping[str, Any] = {"training_sheet_id": sheet.id, "base_model": "nearest", **params}
    return workspace.train.models.run(asked_for, job, NoProgress())


def roles(workspace: Workspace, model: ModelVersion) -> dict[str, Role]:
    return {pair.pair_id: pair.role for pair in workspace.train.models.lineage(model.id)}


def test_groups_are_proposed_with_the_reason_and_are_no_features(workspace: Workspace, recorder: Recorder) -> None:
    sheet = a_sheet(workspace, units())
    plan = workspace.train.models.plan(sheet.id)
    assert (plan.split, plan.reason) == ("by unit", "unit: 12 values, each one stretch of rows")
    assert not plan.confirmed
    assert plan.note == "only 12 groups of unit: the score is rough"
    train(workspace, sheet)
    seen = recorder.seen
    assert (seen.group_name, seen.in_order) == ("unit", False)
    assert "unit" not in seen.features
    assert "heat" in seen.features
    assert {one.group for one in seen.train} | {one.group for one in seen.held_out} == {f"U{n}" for n in range(12)}
    assert not {one.group for one in seen.train} & {one.group for one in seen.held_out}


def test_the_estimate_shows_the_very_pairs_of_the_training(workspace: Workspace, recorder: Recorder) -> None:
    sheet = a_sheet(workspace, units(7, 13))
    for seed in range(3):
        plan = workspace.train.models.plan(sheet.id, seed)
        model = train(workspace, sheet, f"j{seed}", seed=seed, name=f"m{seed}")
        assert (model.train_count, model.held_out_count) == (plan.train, plan.held_out)
        assert recorder.seen.held_out_from == plan.basis
        assert len({one.group for one in recorder.seen.train}) == plan.train_groups
        with workspace.store.write() as connection:  # the next seed draws for itself
            connection.execute("DELETE FROM models")


def test_what_a_person_decides_is_kept_in_the_sheet_and_in_its_draft(workspace: Workspace) -> None:
    sheet = a_sheet(workspace, units(), feature_columns=["unit", "heat"])
    models = workspace.train.models
    models.confirm_split(sheet.id, SplitBy.VALUE, "unit", "at")
    plan = models.plan(sheet.id)
    assert (plan.split, plan.confirmed) == ("by unit, tested on the latest by at", True)
    kept = reread(workspace, sheet)
    assert kept.template_snapshot["feature_columns"] == ["heat"], "what names the units is no feature"
    with workspace.store.read() as connection:
        draft = template_with_id(connection, sheet.template_id)
    assert draft is not None
    assert (draft.group_column, draft.split_by, draft.order_column) == ("unit", SplitBy.VALUE, "at")
    models.confirm_split(sheet.id, SplitBy.NONE)
    assert models.plan(sheet.id).split == "rows are independent"
    with pytest.raises(InvalidInputError, match="no column 'nowhere'"):
        models.confirm_split(sheet.id, SplitBy.VALUE, "nowhere")
    with pytest.raises(InvalidInputError, match="need a column"):
        models.confirm_split(sheet.id, SplitBy.VALUE)


def test_a_published_template_does_not_change_and_generating_again_keeps_the_decision(workspace: Workspace) -> None:
    sheet = a_sheet(workspace, units())
    with workspace.store.write() as connection:
        template = template_with_id(connection, sheet.template_id)
        assert template is not None
        template = rows.change(connection, template, status=TemplateStatus.PUBLISHED)
    workspace.train.models.confirm_split(sheet.id, SplitBy.NONE)
    with workspace.store.write() as connection:
        unchanged = template_with_id(connection, sheet.template_id)
        assert unchanged == template
        kept = update_from_template(connection, reread(workspace, sheet), template, "ana")
    assert kept.template_snapshot["split_by"] == "none"


def test_in_the_order_of_time_the_latest_are_held_out(workspace: Workspace, recorder: Recorder) -> None:
    sheet = a_sheet(workspace, units())
    workspace.train.models.confirm_split(sheet.id, SplitBy.NONE, None, "at")
    train(workspace, sheet)
    seen = recorder.seen
    assert (seen.in_order, len(seen.held_out)) == (True, 24)
    times = [one.fields["at"] for one in (*seen.train, *seen.held_out)]
    assert times == sorted(times)
    assert seen.held_out_from == "24 of the 120 pairs, the latest by at, kept back for testing"


def test_another_split_draws_a_new_test_and_the_same_keeps_its_own(workspace: Workspace, recorder: Recorder) -> None:
    sheet = a_sheet(workspace, units())
    first = roles(workspace, train(workspace, sheet, "a"))
    add_pairs(workspace.store, sheet, range(200, 230), source_data=units(1)[0] | {"unit": "U99"})
    second = roles(workspace, train(workspace, sheet, "b"))
    assert all(second[pair] is role for pair, role in first.items()), "held out stays so, and learned stays so"
    workspace.train.models.confirm_split(sheet.id, SplitBy.NONE, None, "at")
    third = train(workspace, sheet, "c")
    assert recorder.seen.in_order
    assert third.template_snapshot["order_column"] == "at", "a version keeps how it was split"
    assert {pair for pair, role in roles(workspace, third).items() if role is Role.HELD_OUT} != {
        pair for pair, role in second.items() if role is Role.HELD_OUT
    }


def test_rows_that_say_the_same_are_on_one_side(workspace: Workspace, recorder: Recorder) -> None:
    noise = np.random.default_rng(3)
    distinct = [
        {f"c{place}": round(float(x), 5) for place, x in enumerate(line)} for line in noise.normal(size=(40, 4))
    ]
    sheet = a_sheet(workspace, [row for row in distinct for _ in range(10)])
    train(workspace, sheet)
    seen = recorder.seen
    assert seen.group_name == ROW
    assert not {str(one.fields) for one in seen.train} & {str(one.fields) for one in seen.held_out}
    assert seen.held_out_from == "80 of the 400 pairs, 8 different rows drawn at random, kept back for testing"


def test_random_labels_of_repeated_rows_are_not_scored_above_the_baseline(workspace: Workspace) -> None:
    noise = np.random.default_rng(4)
    distinct = [{f"c{place}": float(x) for place, x in enumerate(line)} for line in noise.normal(size=(40, 4))]
    fields = [row for row in distinct for _ in range(10)]
    sheet = a_sheet(workspace, fields, output_schema=DEFECT_SCHEMA)
    labels = noise.choice(["crack", "scratch", "none"], 40)
    with workspace.store.write() as connection:
        for number in range(400):
            answer = f'{{"defect": "{labels[number // 10]}"}}'
            connection.execute("UPDATE qa_pairs SET answer = ? WHERE item_ref = ?", (answer, f"P{number:04d}"))
    score = Evaluation.model_validate(train(workspace, sheet, base_model="extra_trees").evaluation).headline()
    assert score.value <= score.baseline + 0.15, "one label for ten equal rows was told as 1.000"


def test_windows_carry_their_group_whatever_the_template_says(workspace: Workspace, tmp_path: Path) -> None:
    lines = ["engine,step,heat,worn"]
    lines += [f"E{e},{n},{(e * 7 + n) % 11}.5,{'ABC'[(e + n // 8) % 3]}" for e in range(8) for n in range(40)]
    (tmp_path / "w.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    address = workspace.data.files.add_file(tmp_path / "w.csv").address
    source = workspace.data.sheets.create_sheet(
        "Windows", address, window_size=8, window_group="engine", window_order="step"
    )
    draft = workspace.drafts.draft(source.id, "worn")
    assert (draft.group_column, draft.split_by) == ("engine", SplitBy.VALUE)
    assert not [name for name in draft.feature_columns if name == "engine" or name.endswith("_series")]
    assert not [one.column for one in workspace.drafts.targets(source.id) if one.column.endswith("_series")]


def test_overlapping_windows_of_one_stream_are_tested_on_the_latest(workspace: Workspace, tmp_path: Path) -> None:
    lines = ["step,heat,worn", *(f"{n},{n * 7 % 11}.5,{'ABC'[n // 8 % 3]}" for n in range(400))]
    (tmp_path / "s.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    address = workspace.data.files.add_file(tmp_path / "s.csv").address
    source = workspace.data.sheets.create_sheet("Stream", address, window_size=8, window_step=4, window_order="step")
    draft = workspace.drafts.draft(source.id, "worn")
    made = workspace.generate.generation.generate(source.id, draft.id, GenerationMode.COLUMN)
    plan = workspace.train.models.plan(made.training_sheet.id)
    assert plan.split == "tested on the latest by window_start"
    assert plan.reason == "windows of one stream overlap, so neighbors share rows"
    assert "the latest by window_start" in plan.basis


def test_the_ways_to_split_are_offered_with_how_it_is_now_among_them(workspace: Workspace) -> None:
    sheet = a_sheet(workspace, units())
    choices = workspace.train.models.split_choices(sheet.id)
    options = split_options(choices)
    assert [one.name for one in options] == ["by unit", "by day of at", "rows are independent", "in the order of at"]
    assert options[0].reason.endswith("12 groups: rough")
    assert options[-1].group_column == "unit", "the order is added to the groups"
    workspace.train.models.confirm_split(sheet.id, SplitBy.VALUE, "heat", None)
    again = split_options(workspace.train.models.split_choices(sheet.id))
    assert again[0].name == "by heat"


def test_parameters_reach_the_training_and_unknown_ones_are_refused(workspace: Workspace, recorder: Recorder) -> None:
    sheet = labeled_sheet(workspace.store, 30)
    models = workspace.train.models
    assert models.checked_params("extra_trees", {"n_estimators": "20"}) == {"n_estimators": 20}
    with pytest.raises(InvalidInputError, match="no parameter 'trees'"):
        models.submit(sheet.id, base_model="extra_trees", params={"trees": "20"})
    train(workspace, sheet, base_model="extra_trees", params={"n_estimators": 20})
    assert recorder.seen.params == {"n_estimators": 20}


def test_people_of_the_parkinsons_set_are_not_split(workspace: Workspace) -> None:
    table = workspace.data.files.add_file(real_data("grouped/parkinsons_telemonitoring.csv"))
    sheet = workspace.data.sheets.create_sheet("People", table.address)
    draft = workspace.drafts.draft(sheet.id, "motor_UPDRS")
    assert draft.group_column == "subject#"
    assert "subject#" not in draft.feature_columns
