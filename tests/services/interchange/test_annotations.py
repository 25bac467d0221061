"""Files of annotation tools: recognized by their content, taken whole, or refused with the line and the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from builders.notes import NAMES, SEVERITY, answers_of, note_sheet, schema_of
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.file_formats import Format, Offsets
from ontos_tui.domain.records.reading import UndecidedError
from ontos_tui.services.interchange.service import ImportOptions, ImportReport
from ontos_tui.workspace import Workspace

PLAIN = "plain text with Acme in Paris"
EMOJI = "\U0001f600 Acme in Zürich"
ACME = [{"start": 16, "end": 20, "label": "company"}]
BOTH = [*ACME, {"start": 24, "end": 29, "label": "place"}]


def import_into(
    workspace: Workspace, tmp_path: Path, schema: dict[str, Any], lines: Any, *notes: str, **options: Any
) -> tuple[ImportReport, list[Any]]:
    """The report and the answers after importing these lines about these notes."""
    sheet = note_sheet(workspace, schema, *(notes or (PLAIN,)))
    path = tmp_path / "in.data"
    text = lines if isinstance(lines, str) else "\n".join(json.dumps(line) for line in lines)
    path.write_text(text, encoding="utf-8")
    report = workspace.label.files.import_pairs(path, None, sheet.id, options=ImportOptions(**options))
    return report, answers_of(workspace, sheet)


def region(kind: str, name: str = "label", **value: Any) -> dict[str, Any]:
    return {"id": "x", "from_name": name, "to_name": "text", "type": kind, "value": value}


def task(*result: dict[str, Any]) -> dict[str, Any]:
    data = {"item_ref": "item-1", "note": PLAIN}
    return {"id": 1, "data": data, "annotations": [{"was_cancelled": False, "result": list(result)}]}


LABEL_STUDIO_SPAN = region("labels", start=16, end=20, text="Acme", labels=["company"])
ARGILLA_SPAN = {"start": 16, "end": 20, "label": "company"}
IOB2 = "plain O\ntext O\nwith O\nAcme B-company\nin O\nParis B-place\n"
SPANS_OF_TOOLS: dict[str, tuple[Format, Any, list[Any]]] = {
    "doccano, old": (Format.DOCCANO, [{"text": PLAIN, "label": [[16, 20, "company"]], "item_ref": "item-1"}], ACME),
    "doccano, labels": (Format.DOCCANO, [{"text": PLAIN, "labels": [[16, 20, "company"]]}], ACME),
    "doccano, new": (
        Format.DOCCANO,
        [{"text": PLAIN, "entities": [{"id": 1, "label": "company", "start_offset": 16, "end_offset": 20}]}],
        ACME,
    ),
    "prodigy": (
        Format.PRODIGY,
        [{"text": PLAIN, "spans": ACME, "_input_hash": 1, "answer": "accept", "tokens": []}],
        ACME,
    ),
    "spacy": (Format.SPACY, [{"text": PLAIN, "ents": ACME, "tokens": []}], ACME),
    "spacy 2": (Format.SPACY, [[PLAIN, {"entities": [[16, 20, "company"], [24, 29, "place"]]}]], BOTH),
    "argilla": (
        Format.ARGILLA,
        [{"id": "9", "fields": {"note": PLAIN}, "responses": {"names": [{"value": [ARGILLA_SPAN]}]}}],
        ACME,
    ),
    "argilla, older": (
        Format.ARGILLA,
        [{"text": PLAIN, "annotation": [["company", 16, 20]], "status": "Validated", "prediction": None}],
        ACME,
    ),
    "label studio": (Format.LABEL_STUDIO, [task(LABEL_STUDIO_SPAN)], ACME),
    "label studio, min": (
        Format.LABEL_STUDIO,
        [{"item_ref": "item-1", "label": [{"start": 16, "end": 20, "labels": ["company"]}], "annotator": 1}],
        ACME,
    ),
    "conll, IOB2": (Format.CONLL, "-DOCSTART- O\n\n" + IOB2, BOTH),
    "conll, IOB1": (Format.CONLL, IOB2.replace("B-", "I-"), BOTH),
    "conll, BIOES and four columns": (
        Format.CONLL,
        IOB2.replace("B-", "S-").replace(" ", "\tNN\t_\t"),
        BOTH,
    ),
}


@pytest.mark.parametrize("name", SPANS_OF_TOOLS)
def test_spans_of_other_tools_are_taken(workspace: Workspace, tmp_path: Path, name: str) -> None:
    format, lines, spans = SPANS_OF_TOOLS[name]
    report, answers = import_into(workspace, tmp_path, NAMES, lines)
    assert (report.problems, report.format, report.created) == ([], format, 1)
    assert answers == [{"names": spans}]


CLASSES_OF_TOOLS: dict[str, tuple[Format, Any]] = {
    "doccano": (Format.DOCCANO, {"text": PLAIN, "label": ["major"]}),
    "prodigy, one label": (Format.PRODIGY, {"text": PLAIN, "label": "major", "answer": "accept", "_task_hash": 1}),
    "prodigy, options": (
        Format.PRODIGY,
        {"text": PLAIN, "options": [{"id": "major"}, {"id": "minor"}], "accept": ["major"], "answer": "accept"},
    ),
    "spacy": (Format.SPACY, {"text": PLAIN, "cats": {"major": 1.0, "minor": 0.0}}),
    "argilla": (Format.ARGILLA, {"fields": {"text": PLAIN}, "responses": {"severity": [{"value": "major"}]}}),
    "argilla, flat": (
        Format.ARGILLA,
        {"text": PLAIN, "severity.responses": ["major"], "severity.responses.status": ["submitted"]},
    ),
    "argilla, feedback": (
        Format.ARGILLA,
        {
            "fields": {"text": PLAIN},
            "responses": [
                {"status": "submitted", "values": {"severity": {"value": "major"}}},
                {"status": "discarded", "values": {"severity": {"value": "none"}}},
            ],
        },
    ),
    "argilla, older": (Format.ARGILLA, {"inputs": {"text": PLAIN}, "annotation": "major", "status": "Validated"}),
    "label studio, a control of another name": (
        Format.LABEL_STUDIO,
        task(region("choices", "sentiment", choices=["major"])),
    ),
}


@pytest.mark.parametrize("name", CLASSES_OF_TOOLS)
def test_classes_of_other_tools_are_taken(workspace: Workspace, tmp_path: Path, name: str) -> None:
    format, line = CLASSES_OF_TOOLS[name]
    report, answers = import_into(workspace, tmp_path, SEVERITY, [line])
    assert (report.problems, report.format) == ([], format)
    assert answers == [{"severity": "major"}]


REFUSED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "no labels known": (SEVERITY, {"text": PLAIN, "meta": {}, "answer": "accept"}, "it has no labels"),
    "unknown class": (SEVERITY, {"text": PLAIN, "label": ["purple"]}, "'purple' is not one of none, minor, major"),
    "unknown label": (NAMES, {"text": PLAIN, "label": [[16, 20, "org"]]}, "'org' is not one of company, place"),
    "two classes": (SEVERITY, {"text": PLAIN, "label": ["major", "minor"]}, "2 values (major, minor)"),
    "outside of the text": (
        NAMES,
        {"text": PLAIN, "label": [[516, 520, "company"]]},
        "516–520 is not inside the text, 0–29",
    ),
    "another text": (NAMES, {"text": "else", "label": [[0, 4, "company"]]}, "no item has its text"),
    "not the text there": (
        NAMES,
        {"text": PLAIN, "spans": [{**ACME[0], "text": "Acne"}], "answer": "accept"},
        "'Acne' is not the text at 16–20, 'Acme'",
    ),
    "no place for spans": (SEVERITY, {"text": PLAIN, "label": [[16, 20, "major"]]}, "the answer has no field for it"),
    "relations": (
        NAMES,
        {"text": PLAIN, "entities": [], "relations": [{"from_id": 1}], "labels": []},
        "--leave-out relations",
    ),
    "label studio's boxes": (NAMES, task(region("rectanglelabels", "bbox", x=1)), "'bbox' of type 'rectanglelabels'"),
    "label studio's relation": (NAMES, task({"type": "relation", "from_id": "a"}), "of type 'relation'"),
    "label studio, outside": (
        NAMES,
        task(region("textarea", "names", text=['[{"start":516,"end":520,"label":"company"}]'])),
        "516–520 is not inside the text, 0–29",
    ),
    "argilla's responses differ": (
        SEVERITY,
        {"fields": {"text": PLAIN}, "responses": {"severity": [{"value": "major"}, {"value": "none"}]}},
        "its responses differ",
    ),
    "argilla's ranking": (
        SEVERITY,
        {"fields": {"text": PLAIN}, "responses": {"order": [{"value": [{"value": "a", "rank": 1}]}]}},
        "rankings are not supported",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_refused_with_the_line(workspace: Workspace, tmp_path: Path, name: str) -> None:
    schema, line, reason = REFUSED[name]
    report, answers = import_into(workspace, tmp_path, schema, [line])
    assert [problem.line for problem in report.problems] == [1]
    assert reason in report.problems[0].reason
    assert answers == [None]


def test_a_text_of_two_items_or_without_labels_decides_nothing(workspace: Workspace, tmp_path: Path) -> None:
    lines = [{"text": PLAIN, "label": ["major"]}, {"text": "other", "label": []}]
    report, answers = import_into(workspace, tmp_path, SEVERITY, lines, PLAIN, PLAIN, "other")
    assert [str(one) for one in report.problems] == [
        "line 1: it does not name its item (item_ref), and 2 items have its text: item-1, item-2"
    ]
    assert (report.skipped, answers) == (1, [None] * 3)


def test_two_fields_that_could_be_meant_are_told_apart_by_the_mapping(workspace: Workspace, tmp_path: Path) -> None:
    schema = schema_of(severity={"enum": ["minor", "major"]}, side={"enum": ["left", "right"]})
    line = {"text": PLAIN, "label": ["left"]}
    report, _ = import_into(workspace, tmp_path, schema, [line])
    assert "it could be severity, side; say which: --map severity=label" in report.problems[0].reason
    report, answers = import_into(workspace, tmp_path, schema, [line], mapping={"side": "label"})
    assert (report.problems, answers) == ([], [{"side": "left"}])


def test_what_is_left_out_by_name_is_no_problem(workspace: Workspace, tmp_path: Path) -> None:
    line = task(LABEL_STUDIO_SPAN, region("rectanglelabels", "bbox", x=1), {"type": "relation"})
    leave_out = frozenset({"bbox", "relation"})
    report, answers = import_into(workspace, tmp_path, NAMES, [line], leave_out=leave_out)
    assert (report.problems, answers) == ([], [{"names": ACME}])


@pytest.mark.parametrize(("unit", "start"), [(Offsets.CHARACTERS, 2), (Offsets.UTF16, 3), (Offsets.BYTES, 5)])
def test_what_positions_count_is_seen_where_spans_show_their_texts(
    workspace: Workspace, tmp_path: Path, unit: Offsets, start: int
) -> None:
    span = {"start": start, "end": start + 4, "label": "company", "text": "Acme"}
    line = {"text": EMOJI, "spans": [span], "answer": "accept"}
    report, answers = import_into(workspace, tmp_path, NAMES, [line], EMOJI)
    assert answers == [{"names": [{"start": 2, "end": 6, "label": "company"}]}]
    assert any(unit in note for note in report.notes) is (unit is not Offsets.CHARACTERS)


def test_what_positions_count_is_asked_where_nothing_shows_it(workspace: Workspace, tmp_path: Path) -> None:
    line = {"text": EMOJI, "label": [[3, 7, "company"]]}
    with pytest.raises(UndecidedError) as caught:
        import_into(workspace, tmp_path, NAMES, [line], EMOJI)
    assert "--offsets" in caught.value.todo
    _, answers = import_into(workspace, tmp_path, NAMES, [line], EMOJI, offsets=Offsets.UTF16)
    assert answers == [{"names": [{"start": 2, "end": 6, "label": "company"}]}]


def test_sentences_and_documents_of_conll_find_their_items(workspace: Workspace, tmp_path: Path) -> None:
    first, second = "Acme moved .\n\nIt left Paris .", "Bonn stays ."
    text = (
        "-DOCSTART- O\n\nAcme B-company\nmoved O\n. O\n\nIt O\nleft O\nParis B-place\n. O\n\n"
        "-DOCSTART- O\n\nBonn B-place\nstays O\n. O\n"
    )
    report, answers = import_into(workspace, tmp_path, NAMES, text, first, second)
    assert (report.problems, report.created) == ([], 2)
    assert [[first[one["start"] : one["end"]] for one in answers[0]["names"]]] == [["Acme", "Paris"]]
    report, answers = import_into(
        workspace, tmp_path, NAMES, "# item_ref = item-2\n" + text.rsplit("\n\n", maxsplit=1)[-1], first, "x"
    )
    assert "its words are not the words of the item's text" in report.problems[0].reason
    report, _ = import_into(workspace, tmp_path, NAMES, "Acme B-company\nmoved now O\nx Y-z\n", first)
    assert [problem.line for problem in report.problems][:2] == [1, 2]


def hugging_face(path: Path, query: str, features: dict[str, Any]) -> None:
    value = json.dumps({"info": {"features": features}}).replace("'", "''")
    sql = f"COPY ({query}) TO '{path}' (FORMAT parquet, KV_METADATA {{huggingface: '{value}'}})"
    duckdb.connect().execute(sql)


def test_class_numbers_of_hugging_face_are_read_by_their_names(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    names = {"label": {"names": ["none", "minor", "major"], "_type": "ClassLabel"}}
    hugging_face(path, "SELECT * FROM (VALUES ('a', 2), ('b', 0), ('c', -1)) t(text, label)", names)
    sheet = note_sheet(workspace, SEVERITY, "a", "b", "c")
    report = workspace.label.files.import_pairs(path, None, sheet.id)
    assert (report.problems, report.skipped, report.format) == ([], 1, Format.PARQUET)
    assert answers_of(workspace, sheet) == [{"severity": "major"}, {"severity": "none"}, None]
    hugging_face(path, "SELECT 'a' AS text, 7 AS label", names)
    (problem,) = workspace.label.files.import_pairs(path, None, sheet.id).problems
    assert problem.reason == "label: 7 is not the number of a class, 0–2"
    tags = {"feature": {"names": ["O", "B-company", "I-company"], "_type": "ClassLabel"}, "_type": "Sequence"}
    hugging_face(path, "SELECT ['Acme', 'Inc', 'left'] AS tokens, [1, 2, 0] AS ner_tags", {"ner_tags": tags})
    sheet = note_sheet(workspace, NAMES, "Acme Inc left")
    assert workspace.label.files.import_pairs(path, None, sheet.id).problems == []
    assert answers_of(workspace, sheet) == [{"names": [{"start": 0, "end": 8, "label": "company"}]}]


def test_formats_that_are_not_read_are_refused_by_name(workspace: Workspace, tmp_path: Path) -> None:
    def refused(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInputError) as caught:
            workspace.label.files.recognized(tmp_path / name)
        return caught.value.what

    assert "DocBin" in refused("train.spacy", b"\x78\x9c\x00")
    assert "canonical labels" in refused("l.jsonl", b'{"item_ref": "1", "label_type": "a", "label_data": {}}\n')
    assert "unknown" in refused("x.bin", b"whatever\n")
