"""CSV and Parquet: what stands in them, and what they make of labels and decisions when they come back."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.severity import MAJOR, MINOR, NONE, SEVERITY_SCHEMA, sheet_record, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.file_formats import Format
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Event, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.template import LabelClass, Labelset
from ontos_tui.domain.rules.states import PairStatus, TemplateStatus
from ontos_tui.services.interchange.reading import csv_rows, json_entries
from ontos_tui.services.interchange.service import ExportOptions, ImportOptions, ImportReport
from ontos_tui.services.interchange.tabular import TableReader
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

HOSTILE = {"a, b": '=1+1 "x"\r\n', "ctrl": "\x1b]52;c;x\x07", "nul": "a\0b", "lone": "\ud800", "deep": {"k": [1, None]}}


def all_of(workspace: Workspace, record: Any) -> list[Any]:
    with workspace.store.read() as connection:
        return rows.find(connection, record)


def pairs_of(workspace: Workspace, sheet: TrainingSheet) -> list[QAPair]:
    with workspace.store.read() as connection:
        return rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), order_by=("sequence_number",))


def approve_all(workspace: Workspace, sheet: TrainingSheet) -> None:
    workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE) for pair in pairs_of(workspace, sheet)])


def change(workspace: Workspace, pair: QAPair, **columns: Any) -> None:
    with workspace.store.write() as connection:
        rows.change(connection, pair, **columns)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Out


def test_a_row_has_the_item_its_fields_the_answer_and_what_was_decided(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 3)
    first, second, _ = pairs_of(workspace, sheet)
    workspace.label.queue.decide([Decision(first.id, Verdict.EDIT, MAJOR, notes="deep")])
    workspace.label.queue.decide([Decision(second.id, Verdict.REJECT, reason="blurred")])
    change(workspace, pairs_of(workspace, sheet)[2], source_data={"note": None, "extra": True})
    report = workspace.label.files.export(
        sheet.id, tmp_path / "o.csv", Format.CSV, options=ExportOptions(all_statuses=True), split=None
    )
    assert (report.written, report.held_back) == (3, {})
    one, two, three = read_csv(tmp_path / "o.csv")
    assert list(one) == [
        *("item_ref", "field_torque", "field_note", "field_extra", "answer_severity", "answer_depth", "status"),
        *("reviewed_by", "reviewed_at", "allowed_uses", "prohibited_uses", "data_classification", "reject_reason"),
        "notes",
    ]
    assert (one["field_torque"], one["answer_severity"], one["answer_depth"]) == ("41", "major", "1.5")
    assert (one["status"], one["reviewed_by"], one["notes"]) == ("labeled", "ana", "deep")
    assert one["allowed_uses"] == "training,validation,evaluation,testing,few_shot"
    assert (two["status"], two["reject_reason"], two["answer_severity"]) == ("rejected", "blurred", "")
    assert (three["field_extra"], three["field_torque"], three["status"]) == ("true", "", "unlabeled")


def test_hostile_data_stays_what_it_is_in_csv(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 2)
    change(workspace, pairs_of(workspace, sheet)[0], source_data=HOSTILE)
    approve_all(workspace, sheet)
    workspace.label.files.export(sheet.id, tmp_path / "o.csv", Format.CSV)
    row = read_csv(tmp_path / "o.csv")[0]
    assert row["field_a, b"] == f"'{HOSTILE['a, b']}"
    assert row["field_ctrl"] == HOSTILE["ctrl"]
    assert row["field_nul"] == "a\0b"
    assert row["field_lone"] == "\\ud800"  # what UTF-8 cannot hold is spelled out
    assert json.loads(row["field_deep"]) == HOSTILE["deep"]


def test_formulas_are_disarmed_unless_raw_texts_are_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    change(workspace, pairs_of(workspace, sheet)[0], source_data={"=cmd": "=1+1", "minus": -5, "text": "-5", "ok": "a"})
    approve_all(workspace, sheet)
    workspace.label.files.export(sheet.id, tmp_path / "safe.csv", Format.CSV)
    workspace.label.files.export(sheet.id, tmp_path / "true.csv", Format.CSV, raw=True)
    (safe,), (true,) = read_csv(tmp_path / "safe.csv"), read_csv(tmp_path / "true.csv")
    assert (safe["field_=cmd"], safe["field_text"]) == ("'=1+1", "'-5")
    assert (safe["field_minus"], safe["field_ok"]) == ("-5", "a")
    assert (true["field_=cmd"], true["field_text"]) == ("=1+1", "-5")


def test_parquet_keeps_the_kinds_of_values(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 3)
    pairs = pairs_of(workspace, sheet)
    fields = {"n": 1, "x": 0.1, "day": "2024-01-31", "flag": True, "nothing": None, **HOSTILE}
    change(workspace, pairs[0], source_data=fields)
    change(workspace, pairs[1], source_data={**fields, "x": float("nan"), "n": 2**40})
    approve_all(workspace, sheet)
    workspace.label.files.export(sheet.id, tmp_path / "o.parquet", Format.PARQUET)
    relation = duckdb.connect().execute(f"SELECT * FROM '{tmp_path / 'o.parquet'}'")
    names = [column[0] for column in relation.description]
    one, two, three = (dict(zip(names, row, strict=True)) for row in relation.fetchall())
    assert (one["item_ref"], one["field_n"], one["field_x"], one["field_flag"]) == ("item-1", 1, 0.1, True)
    assert (one["field_day"], one["field_nothing"]) == ("2024-01-31", None)
    assert (one["answer_severity"], one["answer_depth"], one["status"]) == ("minor", None, "labeled")
    assert (one["field_ctrl"], one["field_nul"], one["field_lone"]) == (HOSTILE["ctrl"], "a\0b", "\\ud800")
    assert json.loads(one["field_deep"]) == HOSTILE["deep"]
    assert (two["field_x"], two["field_n"]) == (None, 2**40)
    assert three["field_torque"] == 43


@pytest.mark.parametrize("format", [Format.CSV, Format.PARQUET])
def test_an_empty_selection_is_a_table_without_rows(workspace: Workspace, tmp_path: Path, format: Format) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    path = tmp_path / f"o.{format}"
    assert workspace.label.files.export(sheet.id, path, format).written == 0
    assert len(duckdb.connect().execute(f"SELECT item_ref, answer_depth FROM '{path}'").fetchall()) == 0


# Labels in


def test_a_table_becomes_canonical_labels_and_the_same_table_changes_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    path = write(
        tmp_path / "l.csv", "serial;class;depth;remark;confidence", "a;Major;1,5;x;low", "b;none;;;", "c;;;;", ";;;;"
    )
    mapping = {"item_ref": "serial", "severity": "class", "notes": "remark"}
    refused = workspace.label.files.import_labels(path, Format.CSV, sheet.sheet_id, options=ImportOptions(mapping))
    assert [str(problem) for problem in refused.problems] == [
        "line 2: the label does not fit: depth: '1,5' is not of type 'number'"
    ]
    assert all_of(workspace, CanonicalLabel) == []

    path.write_text(path.read_text().replace("1,5", "1.5"))
    dry = workspace.label.files.import_labels(
        path, Format.CSV, sheet.sheet_id, options=ImportOptions(mapping), dry_run=True
    )
    assert (dry.created, dry.skipped, all_of(workspace, CanonicalLabel)) == (2, 1, [])
    report = workspace.label.files.import_labels(path, Format.CSV, sheet.sheet_id, options=ImportOptions(mapping))
    assert (report.created, report.updated, report.unchanged, report.skipped) == (2, 0, 0, 1)
    labels = {label.item_ref: label for label in all_of(workspace, CanonicalLabel)}
    assert labels["a"].label_data == {"severity": "major", "depth": 1.5}
    assert (labels["a"].confidence, labels["a"].notes, labels["b"].confidence) == ("low", "x", "high")
    assert {(label.source, label.created_by, label.version) for label in labels.values()} == {("import", "ana", 1)}
    events = [event for event in all_of(workspace, Event) if event.entity_type == CanonicalLabel.TABLE]
    assert {event.entity_id: event.after for event in events} == {
        label.id: label.model_dump(mode="json") for label in labels.values()
    }
    assert {(event.action, event.scope_id, event.reason) for event in events} == {
        ("create", sheet.sheet_id, "imported from l.csv")
    }

    again = workspace.label.files.import_labels(path, Format.CSV, sheet.sheet_id, options=ImportOptions(mapping))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert len(all_of(workspace, Event)) == len(events) + 1  # and that of the training sheet


def test_a_label_that_says_something_else_is_archived_and_gets_a_version(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 2)
    approve_all(workspace, sheet)
    before = {label.item_ref: label for label in all_of(workspace, CanonicalLabel)}
    path = write(tmp_path / "l.csv", "item_ref,severity", "item-1,major", "item-2,minor", "item-3,none")
    report = workspace.label.files.import_labels(path, Format.CSV, sheet.sheet_id)
    assert (report.created, report.updated, report.unchanged) == (1, 1, 1)
    after = {label.item_ref: label for label in all_of(workspace, CanonicalLabel)}
    assert (after["item-1"].label_data, after["item-1"].version) == ({"severity": "major"}, 2)
    assert (after["item-1"].source, after["item-1"].updated_by) == ("import", "ana")
    assert after["item-2"] == before["item-2"]
    (version,) = all_of(workspace, CanonicalLabelVersion)
    assert (version.canonical_label_id, version.label_data, version.version) == (before["item-1"].id, MINOR, 1)
    (event,) = [event for event in all_of(workspace, Event) if event.action == "change"]
    assert [pair.answer for pair in pairs_of(workspace, sheet)] == [{"severity": "major"}, MINOR]
    assert event.before is not None
    assert event.after is not None
    assert (event.before["label_data"], event.after["label_data"]) == (MINOR, {"severity": "major"})
    assert (event.before["source"], event.after["source"]) == ("review", "import")
    assert (event.before["training_sheet_id"], event.after["training_sheet_id"]) == (sheet.id, None)
    with pytest.raises(ConflictError, match="item-1 was changed by ana"):
        workspace.label.queue.undo(sheet.id)  # the pair moved with its label, and the decision is no longer there


def test_what_is_wrong_is_named_line_by_line_and_nothing_is_done(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    path = tmp_path / "l.csv"
    path.write_bytes(
        b"item_ref,severity,confidence,status\n"
        b"a,major,high,labeled\n"
        b"b,purple,,\n"
        b'"c\n2",minor,certain,\n'
        b"d,minor\n"
        b",minor,,\n"
        b"a,minor,,\n"
        b"a,major,,\n"
        b"e,minor,,done\n"
        b"\xff,minor,,\n"
        b'f,"minor" x,,\n'
        b"g,minor,,\n"
    )
    report = workspace.label.files.import_labels(path, Format.CSV, sheet.sheet_id)
    message = {problem.line: problem.reason for problem in report.problems}
    assert sorted(message) == [3, 4, 6, 7, 8, 10, 11, 12]
    for line, needle in ((3, "purple"), (4, "certain"), (6, "4 columns"), (7, "item is not named"), (8, "line 2")):
        assert needle in message[line]
    for line, needle in ((10, "not a status"), (11, "UTF-8"), (12, "not valid CSV")):
        assert needle in message[line]
    assert (report.created, all_of(workspace, CanonicalLabel)) == (0, [])


def test_the_schema_is_the_newest_published_labelsets(workspace: Workspace, tmp_path: Path) -> None:
    sheet = sheet_record(workspace.store)
    path = write(tmp_path / "l.csv", "item_ref,grade", "1,A")
    with pytest.raises(InvalidInputError, match="no training sheet"):
        workspace.label.files.import_labels(path, Format.CSV, sheet.id)
    with pytest.raises(NotFoundError, match="grade"):
        workspace.label.files.import_labels(path, Format.CSV, sheet.id, label_type="grade")
    labelset = Labelset(name="grades", label_type="grade", field="grade", classes=[LabelClass(name="A")])
    with workspace.store.write() as connection:
        rows.add(connection, labelset.model_copy(update={"status": TemplateStatus.PUBLISHED}))
    assert workspace.label.files.import_labels(path, Format.CSV, sheet.id, label_type="grade").created == 1


def test_a_column_that_is_needed_or_named_must_be_there(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)

    def failing(header: str, match: str, **mapping: str) -> None:
        path = write(tmp_path / "l.csv", header, "x,y")
        with pytest.raises(InvalidInputError, match=match):
            workspace.label.files.import_labels(path, Format.CSV, sheet.sheet_id, options=ImportOptions(mapping))

    failing("item,severity", "names the item")
    failing("item_ref,other", "holds an answer")
    failing("item_ref,severity", "No column 'gone'", depth="gone")
    failing("item_ref,severity", "mapped to 'weight'", weight="severity")
    failing("a,a", "the name 'a'")


# Decisions in


def test_a_table_decides_about_pairs_as_one_batch(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 5)
    path = write(
        tmp_path / "d.csv",
        "item_ref,severity,status,reject_reason,notes",
        "item-1,minor,,,",
        "item-2,none,labeled,,seen",
        "item-3,,rejected,blurred,",
        "item-4,,flagged,,",
        "item-5,,unlabeled,,",
    )
    dry = workspace.label.files.import_pairs(path, Format.CSV, sheet.id, dry_run=True)
    assert (dry.created, dry.skipped) == (4, 1)
    assert {pair.status for pair in pairs_of(workspace, sheet)} == {PairStatus.UNLABELED}
    report = workspace.label.files.import_pairs(path, Format.CSV, sheet.id)
    assert (report.created, report.updated, report.unchanged) == (4, 0, 0)
    one, two, three, four, five = pairs_of(workspace, sheet)
    assert (one.answer, two.answer, two.notes) == (MINOR, NONE, "seen")
    assert (three.status, three.reject_reason) == (PairStatus.REJECTED, "blurred")
    assert (four.status, five.status) == (PairStatus.FLAGGED, PairStatus.UNLABELED)
    again = workspace.label.files.import_pairs(path, Format.CSV, sheet.id)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 4)
    undone = workspace.label.queue.undo(sheet.id)
    assert undone is not None
    assert len(undone.pairs) == 4
    unknown = write(tmp_path / "u.csv", "item_ref,severity", "item-1,major", "item-77,major")
    refused = workspace.label.files.import_pairs(unknown, Format.CSV, sheet.id)
    assert [str(problem) for problem in refused.problems] == ["line 3: 'item-77' is not a pair of this training sheet"]
    assert pairs_of(workspace, sheet)[0].status is PairStatus.UNLABELED


def test_very_many_decisions_are_several_batches_and_a_refused_one_can_be_gone_on_with(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ontos_tui.services.interchange.incoming import decisions as decisions_in
    from ontos_tui.services.label.service import LabelService

    sheet = unlabeled_sheet(workspace.store, 5)
    path = write(tmp_path / "d.csv", "item_ref,severity", *(f"item-{number},none" for number in range(1, 6)))
    monkeypatch.setattr(decisions_in, "AT_ONCE", 2)
    real, calls = LabelService.decide, []

    def interrupted(service: LabelService, decisions: Any) -> Any:
        calls.append(len(decisions))
        if len(calls) == 2:  # somebody else is faster
            pair = pairs_of(workspace, sheet)[3]
            real(LabelService(workspace.store, "bo"), [Decision(pair.id, Verdict.REJECT)])
        return real(service, decisions)

    monkeypatch.setattr(LabelService, "decide", interrupted)
    with pytest.raises(ConflictError, match=r"decided by bo.*The 2 decisions before it are saved"):
        workspace.label.files.import_pairs(path, Format.CSV, sheet.id)
    assert [pair.status for pair in pairs_of(workspace, sheet)][:2] == [PairStatus.LABELED] * 2
    report = workspace.label.files.import_pairs(path, Format.CSV, sheet.id)
    assert (report.created, report.updated, report.unchanged) == (2, 1, 2)
    assert calls == [2, 2, 2, 1]
    assert report.notes
    assert {pair.status for pair in pairs_of(workspace, sheet)} == {PairStatus.LABELED}


@pytest.mark.parametrize("format", [Format.CSV, Format.PARQUET])
def test_what_went_out_comes_back_into_another_training_sheet(
    workspace: Workspace, tmp_path: Path, format: Format
) -> None:
    one, two = unlabeled_sheet(workspace.store, 4), unlabeled_sheet(workspace.store, 4)
    pairs = pairs_of(workspace, one)
    workspace.label.queue.decide(
        [
            Decision(pairs[0].id, Verdict.EDIT, MAJOR, notes="n"),
            Decision(pairs[1].id, Verdict.APPROVE),
            Decision(pairs[2].id, Verdict.REJECT, reason="r"),
        ]
    )
    path = tmp_path / f"o.{format}"
    workspace.label.files.export(one.id, path, format, options=ExportOptions(all_statuses=True))
    report = workspace.label.files.import_pairs(path, format, two.id)
    assert (report.created, report.skipped, report.problems) == (3, 1, [])
    for was, now in zip(pairs_of(workspace, one), pairs_of(workspace, two), strict=True):
        for name in ("item_ref", "answer", "status", "notes", "reject_reason"):
            assert getattr(was, name) == getattr(now, name)


def test_parquet_of_other_tools_is_taken(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    path = tmp_path / "it's.parquet"
    quoted = str(path).replace("'", "''")
    values = "(7, 'minor', 1.50::DECIMAL(6,2)), (8, 'none', NULL)"
    duckdb.connect().execute(f"COPY (SELECT * FROM (VALUES {values}) t(id, severity, depth)) TO '{quoted}'")
    report = workspace.label.files.import_labels(
        path, Format.PARQUET, sheet.sheet_id, options=ImportOptions({"item_ref": "id"})
    )
    assert (report.created, report.problems) == (2, [])
    labels = {label.item_ref: label.label_data for label in all_of(workspace, CanonicalLabel)}
    assert labels == {"7": {"severity": "minor", "depth": 1.5}, "8": {"severity": "none"}}
    broken = write(tmp_path / "no.parquet", "not parquet")
    with pytest.raises(InvalidInputError):
        workspace.label.files.import_labels(broken, Format.PARQUET, sheet.sheet_id)


# Readers


@given(st.text(max_size=60) | st.lists(st.lists(st.text(max_size=4), max_size=3), max_size=5))
def test_any_csv_is_read_or_refused_with_a_line(text: Any) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        if isinstance(text, list):
            with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
                csv.writer(file).writerows([["item_ref", "severity"], *text])
        else:
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        report = ImportReport(path)
        try:
            columns, entries = csv_rows(path, report)
            reader = TableReader(SEVERITY_SCHEMA, columns, {})
        except InvalidInputError:
            return
        lines = len(path.read_bytes().splitlines()) + 1
        for one in reader.read(entries, report):
            assert 1 < one.line <= lines
            assert one.item_ref


objects = st.dictionaries(st.text(max_size=3), st.integers() | st.text() | st.lists(st.none() | st.floats(0, 1)))


@given(st.lists(objects, max_size=8))
def test_a_list_is_read_entry_by_entry_whatever_the_size_of_the_pieces(values: list[Any]) -> None:
    import tempfile

    from ontos_tui.services.interchange import reading

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "PIECE", 3)
        path = Path(folder) / "x.json"
        path.write_text(json.dumps(values, indent=1), encoding="utf-8")
        report = ImportReport(path)
        assert [value for _, value in json_entries(path, report)] == values
        assert not report.problems
        path.write_text(json.dumps(values)[:-1], encoding="utf-8")
        assert [value for _, value in json_entries(path, report)] == values
        assert report.problem_count == 1
