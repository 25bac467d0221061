"""Labelsets: drafts change, published ones do not, keys are each one's own, and coverage counts what there is."""

from __future__ import annotations

import pytest

from builders.severity import MAJOR, SEVERITY_SCHEMA, endpoint_record, model_record, request_record, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, InvalidTemplateError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import Event, Verdict
from ontos_tui.domain.records.template import LabelClass
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.services.label.labelsets.service import LabelsetService
from ontos_tui.services.label.service import Decision, LabelService
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace

CLASSES = [LabelClass(name="none", hotkey="1"), LabelClass(name="minor", hotkey="b", color="#ffaa00")]


@pytest.fixture
def labelsets(store: Store) -> LabelsetService:
    """The service of `ana`."""
    return LabelsetService(store, "ana")


def test_a_draft_is_edited_published_and_then_fixed(labelsets: LabelsetService, store: Store) -> None:
    created = labelsets.create(name="Marks", label_type="severity", field="severity", classes=CLASSES)
    assert created.status is TemplateStatus.DRAFT
    assert labelsets.for_label_type("severity") is None, "a draft is not offered"
    labelsets.edit("Marks", description="how deep a mark is")
    published = labelsets.publish("Marks")
    assert published.published_at is not None
    assert labelsets.for_label_type("severity") == published
    with pytest.raises(ConflictError, match="cannot change"):
        labelsets.edit("Marks", description="other")
    draft = labelsets.new_version("Marks")
    assert (draft.version, draft.status, draft.parent_id) == ("1.1.0", TemplateStatus.DRAFT, created.id)
    assert labelsets.for_label_type("severity") == published
    assert labelsets.publish(draft.id).version == "1.1.0"
    result = labelsets.for_label_type("severity")
    assert result is not None
    assert result.version == "1.1.0"
    labelsets.archive(draft.id)
    assert labelsets.for_label_type("severity") == published
    with store.read() as connection:
        actions = [event.action for event in rows.find(connection, Event, equal(entity_type="labelsets"))]
    assert sorted(actions) == ["archive", "create", "edit", "new_version", "publish", "publish"]


def test_publishing_needs_a_class(labelsets: LabelsetService) -> None:
    labelsets.create(name="Empty", label_type="x", field="x")
    with pytest.raises(InvalidInputError, match="no classes"):
        labelsets.publish("Empty")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([LabelClass(name="a"), LabelClass(name="a")], "appears twice"),
        ([LabelClass(name=" ")], "has no name"),
        ([LabelClass(name="a", hotkey="u")], "has another meaning"),
        ([LabelClass(name="a", hotkey="bb")], "has another meaning"),
        ([LabelClass(name="a", hotkey="\x1b")], "has another meaning"),
        ([LabelClass(name="a", hotkey="b"), LabelClass(name="c", hotkey="b")], "the same key"),
        ([LabelClass(name="a", color="mauvish")], "not a valid color"),
    ],
)
def test_classes_that_cannot_work_are_refused(
    labelsets: LabelsetService, classes: list[LabelClass], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        labelsets.create(name="Marks", label_type="x", field="x", classes=classes)


def test_a_response_schema_has_to_hold_the_field(labelsets: LabelsetService) -> None:
    with pytest.raises(InvalidInputError, match="no field 'color'"):
        labelsets.create(name="Marks", label_type="x", field="color", response_schema=SEVERITY_SCHEMA)
    with pytest.raises(InvalidTemplateError):
        labelsets.create(name="Marks", label_type="x", field="x", response_schema={"type": "array"})
    created = labelsets.create(
        name="Marks", label_type="severity", field="severity", classes=CLASSES, response_schema=SEVERITY_SCHEMA
    )
    schema = created.answer_schema()
    assert schema["properties"]["severity"]["enum"] == ["none", "minor"]
    assert schema["properties"]["depth"] == SEVERITY_SCHEMA["properties"]["depth"]


def test_a_template_gives_its_classes(labelsets: LabelsetService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 0)
    created = labelsets.create_from_template(sheet.template_id)
    assert [(one.name, one.hotkey) for one in created.classes] == [("none", "1"), ("minor", "2"), ("major", "3")]
    assert (created.field, created.label_type) == ("severity", sheet.label_type)
    links = labelsets.links(created.id)
    assert [one.id for one in links.templates] == [sheet.template_id]
    assert [one.id for one in links.training_sheets] == [sheet.id]


def test_coverage_counts_items_of_the_sheet_only(labelsets: LabelsetService, workspace: Workspace) -> None:
    """Labels of requests, which feedback made into pairs, are none of its items."""
    store = workspace.store
    sheet = unlabeled_sheet(store, 4)
    endpoint = endpoint_record(store, model_record(store, sheet))
    labelsets.create(name="Marks", label_type=sheet.label_type, field="severity", classes=CLASSES)
    with store.write() as connection:
        rows.change(connection, rows.get(connection, Sheet, sheet.sheet_id), item_count=4)
    improve, label = workspace.improve.feedback, workspace.label.queue
    item = improve.add_feedback(request_record(store, endpoint).request_id, 1, "", MAJOR)
    from_feedback = improve.convert(item.id).curation_item_id
    first = label.open(sheet.id)[0].id
    label.decide([Decision(from_feedback, Verdict.APPROVE), Decision(first, Verdict.APPROVE)])
    (coverage,) = labelsets.coverage("Marks")
    assert (coverage.items, coverage.labeled, coverage.share) == (4, 1, 0.25)
    assert (dict(coverage.per_class), coverage.other) == ({"none": 0, "minor": 1}, 0)
    assert labelsets.item_count("Marks") == 2, "which is how many labels there are"


def test_coverage_counts_labels_by_class(labelsets: LabelsetService, store: Store) -> None:
    sheet = unlabeled_sheet(store, 5)
    label = LabelService(store, "ana")
    ids = [row.id for row in label.open(sheet.id)]
    labelset = labelsets.create(name="Marks", label_type=sheet.label_type, field="severity", classes=CLASSES)
    with store.write() as connection:
        rows.change(connection, rows.get(connection, Sheet, sheet.sheet_id), item_count=5)
    (before,) = labelsets.coverage("Marks")
    assert (before.labeled, before.share, dict(before.per_class)) == (0, 0.0, {"none": 0, "minor": 0})
    label.decide([Decision(ids[0], Verdict.APPROVE), Decision(ids[1], Verdict.APPROVE)])
    label.decide([Decision(ids[2], Verdict.EDIT, MAJOR)])
    (after,) = labelsets.coverage("Marks", sheet.sheet_id)
    assert (after.items, after.labeled, after.share) == (5, 3, 0.6)
    assert (dict(after.per_class), after.other) == ({"none": 0, "minor": 2}, 1)
    assert labelsets.item_count("Marks") == 3
    with pytest.raises(ConflictError, match="3 canonical labels"):
        labelsets.delete(labelset.id)
    label.undo(sheet.id)
    label.undo(sheet.id)
    assert labelsets.item_count("Marks") == 0
    labelsets.delete(labelset.id)
    assert labelsets.all() == []
