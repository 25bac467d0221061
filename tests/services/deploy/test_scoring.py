"""Scoring a table: the answers of `query`, whole files or none, and nothing lost or doubled by a stop in between."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders.defects import part
from builders.models import served_model
from builders.tables import parts_file
from ontos_tui.domain.answer_columns import AnswerColumns
from ontos_tui.domain.errors import ConflictError, InvalidInputError, JobCancelledError, NotFoundError
from ontos_tui.domain.learning import EndpointAnswer, Interval, Outside, Prediction
from ontos_tui.domain.records.data import Block, Column
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.services.deploy.scoring import service as scoring
from ontos_tui.services.deploy.scoring.layout import Layout, csv_text, json_lines
from ontos_tui.services.deploy.scoring.part_file import part_file
from ontos_tui.services.deploy.scoring.service import ScoringReport
from ontos_tui.workspace import Workspace
from tiers import deep


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    """A workspace whose endpoint `live` answers with the model `defects`."""
    served_model(home)
    with Workspace(home) as opened:
        yield opened


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    return parts_file(tmp_path / "parts.csv", range(200, 240))


def score(workspace: Workspace, source: object, out: object, **options: Any) -> ScoringReport:
    service = workspace.deploy.scoring
    return service.run(service.plan("defects", str(source), str(out), **options))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class StopAfter:
    """Progress that cancels when so many rows are done."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.seen: list[int] = []

    def update(self, done: int, total: int, message: str = "") -> None:
        self.seen.append(done)
        if done >= self.rows:
            raise JobCancelledError("Enough.")


def test_every_row_has_the_answer_of_a_query(workspace: Workspace, parts: Path, tmp_path: Path) -> None:
    report = score(workspace, parts, tmp_path / "out.jsonl")
    assert (report.rows, report.failed, report.resumed, report.model) == (40, 0, 0, "defects v1")
    lines = read_lines(tmp_path / "out.jsonl")
    rows = [{name: part(number)[name] for name in ("voltage", "line")} for number in range(200, 240)]
    records = workspace.deploy.endpoints.query("live", rows, origin=Origin.CLI)
    assert [line["item_ref"] for line in lines] == [str(number) for number in range(1, 41)]
    for line, record in zip(lines, records, strict=True):
        assert record.output is not None
        for name, value in record.output.items():
            assert line[name] == value
            said = record.certainty or record.confidence
            kind = "certainty" if record.certainty else "confidence"
            assert line[f"{name}_{kind}"] == said[name]
        assert line["error"] is None


def test_every_format_holds_the_same(workspace: Workspace, parts: Path, tmp_path: Path) -> None:
    for name in ("out.csv", "out.parquet", "out.jsonl", "out.xlsx"):
        score(workspace, parts, tmp_path / name, with_columns=True)
    lines = read_lines(tmp_path / "out.jsonl")
    assert list(lines[0])[:5] == ["item_ref", "part", "batch", "voltage", "line"]
    parquet = workspace.data.files.add_file(tmp_path / "out.parquet", "scored_parts").address
    page = workspace.data.catalog.preview(parquet, limit=100)
    assert [item.fields for item in page.items] == lines
    assert {column.name: column.type for column in page.columns}["severe"] == "BOOLEAN"
    workbook = workspace.data.files.add_file(tmp_path / "out.xlsx", "scored_book").address
    assert [item.fields for item in workspace.data.catalog.preview(workbook, limit=100).items] == [
        {name: int(value) if name == "item_ref" else value for name, value in line.items()} for line in lines
    ]
    as_text = [
        {name: {None: "", True: "true", False: "false"}.get(value, str(value)) for name, value in line.items()}
        for line in lines
    ]
    assert read_csv(tmp_path / "out.csv") == as_text


def test_a_row_that_does_not_fit_has_its_error_and_is_not_lost(workspace: Workspace, tmp_path: Path) -> None:
    parts = parts_file(tmp_path / "parts.csv", range(6))
    parts.write_text(parts.read_text().replace("," + str(part(2)["voltage"]) + ",", ",hot,"))
    report = score(workspace, parts, tmp_path / "out.csv")
    assert (report.rows, report.failed) == (6, 1)
    lines = read_csv(tmp_path / "out.csv")
    (record,) = workspace.deploy.endpoints.query("live", [{"voltage": "hot", "line": "south"}], origin=Origin.CLI)
    assert [bool(line["defect"]) for line in lines] == [True, True, False, True, True, True]
    assert lines[2]["error"] == record.error
    assert "holds 'hot'" in record.error


