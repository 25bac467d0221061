"""ontos export, ontos import and the log, as scripts use them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from builders.notes import NAMES, note_sheet
from builders.severity import sheet_record, unlabeled_sheet
from command_result import Ontos
from ontos_tui.domain.records.pairs import TrainingSheet, Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.workspace import Workspace


@pytest.fixture
def sheet(home: Path) -> TrainingSheet:
    """Four pairs: two approved, one rejected, one undecided."""
    with Workspace(home) as workspace:
        created = unlabeled_sheet(workspace.store, 4)
        for verdict in (Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT):
            pair = workspace.label.queue.next_unlabeled(created.id)
            assert pair is not None
            workspace.label.queue.decide([Decision(pair.id, verdict)])
    return created


def test_an_export_says_what_was_held_back_and_why(ontos: Ontos, sheet: TrainingSheet, tmp_path: Path) -> None:
    preview = ontos("export", sheet.id, "--preview").out
    assert "2 pairs would be written" in preview
    out = tmp_path / "o.jsonl"
    output = ontos("export", sheet.id, "--out", out).out
    assert "2 pairs in" in output
    assert "not labeled yet" in output
    report = ontos("export", sheet.id, "--out", out, as_json=True).json
    assert report["written"] == 2 == len(out.read_text().splitlines())
    assert report["held_back"] == {"rejected": 1, "not labeled yet": 1}
    assert report["files"] == {str(out): 2}


def test_the_format_is_shown_by_the_name_or_the_option(ontos: Ontos, sheet: TrainingSheet, tmp_path: Path) -> None:
    ontos("export", sheet.id, "--out", tmp_path / "o.csv", "--all-statuses")
    assert len((tmp_path / "o.csv").read_text().splitlines()) == 5
    ontos("export", sheet.id, "--out", tmp_path / "o.parquet")
    assert (tmp_path / "o.parquet").read_bytes().startswith(b"PAR1")
    output = ontos("export", sheet.id, "--out", tmp_path / "o.json").out
    assert "o.config.xml" in output
    ontos("export", sheet.id, "--out", tmp_path / "plain", "--format", "csv")
    assert (tmp_path / "plain").read_text().startswith("item_ref,")
    assert "format" in ontos("export", sheet.id, "--out", tmp_path / "o.txt", fails=1).err
    assert "--out" in ontos("export", sheet.id, fails=1).err
    ontos("export", sheet.id, "--out", tmp_path / "x", "--format", "ods", fails=2)


def test_labels_are_imported_all_or_none(ontos: Ontos, sheet: TrainingSheet, tmp_path: Path) -> None:
    file = tmp_path / "l.csv"
    file.write_text("serial,severity\nx,major\ny,purple\n")
    words = ("import", file, "--to", sheet.sheet_id, "--map", "item_ref=serial")
    failed = ontos(*words, fails=1)
    assert "line 3: the label does not fit: severity" in failed.out
    assert "1 line cannot be used" in failed.err
    document = ontos(*words, as_json=True, fails=1).json
    assert (document["created"], document["problems"][0]["line"]) == (0, 3)
    file.write_text("serial,severity\nx,major\ny,none\n")
    assert "2 would be created" in ontos(*words, "--dry-run").out
    assert ontos(*words, as_json=True).json["created"] == 2
    assert ontos(*words, as_json=True).json["unchanged"] == 2
    assert "WHAT=NAME" in ontos("import", file, "--to", sheet.id, "--map", "serial", fails=1).err


def test_decisions_and_chat_lines_are_imported(ontos: Ontos, home: Path, sheet: TrainingSheet, tmp_path: Path) -> None:
    decisions = tmp_path / "d.csv"
    decisions.write_text("item_ref,severity\nitem-4,major\nitem-1,minor\n")
    done = ontos("import", decisions, "--to", sheet.id, as_json=True).json
    assert (done["created"], done["unchanged"]) == (1, 1)
    with Workspace(home) as workspace:
        other = sheet_record(workspace.store, "chats")
    chat = tmp_path / "c.jsonl"
    ontos("export", sheet.id, "--out", chat)
    assert ontos("import", chat, "--to", "chats", "--approved", as_json=True).json["created"] == 3
    assert ontos("import", chat, "--to", other.id, as_json=True).json["unchanged"] == 3
    assert "No training sheet" in ontos("import", chat, "--to", "nothing", fails=1).err


def test_the_log_of_all_decisions(ontos: Ontos, sheet: TrainingSheet, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in ontos("label", "export", sheet.id, "--history").out.splitlines()]
    of_pairs = [line for line in lines if line["entity_type"] == "qa_pairs"]
    assert [(line["action"], line["actor"]) for line in of_pairs] == [
        ("approve", "ana"),
        ("approve", "ana"),
        ("reject", "ana"),
    ]
    assert of_pairs[2]["before"]["status"] == "unlabeled"
    assert of_pairs[2]["after"]["status"] == "rejected"
    out = tmp_path / "h.jsonl"
    assert ontos("export", sheet.id, "--history", "--out", out, as_json=True).json["events"] == len(lines)
    assert [json.loads(line) for line in out.read_text().splitlines()] == lines
    assert ontos("label", "export", sheet.id, "--history", "--out", out, as_json=True).json["events"] == len(lines)


def test_newer_decisions_are_named_and_the_option_decides(ontos: Ontos, sheet: TrainingSheet, tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("item_ref,severity\nitem-1,major\nitem-4,none\n")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    refused = ontos("import", file, "--to", sheet.id, fails=2)
    assert "--newer keep or --newer take" in refused.err
    assert "line 2: 'item-1' is labeled by ana" in refused.out
    document = ontos("import", file, "--to", sheet.id, "--newer", "keep", as_json=True).json
    assert (document["newer"], document["created"], document["updated"]) == (1, 1, 0)
    assert ontos("import", file, "--to", sheet.id, "--newer", "take", as_json=True).json["updated"] == 1


def test_the_format_is_seen_in_the_content_and_what_is_unclear_names_its_option(
    ontos: Ontos, home: Path, tmp_path: Path
) -> None:
    with Workspace(home) as workspace:
        sheet = note_sheet(workspace, NAMES, "\U0001f600 Acme in Bonn")
    file = tmp_path / "any.name"
    file.write_text(json.dumps({"text": "\U0001f600 Acme in Bonn", "label": [[3, 7, "company"]]}))
    assert "--offsets (characters or utf-16)" in ontos("import", file, "--to", sheet.id, fails=2).err
    done = ontos("import", file, "--to", sheet.id, "--offsets", "utf-16", as_json=True).json
    assert (done["format"], done["created"]) == ("doccano", 1)
    assert "is only read" in ontos("export", sheet.id, "--out", tmp_path / "o", "--format", "doccano", fails=1).err
    file.write_text(json.dumps({"text": "\U0001f600 Acme in Bonn", "label": ["company"], "relations": [{"id": 1}]}))
    assert "--leave-out relations" in ontos("import", file, "--to", sheet.id, fails=1).out


def test_formulas_leave_harmless_unless_raw(ontos: Ontos, home: Path, tmp_path: Path) -> None:
    with Workspace(home) as workspace:
        sheet = note_sheet(workspace, NAMES, "=1+1")
        (row,) = workspace.label.queue.open(sheet.id)
        workspace.label.queue.decide([Decision(row.id, Verdict.EDIT, {"names": []})])
    ontos("export", sheet.id, "--out", tmp_path / "o.csv")
    assert "'=1+1" in (tmp_path / "o.csv").read_text()
    ontos("export", sheet.id, "--out", tmp_path / "o.csv", "--raw")
    assert "'=1+1" not in (tmp_path / "o.csv").read_text()
