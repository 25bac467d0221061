"""Who decided how much, how fast, how well, and how far proposals sway them."""

from __future__ import annotations

import pytest

from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from builders.votes import labeling_job, vote
from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.records.pairs import CanonicalLabel, TrainingSheet, Verdict
from ontos_tui.domain.rules.agreement import Share
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.label.labeling_jobs.labeler_stats import LabelerStats
from ontos_tui.services.label.service import LabelService
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


@pytest.fixture
def sheet(workspace: Workspace) -> TrainingSheet:
    """Ten pairs, each proposed to be minor."""
    return unlabeled_sheet(workspace.store, 10)


def _by_name(result: list[LabelerStats]) -> dict[str, LabelerStats]:
    return {one.actor: one for one in result}


def _decide(
    workspace: Workspace, actor: str, sheet: TrainingSheet, number: int, verdict: Verdict, **more: object
) -> None:
    label = LabelService(workspace.store, actor)
    label.decide([Decision(label.open(sheet.id)[number - 1].id, verdict, **more)])  # type: ignore[arg-type]


def test_nobody_has_decided_anything(workspace: Workspace, sheet: TrainingSheet) -> None:
    assert workspace.label.labelers.of_sheet(sheet.id) == []
    assert workspace.label.labelers.of_job(labeling_job(workspace, sheet=sheet).id) == []
    with pytest.raises(NotFoundError):
        workspace.label.labelers.of_job("none such")


def test_a_sheet_counts_what_stands_and_times_what_was_decided(workspace: Workspace, sheet: TrainingSheet) -> None:
    for number, seconds in enumerate((1.0, 2.0, 0.2, 600.0), 1):
        _decide(workspace, "ben", sheet, number, Verdict.APPROVE, seconds=seconds)
    _decide(workspace, "ben", sheet, 5, Verdict.REJECT, reason="blurred", seconds=2.8)
    _decide(workspace, "eva", sheet, 6, Verdict.FLAG)
    _decide(workspace, "eva", sheet, 4, Verdict.EDIT, answer=MAJOR)
    result = workspace.label.labelers.of_sheet(sheet.id)
    assert [one.actor for one in result] == ["ben", "eva"]
    ben, eva = result
    assert (ben.decisions, ben.labeled, ben.rejected, ben.flagged) == (4, 3, 1, 0), "eva has decided item-4 again"
    assert (ben.seconds_median, ben.too_fast) == (2.0, 1)
    assert ben.per_minute == pytest.approx(60 * 4 / 6.0), "ten minutes are a break"
    assert (eva.decisions, eva.labeled, eva.flagged) == (2, 1, 1)
    assert (eva.seconds_median, eva.per_minute, eva.too_fast) == (None, None, 0)
    assert (ben.gold, ben.agreement) == (None, None), "one decision about each pair, and no gold"


def test_an_undone_decision_does_not_count_but_its_time_does(workspace: Workspace, sheet: TrainingSheet) -> None:
    _decide(workspace, "ben", sheet, 1, Verdict.APPROVE, seconds=4.0)
    LabelService(workspace.store, "ben").undo(sheet.id)
    (ben,) = workspace.label.labelers.of_sheet(sheet.id)
    assert (ben.decisions, ben.labeled, ben.seconds_median) == (0, 0, 4.0)


def test_what_a_label_approved_by_itself_is_nobody_s_decision(workspace: Workspace) -> None:
    first = unlabeled_sheet(workspace.store, 3)
    _decide(workspace, "ben", first, 1, Verdict.APPROVE)
    job = labeling_job(workspace, overlap=1, sheet=first)
    vote(workspace, "eva", job, {})
    assert workspace.label.queue.counts(first.id).auto_approved == 2
    assert [one.actor for one in workspace.label.labelers.of_sheet(first.id)] == ["ben"]
    assert [(one.actor, one.labeled) for one in workspace.label.labelers.of_job(job.id)] == [("eva", 2)]


def test_proposals_sway_who_sees_them(workspace: Workspace, sheet: TrainingSheet) -> None:
    for number in (1, 2, 3):
        _decide(workspace, "ben", sheet, number, Verdict.APPROVE)
    _decide(workspace, "ben", sheet, 4, Verdict.EDIT, answer=MAJOR)
    _decide(workspace, "ben", sheet, 5, Verdict.REJECT, reason="blurred")
    _decide(workspace, "ben", sheet, 6, Verdict.EDIT, answer=MINOR, blind=True)
    for number in (7, 8, 9):
        _decide(workspace, "ben", sheet, number, Verdict.EDIT, answer=NONE, blind=True)
    (ben,) = workspace.label.labelers.of_sheet(sheet.id)
    assert (ben.seen, ben.blind) == (Share(3, 4), Share(1, 4)), "a rejection answers nothing"
    assert ben.seen is not None
    assert ben.seen.share == 0.75


def test_a_job_compares_people_on_the_same_items(workspace: Workspace) -> None:
    job = labeling_job(workspace, 4, overlap=3)
    vote(workspace, "ben", job, {"item-1": MAJOR, "item-2": "blurred", "item-3": None}, seconds=1.5)
    vote(workspace, "eva", job, {"item-1": MAJOR, "item-2": "out of focus"}, seconds=0.1)
    vote(workspace, "kim", job, {"item-2": MAJOR}, submit=False)
    result = _by_name(workspace.label.labelers.of_job(job.id))
    # item-1: ben and eva are alike; item-2: too; item-3: eva and kim, ben has flagged it; item-4: all three.
    assert result["ben"].agreement == Share(1 + 1 + 2, 6)
    assert result["eva"].agreement == Share(1 + 1 + 1 + 2, 7)
    assert result["kim"].agreement == Share(0 + 0 + 1 + 2, 7)
    assert (result["ben"].labeled, result["ben"].rejected, result["ben"].flagged) == (2, 1, 1)
    assert (result["eva"].too_fast, result["eva"].seconds_median) == (4, 0.1)


def test_gold_measures_against_the_truth(workspace: Workspace, sheet: TrainingSheet) -> None:
    with workspace.store.write() as connection:
        for ref in ("item-1", "item-2", "item-3", "item-4"):
            label = CanonicalLabel(
                sheet_id=sheet.sheet_id,
                item_ref=ref,
                label_type="severity",
                # As a file holds it: in another order than the form gives it.
                label_data={"depth": 1.5, "severity": "major"},
                source="ground_truth",
            )
            rows.add(connection, label)
    job = labeling_job(workspace, overlap=2, sheet=sheet, batch_size=10, gold_share=0.4)
    assert job.total_items == 6
    vote(workspace, "ben", job, {"item-1": MAJOR, "item-2": MINOR, "item-3": "blurred", "item-4": None})
    vote(workspace, "eva", job, {"item-1": MAJOR, "item-2": MAJOR, "item-3": MAJOR, "item-4": MAJOR})
    result = _by_name(workspace.label.labelers.of_job(job.id))
    assert result["ben"].gold == Share(1, 3), "who flags a gold item has not answered"
    assert result["eva"].gold == Share(4, 4)
    assert result["eva"].decisions == 10
    assert result["eva"].agreement == Share(6, 6), "gold is not compared with others"
