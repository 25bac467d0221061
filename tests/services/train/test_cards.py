"""Model cards and data cards: facts, nothing made up, and no text from data that becomes markup."""

from __future__ import annotations

import json
from pathlib import Path

from builders.defects import add_pairs, labeled_sheet
from builders.evaluations import full_evaluation, measured, weak_evaluation
from builders.models import served_model, train_next, trained_model
from harness import open_app
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.train.column_facts import column_facts
from ontos_tui.services.train.markdown import escape, facts, page, table
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


def test_a_model_card_says_what_was_measured_and_what_was_not(home: Path) -> None:
    _, model = trained_model(home)
    with Workspace(home) as workspace:
        measured(workspace, model, full_evaluation())
        text = workspace.train.cards.model_card("defects")
        assert text.startswith("# Model card: defects v1\n")
        for fact in (
            "| defect | accuracy | 0.92 | 0.84 to 1 | 100 | 42 person | 0.47 | none |",
            "- defect: line south: right 12 of 20",
            "| scratch | 1 | 29 | 0 |",
            "0.034 on 100 answers",
            "| ana |",
            "It has not been deployed.",
            f"sha256 {model.sha256}",
        ):
            assert fact in text, fact
        measured(workspace, model, weak_evaluation())
        text = workspace.train.cards.model_card("defects")
        assert "Not usable yet: right 24 of 100" in text
        assert "### Where it does worst\n\nnot measured" in text
        assert "- **method:** not measured" in text


def test_a_deployment_stands_in_the_card_with_its_reason(home: Path) -> None:
    _, model = trained_model(home)
    with Workspace(home) as workspace:
        measured(workspace, model, weak_evaluation())
        workspace.deploy.endpoints.deploy(model.id, "live", despite="for <the> lab")
        text = workspace.train.cards.model_card(model.id)
    assert "because:** for \\<the\\> lab" in text
    assert "| verdict | failed | Not usable yet" in text


def test_classes_that_no_pair_had_are_a_limit(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 0)
        add_pairs(workspace.store, sheet, range(0, 90, 1), answer=None)
        with workspace.store.write() as connection:
            there = rows.get(connection, TrainingSheet, sheet.id)
            schema = json.loads(json.dumps(there.template_snapshot["output_schema"]))
            schema["properties"]["defect"]["enum"].append("rust")
            rows.change(connection, there, template_snapshot={**there.template_snapshot, "output_schema": schema})
        train_next(workspace, sheet, "j1")
        assert "- defect: never learned rust" in workspace.train.cards.model_card("defects")


def test_a_data_card_counts_labels_people_and_columns(home: Path) -> None:
    sheet, _ = trained_model(home)
    with Workspace(home) as workspace:
        add_pairs(workspace.store, sheet, range(60, 65), status=PairStatus.UNLABELED)
        text = workspace.train.cards.data_card(sheet.id)
    for fact in (
        "# Data card: Defects",
        "| labeled | 60 |",
        "| unlabeled | 5 |",
        "| crack | 20 | 33 % |",
        "| ana | 60 |",
        "| line | text | north, south | 0 |",
        "- defects v1, ",
    ):
        assert fact in text, fact


def test_text_from_data_stays_text() -> None:
    odd = "a|b <i>*x*</i> [l](http://x) `c`\n# no heading \x1b[31m _y_"
    shown = escape(odd)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert shown.count("\\") == sum(one in "|<>*[]`#_" for one in odd)
    (_, _, line) = table(("a",), [(odd,)])
    assert line.count("|") == 3
    assert facts([("n", None), ("m", 0)]) == ["- **n:** not measured", "- **m:** 0"]
    assert page(["a", "", "", "", "b"]) == "a\n\nb\n"


def test_columns_are_counted_row_by_row() -> None:
    number, word = column_facts([{"n": 1, "w": "x"}, {"n": 2.5}, {"w": "y", "n": None}])
    assert (number.kind, number.values, number.missing) == ("number", "1 to 2.5", 1)
    assert (word.kind, word.values, word.missing) == ("text", "x, y", 1)
    (late,) = column_facts([{}, {"late": 1}])[-1:]
    assert (late.rows, late.missing) == (2, 1)


async def test_m_writes_and_shows_the_card_of_the_model_under_the_cursor(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("4", "down", "m")
        await user.sees("cards/defects-v1.md", "Model card: defects v1", "Intended use")
        await user.press("escape", "up", "m")
        await user.sees("Data card: Defects")
    assert (home / "cards" / "defects-v1.md").read_text(encoding="utf-8").startswith("# Model card")
