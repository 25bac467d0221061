"""Feedback: kept as it was said, made into one pair that nobody has pre-filled wrongly, and trained on once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from builders.severity import (
    MAJOR,
    MINOR,
    NONE,
    SEVERITY_SCHEMA,
    endpoint_record,
    model_record,
    request_record,
    sheet_record,
    unlabeled_sheet,
)
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.records.base import new_id
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, LabelingMode, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord, Origin
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Job, JobKind, ModelPair, Role
from ontos_tui.domain.rules.governance import Use
from ontos_tui.domain.rules.states import FeedbackStatus, PairStatus, TrainingSheetStatus
from ontos_tui.services.improve.service import BulkAction, FeedbackFilter, ImproveService
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal, where
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace


@pytest.fixture
def sheet(store: Store) -> TrainingSheet:
    return unlabeled_sheet(store, 12, sheet_record(store))


@pytest.fixture
def endpoint(store: Store, sheet: TrainingSheet) -> Endpoint:
    return endpoint_record(store, model_record(store, sheet, params={"seed": 7}))


@pytest.fixture
def improve(workspace: Workspace) -> ImproveService:
    return workspace.improve.feedback


def test_feedback_is_kept_with_what_was_asked_and_answered(
    improve: ImproveService, endpoint: Endpoint, store: Store
) -> None:
    request = request_record(store, endpoint)
    item = improve.add_feedback(request.request_id, 2, "too mild \ud800", MAJOR)
    assert improve.feedback() == [item]
    assert (item.input, item.output, item.correction) == (request.input, MINOR, MAJOR)
    assert (item.comment, item.created_by, item.status) == ("too mild \\ud800", "ana", FeedbackStatus.NEW)
    with store.read() as connection:
        (event,) = rows.find(connection, Event, equal(entity_id=item.id))
    assert (event.action, event.actor) == ("add", "ana")


@pytest.mark.parametrize("rating", [0, 6, -1, True, 3.5, "5"])
def test_a_rating_is_a_whole_number_from_1_to_5(
    improve: ImproveService, endpoint: Endpoint, store: Store, rating: Any
) -> None:
    request = request_record(store, endpoint)
    with pytest.raises(InvalidInputError, match="is not a valid rating"):
        improve.add_feedback(request.request_id, rating)
    assert improve.feedback() == []


def test_what_cannot_be_feedback_is_refused(improve: ImproveService, endpoint: Endpoint, store: Store) -> None:
    with pytest.raises(NotFoundError):
        improve.add_feedback("nobody asked", 1)
    with pytest.raises(InvalidInputError, match="severity"):
        improve.add_feedback(request_record(store, endpoint).request_id, 1, correction={"severity": "worst"})
    with pytest.raises(NotFoundError):
        improve.convert("nothing")


@pytest.mark.parametrize(
    ("rating", "correction", "proposal"),
    [
        (1, MAJOR, MAJOR),
        (5, MAJOR, MAJOR),
        (5, None, MINOR),
        (4, None, MINOR),
        (3, None, None),
        (1, None, None),
    ],
)
def test_a_pair_is_prefilled_with_the_right_answer_or_not_at_all(
    improve: ImproveService,
    endpoint: Endpoint,
    store: Store,
    sheet: TrainingSheet,
    rating: int,
    correction: dict[str, Any] | None,
    proposal: dict[str, Any] | None,
) -> None:
    item = improve.add_feedback(request_record(store, endpoint).request_id, rating, "why", correction)
    done = improve.convert(item.id)
    assert (done.status, done.template_id, done.training_sheet_id) == ("created", sheet.template_id, sheet.id)
    with store.read() as connection:
        pair = rows.get(connection, QAPair, done.curation_item_id)
    assert (pair.proposal, pair.answer, pair.status) == (proposal, None, PairStatus.UNLABELED)
    assert (pair.item_ref, pair.feedback_id, pair.sequence_number) == (f"feedback:{item.id}", item.id, 13)
    assert (pair.labeling_mode, pair.source_data, pair.notes) == (LabelingMode.FEEDBACK, item.input, "why")
    (converted,) = improve.feedback()
    assert (converted.status, converted.qa_pair_id) == (FeedbackStatus.CONVERTED, pair.id)


def test_a_failed_request_prefills_nothing(improve: ImproveService, endpoint: Endpoint, store: Store) -> None:
    request = request_record(store, endpoint, {"severity": "of another version"})
    done = improve.convert(improve.add_feedback(request.request_id, 5).id)
    with store.read() as connection:
        assert rows.get(connection, QAPair, done.curation_item_id).proposal is None


def test_converting_again_gives_the_same_pair(improve: ImproveService, endpoint: Endpoint, store: Store) -> None:
    item = improve.add_feedback(request_record(store, endpoint).request_id, 1, "", MAJOR)
    first = improve.convert(item.id)
    again = improve.convert(item.id[:8])
    assert again == type(again)("exists", first.curation_item_id, first.template_id, first.training_sheet_id)
    assert improve.stats().converted == 1


def test_two_feedbacks_about_one_request_are_one_pair(
    improve: ImproveService, endpoint: Endpoint, store: Store, workspace: Workspace, sheet: TrainingSheet
) -> None:
    request = request_record(store, endpoint).request_id
    bo = ImproveService(store, workspace.train.models, "bo")
    first = improve.convert(improve.add_feedback(request, 1, "too mild", MAJOR).id)
    second = bo.convert(bo.add_feedback(request, 2, "no mark at all", NONE).id)
    assert (second.status, second.curation_item_id) == ("exists", first.curation_item_id)
    pair = workspace.label.queue.pair(first.curation_item_id)
    assert (pair.proposal, pair.notes) == (NONE, "too mild; no mark at all"), "the last word, and both reasons"
    assert pair.version == 2, "who has seen the first proposal has not seen this one"
    assert workspace.label.queue.counts(sheet.id).total == 13
    (hint,) = workspace.label.hints.for_pairs([pair.id])[pair.id]
    assert "ana: major" in hint.reason and "bo: none" in hint.reason


def test_feedback_about_an_item_with_an_open_pair_is_said_at_that_pair(
    improve: ImproveService, endpoint: Endpoint, store: Store, workspace: Workspace, sheet: TrainingSheet
) -> None:
    open_pair = workspace.label.queue.pair(workspace.label.queue.open(sheet.id)[3].id)
    item = improve.add_feedback(request_record(store, endpoint).request_id, 1, "worse", MAJOR)
    with store.write() as connection:
        item = rows.change(connection, item, input=dict(reversed(open_pair.source_data.items())))
    done = improve.convert(item.id)
    assert (done.status, done.curation_item_id) == ("exists", open_pair.id)
    pair = workspace.label.queue.pair(open_pair.id)
    assert (pair.proposal, pair.notes, pair.feedback_id) == (MAJOR, "worse", item.id)
    assert workspace.label.queue.counts(sheet.id).total == 12
    workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE)])
    late = improve.add_feedback(item.request_id, 1, "", NONE)
    assert improve.convert(late.id).curation_item_id == pair.id, "the request has its pair, decided or not"
    assert workspace.label.queue.pair(pair.id).answer == MAJOR
    (hint,) = workspace.label.hints.for_pairs([pair.id])[pair.id]
    assert "ana: major" in hint.reason and "ana: none" in hint.reason


def test_an_open_pair_does_not_propose_what_feedback_calls_wrong(
    improve: ImproveService, endpoint: Endpoint, store: Store, workspace: Workspace, sheet: TrainingSheet
) -> None:
    open_pair = workspace.label.queue.pair(workspace.label.queue.open(sheet.id)[3].id)
    item = improve.add_feedback(request_record(store, endpoint, MINOR).request_id, 1)
    with store.write() as connection:
        item = rows.change(connection, item, input=open_pair.source_data)
    assert improve.convert(item.id).curation_item_id == open_pair.id
    assert workspace.label.queue.pair(open_pair.id).proposal is None


def test_two_processes_at_once_make_one_pair(endpoint: Endpoint, store: Store, workspace: Workspace) -> None:
    item = workspace.improve.feedback.add_feedback(request_record(store, endpoint).request_id, 1, "", MAJOR)
    stores = [Store(store.path) for _ in range(4)]
    ready = threading.Barrier(len(stores))
    result: list[Any] = []

    def work(own: Store) -> None:
        ready.wait()
        result.append(ImproveService(own, workspace.train.models, "bo").convert(item.id))

    threads = [threading.Thread(target=work, args=(own,)) for own in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in stores:
        own.close()
    assert sorted(one.status for one in result) == ["created", "exists", "exists", "exists"]
    assert len({one.curation_item_id for one in result}) == 1
    with store.read() as connection:
        assert rows.count(connection, QAPair, equal(feedback_id=item.id)) == 1


def test_a_label_of_feedback_is_a_canonical_label_like_any_other(
    improve: ImproveService, endpoint: Endpoint, store: Store, workspace: Workspace
) -> None:
    item = improve.add_feedback(request_record(store, endpoint).request_id, 1, "", MAJOR)
    done = improve.convert(item.id)
    (pair,) = workspace.label.queue.decide([Decision(done.curation_item_id, Verdict.APPROVE)]).pairs
    assert (pair.answer, pair.labeling_mode) == (MAJOR, LabelingMode.FEEDBACK)
    with store.read() as connection:
        (label,) = rows.find(connection, CanonicalLabel)
    assert (label.item_ref, label.label_data) == (f"feedback:{item.id}", MAJOR)


def test_another_template_gets_a_training_sheet_of_its_own(
    improve: ImproveService, endpoint: Endpoint, store: Store, sheet: TrainingSheet
) -> None:
    other = Template(name="other", label_type="severity", user_prompt="{{ torque }}", output_schema=SEVERITY_SCHEMA)
    strict = Template(
        name="strict",
        label_type="severity",
        user_prompt="{{ torque }}",
        output_schema={**SEVERITY_SCHEMA, "required": ["severity", "depth", "color"]},
    )
    with store.write() as connection:
        rows.add(connection, other)
        rows.add(connection, strict)
    item = improve.add_feedback(request_record(store, endpoint).request_id, 1, "", MAJOR)
    with pytest.raises(InvalidInputError, match=r"'strict'.*color"):
        improve.convert(item.id, "strict")
    assert improve.feedback()[0].status is FeedbackStatus.NEW
    done = improve.convert(item.id, "other")
    with store.read() as connection:
        created = rows.get(connection, TrainingSheet, done.training_sheet_id)
        sheets = rows.count(connection, TrainingSheet)
    assert (created.template_id, created.sheet_id, created.status) == (
        other.id,
        sheet.sheet_id,
        TrainingSheetStatus.REVIEW,
    )
    assert sheets == 2, "a refused conversion leaves no training sheet behind"
    assert improve.convert(item.id, "strict").curation_item_id == done.curation_item_id


def test_stats_count_what_was_said(improve: ImproveService, endpoint: Endpoint, store: Store) -> None:
    nothing = improve.stats()
    assert (nothing.total, nothing.good_share, nothing.mean_rating) == (0, None, None)
    other = endpoint_record(store, model_record(store, unlabeled_sheet(store, 1), 2), "other")
    for rating, comment, correction in ((5, "", None), (4, "fine", None), (1, "bad", MAJOR), (3, "", None)):
        improve.add_feedback(request_record(store, endpoint).request_id, rating, comment, correction)
    improve.add_feedback(request_record(store, other).request_id, 1)
    stats = improve.stats(endpoint.name)
    assert (stats.total, stats.good, stats.bad, stats.comments, stats.corrections) == (4, 2, 1, 2, 1)
    assert (stats.good_share, stats.mean_rating) == (0.5, 3.25)
    assert stats.by_rating == {1: 1, 2: 0, 3: 1, 4: 1, 5: 1}
    assert improve.stats().total == 5
    assert [item.endpoint for item in improve.feedback("other")] == ["other"]


def test_dismissed_feedback_waits_no_longer(improve: ImproveService, endpoint: Endpoint, store: Store) -> None:
    one = improve.add_feedback(request_record(store, endpoint).request_id, 3)
    two = improve.add_feedback(request_record(store, endpoint).request_id, 1, "", MAJOR)
    assert improve.dismiss(one.id).status is FeedbackStatus.DISMISSED
    improve.convert(two.id)
    with pytest.raises(ConflictError):
        improve.dismiss(two.id)
    assert improve.feedback(status=FeedbackStatus.NEW) == []
    assert (improve.stats().dismissed, improve.stats().converted) == (1, 1)


def test_a_retraining_is_configured_as_the_model_was_and_needs_something_new(
    improve: ImproveService,
    endpoint: Endpoint,
    store: Store,
    sheet: TrainingSheet,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requested: list[Any] = []
    monkeypatch.setattr(workspace.train.models, "submit", lambda ref, **how: requested.append((ref, how)))
    with pytest.raises(NotReadyError, match="No pairs have changed since severity v1"):
        improve.retrain(endpoint.name)
    ids = [row.id for row in workspace.label.queue.open(sheet.id)]
    workspace.label.queue.decide([Decision(key, Verdict.APPROVE) for key in ids[:10]])
    preview = improve.retrain_preview(endpoint.name)
    assert (preview.changes.new, preview.changes.corrected, preview.readiness.ready) == (10, 0, True)
    improve.retrain(endpoint.name)
    assert requested == [(sheet.id, {"base_model": "boosted-trees", "name": "severity", "seed": 7, "params": {}})]
    with pytest.raises(NotFoundError):
        improve.retrain("nowhere")
    params = {"training_sheet_id": sheet.id, "name": "severity"}
    with store.write() as connection:
        rows.add(connection, Job(kind=JobKind.TRAIN, title="Train severity", params=params))
    with pytest.raises(ConflictError, match="severity is being trained already"):
        improve.retrain(endpoint.name)
    assert len(requested) == 1


@pytest.mark.parametrize(("role", "prohibited"), [(Role.HELD_OUT, True), (Role.TRAIN, False)])
def test_feedback_on_a_held_out_row_never_teaches_what_is_tested(
    improve: ImproveService,
    endpoint: Endpoint,
    store: Store,
    sheet: TrainingSheet,
    role: Role,
    prohibited: bool,
) -> None:
    with store.write() as connection:
        (twin,) = rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), limit=1)
        lineage = ModelPair(model_id=endpoint.model_id, pair_id=twin.id, role=role, pair_version=1, answer_digest="")
        rows.add(connection, lineage)
        request = InferenceRecord(
            endpoint=endpoint.name,
            model_id=endpoint.model_id,
            model_version=1,
            origin=Origin.HTTP,
            input=twin.source_data,
            output=MINOR,
            latency_ms=1.0,
        )
        rows.add(connection, request)
    done = improve.convert(improve.add_feedback(request.request_id, 1, correction=MAJOR).id)
    with store.read() as connection:
        pair = rows.get(connection, QAPair, done.curation_item_id)
        another = request.model_copy(update={"request_id": new_id()})
    assert (Use.TRAINING in pair.prohibited_uses, twin.item_ref in pair.usage_reason) == (prohibited, prohibited)
    with store.write() as connection:
        rows.add(connection, another)
    again = improve.convert(improve.add_feedback(another.request_id, 2, correction=MAJOR).id)
    assert again.curation_item_id == pair.id, "what is said of one row by two requests is one pair"


# Finding, flagging, many at once, and the way there and back


def said(
    improve: ImproveService, store: Store, endpoint: Endpoint, rating: int, comment: str = "", **more: Any
) -> FeedbackItem:
    return improve.add_feedback(request_record(store, endpoint).request_id, rating, comment, **more)


def test_feedback_is_found_by_what_is_asked(improve: ImproveService, endpoint: Endpoint, store: Store) -> None:
    good = said(improve, store, endpoint, 5, "fine 100%")
    bad = said(improve, store, endpoint, 1, "Wrong CLASS", correction=MAJOR)
    fair = said(improve, store, endpoint, 3)
    improve.flag(bad.id[:8])
    improve.dismiss(fair.id)

    def found(**expected: Any) -> list[str]:
        return [item.id for item in improve.feedback(filter=FeedbackFilter(**expected))]

    assert found() == [fair.id, bad.id, good.id]
    assert found(ratings=(1, 5)) == [bad.id, good.id]
    assert found(flagged=True) == [bad.id]
    assert found(flagged=False) == [fair.id, good.id]
    assert found(corrected=True) == [bad.id]
    assert found(status=FeedbackStatus.DISMISSED) == [fair.id]
    assert found(text="wrong class") == [bad.id]
    assert found(text="major") == [bad.id], "in the correction"
    assert found(text="100%") == [good.id]
    assert found(text="%") == [good.id], "a percent sign is a percent sign"
    assert found(text="'; DROP TABLE feedback_items; --\ud800") == []
    assert found(endpoint="nowhere") == []
    assert len(improve.feedback(limit=2)) == 2


def test_a_flag_is_set_taken_away_and_logged(improve: ImproveService, endpoint: Endpoint, store: Store) -> None:
    item = said(improve, store, endpoint, 1)
    assert improve.flag(item.id).flagged
    assert not improve.flag(item.id, False).flagged
    with store.read() as connection:
        events = rows.find(connection, Event, equal(entity_id=item.id))
    assert [event.action for event in events] == ["add", "flag", "unflag"]


def test_many_are_converted_at_once_the_oldest_first_and_what_is_refused_is_told(
    improve: ImproveService, endpoint: Endpoint, store: Store
) -> None:
    items = [said(improve, store, endpoint, rating, "", correction=MAJOR) for rating in (1, 2, 1)]
    with store.write() as connection:
        rows.change(connection, items[0], correction={"severity": "of another version"})
        rows.change(connection, items[2], input={"torque": 56})
    report = improve.bulk(BulkAction.CONVERT, [item.id for item in reversed(items)])
    assert [item.id for item in report.done] == [items[1].id, items[2].id]
    assert list(report.refused) == [items[0].id] and "severity" in report.refused[items[0].id]
    with store.read() as connection:
        pairs = rows.find(connection, QAPair, where("feedback_id IS NOT NULL"))
        numbers = {pair.feedback_id: pair.sequence_number for pair in pairs}
    assert numbers == {items[1].id: 13, items[2].id: 14}, "nothing is left of the one that was refused"
    again = improve.bulk(BulkAction.CONVERT, [item.id for item in report.done])
    assert (again.done, again.unchanged, again.conversions) == ((), len(report.done), ())


def test_many_are_flagged_and_dismissed_at_once(improve: ImproveService, endpoint: Endpoint, store: Store) -> None:
    items = [said(improve, store, endpoint, 3) for _ in range(3)]
    ids = [item.id for item in items]
    improve.flag(ids[0])
    report = improve.bulk(BulkAction.FLAG, [*ids, ids[0]])
    assert ([item.id for item in report.done], report.unchanged) == (ids[1:], 1)
    improve.convert(ids[0])
    report = improve.bulk(BulkAction.DISMISS, ids)
    assert [item.id for item in report.done] == ids[1:]
    assert report.refused == {ids[0]: "This feedback has become a training pair."}
    with pytest.raises(NotFoundError):
        improve.bulk(BulkAction.UNFLAG, [ids[0], "nobody"])
    assert all(item.flagged for item in improve.feedback())


def test_from_a_feedback_to_the_models_that_learned_it_and_back(
    improve: ImproveService, endpoint: Endpoint, store: Store, sheet: TrainingSheet, workspace: Workspace
) -> None:
    item = said(improve, store, endpoint, 1, correction=MAJOR)
    before = improve.trace(item.id)
    assert (before.item, before.pair, before.versions) == (item, None, ())
    assert before.request is not None and before.request.request_id == item.request_id
    done = improve.convert(item.id)
    workspace.label.queue.decide([Decision(done.curation_item_id, Verdict.APPROVE)])
    model = model_record(store, sheet, 2)
    after = improve.trace(item.id[:8])
    assert after.pair is not None and after.pair.id == done.curation_item_id
    assert [(version.label(), role) for version, role in after.versions] == [(model.label(), Role.TRAIN)]
    back = improve.source_feedback(done.curation_item_id)
    assert back is not None and back.id == item.id
    other = next(row.id for row in workspace.label.queue.open(sheet.id) if row.id != done.curation_item_id)
    assert improve.source_feedback(other) is None


def test_what_a_newer_version_has_learned_is_not_trained_again(
    improve: ImproveService, endpoint: Endpoint, store: Store, sheet: TrainingSheet, workspace: Workspace
) -> None:
    """Whether that version is deployed or not."""
    ids = [row.id for row in workspace.label.queue.open(sheet.id)]
    workspace.label.queue.decide([Decision(key, Verdict.APPROVE) for key in ids])
    assert improve.retrain_preview(endpoint.name).changes.new == 12
    model_record(store, sheet, 2)
    with pytest.raises(NotReadyError, match="No pairs have changed since severity v2"):
        improve.retrain(endpoint.name)
