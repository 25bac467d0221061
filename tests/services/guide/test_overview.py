"""The overview: exact counts, and at every turn of the loop the one thing to do next."""

from __future__ import annotations

import pytest

from builders.evaluations import WEAK, measured, weak_evaluation
from builders.severity import MAJOR, endpoint_record, model_record, request_record, sheet_record, unlabeled_sheet
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.stages import Stage
from ontos_tui.services.guide import overview as overview_module
from ontos_tui.services.label.service import Decision
from ontos_tui.services.train import service as train_module
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.models import changes_written_since
from ontos_tui.workspace import Workspace


def step(workspace: Workspace) -> tuple[Stage, str]:
    found = workspace.overview.overview()
    return found.next_stage, found.next_step


def counts(workspace: Workspace) -> list[int]:
    return [state.count for state in workspace.overview.overview().stages]


def done(workspace: Workspace) -> str:
    return "".join(str(state.stage.number) for state in workspace.overview.overview().stages if state.done)


def test_the_next_step_leads_once_round_the_loop(workspace: Workspace, store: Store) -> None:
    assert step(workspace) == (Stage.DATA, "add data or choose a use case")
    assert [state.stage for state in workspace.overview.overview().stages] == list(Stage)
    assert (counts(workspace), done(workspace)) == ([0] * 7, "")

    sheet = sheet_record(store)
    assert step(workspace) == (Stage.GENERATE, "generate training pairs from plates")

    training = unlabeled_sheet(store, 14, sheet)
    label, improve = workspace.label.queue, workspace.improve.feedback
    ids = [row.id for row in label.open(training.id)]
    assert step(workspace) == (Stage.LABEL, "label 10 more pairs")
    label.decide([Decision(key, Verdict.APPROVE) for key in ids[:9]])
    assert step(workspace) == (Stage.LABEL, "label 1 more pair")
    assert (counts(workspace), done(workspace)) == ([1, 14, 9, 0, 0, 0, 0], "12")
    label.decide([Decision(ids[9], Verdict.APPROVE)])
    assert step(workspace) == (Stage.TRAIN, f"train a model on {training.name}")

    model = model_record(store, training)
    assert step(workspace) == (Stage.DEPLOY, "deploy severity v1")
    endpoint = endpoint_record(store, model)
    assert step(workspace) == (Stage.DEPLOY, "try severity in the playground")
    request, second = request_record(store, endpoint), request_record(store, endpoint)
    assert step(workspace) == (Stage.MONITOR, "give feedback on a prediction")
    item = improve.add_feedback(request.request_id, 1, "", MAJOR)
    assert step(workspace) == (Stage.IMPROVE, "convert 1 piece of feedback to pairs")
    other = improve.add_feedback(second.request_id, 2)
    assert step(workspace) == (Stage.IMPROVE, "convert 2 pieces of feedback to pairs")
    improve.dismiss(other.id)
    pair = improve.convert(item.id).curation_item_id
    assert step(workspace) == (Stage.LABEL, "review 1 pair created from feedback")
    assert (counts(workspace), done(workspace)) == ([1, 15, 10, 1, 1, 2, 2], "1234567")
    label.decide([Decision(pair, Verdict.APPROVE), Decision(ids[0], Verdict.EDIT, answer=MAJOR)])
    assert step(workspace) == (Stage.IMPROVE, "retrain: 1 new, 1 corrected pairs")
    model_record(store, training, 2)
    assert step(workspace) == (Stage.DEPLOY, "deploy severity v2 to severity")
    with store.write() as connection:
        rows.change(
            connection,
            endpoint,
            model_id=rows.resolve(connection, type(model), "severity", equal(version=2)).id,
        )
    assert step(workspace) == (Stage.LABEL, "label more: 4 pairs are undecided")
    label.decide([Decision(key, Verdict.REJECT) for key in ids[10:]])
    assert step(workspace) == (Stage.MONITOR, "watch severity; nothing else to do now")


