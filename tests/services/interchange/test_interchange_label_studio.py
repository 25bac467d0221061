"""Label Studio: what goes there is what it takes, and what comes back is what was said there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.items import KnownItems
from builders.severity import MAJOR, MINOR, NONE, SEVERITY_SCHEMA, unlabeled_sheet
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.file_formats import Format
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, TrainingSheet, Verdict, answer_digest
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.interchange.annotations.adoption import Adoption
from ontos_tui.services.interchange.annotations.annotated import parsed
from ontos_tui.services.interchange.annotations.label_studio import TaskReader
from ontos_tui.services.interchange.label_studio import TaskMaker, config, controls
from ontos_tui.services.interchange.service import ExportOptions, ImportOptions, ImportReport
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

ALL = ExportOptions(all_statuses=True)
ODD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "title": 'What "is" it?\x00 <b>'},
        "air temp [K]": {"type": "number", "minimum": 0, "maximum": 400},
        "count": {"type": "integer"},
        "ok": {"type": "boolean"},
        "mixed": {"enum": ["1", 1, True, "true", None, "null", "", 0.5]},
        "class": {"enum": ["a<b", 'quo"te', "ünï\n", "-"]},
    },
    "required": ["class"],
}


def pairs_of(workspace: Workspace, sheet: TrainingSheet) -> list[QAPair]:
    with workspace.store.read() as connection:
        return rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), order_by=("sequence_number",))


def region(name: str, kind: str, **value: Any) -> dict[str, Any]:
    return {"from_name": name, "to_name": "question", "type": kind, "value": value}


def a_task(ref: str, *annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 5, "data": {"item_ref": ref}, "annotations": list(annotations), **more}


def chosen(word: str, **more: Any) -> dict[str, Any]:
    return {"completed_by": 3, "result": [region("severity", "choices", choices=[word])], **more}


def read(schema: dict[str, Any], entries: Any, report: ImportReport) -> list[LabelRow]:
    """The labels of these tasks, whose items nothing is known of."""
    return list(Adoption(schema, KnownItems({}), report, {}).labels(parsed(entries, TaskReader(schema).parse, report)))


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


# Out


def test_a_pair_is_a_task_with_a_prediction_and_an_annotation(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 3, guidelines="Look <closely>\nat the edge.")
    first, second, _ = pairs_of(workspace, sheet)
    workspace.label.queue.decide([Decision(first.id, Verdict.EDIT, MAJOR)])
    workspace.label.queue.decide([Decision(second.id, Verdict.REJECT, reason="blurred")])
    report = workspace.label.files.export(sheet.id, tmp_path / "o.json", Format.LABEL_STUDIO, options=ALL)
    assert report.beside == (tmp_path / "o.config.xml",)
    one, two, three = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert one["data"] == {"item_ref": "item-1", "question": "41", "fields": {"torque": 41, "note": "shift 1"}}
    (prediction,) = one["predictions"]
    assert (prediction["score"], prediction["model_version"]) == (0.7, "a test")
    assert prediction["result"][0]["value"] == {"choices": ["minor"]}
    (annotation,) = one["annotations"]
    assert [(part["type"], part["from_name"], part["value"]) for part in annotation["result"]] == [
        ("choices", "severity", {"choices": ["major"]}),
        ("number", "depth", {"number": 1.5}),
    ]
    assert "completed_by" not in annotation  # Label Studio refuses people that it does not know
    assert one["meta"]["ontos"]["reviewed_by"] == "ana"
    assert "annotations" not in two
    assert (two["meta"]["ontos"]["status"], two["meta"]["ontos"]["reject_reason"]) == ("rejected", "blurred")
    assert "annotations" not in three


def test_the_config_has_a_control_for_each_field_and_is_xml_whatever_the_schema_says() -> None:
    tree = ElementTree.fromstring(config(ODD, 'Mind the "gap"\x07 & more\nhere'))
    created = {one.field.name: one.name for one in controls(ODD)}
    assert created["count"] == "count"
    assert created["question"] != "question"  # the question's own text is called that
    assert created["air temp [K]"].isidentifier()
    by_name = {one.get("name"): one for one in tree.iter() if one.get("toName")}
    assert set(by_name) == set(created.values())
    assert {one.get("toName") for one in by_name.values()} == {"question"}
    assert by_name[created["class"]].get("required") == "true"
    assert [one.get("value") for one in by_name[created["class"]]] == ["a<b", 'quo"te', "ünï\n", "-"]
    assert (by_name[created["air temp [K]"]].tag, by_name[created["air temp [K]"]].get("max")) == ("Number", "400")
    assert by_name[created["question"]].tag == "TextArea"
    words = [one.get("value") for one in by_name[created["mixed"]]]
    assert len(set(words)) == len(words) == 8
    assert tree.find("Text").get("value") == "$question"  # type: ignore[union-attr]
    assert tree.find("Header").get("value") == 'Mind the "gap"\ufffd & more\nhere'  # type: ignore[union-attr]


answers = st.fixed_dictionaries(
    {"class": st.sampled_from(ODD["properties"]["class"]["enum"])},
    optional={
        "question": st.text(),
        "air temp [K]": st.floats(0, 400),
        "count": st.integers(),
        "ok": st.booleans(),
        "mixed": st.sampled_from(ODD["properties"]["mixed"]["enum"]),
    },
)


@given(answers, st.booleans())
def test_an_answer_comes_back_exactly_as_it_went(answer: dict[str, Any], min_format: bool) -> None:
    result = json.loads(json.dumps(TaskMaker(ODD).result(answer)))
    task = a_task("x", {"result": result, "completed_by": {"email": "b@c"}})
    if min_format:  # as Label Studio's converter unwraps single choices and texts, and leaves numbers wrapped
        unwrapped = {"choices": lambda value: value["choices"][0], "textarea": lambda value: value["text"][0]}
        values = {
            part["from_name"]: unwrapped.get(part["type"], lambda value: [value])(part["value"]) for part in result
        }
        task = {"id": 5, "item_ref": "x", "question": "q", "fields": {}, "annotator": "b@c", **values}
    report = ImportReport(Path("x"))
    (given_back,) = read(ODD, [(1, task)], report)
    assert not report.problems
    assert answer_digest(given_back.answer) == answer_digest(answer)
    assert given_back.reason == "Label Studio, completed by b@c"


def test_pairs_go_there_and_come_back_into_another_training_sheet(workspace: Workspace, tmp_path: Path) -> None:
    one, two = unlabeled_sheet(workspace.store, 5), unlabeled_sheet(workspace.store, 5)
    pairs = pairs_of(workspace, one)
    workspace.label.queue.decide(
        [
            Decision(pairs[0].id, Verdict.EDIT, MAJOR),
            Decision(pairs[1].id, Verdict.APPROVE),
            Decision(pairs[2].id, Verdict.REJECT, reason="blurred", notes="n"),
            Decision(pairs[3].id, Verdict.FLAG),
        ]
    )
    path = tmp_path / "o.json"
    workspace.label.files.export(one.id, path, Format.LABEL_STUDIO, options=ALL)
    report = workspace.label.files.import_pairs(path, Format.LABEL_STUDIO, two.id)
    assert (report.created, report.skipped, report.problems) == (4, 1, [])
    for was, now in zip(pairs, pairs_of(workspace, two), strict=True):
        assert now.item_ref == was.item_ref
    for was, now in zip(pairs_of(workspace, one), pairs_of(workspace, two), strict=True):
        assert (now.answer, now.status, now.reject_reason) == (was.answer, was.status, was.reject_reason)
    again = workspace.label.files.import_pairs(path, Format.LABEL_STUDIO, two.id)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 4)


# Back


def test_what_was_said_there_is_decided_here_and_the_log_says_by_whom(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 6)
    path = write(
        tmp_path / "ls.json",
        [
            a_task("item-1", chosen("minor")),
            a_task("item-2", chosen("major"), chosen("none", completed_by={"email": "eve@x.org"}, ground_truth=True)),
            a_task("item-3", chosen("none"), chosen("none", completed_by=4)),
            a_task("item-4", chosen("none", was_cancelled=True)),
            a_task("item-5"),
            a_task("item-6", {"completed_by": 1, "result": [region("comment", "textarea", text=["?"])]}),
        ],
    )
    refused = workspace.label.files.import_pairs(path, Format.LABEL_STUDIO, sheet.id)
    assert [str(problem) for problem in refused.problems] == [
        "line 6: comment: the answer has no field for it; name one, --map FIELD=comment, or leave it out, "
        "--leave-out comment"
    ]
    options = ImportOptions(leave_out=frozenset({"comment"}))
    report = workspace.label.files.import_pairs(path, Format.LABEL_STUDIO, sheet.id, options=options)
    assert (report.created, report.skipped, report.problems) == (3, 3, [])
    pairs = pairs_of(workspace, sheet)
    assert [pair.answer for pair in pairs] == [MINOR, NONE, NONE, None, None, None]
    reasons = [workspace.label.queue.history(pair.id)[-1].reason for pair in pairs[:3]]
    assert reasons == [f"Label Studio, completed by {who}" for who in ("3", "eve@x.org", "3, 4")]
    assert [workspace.label.queue.history(pair.id)[-1].action for pair in pairs[:2]] == ["approve", "edit"]


def test_annotations_become_canonical_labels_of_a_sheet(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    entries = [{"id": 1, "serial": 7, "severity": "major", "depth": [{"number": 2}], "annotator": 1}, {"serial": 8}]
    path = tmp_path / "min.jsonl"
    path.write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    options = ImportOptions({"item_ref": "serial"})
    report = workspace.label.files.import_labels(path, Format.LABEL_STUDIO, sheet.sheet_id, options=options)
    assert (report.created, report.skipped, report.problems) == (1, 1, [])
    with workspace.store.read() as connection:
        (label,) = rows.find(connection, CanonicalLabel)
    assert (label.item_ref, label.label_data) == ("7", {"severity": "major", "depth": 2})
    with pytest.raises(InvalidInputError, match="no field 'weight'"):
        workspace.label.files.import_labels(
            path, Format.LABEL_STUDIO, sheet.sheet_id, options=ImportOptions({"weight": "class"})
        )


@pytest.mark.parametrize(
    ("task", "needle"),
    [
        (7, "not a JSON object"),
        ({"data": {}}, "item is not named"),
        (a_task("item-1", chosen("major"), chosen("minor")), "annotations differ"),
        (a_task("item-1", chosen("purple")), "does not fit"),
        (a_task("item-1", {"result": chosen("minor")["result"] * 2}), "answered twice"),
        (a_task("item-1", {"result": "x"}), "a list is expected"),
        ({"data": {"item_ref": "item-1"}, "annotations": 3}, "a list of objects"),
        (a_task("item-1", {"result": [region("severity", "choices", choices=["none", "minor"])]}), "does not fit"),
        (a_task("item-9", chosen("minor")), "not a pair"),
    ],
)
def test_what_cannot_be_taken_is_told_with_the_number_of_the_entry(
    workspace: Workspace, tmp_path: Path, task: Any, needle: str
) -> None:
    sheet = unlabeled_sheet(workspace.store, 2)
    path = write(tmp_path / "ls.json", [a_task("item-2", chosen("minor")), task])
    report = workspace.label.files.import_pairs(path, Format.LABEL_STUDIO, sheet.id)
    assert [problem.line for problem in report.problems] == [2]
    assert needle in report.problems[0].reason
    assert {pair.status for pair in pairs_of(workspace, sheet)} == {PairStatus.UNLABELED}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "annotations", "result", "value", "from_name", "item_ref", "severity", "meta"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.lists(anything, max_size=4))
def test_the_reader_never_fails_on_any_value(values: list[Any]) -> None:
    report = ImportReport(Path("x"))
    said = read(SEVERITY_SCHEMA, enumerate(values, 1), report)
    assert len(said) + report.skipped + report.problem_count == len(values)
