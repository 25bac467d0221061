"""IMPROVE through real keys: feedback becomes pairs, pairs a new version, and the screen says what that was worth."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from builders.defects import add_pairs
from builders.models import served_model, train_next
from builders.traffic import rated_answer
from harness import SIZES, Driver, open_app
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.rules.model_verdict import verdict_of
from ontos_tui.domain.rules.states import FeedbackStatus, JobStatus, PairStatus
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


async def test_without_feedback_the_stage_says_where_it_comes_from(home: Path) -> None:
    async with open_app(home) as user:
        await user.press("7")
        await user.sees("No feedback yet", "in the playground (5, then", "There is no endpoint yet.")


@SIZES
async def test_what_differs_is_marked(home: Path, size: tuple[int, int]) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        item = rated_answer(workspace, 1, corrected=True, comment="look closer")
    async with open_app(home, size) as user:
        await user.press("7")
        await user.sees("▼ 1✎", "○ new", "“look closer”", "model → correct", "input", "voltage")
        assert item.output is not None and item.correction is not None
        (differing,) = [line for line in user.text().splitlines() if "✎ differs" in line]
        assert f"{item.output['defect']} → {item.correction['defect']}" in differing
        assert [line for line in user.text().splitlines() if "severe" in line and "= same" in line]


async def test_the_right_answer_is_in_the_list_at_80_columns(home: Path) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        item = rated_answer(workspace, 1, corrected=True, comment="the camera was dirty")
        answers = {
            "output": {"severe": True, "defect": "contamination"},
            "correction": {"severe": True, "defect": "dent"},
        }
        with workspace.store.write() as connection:
            rows.change(connection, item, **answers)
    async with open_app(home, (80, 24)) as user:
        await user.press("7")
        await user.sees("model → correct", "▼ 1✎")
        edge = user.app.screen.query_one("#details").region.x
        (row,) = [line[:edge] for line in user.text().splitlines() if "▼ 1✎" in line[:edge]]
        assert row.rstrip().endswith("→ dent"), row


@SIZES
async def test_feedback_is_converted_and_waits_in_the_queue(home: Path, size: tuple[int, int]) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        item = rated_answer(workspace, 1, corrected=True)
    async with open_app(home, size) as user:
        await user.press("7")
        await user.sees("create a training pair with the correction")
        await user.press("c")
        await user.sees("✓ converted", "training pair: unlabeled", "1 training pair is now in the queue")
        (converted,) = user.app.workspace.improve.feedback.feedback()
        assert converted.qa_pair_id is not None
        pair = user.app.workspace.label.queue.pair(converted.qa_pair_id)
        assert (pair.proposal, pair.status) == (item.correction, PairStatus.UNLABELED)
        assert user.app.session.pair_id == pair.id
        await user.press("c")
        assert len(user.app.workspace.improve.feedback.feedback()) == 1
        await user.press("3", "enter")
        await user.sees("feedback:")


async def test_all_new_feedback_is_converted_at_once_and_found_by_its_status(home: Path) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        for row, rating in enumerate((1, 3, 5)):
            rated_answer(workspace, rating, row=row)
        workspace.improve.feedback.convert(rated_answer(workspace, 4, row=3).id)
        workspace.improve.feedback.dismiss(rated_answer(workspace, 2, row=4).id)
    async with open_app(home) as user:
        await user.press("7")
        await user.sees("feedback: 5 in all")
        await user.press("s")
        await user.sees("feedback: 3 new")
        await user.press("C")
        await user.sees("3 training pairs are now", "feedback: 0 new", "No feedback is new.")
        await user.press("s")
        await user.sees("feedback: 4 converted")
        await user.press("s")
        await user.sees("feedback: 1 dismissed", "– dismissed")
        await user.press("s")
        await user.sees("feedback: 5 in all")
        pairs = user.app.workspace.improve.feedback.feedback(status=FeedbackStatus.CONVERTED)
        assert len({item.qa_pair_id for item in pairs}) == 4


async def test_dismissed_feedback_can_still_be_converted(home: Path) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        rated_answer(workspace, 2)
    async with open_app(home) as user:
        await user.press("7", "D")
        await user.sees("– dismissed", "without an answer")
        await user.press("c")
        await user.sees("✓ converted")


async def test_the_cursor_stays_on_its_feedback_while_more_comes_in(home: Path) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        rated_answer(workspace, 2, comment="the first")
        rated_answer(workspace, 3, comment="the second", row=1)
    async with open_app(home) as user:
        await user.press("7")
        await user.sees("the second")
        await user.press("down")
        await user.sees("“the first”")
        rated_answer(user.app.workspace, 5, comment="the third", row=2)
        await user.sees("3 in all")
        await user.settle()
        assert "“the first”" in user.text()


def decide_all(workspace: Workspace) -> None:
    """Say that every pair from feedback is right."""
    for item in workspace.improve.feedback.feedback(status=FeedbackStatus.CONVERTED):
        assert item.qa_pair_id is not None
        workspace.label.queue.decide([Decision(item.qa_pair_id, Verdict.APPROVE)])


async def _job_done(user: Driver) -> None:
    jobs = user.app.workspace.jobs
    await user.until(lambda: any(job.status is JobStatus.SUCCEEDED for job in jobs.jobs()), "the training is done")
    await user.until(lambda: user.app.overview is not None and not user.app.overview.running, "the screen knows")
    await user.settle()


@SIZES
async def test_a_retraining_shows_what_it_was_worth_and_is_deployed(home: Path, size: tuple[int, int]) -> None:
    served_model(home)
    async with open_app(home, size) as user:
        await user.press("7")
        await user.sees("live answers with defects v1", "Nothing has changed since v1")
        await user.press("r")
        assert user.app.workspace.jobs.jobs() == [], "there is nothing to learn yet"
        for item in [rated_answer(user.app.workspace, 5, corrected=True, row=row) for row in range(2)]:
            user.app.workspace.improve.feedback.convert(item.id)
        decide_all(user.app.workspace)
        await user.sees("2 new, 0 corrected since v1", "labeled pairs for training", ": retrain")
        await user.press("r")
        await _job_done(user)
        await user.sees(
            "defects v2 is trained: 2 new, 0 corrected since v1", "held-out", "Nothing has changed since v2"
        )
        await user.press("d")
        await user.sees("Deploy defects v2?", "2 new, 0 corrected since v1", "→", "answers with defects v2")
        await user.press("n")
        assert user.app.workspace.deploy.endpoints.endpoint("live").model.version == 1
        await user.press("d", "y")
        await user.sees("live answers with defects v2")
        assert user.app.workspace.deploy.endpoints.endpoint("live").model.version == 2
        assert "is trained" not in user.text()


async def test_what_is_new_is_counted_from_the_newest_version(home: Path) -> None:
    """A version that nobody deployed yet knows already what came before it."""
    sheet, _ = served_model(home)
    with Workspace(home) as workspace:
        add_pairs(workspace.store, sheet, range(100, 105))
        train_next(workspace, sheet, "j2")
        add_pairs(workspace.store, sheet, range(105, 107))
    async with open_app(home) as user:
        await user.press("7")
        await user.sees("defects v2 is trained: 5 new", "2 new, 0 corrected since v2", ": retrain")
        assert any(word in user.text() for word in ("▲ better", "▼ worse", "≈ no clear difference"))
        newest = verdict_of(user.app.workspace.train.models.model("defects"))
        await user.sees(f"{newest.sign} {newest.level.capitalize()}: ")


async def test_too_few_pairs_are_told_and_nothing_is_trained(home: Path) -> None:
    sheet, _ = served_model(home, pairs=12)
    with Workspace(home) as workspace:
        rows = workspace.label.queue.open(sheet.id)
        workspace.label.queue.decide([Decision(row.id, Verdict.REJECT, reason="blurred") for row in list(rows)[:6]])
    async with open_app(home) as user:
        await user.press("7")
        await user.sees("6 removed since v1", "4 more labeled pairs are needed")
        await user.press("r")
        assert user.app.workspace.jobs.jobs() == []


async def test_the_panel_is_about_the_endpoint_of_the_feedback(home: Path) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        rated_answer(workspace, 1)
        workspace.deploy.endpoints.deploy(model.id, "other")
        fields = workspace.deploy.endpoints.sample_input("other")
        (record,) = workspace.deploy.endpoints.query("other", [fields], origin=Origin.CLI)
        workspace.improve.feedback.add_feedback(record.request_id, 5)
    async with open_app(home) as user:
        await user.press("7")
        await user.sees("other answers with defects v1")
        await user.press("down")
        await user.sees("live answers with defects v1")


async def test_a_key_that_comes_before_it_is_counted_what_is_new_counts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, _ = served_model(home)
    async with open_app(home, (80, 24)) as user:
        await user.press("7")
        await user.sees("Nothing has changed since v1")
        await user.press("3")
        add_pairs(user.app.workspace.store, sheet, range(200, 230))
        retraining = user.app.workspace.improve.retraining
        may_read, outlook = threading.Event(), retraining.outlook

        def late(endpoint: str) -> Any:
            may_read.wait()
            return outlook(endpoint)

        monkeypatch.setattr(retraining, "outlook", late)
        await user.pilot.press("7", "r")
        await user.sees("Retraining begins when the new labels are counted.")
        may_read.set()
        await user.until(lambda: len(user.app.workspace.jobs.jobs()) == 1, "the training is begun")


async def test_pressing_r_twice_begins_one_training_and_says_so_at_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, _ = served_model(home)
    with Workspace(home) as workspace:
        add_pairs(workspace.store, sheet, range(200, 230))
    async with open_app(home, (80, 24)) as user:
        feedback = user.app.workspace.improve.feedback
        may_begin, retrain = threading.Event(), feedback.retrain

        def late(endpoint: str) -> Any:
            may_begin.wait()
            return retrain(endpoint)

        monkeypatch.setattr(feedback, "retrain", late)
        await user.press("7")
        await user.sees("r: retrain")
        await user.pilot.press("r", "r")
        await user.sees("Retraining is being started…")
        may_begin.set()
        await user.settle()
        assert len(user.app.workspace.jobs.jobs()) == 1
