"""The nouns that people look for: training sheets, models and endpoints by commands of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.traffic import deployed_model
from command_result import Ontos
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import TrainingSheetStatus
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


@pytest.fixture
def model(home: Path) -> ModelVersion:
    """The model `defects`, trained on the training sheet `Defects` and served by the endpoint `live`."""
    with Workspace(home) as workspace:
        model = deployed_model(workspace, 120)
        with workspace.store.write() as connection:
            sheet = rows.get(connection, TrainingSheet, model.training_sheet_id)
            rows.change(connection, sheet, status=TrainingSheetStatus.REVIEW)
        return model


def test_a_noun_alone_lists_what_there_is(ontos: Ontos) -> None:
    assert "Find some: `ontos gaps analyze`" in ontos("gaps").out
    assert ontos("gaps", "--open").out == ontos("gaps", "list", "--open").out
    for noun in ("tasks", "feedback", "alerts", "models", "endpoints", "jobs", "training-sheets", "sheet", "data"):
        assert ontos(noun).out == ontos(noun, "list").out


def test_training_sheets_are_listed_shown_archived_and_restored(ontos: Ontos, model: ModelVersion) -> None:
    assert "Defects" in ontos("training-sheets").out
    shown = ontos("assembly", "show", "Defects").out
    assert "decided" in shown and "defects:1" in shown and "ontos label next" in shown
    assert "archived" in ontos("training-sheets", "archive", "Defects").out
    assert "Defects" not in ontos("training-sheets").out + ontos("label", "stats").out
    assert "archived" in ontos("training-sheets", "list", "--archived").out
    assert "cannot become archived" in ontos("training-sheets", "archive", "Defects", fails=1).err
    assert ontos("models", "show", "defects").out, "what came of it stays"
    assert "review" in ontos("training-sheets", "restore", "Defects").out
    assert "Defects" in ontos("training-sheets").out
    events = ontos("label", "export", "Defects", "--history", as_json=True).json
    changes = [
        (one["action"], one["before"], one["after"]) for one in events if one["action"] in ("archive", "restore")
    ]
    first = changes[0][1]["status"]
    assert changes == [
        ("archive", {"status": first}, {"status": "archived"}),
        ("restore", {"status": "archived"}, {"status": "review"}),
    ]


def test_models_and_endpoints_are_listed_and_shown(ontos: Ontos, model: ModelVersion) -> None:
    listed = ontos("models").out
    assert "defects:1" in listed and "live" in listed
    shown = ontos("models", "show", "defects:1").out
    assert "training sheet  Defects" in shown and "Deploy it: ontos deploy defects:1" in shown
    assert "defects v1" in ontos("endpoints").out
    assert "deploy" in ontos("endpoints", "show", "live").out


@pytest.mark.parametrize(
    ("words", "what", "todo"),
    [
        (("models", "show", "nope"), "No model 'nope'.", "List models: ontos models list"),
        (("training-sheets", "show", "nope"), "No training sheet 'nope'.", "ontos training-sheets list"),
        (("endpoints", "show", "nope"), "No endpoint 'nope'.", "List endpoints: ontos endpoints list"),
        (("sheet", "show", "nope"), "No sheet 'nope'.", "List sheets: ontos sheet list"),
        (("gaps", "show", "nope"), "No gap 'nope'.", "List gaps: ontos gaps list"),
        (("jobs", "show", "nope"), "No job 'nope'.", "List jobs: ontos jobs list"),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_lists(
    ontos: Ontos, words: tuple[str, ...], what: str, todo: str
) -> None:
    err = ontos(*words, fails=1).err
    assert what in err and todo in err
