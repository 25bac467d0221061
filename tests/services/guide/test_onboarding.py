"""Seeding a use case: everything that a first start needs, once, and nothing that is there is touched."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import DataTable, Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, GenerationMode, QAPair, Verdict
from ontos_tui.domain.records.tables import RECORDS
from ontos_tui.domain.records.template import Example, Labelset, Template
from ontos_tui.domain.rules.governance import Gate, gate
from ontos_tui.domain.rules.states import PairStatus, TemplateStatus
from ontos_tui.services.data.sample_files import synthetic_data
from ontos_tui.services.guide.sample_labels import COLLEAGUES, OF_EACH_CLASS
from ontos_tui.services.label.service import Decision
from ontos_tui.services.templates.prompt import check_mapping
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

KEY = "defect_detection"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample data that a test may damage."""
    folder = tmp_path / "synthetic_data"
    shutil.copytree(synthetic_data(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("ONTOS_SYNTHETIC_DATA", str(folder))
    return folder


def everything(workspace: Workspace) -> dict[str, list[str]]:
    with workspace.store.read() as connection:
        return {
            record.TABLE: sorted(item.model_dump_json() for item in rows.find(connection, record)) for record in RECORDS
        }


def test_seeding_makes_all_that_a_first_start_needs(workspace: Workspace) -> None:
    report = workspace.onboarding.seed(KEY)
    assert report.created
    assert report.sheet.item_count == 800
    assert report.sheet.source_table == "local.samples.defect_detection"
    assert report.template.status is TemplateStatus.PUBLISHED
    assert (report.examples, report.canonical_labels) == (27, 160)
    with workspace.store.read() as connection:
        (data,) = rows.find(connection, DataTable)
        (labelset,) = rows.find(connection, Labelset)
        examples = rows.find(connection, Example)
    assert Path(data.path) == synthetic_data() / KEY / "inspections.csv", "the file is used where it is"
    assert [entry.name for entry in labelset.classes] == list(report.template.fields()[0].choices)
    assert {example.label_type for example in examples} == {report.template.label_type}
    page = workspace.data.sheets.sheet_page(report.sheet.id, limit=1)
    check_mapping(report.template, [column.name for column in page.columns])
    case, *others = workspace.onboarding.use_cases()
    assert case.seeded
    assert not any(other.seeded for other in others)


def test_every_step_is_logged(workspace: Workspace) -> None:
    workspace.onboarding.seed(KEY)
    with workspace.store.read() as connection:
        logged = {(event.entity_type, event.entity_id) for event in rows.find(connection, Event)}
        created = [
            (record.TABLE, item.key())
            for record in (DataTable, Sheet, Template, Labelset, Example, CanonicalLabel)
            for item in rows.find(connection, record)
        ]
    assert set(created) <= logged


def test_held_out_labels_can_test_and_never_train(workspace: Workspace) -> None:
    sheet = workspace.onboarding.seed(KEY).sheet
    with workspace.store.read() as connection:
        labels = rows.find(connection, CanonicalLabel)
    refs = {item.ref for item in workspace.data.sheets.sheet_page(sheet.id, limit=sheet.item_count).items}
    assert {label.item_ref for label in labels} <= refs
    for label in labels:
        assert label.source == "ground_truth"
        assert label.usage_reason
        pair = QAPair(
            training_sheet_id="",
            sheet_id=sheet.id,
            item_ref=label.item_ref,
            sequence_number=1,
            source_data={},
            status=PairStatus.LABELED,
            allowed_uses=label.allowed_uses,
            prohibited_uses=label.prohibited_uses,
        )
        assert gate(pair) is Gate.HELD_OUT


def test_a_second_run_changes_nothing_and_says_so(workspace: Workspace) -> None:
    first = workspace.onboarding.seed(KEY)
    before = everything(workspace)
    second = workspace.onboarding.seed(KEY)
    assert not second.created
    assert everything(workspace) == before
    assert (second.sheet.id, second.template.id, second.labelset.id) == (
        first.sheet.id,
        first.template.id,
        first.labelset.id,
    )


def test_a_run_that_was_cut_off_is_completed(workspace: Workspace, copied: Path) -> None:
    file = copied / "examples" / f"{KEY}.jsonl"
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole + "not JSON\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="line 28"):
        workspace.onboarding.seed(KEY)
    file.write_text(whole, encoding="utf-8")
    report = workspace.onboarding.seed(KEY)
    assert report.created
    assert (report.examples, report.canonical_labels) == (27, 160)
    assert len(workspace.data.sheets.sheets()) == 1


def test_what_an_expert_decided_stays(workspace: Workspace) -> None:
    sheet = workspace.onboarding.seed(KEY).sheet
    with workspace.store.write() as connection:
        label = rows.find(connection, CanonicalLabel, limit=1)[0]
        rows.change(connection, label, notes="looked at again")
        connection.execute("DELETE FROM example_store WHERE name = ?", ("crack 1 (LaBr3)",))
    report = workspace.onboarding.seed(KEY)
    assert report.created, "the missing example came back"
    assert (report.examples, report.canonical_labels, report.sheet.id) == (27, 160, sheet.id)
    with workspace.store.read() as connection:
        assert rows.get(connection, CanonicalLabel, label.id).notes == "looked at again"


def test_a_deleted_sheet_can_be_seeded_again(workspace: Workspace) -> None:
    gone = workspace.onboarding.seed(KEY).sheet
    workspace.data.sheets.delete_sheet(gone.id)
    assert not workspace.onboarding.use_cases()[0].seeded
    report = workspace.onboarding.seed(KEY)
    assert report.created
    assert report.sheet.id != gone.id
    assert report.canonical_labels == 160


def test_sample_data_that_moved_is_found_again(
    workspace: Workspace, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.onboarding.seed(KEY)
    shutil.rmtree(copied)
    monkeypatch.delenv("ONTOS_SYNTHETIC_DATA")
    sheet = workspace.onboarding.seed(KEY).sheet
    assert len(workspace.data.sheets.sheet_page(sheet.id, limit=3).items) == 3


def test_missing_sample_data_is_said(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONTOS_SYNTHETIC_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(NotFoundError) as caught:
        workspace.onboarding.use_cases()
    assert "nowhere" in caught.value.what
    assert "ONTOS_SYNTHETIC_DATA" in caught.value.todo


@pytest.mark.parametrize("key", ["nope", "../secrets", "", ".", "defect_detection/", "\x1b[31m"])
def test_unknown_use_cases_are_refused(workspace: Workspace, key: str) -> None:
    with pytest.raises(NotFoundError, match="No use case"):
        workspace.onboarding.seed(key)
    assert not workspace.data.sheets.sheets()


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("defect_detection/use_case.json", "{", "Expecting"),
        ("defect_detection/use_case.json", "[]", "not a JSON object"),
        ("defect_detection/use_case.json", '{"key": "defect_detection"}', "title"),
        ("defect_detection/held_out.csv", "inspection_id,defect_class\nINS-00001,melted\n", "line 2"),
        ("defect_detection/held_out.csv", "id,defect_class\nINS-00001,none\n", "line 2"),
        ("defect_detection/held_out.csv", "inspection_id,color\nINS-00001,red\n", "color"),
        ("defect_detection/held_out.csv", None, "held_out.csv"),
        ("examples/defect_detection.jsonl", '{"name": "x", "input": {}, "expected_output": {}}', "line 1"),
    ],
)
def test_damaged_sample_data_is_refused_by_name(
    workspace: Workspace, copied: Path, file: str, content: str | None, reason: str
) -> None:
    if content is None:
        (copied / file).unlink()
    else:
        (copied / file).write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        workspace.onboarding.seed(KEY)
    assert reason in caught.value.what
    assert file.rsplit("/", 1)[1] in caught.value.what


def test_a_use_case_with_numbers_and_booleans_is_read_as_such(workspace: Workspace, copied: Path) -> None:
    template_file = copied / "templates" / f"{KEY}.json"
    template = json.loads(template_file.read_text(encoding="utf-8"))
    template["output_schema"] = {
        "type": "object",
        "properties": {"days": {"type": "number"}, "visits": {"type": "integer"}, "urgent": {"type": "boolean"}},
        "required": ["days"],
    }
    template_file.write_text(json.dumps(template), encoding="utf-8")
    (copied / "examples" / f"{KEY}.jsonl").write_text("", encoding="utf-8")
    held_out = "inspection_id,days,visits,urgent\nINS-00001,3.5,2,TRUE\nINS-00002,4,,false\n"
    (copied / KEY / "held_out.csv").write_text(held_out, encoding="utf-8")
    assert workspace.onboarding.seed(KEY).examples == 0
    with workspace.store.read() as connection:
        labels = rows.find(connection, CanonicalLabel, order_by=["item_ref"])
    assert [label.label_data for label in labels] == [
        {"days": 3.5, "visits": 2, "urgent": True},
        {"days": 4.0, "urgent": False},
    ]


def test_every_use_case_can_be_seeded_beside_the_others(workspace: Workspace) -> None:
    keys = [case.key for case in workspace.onboarding.use_cases()]
    assert keys[0] == KEY
    reports = [workspace.onboarding.seed(key) for key in keys]
    assert all(report.created and report.examples and report.canonical_labels for report in reports)
    assert len({report.template.label_type for report in reports}) == len(keys)
    before = everything(workspace)
    assert not any(workspace.onboarding.seed(key).created for key in keys)
    assert everything(workspace) == before
    for report in reports:
        columns = [column.name for column in workspace.data.sheets.sheet_page(report.sheet.id, limit=1).columns]
        check_mapping(report.template, columns)
        assert workspace.label.labelsets.get(report.labelset.id).status is TemplateStatus.PUBLISHED
        preview = workspace.generate.generation.preview(report.sheet.id, report.template.id, GenerationMode.AI, 3)
        assert all(pair.proposal and not pair.error for pair in preview)


def test_pairs_have_their_known_answers_and_can_train_at_once(workspace: Workspace) -> None:
    report = workspace.onboarding.seed("predictive_maintenance", pairs=20)
    assert (report.created, report.pairs) == (True, 20)
    with workspace.store.read() as connection:
        pairs = rows.find(connection, QAPair)
    assert {pair.status for pair in pairs} == {PairStatus.LABELED}
    gates = [gate(pair) for pair in pairs]
    assert gates.count(Gate.TRAINING) >= 10
    assert gates.count(Gate.HELD_OUT) >= 1
    assert report.training_sheet is not None
    assert workspace.train.models.readiness(report.training_sheet.id).ready
    before = everything(workspace)
    assert not workspace.onboarding.seed("predictive_maintenance", pairs=20).created
    assert not workspace.onboarding.seed("predictive_maintenance").created
    assert everything(workspace) == before
    more = workspace.onboarding.seed("predictive_maintenance", pairs=25)
    assert (more.created, more.pairs) == (True, 25)


@pytest.mark.parametrize("pairs", [-1, 1_001])
def test_a_number_of_pairs_that_makes_no_sense_is_refused(workspace: Workspace, pairs: int) -> None:
    with pytest.raises(InvalidInputError, match="cannot be seeded"):
        workspace.onboarding.seed(KEY, pairs)
    assert not workspace.data.sheets.sheets()


@pytest.mark.parametrize("key", ["defect_detection", "predictive_maintenance"])
def test_colleagues_labeled_some_of_each_class_and_nothing_that_is_held_out(workspace: Workspace, key: str) -> None:
    held_out = workspace.onboarding.seed(key).canonical_labels
    plain = workspace.onboarding.seed(key, supplied=True)
    assert plain.supplied == 0, "only a new sheet comes with them: what is there stays as it is"
    workspace.data.sheets.delete_sheet(plain.sheet.id)
    report = workspace.onboarding.seed(key, supplied=True)
    assert report.canonical_labels == held_out + report.supplied
    with workspace.store.read() as connection:
        labels = rows.find(connection, CanonicalLabel, equal(sheet_id=report.sheet.id))
    supplied = [one for one in labels if one.created_by == COLLEAGUES]
    assert len(supplied) == report.supplied >= 60
    tested = {one.item_ref for one in labels if one.created_by != COLLEAGUES}
    assert tested.isdisjoint(one.item_ref for one in supplied)
    field = report.labelset.field
    classes = Counter(one.label_data[field] for one in supplied)
    assert set(classes) == {one.name for one in report.labelset.classes}
    assert min(classes.values()) >= OF_EACH_CLASS
    again = workspace.onboarding.seed(key, supplied=True)
    assert not again.created
    assert again.supplied == report.supplied


def test_the_next_step_asks_for_ten_decisions_beside_what_colleagues_gave(workspace: Workspace) -> None:
    report = workspace.onboarding.seed(KEY, supplied=True)
    created = workspace.generate.generation.generate(report.sheet.id, report.template.id, GenerationMode.MANUAL)
    ready = workspace.train.models.readiness(created.training_sheet.id)
    assert ready.ready, "one may train at once"
    assert workspace.overview.overview().next_step == "label 10 more pairs"
    queue = workspace.label.queue.open(created.training_sheet.id)
    mine = [row.id for row in queue if row.status is PairStatus.UNLABELED][:10]
    answer = {report.labelset.field: report.labelset.classes[0].name, "severity": "none", "action": "release"}
    workspace.label.queue.decide([Decision(pair, Verdict.EDIT, answer=answer) for pair in mine])
    assert workspace.overview.overview().next_step.startswith("train a model")
