"""The loop once round, by keys alone, on a fresh workspace with nothing configured."""

from __future__ import annotations

from pathlib import Path

from harness import SIZES, Driver, open_app
from ontos_tui.domain.rules.states import JobStatus, PairStatus


async def _job_done(user: Driver, number: int) -> None:
    """Wait until that many jobs have succeeded, and the screen knows it."""
    jobs = user.app.workspace.jobs

    def done() -> bool:
        jobs_now = jobs.jobs()
        assert not [job for job in jobs_now if job.status is JobStatus.FAILED], [job.error for job in jobs_now]
        return sum(job.status is JobStatus.SUCCEEDED for job in jobs_now) >= number

    await user.until(done, f"{number} jobs are done")
    await user.until(lambda: user.app.overview is not None and not user.app.overview.running, "the screen knows")
    await user.settle()


@SIZES
async def test_the_ten_steps(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_app(tmp_path / "home", size) as user:
        app = user.app
        # 1 pick Defect Detection, 2 see its sample data
        await user.sees("Defect Detection")
        await user.press("enter")
        await user.sees("INS-00001")
        # 3 generate training pairs with one key
        await user.press("2")
        await user.sees("Crystal defect", "proposed answer")
        await user.press("g")
        await _job_done(user, 1)
        await user.sees("800")
        # 4 review and label ten pairs
        await user.press("3", "enter")
        await user.sees("decided", "▸")
        before = app.workspace.label.queue.training_sheets()[0].counts
        await user.press(*"aaaaaaa")
        for choice in ("1", "2", "6"):
            await user.press(choice, "1", "1", "a")
        after = app.workspace.label.queue.training_sheets()[0].counts
        assert after.labeled - before.labeled == 10
        # 5 submit a training job and watch it finish
        await user.press("escape", "4")
        await user.sees("ready to train")
        await user.press("t")
        await _job_done(user, 2)
        await user.sees("v1", "accuracy")
        # 6 deploy the model and try it in a playground
        # With the labels that colleagues gave, ten decisions are enough for a model that beats its baseline.
        await user.press("5", "d", "ctrl+s")
        await user.sees("● ready")
        await user.press("p")
        await user.sees("Playground", "detector_type")
        await user.press("ctrl+s")
        await user.sees("status 200", "sure")
        # 7 leave feedback on the prediction, with a correction
        await user.press("ctrl+b")
        await user.sees("Feedback", "Rating")
        await user.press("1", "tab", "tab", "7", "ctrl+s")
        await user.sees("▼ 1✎")
        # 8 see the request and the feedback in Monitor
        await user.press("escape", "6")
        await user.sees("newest answers", "1.0 of 5 (1 rated, 1")
        await user.press("r")
        await user.sees("1 request, the newest first", "▼ 1✎")
        await user.press("escape")
        # 9 convert the feedback into a training pair and see it wait in the queue
        await user.press("7")
        await user.sees("→ dent")
        await user.press("c")
        await user.sees("converted", "training pair: unlabeled")
        await user.press("3", "enter")
        await user.sees("from feedback", "correction by ana", "dent")  # the item itself, and not a second one
        await user.press("a")
        (item,) = app.workspace.improve.feedback.feedback()
        assert item.qa_pair_id is not None
        assert app.workspace.label.queue.pair(item.qa_pair_id).status is PairStatus.LABELED
        # 10 retrain with what is new and see what changed
        await user.press("escape", "7")
        await user.sees("1 new, 0 corrected")
        await user.press("r")
        await _job_done(user, 3)
        await user.sees("v2 is trained", "1 new, 0 corrected since v1", "held-out pairs")
        await user.press("d", "y")
        await user.until(lambda: "v2" in user.text(), "the question is answered")
        if "does not pass the checks" in user.text():
            await user.type("learning the ten steps")
            await user.press("ctrl+s")
        await user.until(lambda: app.workspace.deploy.endpoints.endpoints()[0].model.version == 2, "v2 answers")