def test_too_little_data_is_said(workspace: Workspace, store: Store) -> None:
    training = unlabeled_sheet(store, 4)
    ids = [row.id for row in workspace.label.queue.open(training.id)]
    assert step(workspace) == (Stage.DATA, "add data: 6 more items to label are needed")
    workspace.label.queue.decide([Decision(ids[0], Verdict.FLAG)])
    more = unlabeled_sheet(store, 12)
    ids = [row.id for row in workspace.label.queue.open(more.id)]
    workspace.label.queue.decide([Decision(key, Verdict.FLAG) for key in ids[:5]])
    assert step(workspace) == (Stage.LABEL, "label 10 more pairs; 5 are flagged")


def test_what_may_not_be_trained_on_does_not_count_as_labeled_enough(workspace: Workspace, store: Store) -> None:
    training = unlabeled_sheet(store, 20)
    with store.write() as connection:
        connection.execute("""UPDATE qa_pairs SET prohibited_uses = '["training"]' WHERE sequence_number > 7""")
    workspace.label.queue.decide([Decision(row.id, Verdict.APPROVE) for row in workspace.label.queue.open(training.id)])
    assert counts(workspace)[2] == 20
    assert step(workspace) == (Stage.DATA, "add data: 3 more items to label are needed")


@pytest.mark.parametrize(("kind", "stage"), [(JobKind.GENERATE, Stage.GENERATE), (JobKind.TRAIN, Stage.TRAIN)])
def test_a_job_that_runs_is_waited_for(workspace: Workspace, store: Store, kind: JobKind, stage: Stage) -> None:
    sheet_record(store)
    job = Job(kind=kind, title="A long one")
    with store.write() as connection:
        rows.add(connection, job)
    assert step(workspace) == (stage, "wait until this is done: A long one")
    assert [one.id for one in workspace.overview.overview().running] == [job.id]


def test_fresh_pairs_are_what_a_look_at_everything_finds(workspace: Workspace, store: Store) -> None:
    training = unlabeled_sheet(store, 30)
    label = workspace.label.queue
    ids = [row.id for row in label.open(training.id)]
    label.decide([Decision(key, Verdict.APPROVE) for key in ids[:20]])
    model = model_record(store, training)
    label.decide([Decision(key, Verdict.EDIT, answer=MAJOR) for key in ids[:3]])
    label.decide([Decision(key, Verdict.APPROVE) for key in ids[3:6]])
    label.decide([Decision(key, Verdict.APPROVE) for key in ids[20:24]])
    label.decide([Decision(key, Verdict.REJECT) for key in ids[6:8]])
    label.undo(training.id)
    with store.write() as connection:
        connection.execute("""UPDATE qa_pairs SET prohibited_uses = '["training"]' WHERE sequence_number IN (1, 21)""")
    everything = workspace.train.models.changes_since(model)
    with store.read() as connection:
        recent = changes_written_since(connection, model)
    assert (recent.new, recent.corrected) == (everything.new, everything.corrected) == (3, 2)


def test_the_overview_is_read_again_when_and_only_when_something_has_changed(
    workspace: Workspace, store: Store
) -> None:
    first = workspace.overview.overview()
    assert workspace.overview.overview() is first
    other = Store(store.path)
    sheet_record(other)
    other.close()
    assert counts(workspace)[0] == 1


def test_deleted_sheets_are_not_counted(workspace: Workspace, store: Store) -> None:
    sheet = sheet_record(store)
    workspace.data.sheets.delete_sheet(sheet.id)
    assert step(workspace) == (Stage.DATA, "add data or choose a use case")


def test_both_minimums_are_one() -> None:
    assert overview_module.MINIMUM == train_module.MINIMUM


def test_a_model_that_is_not_usable_needs_labels_before_an_endpoint(workspace: Workspace, store: Store) -> None:
    training = unlabeled_sheet(store, 14)
    label = workspace.label.queue
    pairs = [row.id for row in label.open(training.id)]
    label.decide([Decision(key, Verdict.APPROVE) for key in pairs[:10]])
    assert workspace.overview.overview().model is None
    measured(workspace, model_record(store, training), weak_evaluation())
    assert step(workspace) == (Stage.LABEL, "label more: severity v1 is not usable yet")
    model = workspace.overview.overview().model
    assert model is not None
    assert (model.name, model.verdict.text) == ("severity v1", WEAK)
    label.decide([Decision(key, Verdict.APPROVE) for key in pairs[10:]])
    assert step(workspace) == (Stage.DEPLOY, "deploy severity v1"), "nothing is left to label"
