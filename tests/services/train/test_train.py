"""TRAIN: readiness, the split, lineage, versions, what changed since, and two versions compared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from builders.defects import DEPTH_SCHEMA, add_pairs, change_pair, find_pair, labeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, JobCancelledError, NotFoundError, NotReadyError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import TrainingSheet, answer_digest
from ontos_tui.domain.records.training import Evaluation, ModelVersion, Role
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.train.comparison import paired_errors, paired_shares
from ontos_tui.workspace import Workspace

EVALUATION_ONLY = {"allowed_uses": ["evaluation"]}


def train(workspace: Workspace, sheet: TrainingSheet, job_id: str = "j1", **params: object) -> ModelVersion:
    return workspace.train.models.run(
        {"training_sheet_id": sheet.id, "base_model": "nearest", **params}, job_id, NoProgress()
    )


def held(workspace: Workspace, model: ModelVersion) -> set[str]:
    return {pair.pair_id for pair in workspace.train.models.lineage(model.id) if pair.role is Role.HELD_OUT}


def trained(workspace: Workspace, model: ModelVersion) -> set[str]:
    return {pair.pair_id for pair in workspace.train.models.lineage(model.id) if pair.role is Role.TRAIN}


def test_readiness_counts_every_pair_at_exactly_one_gate(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 12)
    add_pairs(workspace.store, sheet, range(12, 15), status=PairStatus.UNLABELED)
    add_pairs(workspace.store, sheet, range(15, 17), status=PairStatus.REJECTED)
    add_pairs(workspace.store, sheet, range(17, 18), status=PairStatus.FLAGGED)
    add_pairs(workspace.store, sheet, range(18, 22), **EVALUATION_ONLY)
    add_pairs(workspace.store, sheet, range(22, 27), allowed_uses=["training"], prohibited_uses=["training"])
    add_pairs(workspace.store, sheet, range(27, 30), allowed_uses=["few_shot"])
    ready = workspace.train.models.readiness(sheet.name)
    assert ready.counts == {
        Gate.TRAINING: 12,
        Gate.UNLABELED: 3,
        Gate.REJECTED: 2,
        Gate.FLAGGED: 1,
        Gate.HELD_OUT: 4,
        Gate.PROHIBITED: 5,
        Gate.NOT_ALLOWED: 3,
    }
    assert (ready.eligible, ready.held_out, ready.missing, ready.ready) == (12, 4, 0, True)
    assert "20 %" in ready.split.replace("20%", "20 %")
    assert "4 pairs are for evaluation only" in ready.split


def test_uses_that_were_written_with_other_blanks_count_too(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 12)
    with workspace.store.write() as connection:
        connection.execute("""UPDATE qa_pairs SET allowed_uses = '["training" , "evaluation"]'""")
    assert workspace.train.models.readiness(sheet.id).eligible == 12
    assert train(workspace, sheet).train_count == 10


def test_too_few_pairs_are_refused_with_the_missing_number_and_the_reasons(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 7)
    add_pairs(workspace.store, sheet, range(7, 11), status=PairStatus.UNLABELED)
    with pytest.raises(NotReadyError) as refused:
        workspace.train.models.submit(sheet.id)
    assert "7 can be used" in refused.value.what
    assert "4 not labeled yet" in refused.value.what
    assert "3 more labels needed" in refused.value.what
    assert workspace.jobs.jobs() == []
    with pytest.raises(NotReadyError):
        train(workspace, sheet)
    assert workspace.train.models.models() == []


def test_a_training_registers_a_version_with_the_lineage_of_every_pair(workspace: Workspace, home: Path) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    unused = add_pairs(workspace.store, sheet, range(60, 70), status=PairStatus.REJECTED)
    model = train(workspace, sheet, seed=3)
    assert (model.name, model.version, model.label()) == ("defects", 1, "defects v1")
    assert (model.train_count, model.held_out_count) == (48, 12)
    assert model.features == ["voltage", "line"]
    assert model.training_sheet_id == sheet.id
    assert model.template_snapshot == sheet.template_snapshot
    assert (home / model.artifact).is_dir()
    lineage = workspace.train.models.lineage(model.id)
    assert len(lineage) == len({pair.pair_id for pair in lineage}) == 60
    assert not {pair.pair_id for pair in lineage} & {pair.id for pair in unused}
    assert {pair.approved_by for pair in lineage} == {"ana"}
    assert all(pair.approved_at and pair.pair_version == 1 and len(pair.answer_digest) == 16 for pair in lineage)
    evaluation = Evaluation.model_validate(model.evaluation)
    assert evaluation.n == 12
    assert evaluation.headline().field == "defect"
    assert evaluation.headline().value > evaluation.headline().baseline
    assert "12 of the 60 pairs" in evaluation.held_out_from


def test_the_answer_column_and_the_identity_are_never_learned_from(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 30, user_prompt="Decide.", answer_columns={"defect": "line"})
    assert train(workspace, sheet).features == ["batch", "voltage"]


def test_versions_count_up_by_name_also_for_trainings_at_the_same_time(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 30)
    assert workspace.train.models.readiness(sheet.id).ready  # the service is made before the threads share it
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(lambda number: train(workspace, sheet, f"j{number}"), range(4)))
    assert sorted(model.version for model in models) == [1, 2, 3, 4]
    assert len({model.artifact for model in models}) == 4
    assert train(workspace, sheet, "other", name="second").version == 1


def test_a_job_that_runs_again_after_it_registered_makes_no_second_model(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 30)
    first = train(workspace, sheet, "same")
    assert train(workspace, sheet, "same") == first
    assert len(workspace.train.models.models()) == 1


def test_models_are_found_by_name_version_and_id(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 30)
    first, second = train(workspace, sheet, "a"), train(workspace, sheet, "b")
    service = workspace.train.models
    assert [model.version for model in service.models("defects")] == [2, 1]
    assert service.model("defects").id == second.id
    for ref in ("defects:1", "defects v1", first.id, first.id[:8]):
        assert service.model(ref).id == first.id
    with pytest.raises(NotFoundError, match="v1, v2"):
        service.model("defects:7")
    for ref in ("nothing", "nothing:1", "", "x v9999999999999999999999"):
        with pytest.raises(NotFoundError):
            service.model(ref)


def test_twenty_pairs_for_evaluation_only_are_the_test_and_all_others_train(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 40)
    only_test = add_pairs(workspace.store, sheet, range(40, 60), **EVALUATION_ONLY)
    assert "20 pairs for evaluation only" in workspace.train.models.readiness(sheet.id).split
    model = train(workspace, sheet)
    assert held(workspace, model) == {pair.id for pair in only_test}
    assert model.train_count == 40


def test_a_pair_that_was_held_out_once_stays_so_whatever_comes(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 50)
    first = train(workspace, sheet, "a")
    add_pairs(workspace.store, sheet, range(50, 100))
    second = train(workspace, sheet, "b", seed=99)
    assert held(workspace, first) <= held(workspace, second)
    assert trained(workspace, first) <= trained(workspace, second)
    assert not held(workspace, second) & trained(workspace, second)
    assert second.held_out_count == 20
    add_pairs(workspace.store, sheet, range(100, 125), **EVALUATION_ONLY)
    third = train(workspace, sheet, "c")
    assert held(workspace, second) < held(workspace, third)
    assert third.held_out_count == 45
    assert not held(workspace, third) & trained(workspace, third)


def test_a_group_is_never_split(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60, group_column="batch")
    model = train(workspace, sheet)
    batches = {pair.id: pair.source_data["batch"] for pair in _pairs(workspace, sheet)}
    assert not {batches[one] for one in held(workspace, model)} & {batches[one] for one in trained(workspace, model)}
    assert 2 <= model.held_out_count < 30


def test_pairs_of_one_single_group_cannot_be_tested(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 0, group_column="batch")
    rows = [{"voltage": n, "line": "x", "batch": "B", "part": f"P{n:04d}"} for n in range(12)]
    for number, row in enumerate(rows):
        add_pairs(workspace.store, sheet, range(number, number + 1), source_data=row)
    with pytest.raises(NotReadyError, match="one group"):
        train(workspace, sheet)


def test_changes_since_counts_new_corrected_and_removed(workspace: Workspace) -> None:
    store = workspace.store
    sheet = labeled_sheet(store, 40)
    model = train(workspace, sheet)
    service = workspace.train.models
    assert str(service.changes_since(model)) == "0 new, 0 corrected"
    add_pairs(store, sheet, range(40, 45))
    add_pairs(store, sheet, range(45, 50), status=PairStatus.UNLABELED)
    change_pair(store, sheet, "P0001", answer={"defect": "none", "severe": True})
    change_pair(store, sheet, "P0002", notes="looked at again")
    change_pair(store, sheet, "P0003", status=PairStatus.REJECTED)
    trained = {pair.pair_id for pair in service.lineage(model.id) if pair.role is Role.TRAIN}
    other = next(
        ref for ref in (f"P{number:04d}" for number in range(4, 40)) if find_pair(store, sheet, ref).id in trained
    )
    change_pair(store, sheet, other, prohibited_uses=["training"])
    changes = service.changes_since(model)
    assert (changes.new, changes.corrected, changes.removed) == (5, 1, 2)
    after = train(workspace, sheet, "j2")
    assert service.changes_since(after) == replace(changes, new=0, corrected=0, removed=0)


def test_pairs_for_evaluation_only_are_neither_new_nor_removed(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 20)
    add_pairs(workspace.store, sheet, range(20, 40), **EVALUATION_ONLY)
    model = train(workspace, sheet)
    assert str(workspace.train.models.changes_since(model)) == "0 new, 0 corrected"
    change_pair(workspace.store, sheet, "P0021", status=PairStatus.FLAGGED)
    assert workspace.train.models.changes_since(model).removed == 1


def test_lineage_keeps_the_answer_as_it_was(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 20)
    model = train(workspace, sheet)
    pair = change_pair(workspace.store, sheet, "P0001", answer={"defect": "none"})
    (kept,) = (one for one in workspace.train.models.lineage(model.id) if one.pair_id == pair.id)
    assert kept.answer_digest == answer_digest({"defect": "scratch", "severe": False})
    assert kept.pair_version == 1


def test_two_versions_are_compared_on_the_same_pairs_that_neither_was_trained_on(workspace: Workspace) -> None:
    store = workspace.store
    sheet = labeled_sheet(store, 60)
    for number in range(20):  # the first version learns from wrong answers
        change_pair(store, sheet, f"P{number:04d}", answer={"defect": "none"})
    old = train(workspace, sheet, "a")
    for number in range(20):
        change_pair(store, sheet, f"P{number:04d}", answer={"defect": ("crack", "scratch", "none")[number % 3]})
    add_pairs(store, sheet, range(60, 90))
    new = train(workspace, sheet, "b")
    comparison = workspace.train.models.compare(old, new)
    common = held(workspace, new) - trained(workspace, old) - trained(workspace, new)
    assert comparison.n == comparison.old.n == comparison.new.n == len(common) == 18
    assert comparison.changes.new == 30
    assert 10 <= comparison.changes.corrected <= 14
    before, after = comparison.old.headline(), comparison.new.headline()
    assert comparison.difference == pytest.approx(after.value - before.value)
    assert comparison.low <= comparison.difference <= comparison.high
    assert comparison.summary == (
        f"30 new, {comparison.changes.corrected} corrected since v1; defect: accuracy "
        f"{before.value:.2f} → {after.value:.2f} on the 18 held-out pairs (95 %: "
        f"{comparison.low:+.2f} … {comparison.high:+.2f})"
    ).replace("-0", "−0")
    assert comparison == workspace.train.models.compare(old, new)


def test_numbers_are_compared_by_their_error(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 0, output_schema=DEPTH_SCHEMA)
    for number in range(60):
        add_pairs(workspace.store, sheet, range(number, number + 1), answer={"depth": float(number % 3)})
    old = train(workspace, sheet, "a")
    new = train(workspace, sheet, "b", base_model="extra_trees")
    comparison = workspace.train.models.compare(old, new)
    assert comparison.n == 12
    assert "mean absolute error" in comparison.summary
    assert comparison.low <= comparison.difference <= comparison.high


def test_what_cannot_be_compared_is_refused(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 30)
    other = labeled_sheet(workspace.store, 30, name="Depths", output_schema=DEPTH_SCHEMA)
    for number in range(30):
        change_pair(workspace.store, other, f"P{number:04d}", answer={"depth": number * 1.5})
    model, depths = train(workspace, sheet, "a"), train(workspace, other, "b")
    with pytest.raises(ConflictError, match="depth"):
        workspace.train.models.compare(model, depths)
    for pair in _pairs(workspace, sheet):
        change_pair(workspace.store, sheet, pair.item_ref, status=PairStatus.REJECTED)
    with pytest.raises(NotReadyError):
        workspace.train.models.compare(model, model)


def test_intervals_of_paired_differences() -> None:
    low, high = paired_shares(12, 3, 150)  # Agresti and Min's formula, reckoned by hand
    assert (low, high) == pytest.approx((0.0085, 0.1099), abs=5e-4)
    low, high = paired_shares(0, 0, 5)
    assert low < 0 < high, "five pairs that did not change prove nothing"
    low, high = paired_errors([1.0, 2.0, 3.0, 4.0])
    assert 1.0 <= low < 2.5 < high <= 4.0
    assert (low, high) == paired_errors([1.0, 2.0, 3.0, 4.0])


def test_wrong_wishes_are_refused_in_words(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 20)
    with pytest.raises(InvalidInputError, match="extra_trees"):
        workspace.train.models.submit(sheet.id, base_model="oracle")
    for name in ("../../etc", "a b", "", "ü", "x" * 64, "\x1b[2J"):
        with pytest.raises(InvalidInputError):
            train(workspace, sheet, name=name or ".")
    with pytest.raises(NotFoundError):
        workspace.train.models.readiness("nothing")


def test_an_estimate_is_one_and_says_from_what(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 20)
    estimate = workspace.train.models.estimate(sheet.id)
    assert estimate.seconds > 0
    assert "estimate" in estimate.basis


def test_a_cancelled_training_leaves_no_model(workspace: Workspace, home: Path) -> None:
    class Impatient:
        def update(self, done: int, total: int, message: str = "") -> None:
            if done > 1:
                raise JobCancelledError("Stopped.")

    sheet = labeled_sheet(workspace.store, 30)
    with pytest.raises(JobCancelledError):
        workspace.train.models.run({"training_sheet_id": sheet.id}, "j", Impatient())
    assert workspace.train.models.models() == []
    assert not list(home.glob("models/*/*"))


def _pairs(workspace: Workspace, sheet: TrainingSheet) -> list:  # type: ignore[type-arg]
    from ontos_tui.domain.records.pairs import QAPair
    from ontos_tui.store import rows
    from ontos_tui.store.conditions import equal

    with workspace.store.read() as connection:
        return rows.find(connection, QAPair, equal(training_sheet_id=sheet.id))
