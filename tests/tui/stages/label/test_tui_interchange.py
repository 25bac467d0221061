"""Export and import through real keys: what is left out is shown first, and nothing is imported unseen."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from builders.severity import unlabeled_sheet
from harness import SIZES, open_app
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel, TrainingSheet, Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.tui.stages.label.import_export import ask_export, read_share
from ontos_tui.tui.stages.label.import_files import ask_import, read_mapping
from ontos_tui.workspace import Workspace


@pytest.fixture
def sheet(home: Path) -> TrainingSheet:
    """Five pairs: two approved, one rejected, two undecided."""
    with Workspace(home) as workspace:
        created = unlabeled_sheet(workspace.store, 5)
        for verdict in (Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT):
            pair = workspace.label.queue.next_unlabeled(created.id)
            assert pair is not None
            workspace.label.queue.decide([Decision(pair.id, verdict)])
    return created


@SIZES
async def test_what_is_held_back_is_seen_before_a_file_is_written(
    home: Path, sheet: TrainingSheet, tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message: list[Any] = []
    async with open_app(home, size) as user:
        ask_export(user.app.stage_view, sheet, message.append)
        await user.settle()
        await user.sees("2 of 5 pairs would be written", "left out: 2 not labeled yet; 1 rejected", "^s Export")
        await user.sees("plates0_severity_0_1_0_0.jsonl")
        await user.press("right", "tab", "tab", "right")  # CSV, all pairs
        await user.sees("5 of 5 pairs would be written", "nothing is left out", "plates0_severity_0_1_0_0.csv")
        assert not list(tmp_path.glob("*.csv"))
        await user.press("ctrl+s")
        await user.sees("Exported", "5 of 5 pairs written")
        await user.press("escape")
        assert message[0].written == 5
        assert len((tmp_path / "plates0_severity_0_1_0_0.csv").read_text().splitlines()) == 6


async def test_chat_for_all_pairs_is_refused_in_the_form_and_a_file_is_replaced_only_when_confirmed(
    home: Path, sheet: TrainingSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "plates0_severity_0_1_0_0.jsonl"
    target.write_text("precious")
    async with open_app(home) as user:
        ask_export(user.app.stage_view, sheet, lambda report: None)
        await user.settle()
        await user.press("tab", "tab", "right")
        await user.sees("Chat files contain approved answers")
        await user.press("ctrl+s")
        await user.sees("Chat files contain approved answers")
        await user.press("left", "ctrl+s")
        await user.sees("Replace the file?")
        await user.press("n")
        assert target.read_text() == "precious"
        ask_export(user.app.stage_view, sheet, lambda report: None)
        await user.settle()
        await user.press("ctrl+s", "y")
        await user.sees("2 of 5 pairs written")
        assert [json.loads(line)["messages"][-1]["role"] for line in target.read_text().splitlines()] == [
            "assistant"
        ] * 2


@SIZES
async def test_an_import_is_shown_before_it_happens(
    home: Path, sheet: TrainingSheet, tmp_path: Path, size: tuple[int, int]
) -> None:
    file = tmp_path / "d.csv"
    file.write_text("serial,severity\nitem-4,major\nitem-5,none\nitem-1,minor\n")
    message: list[Any] = []
    async with open_app(home, size) as user:
        ask_import(user.app.stage_view, sheet, message.append)
        await user.settle()
        await user.type(str(file))
        await user.press("tab", "tab")
        await user.type("item_ref=serial")
        await user.press("ctrl+s")
        await user.sees(
            "what would happen",
            "2 would be created",
            "0 would be changed",
            "enter Import",
            "1 unchanged",
        )
        assert user.app.workspace.label.queue.counts(sheet.id).labeled == 2
        await user.press("enter")
        await user.sees("Imported", "2 created")
        await user.press("escape")
        assert message[0].created == 2
        assert user.app.workspace.label.queue.counts(sheet.id).labeled == 4


@SIZES
async def test_lines_that_cannot_be_used_are_named_and_nothing_can_be_imported(
    home: Path, sheet: TrainingSheet, tmp_path: Path, size: tuple[int, int]
) -> None:
    file = tmp_path / "l.csv"
    file.write_text("item_ref,severity\na,major\n\x1b]52;c;x\x07,purple\n")
    with Workspace(home) as workspace, workspace.store.read() as connection:
        source = rows.get(connection, Sheet, sheet.sheet_id)
    async with open_app(home, size) as user:
        ask_import(user.app.stage_view, source, lambda report: None)
        await user.settle()
        await user.type(str(file))
        await user.press("ctrl+s")
        await user.sees(
            "cannot be imported", "1 line cannot be used; nothing is imported", "line 3: the label does not"
        )
        assert "enter Import" not in user.text()
        await user.press("enter")
        await user.sees("cannot be imported")
        await user.press("escape")
        with user.app.workspace.store.read() as connection:
            assert "a" not in {label.item_ref for label in rows.find(connection, CanonicalLabel)}


@SIZES
async def test_newer_decisions_are_shown_and_kept_by_a_key(
    home: Path, sheet: TrainingSheet, tmp_path: Path, size: tuple[int, int]
) -> None:
    file = tmp_path / "d.csv"
    file.write_text("item_ref,severity\nitem-1,major\nitem-4,none\n")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    message: list[Any] = []
    async with open_app(home, size) as user:
        ask_import(user.app.stage_view, sheet, message.append)
        await user.settle()
        await user.type(str(file))
        await user.press("ctrl+s")
        await user.sees("read as csv", "1 decided here later than in the file", "Press n to keep them", "item-1")
        assert "enter Import" not in user.text()
        await user.press("n")
        await user.sees("Imported", "1 created", "0 changed")
        await user.press("escape")
        assert message[0].newer == 1


async def test_a_file_that_is_not_there_is_told(home: Path, sheet: TrainingSheet, tmp_path: Path) -> None:
    async with open_app(home) as user:
        ask_import(user.app.stage_view, sheet, lambda report: None)
        await user.settle()
        await user.type("/nowhere/x")
        await user.press("ctrl+s")
        await user.sees("No file")


def test_what_is_typed_is_read_or_refused_in_words() -> None:
    assert (read_share("10%"), read_share("0,25")) == (0.1, 0.25)
    assert read_mapping(" item_ref = a b, x=y ,") == {"item_ref": "a b", "x": "y"}
    refusals = {"0": "less than 1", "1": "less than 1", "x": "not a number", "150%": "between 0", "nan": "between 0"}
    for text, reason in refusals.items():
        with pytest.raises(ValueError, match=reason):
            read_share(text)
    with pytest.raises(ValueError, match="NAME=COLUMN"):
        read_mapping("item_ref")
