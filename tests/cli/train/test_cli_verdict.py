"""What a model's score means stands in every command that mentions a model, for people and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.evaluations import WEAK, full_evaluation, measured, weak_evaluation
from builders.severity import unlabeled_sheet
from builders.traffic import NOON, deployed_model, log_requests
from command_result import Ontos
from ontos_tui.domain.intervals import Interval, Outside
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

LEVEL = {"level": "not usable yet", "text": WEAK, "score": "right 24 of 100", "failing": []}


@pytest.fixture
def model(home: Path) -> ModelVersion:
    """The model `defects` behind the endpoint `live`; it is worse than always giving one answer."""
    with Workspace(home) as workspace:
        return measured(workspace, deployed_model(workspace, 60), weak_evaluation())


@pytest.mark.parametrize(
    "words",
    [
        ("models", "show", "defects"),
        ("deploy", "defects", "--name", "live"),
        ("endpoints", "show", "live"),
        ("query", "live", "--input", '{"voltage": 1.5, "line": "south"}'),
        ("monitor", "live"),
        ("retrain", "live", "--preview"),
        ("status",),
    ],
)
def test_the_whole_line_is_there(ontos: Ontos, model: ModelVersion, words: tuple[str, ...]) -> None:
    assert f"✗ {WEAK}" in ontos(*words).out


@pytest.mark.parametrize("words", [("models", "list"), ("endpoints", "list"), ("deploy",)])
def test_lists_have_the_score_with_its_sign(ontos: Ontos, model: ModelVersion, words: tuple[str, ...]) -> None:
    assert "✗ right 24 of 100" in ontos(*words).out


def test_json_has_it_too(ontos: Ontos, model: ModelVersion) -> None:
    assert ontos("models", "list", as_json=True).json[0]["verdict"] == LEVEL
    assert ontos("endpoints", "list", as_json=True).json[0]["verdict"] == LEVEL
    for words in (("models", "show", "defects"), ("endpoints", "show", "live"), ("monitor", "live")):
        assert ontos(*words, as_json=True).json["verdict"] == LEVEL
    assert ontos("deploy", "defects", "--name", "live", as_json=True).json["verdict"] == LEVEL
    listed = ontos("deploy", as_json=True).json
    assert [one["verdict"] for one in (*listed["endpoints"], *listed["models"])] == [LEVEL, LEVEL]
    asked = ontos("query", "live", "--input", '{"voltage": 1.5, "line": "south"}', as_json=True).json
    assert [one["verdict"] for one in asked] == [LEVEL]
    assert ontos("status", as_json=True).json["model"] == {"name": "defects v1", "verdict": LEVEL}


def test_a_training_ends_with_its_verdict(ontos: Ontos, model: ModelVersion, home: Path) -> None:
    trained = ontos("train", "Defects", "--name", "again", "--wait", as_json=True).json
    assert trained["verdict"]["level"] == "better"
    assert trained["verdict"]["text"].startswith("Better: defect right ")
    (job,) = (one for one in ontos("jobs", "list", as_json=True).json if one["kind"] == "train")
    assert job["message"] == f"again v1: {trained['verdict']['text']}"


def test_a_model_names_its_method_and_what_its_interval_is_over(ontos: Ontos, model: ModelVersion, home: Path) -> None:
    with Workspace(home) as workspace:
        measured(workspace, workspace.train.models.model("defects"), full_evaluation())
    shown = ontos("models", "show", "defects").out
    assert "method      5-fold cross-validation over 42 people" in shown
    assert "0.840–1.000  42 people" in shown


def test_an_answer_says_how_sure_it_is_and_what_it_has_not_learned(
    ontos: Ontos, model: ModelVersion, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ontos_tui.services.deploy.service import DeployService

    with Workspace(home) as workspace:
        (record,) = log_requests(
            workspace.store, model, [1], NOON,
            output={"defect": "crack", "severe": True, "depth": 12.3456},
            confidence={"defect": 0.861, "severe": 0.9},
            certainty={"severe": "likely"},
            intervals={"depth": Interval(10.12, 14.81, rough=True)},
            outside=[Outside("voltage", 0.031, 0.003, 0.028)],
        )  # fmt: skip

    def answered(*_: object, **__: object) -> list[InferenceRecord]:
        return [record]

    monkeypatch.setattr(DeployService, "query", answered)
    shown = ontos("query", "live", "--input", "{}").out
    assert "crack  (86 % sure)" in shown
    assert "True  (likely)" in shown
    assert "12.3  (90 %: 10.1–14.8, rough)" in shown
    assert "outside: voltage 0.031, learned up to 0.028" in shown


@pytest.mark.parametrize(
    ("confidence", "certainty", "line"),
    [(0.861, "", "confidence   86 %"), (1.0, "4 of 5 agree", "confidence   4 of 5 agree")],
)
def test_the_next_pair_says_how_sure_its_proposal_is(
    ontos: Ontos, home: Path, confidence: float, certainty: str, line: str
) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 1)
        with workspace.store.write() as connection:
            (pair,) = rows.find(connection, QAPair, equal(training_sheet_id=sheet.id))
            rows.change(connection, pair, confidence=confidence, certainty=certainty, proposed_by="the model")
    assert line in ontos("label", "next", sheet.id).out
    (shown,) = ontos("label", "next", sheet.id, as_json=True).json
    assert (shown["confidence"], shown["certainty"]) == (confidence, certainty)