def test_columns_that_are_lacking_are_named_before_anything_is_written(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("volts,line\n1,north\n")
    with pytest.raises(InvalidInputError, match=r"lacks 1 of the 2 columns .* 'voltage'"):
        score(workspace, tmp_path / "other.csv", tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "other.csv"]


@pytest.mark.parametrize("out", ["out.csv", "out.parquet", "out.jsonl", "out.xlsx"])
def test_after_a_stop_the_same_goes_on_and_no_row_is_lost_or_doubled(
    workspace: Workspace, parts: Path, tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "BLOCK", 7)
    service = workspace.deploy.scoring
    with pytest.raises(JobCancelledError):
        service.run(service.plan("defects", str(parts), str(tmp_path / out)), StopAfter(14))
    assert not (tmp_path / out).exists()
    with (tmp_path / f".{out}.scoring" / "rows").open("ab") as file:
        file.write(b'15,"a block that was cut o')
    plan = service.plan("defects", str(parts), str(tmp_path / out))
    assert plan.finished == 14
    progress = StopAfter(1_000)
    report = service.run(plan, progress)
    assert (report.rows, report.resumed, progress.seen[0]) == (40, 14, 14)
    score(workspace, parts, tmp_path / f"whole-{out}")
    if out in ("out.csv", "out.jsonl"):
        assert (tmp_path / out).read_bytes() == (tmp_path / f"whole-{out}").read_bytes()
    address = workspace.data.files.add_file(tmp_path / out, "scored_parts").address
    items = workspace.data.catalog.preview(address, limit=100).items
    assert [str(item.fields["item_ref"]) for item in items] == [str(number) for number in range(1, 41)]
    assert not (tmp_path / f".{out}.scoring").exists()


def test_another_source_begins_anew(
    workspace: Workspace, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "BLOCK", 7)
    service, out = workspace.deploy.scoring, tmp_path / "out.jsonl"
    with pytest.raises(JobCancelledError):
        service.run(service.plan("defects", str(parts), str(out)), StopAfter(14))
    parts_file(parts, range(300, 330))
    report = score(workspace, parts, out)
    assert (report.rows, report.resumed) == (30, 0)
    assert len(read_lines(out)) == 30


def test_two_do_not_write_one_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with part_file(target, "key"), pytest.raises(ConflictError, match="another process"), part_file(target, "key"):
        pass


def test_the_source_cannot_be_the_target(workspace: Workspace, parts: Path) -> None:
    before = parts.read_bytes()
    with pytest.raises(InvalidInputError, match="replace the rows"):
        score(workspace, parts, parts)
    assert parts.read_bytes() == before


@pytest.mark.parametrize("out", ["out.txt", "a/b", "team.plant.answers", "a.b"])
def test_what_answers_cannot_be_written_to_is_refused(workspace: Workspace, parts: Path, out: str) -> None:
    with pytest.raises(InvalidInputError, match="neither a file nor a table"):
        score(workspace, parts, out)


def test_a_sheet_is_scored_into_a_table_under_its_items_names(workspace: Workspace, tmp_path: Path) -> None:
    workspace.data.files.add_file(parts_file(tmp_path / "parts.csv", range(60, 90)))
    sheet = workspace.data.sheets.create_sheet(
        "North", "local.files.parts", item_id_column="part", filter_expression="line = 'north'"
    )
    report = score(workspace, "North", "answers")
    assert (report.rows, report.table, report.source) == (sheet.item_count, "local.scored.answers", "North")
    page = workspace.data.catalog.preview("local.scored.answers", limit=3)
    assert [item.fields["item_ref"] for item in page.items] == ["P0061", "P0063", "P0065"]
    again = score(workspace, "local.files.parts", "local.scored.answers")
    assert again.rows == 30, "the same table takes other answers"
    workspace.data.files.add_file(parts_file(tmp_path / "others.csv", range(3)), "others", "scored")
    with pytest.raises(ConflictError, match="is another file"):
        score(workspace, "North", "others")


def test_columns_of_the_source_never_hide_an_answer(workspace: Workspace, tmp_path: Path) -> None:
    parts = parts_file(tmp_path / "parts.csv", range(5), defect="unknown", error="=1+1")
    score(workspace, parts, tmp_path / "out.csv", with_columns=True, excel_safe=True)
    for line in read_csv(tmp_path / "out.csv"):
        assert line["source_defect"] == "unknown"
        assert line["defect"] in ("crack", "scratch", "none")
        assert (line["source_error"], line["error"]) == ("'=1+1", "")


HOSTILE = ["=cmd|'/c calc'!A1", "+1", "-1", "@x", "\x1b[2J", 'a"b,c\nd', "\u202e"]


def test_texts_of_the_source_stay_what_they_are(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "hostile.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["voltage", "line"], *([1.5, text] for text in HOSTILE)])
    score(workspace, path, tmp_path / "plain.csv", with_columns=True)
    score(workspace, path, tmp_path / "safe.csv", with_columns=True, excel_safe=True)
    score(workspace, path, tmp_path / "lines.jsonl", with_columns=True)
    assert [line["line"] for line in read_csv(tmp_path / "plain.csv")] == HOSTILE
    assert [line["line"] for line in read_lines(tmp_path / "lines.jsonl")] == HOSTILE
    assert [line["line"][:1] for line in read_csv(tmp_path / "safe.csv")] == ["'"] * 4 + ["\x1b", "a", "\u202e"]


def test_a_model_is_found_by_its_endpoint_too_and_what_is_none_is_said(workspace: Workspace, parts: Path) -> None:
    plan = workspace.deploy.scoring.plan("live", str(parts), "answers")
    assert (plan.model.label(), plan.endpoint) == ("defects v1", "live")
    with pytest.raises(NotFoundError, match="No model and no endpoint 'dead'"):
        workspace.deploy.scoring.plan("dead", str(parts), "answers")
    with pytest.raises(NotFoundError, match="No file, sheet or table 'nothing'"):
        workspace.deploy.scoring.plan("live", "nothing", "answers")


def test_as_a_job_it_goes_on_after_a_cancel(workspace: Workspace, parts: Path, tmp_path: Path) -> None:
    service = workspace.deploy.scoring
    job = workspace.jobs.wait(service.submit(service.plan("live", str(parts), str(tmp_path / "out.csv"))).id, 60)
    assert (job.status, job.result["rows"]) == (JobStatus.SUCCEEDED, 40)
    assert job.message.startswith("40 rows scored")
    assert len(read_csv(tmp_path / "out.csv")) == 40


def test_an_empty_table_becomes_an_empty_file_with_its_columns(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("voltage,line\n")
    for out in ("out.csv", "out.parquet", "out.jsonl"):
        assert score(workspace, tmp_path / "none.csv", tmp_path / out).rows == 0
    assert (tmp_path / "out.csv").read_text().startswith("item_ref,defect,")
    assert workspace.data.files.add_file(tmp_path / "out.parquet").row_count == 0


NUMBER = AnswerField("depth", FieldKind.NUMBER, True, spans=None)


def test_intervals_and_what_lies_outside_have_their_columns() -> None:
    sure = Prediction({"depth": 2.5}, {}, intervals={"depth": Interval(1.5, float("inf"))})
    odd = replace(sure, outside=(Outside("heat", 9.0, 1.0, 3.0), Outside("line", "west")))
    layout = Layout.of(
        [Column("heat", "DOUBLE"), Column("at", "TIMESTAMP")],
        [NUMBER],
        [AnswerColumns.of([EndpointAnswer(sure, 200, 0.0)])],
    )
    assert layout.columns == {
        "item_ref": "VARCHAR", "heat": "DOUBLE", "at": "VARCHAR", "depth": "DOUBLE", "depth_low": "DOUBLE",
        "depth_high": "DOUBLE", "outside": "VARCHAR", "error": "VARCHAR",
    }  # fmt: skip
    assert Layout.from_json(json.loads(json.dumps(layout.to_json()))) == layout
    block = Block(["a", "b", "c"], {"heat": [1.0, 9.0, None], "at": ["x", "y", "\ud800"]})
    given = [EndpointAnswer(sure, 200, 0.0), EndpointAnswer(odd, 200, 0.0), EndpointAnswer(None, 400, 0.0, "no")]
    answers = AnswerColumns.of(given)
    assert answers.predictions()[:2] == [sure, odd]
    values = layout.values(block, answers)
    lines = [json.loads(line) for line in json_lines(list(layout.columns), values).splitlines()]
    assert lines[0]["depth_high"] is None, "JSON knows no infinity"
    assert lines[1]["outside"] == "heat 9, learned up to 3; line 'west' was not in the training pairs"
    assert (lines[2]["depth"], lines[2]["error"], lines[2]["at"]) == (None, "no", "\\ud800")
    assert csv_text(values, excel_safe=False).decode().splitlines()[0] == "a,1.0,x,2.5,1.5,inf,,"


@deep
def test_a_kill_in_the_middle_costs_nothing(workspace: Workspace, home: Path, tmp_path: Path) -> None:
    parts = parts_file(tmp_path / "many.csv", range(60_000))
    out = tmp_path / "out.csv"
    command = [sys.executable, "-m", "ontos_tui", "--home", str(home), "predict", "live", str(parts), "--out", str(out)]
    kills = 0
    while kills < 3:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
        note = tmp_path / ".out.csv.scoring" / "note.json"
        before = json.loads(note.read_text())["rows"] if note.exists() else 0
        while process.poll() is None and (not note.exists() or json.loads(note.read_text())["rows"] == before):
            pass
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        assert not out.exists()
    assert kills, "it was over before it could be killed"
    subprocess.run(command, check=True, capture_output=True)
    assert [line["item_ref"] for line in read_csv(out)] == [str(number) for number in range(1, 60_001)]
