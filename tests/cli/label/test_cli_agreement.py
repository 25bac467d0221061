"""Agreement, disagreements, the last word and labelers by commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.severity import MAJOR, MINOR, NONE
from builders.votes import labeling_job, vote
from command_result import Ontos
from ontos_tui.domain.records.labeling import LabelingJob
from ontos_tui.workspace import Workspace


@pytest.fixture
def job(home: Path) -> LabelingJob:
    """Twelve items that two people have labeled; they differ about two, and one of their notes is hostile."""
    with Workspace(home) as workspace:
        job = labeling_job(workspace, 12)
        vote(
            workspace,
            "ben\x1b[2J",
            job,
            {"item-2": MAJOR, "item-3": NONE, "item-4": "\x1b]52;c;x\x07"},
            seconds=1.0,
        )
        vote(workspace, "eva", job, {"item-3": NONE, "item-4": "blurred", "item-5": None}, seconds=0.1)
        return job


def test_agreement_shows_its_measure_and_interval_or_why_there_is_none(ontos: Ontos, job: LabelingJob) -> None:
    output = ontos("label", "agreement", job.name).out
    assert "12 items answered by two or more labelers" in output
    assert "Krippendorff's alpha" in output
    assert "depth: No item has answers of two people yet." in output
    assert "\x1b" not in output
    document = ontos("label", "agreement", job.id, as_json=True).json
    assert document["raters"] == ["ben\x1b[2J", "eva"]
    assert document["whole"]["items"] == 11, "who flags an item has given no answer"
    assert document["whole"]["low"] <= document["whole"]["value"] <= document["whole"]["high"]
    assert document["fields"]["depth"]["value"] is None
    assert document["pairs"][0]["percent"] == pytest.approx(10 / 11)


def test_nothing_is_known_before_two_people_have_finished(ontos: Ontos, home: Path) -> None:
    with Workspace(home) as workspace:
        job = labeling_job(workspace, 3)
    output = ontos("label", "agreement", job.id).out
    assert "no data yet" in output
    assert "(whole answer): No item has answers of two people yet." in output
    assert "nan" not in output.lower()
    assert "No open disagreements" in ontos("label", "disagreements", job.id).out
    assert "No decisions yet." in ontos("label", "labelers", "--job", job.id).out


def test_disagreements_are_shown_and_decided(ontos: Ontos, job: LabelingJob) -> None:
    output = ontos("label", "disagreements", job.id).out
    assert "── item-2  differ in severity, depth" in output
    assert "── item-5" in output, "a flag asks for a decision"
    assert "item-4" not in output, "both reject it"
    assert "\x1b" not in output
    assert "1 more; --limit" in ontos("label", "disagreements", job.id, "--limit", "1").out
    answer = ("--answer", json.dumps(MINOR), "--notes", "seen again")
    assert "item-2 is decided" in ontos("label", "adjudicate", job.id, "item-2", *answer).out
    label = ontos("label", "adjudicate", job.id, "item-5", *answer, as_json=True).json
    assert (label["label_data"], label["source"], label["notes"]) == (MINOR, "adjudication", "seen again")
    assert ontos("label", "disagreements", job.id, as_json=True).json == []
    resolved = ontos("label", "disagreements", job.id, "--all", as_json=True).json
    assert [(one["item_ref"], one["resolved"]) for one in resolved] == [("item-2", True), ("item-5", True)]
    assert "(resolved)" in ontos("label", "disagreements", job.id, "--all").out
    stale = ontos("label", "adjudicate", job.id, "item-5", *answer, "--if-version", 0, fails=1).err
    assert "gave item-5 the label minor" in stale
    assert ontos("label", "undo-adjudication", job.id, as_json=True).json["item_ref"] == "item-5"
    assert "undo: item-2" in ontos("label", "undo-adjudication", job.id).out
    assert "no adjudication to undo" in ontos("label", "undo-adjudication", job.id).out
    assert len(ontos("label", "disagreements", job.id, as_json=True).json) == 2


def test_a_last_word_that_cannot_be_is_refused(ontos: Ontos, job: LabelingJob) -> None:
    refused = ontos("label", "adjudicate", job.id, "item-2", "--answer", '{"severity": "huge"}', fails=1)
    assert "does not fit" in refused.err
    assert "is not JSON" in ontos("label", "adjudicate", job.id, "item-2", "--answer", "minor", fails=1).err
    assert "agree" in ontos("label", "adjudicate", job.id, "item-3", "--answer", json.dumps(MAJOR), fails=1).err


def test_labelers_of_a_job_and_of_a_training_sheet(ontos: Ontos, job: LabelingJob) -> None:
    output = ontos("label", "labelers", "--job", job.id).out
    assert "as proposed, seen" in output
    assert "\x1b" not in output
    ben, eva = ontos("label", "labelers", "--job", job.id, as_json=True).json
    assert (ben["decisions"], ben["rejected"], ben["too_fast"]) == (12, 1, 0)
    assert (eva["flagged"], eva["too_fast"], eva["seconds_median"]) == (1, 12, 0.1)
    assert ben["agreement"] == {"right": 10, "of": 11}
    assert ontos("label", "labelers", job.training_sheet_id, as_json=True).json == [], "the job approved its pairs"
    assert "Name a training sheet or a labeling job" in ontos("label", "labelers", fails=1).err
