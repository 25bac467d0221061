"""Answers with spans through the services: checked against the item's text wherever they come from, and taken out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders.severity import unlabeled_sheet
from ontos_tui.domain.errors import InvalidInputError, NotReadyError, PlatformError
from ontos_tui.domain.file_formats import SUFFIXES, Format, format_of
from ontos_tui.domain.learning import LabeledExample, NoProgress, Question, TrainingSet
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.template import LabelClass
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.learning.nearest_examples import NearestExamples, most_alike
from ontos_tui.platforms.local.trainer import LocalTrainer
from ontos_tui.services.interchange.service import ExportOptions
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

NAMES: dict[str, Any] = {
    "type": "array",
    "x-ontos-text": "note",
    "items": {
        "type": "object",
        "properties": {
            "start": {"type": "integer"},
            "end": {"type": "integer"},
            "label": {"enum": ["org", "place"]},
            "text": {"type": "string"},
        },
        "required": ["start", "end", "label"],
        "additionalProperties": False,
    },
}
SCHEMA = {"type": "object", "properties": {"names": NAMES}, "required": ["names"], "additionalProperties": False}
TEXT = 'Acme "Söhne" 日本 \U0001f600, Bonn\n\x1b[31m'
ACME = {"start": 0, "end": 4, "label": "org", "text": "Acme"}
BONN = {"start": TEXT.index("Bonn"), "end": TEXT.index("Bonn") + 4, "label": "place", "text": "Bonn"}
BOTH = {"names": [ACME, BONN]}


def _sheet(workspace: Workspace, pairs: int = 3, text: str = TEXT) -> TrainingSheet:
    prompt = {"user_prompt": "{{ note }}", "label_type": "names"}
    sheet = unlabeled_sheet(workspace.store, pairs, **prompt)
    with workspace.store.write() as connection:
        snapshot = {**sheet.template_snapshot, "output_schema": SCHEMA}
        rows.change(connection, sheet, template_snapshot=snapshot)
        for pair in rows.find(connection, QAPair, equal(training_sheet_id=sheet.id)):
            rows.change(connection, pair, source_data={"note": text}, proposal=None)
    return workspace.label.queue.training_sheet(sheet.id)


def _ids(workspace: Workspace, sheet: TrainingSheet) -> list[str]:
    return [row.id for row in workspace.label.queue.open(sheet.id)]


def _answers(workspace: Workspace, sheet: TrainingSheet) -> list[Any]:
    return [pair.answer for pair in workspace.label.queue.pairs(_ids(workspace, sheet))]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([{**ACME, "end": 99}], "0–99 is not inside the text"),
        ([{**ACME, "text": "ACME"}], "is not the text at 0–4"),
        ([BONN, ACME], "not in the order"),
        ([ACME, {**ACME, "label": "place"}], "overlap"),
        ([{**ACME, "label": "person"}], "is not one of"),
    ],
)
def test_what_the_text_does_not_bear_out_is_not_decided(
    workspace: Workspace, names: list[dict[str, Any]], reason: str
) -> None:
    sheet = _sheet(workspace)
    pair_id = _ids(workspace, sheet)[0]
    with pytest.raises(InvalidInputError, match=reason):
        workspace.label.queue.decide([Decision(pair_id, Verdict.EDIT, {"names": names})])
    assert workspace.label.queue.pair(pair_id).status is PairStatus.UNLABELED


def test_the_list_shows_spans_as_their_labels_and_texts(workspace: Workspace) -> None:
    sheet = _sheet(workspace)
    first, second, _ = _ids(workspace, sheet)
    workspace.label.queue.decide([Decision(first, Verdict.EDIT, BOTH), Decision(second, Verdict.EDIT, {"names": []})])
    assert [row.summary for row in workspace.label.queue.open(sheet.id)] == [
        'org "Acme", place "Bonn"',
        "no spans",
        "",
    ]


@pytest.mark.parametrize("format", [Format.CSV, Format.PARQUET, Format.LABEL_STUDIO, Format.SPANS])
def test_spans_come_back_as_they_went_out(workspace: Workspace, tmp_path: Path, format: Format) -> None:
    one, two = _sheet(workspace), _sheet(workspace)
    first, second, third = _ids(workspace, one)
    workspace.label.queue.decide(
        [
            Decision(first, Verdict.EDIT, BOTH),
            Decision(second, Verdict.EDIT, {"names": [ACME]}),
            Decision(third, Verdict.EDIT, {"names": []}),
        ]
    )
    path = tmp_path / f"out{SUFFIXES[format]}"
    written = workspace.label.files.export(one.id, path, format)
    assert written.written == 3
    report = workspace.label.files.import_pairs(path, format, two.id)
    assert not report.problems
    assert _answers(workspace, two) == [BOTH, {"names": [ACME]}, {"names": []}]


def test_a_line_holds_the_text_its_spans_and_its_item(workspace: Workspace, tmp_path: Path) -> None:
    sheet = _sheet(workspace)
    workspace.label.queue.decide([Decision(_ids(workspace, sheet)[0], Verdict.EDIT, BOTH)])
    path = tmp_path / "o.spans.jsonl"
    assert format_of(path) is Format.SPANS
    report = workspace.label.files.export(sheet.id, path, Format.SPANS, options=ExportOptions(all_statuses=True))
    assert report.held_back == {"it has no answer": 2}
    (line,) = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    spans = [{key: one[key] for key in ("start", "end", "label")} for one in (ACME, BONN)]
    assert line.pop("meta").keys() == {"item_ref", "reviewed_at"}
    assert line == {"text": TEXT, "spans": spans}
    assert [TEXT[one["start"] : one["end"]] for one in spans] == ["Acme", "Bonn"]


def test_lines_of_other_tools_are_taken_or_refused_line_by_line(workspace: Workspace, tmp_path: Path) -> None:
    sheet = _sheet(workspace)
    token = {"start": 0, "end": 4, "label": "org", "token_start": 0}
    good = [
        {"text": TEXT, "spans": [token], "answer": "accept", "meta": {"item_ref": "item-1"}},
        {"text": TEXT, "item_ref": "item-2", "answer": "reject"},
        {"text": TEXT, "item_ref": "item-3", "answer": "ignore", "spans": [token]},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in good))
    report = workspace.label.files.import_pairs(path, Format.SPANS, sheet.id)
    assert (report.created, report.skipped, report.problems) == (2, 1, [])
    pairs = workspace.label.queue.pairs(_ids(workspace, sheet))
    assert [pair.status for pair in pairs] == [PairStatus.LABELED, PairStatus.REJECTED, PairStatus.UNLABELED]
    assert pairs[0].answer == {"names": [ACME]}
    bad: list[Any] = [
        {"text": "other text", "spans": [token], "item_ref": "item-1"},
        {"text": TEXT, "spans": [{**token, "end": 99}], "item_ref": "item-2"},
        {"text": TEXT, "spans": [{**token, "label": "person"}], "item_ref": "item-3"},
        {"text": TEXT, "spans": [token]},
        {"text": TEXT, "spans": "all", "item_ref": "item-1"},
        {"text": TEXT, "spans": [[0, 4, "org"]], "item_ref": "item-1"},
        ["text"],
        {"text": TEXT, "spans": [{**token, "start": "0"}], "item_ref": "item-2"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in bad))
    refused = workspace.label.files.import_pairs(path, Format.SPANS, sheet.id)
    reasons = {problem.line: problem.reason for problem in refused.problems}
    assert sorted(reasons) == list(range(1, 9))
    assert "not the text of the item" in reasons[1]
    assert "is not inside the text" in reasons[2]
    assert _answers(workspace, sheet) == [{"names": [ACME]}, None, None]


def test_spans_leave_only_where_the_answer_holds_some(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    path = tmp_path / "o.spans.jsonl"
    with pytest.raises(InvalidInputError, match="no fields with spans"):
        workspace.label.files.export(sheet.id, path, Format.SPANS)
    assert not list(tmp_path.glob("o.*"))
    path.write_text(json.dumps({"text": TEXT, "spans": [ACME], "item_ref": "item-1"}))
    (problem,) = workspace.label.files.import_pairs(path, Format.SPANS, sheet.id).problems
    assert "spans: the answer has no field for it" in problem.reason


EXAMPLES = [LabeledExample(f"e{n}", {"note": f"word{n} Acme"}, {"names": []}) for n in range(4)]


def test_engines_say_that_they_know_nothing_of_spans(tmp_path: Path) -> None:
    question = Question("q", {"note": "word1 Acme"}, ())
    with pytest.raises(PlatformError, match="cannot be copied from other examples"):
        NearestExamples().propose([question], SCHEMA, EXAMPLES, ["note"])
    assert most_alike(question, SCHEMA, EXAMPLES, ["note"], 1)[0][0].ref == "e1"
    fields = _fields()
    spans_only = TrainingSet(fields[1:], ("line",), _lines(60), (), "held out")
    with pytest.raises(NotReadyError, match="Spans are only learned"):
        LocalTrainer().train(spans_only, "extra_trees", tmp_path / "s", NoProgress())
    data = TrainingSet(fields, ("line",), _lines(60), _lines(12), "held out")
    trained = LocalTrainer().train(data, "extra_trees", tmp_path / "m", NoProgress())
    assert any(message.startswith("names: no training pair") for message in trained.warnings)
    assert [score.field for score in trained.evaluation.scores] == ["about"]


def _fields() -> tuple[Any, ...]:
    from ontos_tui.domain.schema import answer_fields

    return answer_fields({"type": "object", "properties": {"about": {"enum": ["a", "b"]}, "names": NAMES}})


def _lines(count: int) -> tuple[LabeledExample, ...]:
    return tuple(
        LabeledExample(f"l{n}", {"line": "xy"[n % 2]}, {"about": "ab"[n % 2], "names": [ACME]}) for n in range(count)
    )


def test_a_labelset_names_the_labels_of_spans(workspace: Workspace) -> None:
    sheet = unlabeled_sheet(workspace.store, 0)
    with workspace.store.write() as connection:
        from ontos_tui.domain.records.template import Template

        template = rows.get(connection, Template, sheet.template_id)
        rows.change(connection, template, output_schema=SCHEMA)
    created = workspace.label.labelsets.create_from_template(sheet.template_id)
    assert [(one.name, one.hotkey) for one in created.classes] == [("org", "1"), ("place", "2")]
    assert created.answer_schema() == SCHEMA
    more = workspace.label.labelsets.edit(created.id, classes=[*created.classes, LabelClass(name="year")])
    schema = more.answer_schema()
    assert schema["properties"]["names"]["items"]["properties"]["label"] == {"enum": ["org", "place", "year"]}
    assert schema["properties"]["names"]["x-ontos-text"] == "note"
