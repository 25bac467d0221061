"""The loop once round with a table model that answers on an emulated Databricks, by keys alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.models import trained_model
from emulator.chat import says
from emulator.databricks.jobs_rest import answers_all
from emulator.databricks.scene import Scene
from harness import Driver, open_app
from ontos_tui.domain.rules.states import JobStatus, PairStatus
from tiers import deep


def _awake_at_once(scene: Scene) -> None:
    """What is deployed or registered is ready when it is looked at first: no wait passes."""
    scene.serving.polls = 1
    scene.models.polls = 1


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


async def test_a_key_deploys_a_table_model_on_databricks(scene: Scene, home: Path) -> None:
    _awake_at_once(scene)
    trained_model(home)
    async with open_app(home, (80, 24)) as user:
        await user.press("5", "D")
        await user.sees("Deploy defects v1 on Databricks", "job of some minutes", "costs money")
        await user.press("ctrl+s")
        await _job_done(user, 1)
        await user.sees("● ready", "Databricks, with team.ontos.defects")
        assert scene.models.aliases["team.ontos.defects", "champion"] == 1


ANSWER = {"defect_class": "crack", "severity": "major", "action": "rework"}


@deep
async def test_the_ten_steps_with_a_chat_model_on_databricks(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own chat model proposes, one is fine-tuned on what people say, and that one answers at the endpoint."""
    _awake_at_once(scene)
    monkeypatch.setenv("ONTOS_DATABRICKS_MODEL", scene.serving.foundation[0])
    monkeypatch.setenv("ONTOS_DATABRICKS_BATCH_FROM", "1")
    scene.engine.ask_model = lambda endpoint, prompt: json.dumps(ANSWER)
    scene.serving.answer = lambda asked: says(ANSWER)
    scene.jobs.way = ()
    scene.jobs.work = lambda run, jobs: answers_all(run, jobs, json.dumps(ANSWER))
    async with open_app(tmp_path / "home", (80, 24)) as user:
        app = user.app
        # 1 pick Defect Detection, 2 see its sample data
        await user.sees("Defect Detection")
        await user.press("enter")
        await user.sees("INS-00001")
        # 3 the workspace's chat model proposes answers
        await user.press("2")
        await user.sees("Crystal defect", "proposed answer")
        await user.press("g")
        await _job_done(user, 1)
        # 4 review ten
        await user.press("3", "enter")
        await user.sees("decided", "▸")
        await user.press(*"aaaaaaaaaa")
        # 5 fine-tune a chat model of the workspace
        await user.press("escape", "4")
        await user.sees("ready to train")
        await user.press("b")
        await user.sees("Which base model?")
        await user.press("end", "enter")
        await user.settle()
        await user.press("t")
        await _job_done(user, 2)
        (run,) = scene.jobs.runs.values()
        assert "ai_runtime_task" in run.wanted["tasks"][0]
        # 6 deploy it there, and try it in a playground
        await user.press("5", "d", "ctrl+s")
        await user.sees("does not pass the checks")
        await user.press("t")
        await _job_done(user, 3)
        await user.sees("● ready", "Databricks, with")
        await user.press("p")
        await user.sees("Playground", "detector_type")
        await user.press("ctrl+s")
        await user.sees("status 200", "crack")
        assert scene.serving.asked[-1].body["messages"][-1]["role"] == "user"
        # 7 leave feedback with a correction, 8 see both in Monitor
        await user.press("ctrl+b")
        await user.sees("Feedback", "Rating")
        await user.press("1", "tab", "tab", "7", "ctrl+s")
        await user.sees("▼ 1✎")
        await user.press("escape", "6")
        await user.sees("1 request, the newest first", "▼ 1✎")
        # 9 convert the feedback into a training pair
        await user.press("7")
        await user.sees("→ dent")
        await user.press("c")
        await user.sees("converted", "training pair: unlabeled")
        await user.press("3", "enter")
        await user.sees("from feedback", "dent")
        await user.press("a")
        # 10 retrain there; the endpoint switches
        await user.press("escape", "7")
        await user.sees("1 new, 0 corrected")
        await user.press("r")
        await _job_done(user, 4)
        await user.press("d", "y")
        await user.sees("does not pass the checks", "Type a reason")
        await user.type("learning the ten steps")
        await user.press("ctrl+s")
        await _job_done(user, 5)
        (view,) = app.workspace.deploy.endpoints.endpoints()
        assert (view.model.version, view.endpoint.platform.value) == (2, "databricks")
        assert view.model.params["databricks_version"] == "2"


@deep
async def test_the_ten_steps_with_a_table_model_on_databricks(scene: Scene, tmp_path: Path) -> None:
    _awake_at_once(scene)
    async with open_app(tmp_path / "home", (80, 24)) as user:
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
        # 4 review and label ten pairs
        await user.press("3", "enter")
        await user.sees("decided", "▸")
        await user.press(*"aaaaaaa")
        for choice in ("1", "2", "6"):
            await user.press(choice, "1", "1", "a")
        # 5 submit a training job and watch it finish
        await user.press("escape", "4")
        await user.sees("ready to train")
        await user.press("t")
        await _job_done(user, 2)
        await user.sees("v1", "accuracy")
        # 6 deploy the model on Databricks, and try it in a playground
        await user.press("5", "D", "ctrl+s")
        await user.sees("does not pass the checks")
        await user.press("t")
        await _job_done(user, 3)
        await user.sees("● ready", "Databricks, with")
        (view,) = app.workspace.deploy.endpoints.endpoints()
        assert scene.serving.endpoints[view.endpoint.name]["ready"]
        await user.press("p")
        await user.sees("Playground", "detector_type")
        await user.press("ctrl+s")
        await user.sees("status 200", "sure")
        assert scene.serving.asked[-1].body["dataframe_records"]
        # 7 leave feedback on the prediction, with a correction
        await user.press("ctrl+b")
        await user.sees("Feedback", "Rating")
        await user.press("1", "tab", "tab", "7", "ctrl+s")
        await user.sees("▼ 1✎")
        # 8 see the request and the feedback in Monitor
        await user.press("escape", "6")
        await user.sees("1 request, the newest first", "▼ 1✎")
        # 9 convert the feedback into a training pair and see it wait in the queue
        await user.press("7")
        await user.sees("→ dent")
        await user.press("c")
        await user.sees("converted", "training pair: unlabeled")
        await user.press("3", "enter")
        await user.sees("from feedback", "dent")
        await user.press("a")
        (item,) = app.workspace.improve.feedback.feedback()
        assert item.qa_pair_id is not None
        assert app.workspace.label.queue.pair(item.qa_pair_id).status is PairStatus.LABELED
        # 10 retrain with what is new; the endpoint on Databricks switches to it
        await user.press("escape", "7")
        await user.sees("1 new, 0 corrected")
        await user.press("r")
        await _job_done(user, 4)
        await user.sees("v2 is trained")
        await user.press("d", "y")
        await user.sees("does not pass the checks", "Type a reason")
        await user.type("learning the ten steps")
        await user.press("ctrl+s")
        await _job_done(user, 5)
        (view,) = app.workspace.deploy.endpoints.endpoints()
        assert (view.model.version, view.endpoint.platform.value) == (2, "databricks")
        aliases = {alias: version for (_, alias), version in scene.models.aliases.items()}
        assert aliases == {"champion": 2, "challenger": 1}
