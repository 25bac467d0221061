"""A training sheet becomes a fine-tuned model on the team's workspace; it is deployed, asked and rolled back there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders.defects import labeled_sheet, part
from emulator.chat import Reply, says
from emulator.databricks.jobs_rest import JobsRest, Submitted, answers_all
from emulator.databricks.scene import Scene
from emulator.databricks.serving_rest import Asked
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.monitor.drift import DriftSource
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.records.training import Evaluation, Job, JobKind, ModelVersion, Role
from ontos_tui.domain.rules.monitor.traffic import Bucket
from ontos_tui.domain.rules.states import EndpointStatus, JobStatus
from ontos_tui.platforms.databricks.fine_tuning.trainer import AiRuntime
from ontos_tui.platforms.databricks.serving import DatabricksServing
from ontos_tui.platforms.databricks.workspace_client import Team
from ontos_tui.platforms.local.serving import LocalServing
from ontos_tui.platforms.routing.serving import TeamServing
from ontos_tui.services.deploy.gate import DeploymentGate
from ontos_tui.services.deploy.service import DeployService
from ontos_tui.services.train.fine_tuning import FineTuning, render_messages
from ontos_tui.services.train.service import TrainService
from ontos_tui.store import rows
from ontos_tui.worker.reporter import Reporter
from ontos_tui.worker.work import WORK
from ontos_tui.workspace import Workspace

BASE = "databricks:Qwen/Qwen3-4B-Instruct-2507"


@pytest.fixture
def shared(scene: Scene, databricks: Team, home: Path) -> Iterator[Workspace]:
    """A workspace whose settings name the emulated one, and that does not pause between two looks at it."""
    with Workspace(home) as opened:

        def hurry(seconds: float) -> None:
            """Nobody waits in a test."""

        opened.train.models = TrainService(
            opened.store,
            opened.engines.trainer,
            opened.jobs,
            home,
            "ana",
            FineTuning(AiRuntime(databricks, wait=hurry), opened.engines.trainer),
        )
        serving = TeamServing(
            LocalServing(home, opened.engines.trainer),
            lambda: DatabricksServing(databricks, render_messages, patience=2, wait=hurry),
        )
        gate = DeploymentGate(opened.store, lambda: opened.engines.trainer, opened.home)
        opened.deploy.endpoints = DeployService(opened.store, serving, opened.jobs, opened.settings, "ana", gate)
        yield opened


@pytest.fixture
def sheet(shared: Workspace) -> TrainingSheet:
    return labeled_sheet(shared.store, 60)


def a_job(workspace: Workspace, kind: JobKind = JobKind.TRAIN, **params: Any) -> Job:
    job = Job(kind=kind, title="Work", params=params, status=JobStatus.RUNNING)
    with workspace.store.write() as connection:
        rows.add(connection, job)
    return job


def tune(workspace: Workspace, sheet: TrainingSheet, job: Job | None = None) -> ModelVersion:
    job = job or a_job(workspace)
    return workspace.train.models.run({"training_sheet_id": sheet.id, "base_model": BASE}, job.id, NoProgress())


def test_the_held_out_answers_are_scored_here_beside_the_baseline(
    scene: Scene, shared: Workspace, sheet: TrainingSheet
) -> None:
    model = tune(shared, sheet)
    evaluation = Evaluation.model_validate(model.evaluation)
    held = [pair for pair in shared.train.models.lineage(model.id) if pair.role is Role.HELD_OUT]
    headline = evaluation.headline()
    assert headline.n == len(held) == model.held_out_count
    # Every answer was "crack", which is right for a third of the parts.
    assert headline.value == pytest.approx(headline.classes["crack"].support / headline.n)
    assert (model.engine, model.base_model) == ("Databricks AI Runtime, trl LoRA", BASE)
    assert model.params["databricks_model"] == "team.ontos.defects"
    assert model.seconds == 90.0


def test_no_right_answer_of_the_test_is_sent(scene: Scene, shared: Workspace, sheet: TrainingSheet) -> None:
    tune(shared, sheet)
    files = {path.rsplit("/", 1)[1]: content.decode() for path, content in scene.files.files.items()}
    assert "defect" not in files["held_out.jsonl"]
    assert files["train.jsonl"].count('\\"defect\\"') == len(files["train.jsonl"].splitlines())


def test_an_answer_that_does_not_fit_counts_as_wrong_and_is_told(
    scene: Scene, shared: Workspace, sheet: TrainingSheet
) -> None:
    scene.jobs.work = lambda run, jobs: answers_all(run, jobs, text="I cannot tell")
    evaluation = Evaluation.model_validate(tune(shared, sheet).evaluation)
    assert evaluation.headline().value == 0
    assert f"{evaluation.n} of {evaluation.n} held-out answers did not fit" in evaluation.notes[-1]


def test_the_run_is_kept_with_the_job_and_gone_on_with(scene: Scene, shared: Workspace, sheet: TrainingSheet) -> None:
    def fail(run: Submitted, jobs: JobsRest) -> None:
        run.code, run.message = "RUN_EXECUTION_ERROR", "out of memory"

    scene.jobs.work = fail
    job = a_job(shared)
    with pytest.raises(PlatformError, match="out of memory"):
        tune(shared, sheet, job)
    assert shared.jobs.job(job.id).result["run_id"] == 101
    scene.jobs.work = answers_all
    model = tune(shared, sheet, job)
    assert model.params["run_id"] == 102
    assert tune(shared, sheet, job) == model, "the job is done once"
    assert len(scene.jobs.runs) == 2


def test_what_is_there_cannot_be_loaded_here_and_says_so(shared: Workspace, sheet: TrainingSheet) -> None:
    model = tune(shared, sheet)
    with pytest.raises(PlatformError, match="fine-tuned on Databricks"):
        shared.engines.trainer.load(shared.home / model.artifact, model.sha256)
    curve = shared.train.models.curve(model.name)
    assert [point.model.id for point in curve.points] == [model.id]


def test_the_base_models_are_on_offer_after_those_of_this_machine(shared: Workspace, sheet: TrainingSheet) -> None:
    keys = [one.key for one in shared.train.models.base_models()]
    assert keys[-2:] == [BASE, "databricks:Qwen/Qwen3-8B"]
    assert not keys[0].startswith("databricks:")
    here, there = shared.train.models.estimate(sheet.id), shared.train.models.estimate(sheet.id, BASE)
    assert here.cost is None
    assert there.cost is not None
    assert "first 60 pairs" in there.basis


def test_without_a_workspace_nothing_is_offered_there(workspace: Workspace) -> None:
    assert workspace.train.models.fine_tunable() == ()


def records(workspace: Workspace) -> list[InferenceRecord]:
    with workspace.store.read() as connection:
        return rows.find(connection, InferenceRecord)


def test_a_tuned_model_is_deployed_asked_swapped_and_rolled_back(
    scene: Scene, shared: Workspace, sheet: TrainingSheet
) -> None:
    def answer(asked: Asked) -> Reply:
        return says({"defect": "crack" if asked.version == "1" else "none"})

    scene.serving.answer = answer
    first, second = tune(shared, sheet), tune(shared, sheet)
    assert (first.params["databricks_version"], second.params["databricks_version"]) == ("1", "2")
    shared.deploy.endpoints.deploy(first.id, "live", despite="a test")
    (record,) = shared.deploy.endpoints.query("live", [part(61)], origin=Origin.CLI)
    assert record.output == {"defect": "crack"}
    assert scene.serving.asked[-1].body["client_request_id"] == record.request_id
    told = f"{part(61)['voltage']} {part(61)['line']}"
    assert scene.serving.asked[-1].body["messages"] == [{"role": "user", "content": told}]
    shared.deploy.endpoints.deploy(second.id, "live", despite="a test")
    assert shared.deploy.endpoints.query("live", [part(61)], origin=Origin.CLI)[0].output == {"defect": "none"}
    shared.deploy.endpoints.roll_back("live")
    assert shared.deploy.endpoints.query("live", [part(61)], origin=Origin.CLI)[0].output == {"defect": "crack"}
    kept = scene.engine.direct("SELECT client_request_id FROM team.ontos.live_payload")
    assert {one for (one,) in kept} == {one.request_id for one in records(shared)}


def test_the_whole_round_on_the_teams_workspace(scene: Scene, shared: Workspace, sheet: TrainingSheet) -> None:
    scene.serving.answer = lambda asked: says({"defect": "crack", "severe": True})
    model = tune(shared, sheet)
    shared.deploy.endpoints.deploy(model.id, "live", despite="a test")
    asked = shared.deploy.endpoints.query("live", [part(number) for number in range(61, 101)], origin=Origin.CLI)
    shared.sharing.start()
    item = shared.improve.feedback.add_feedback(asked[3].request_id, 1, correction={"defect": "none", "severe": False})
    shared.sharing.sync()
    assert shared.publishing is not None
    assert shared.publishing.publish() is not None
    until = datetime.now(UTC)
    since = until - timedelta(hours=1)
    shared.monitor.team_traffic.read("live", since, until)
    found = shared.monitor.team_traffic.traffic("live", Bucket.HOUR, since, until)
    assert (found.summary.requests, found.summary.errors) == (40, 0)
    assert (found.summary.ratings, found.summary.mean_rating, found.summary.corrections) == (1, 1.0, 1)
    report = shared.monitor.drift.check_team("live", recent=(since, until + timedelta(minutes=1)))
    assert (report.source, report.recent_rows) == (DriftSource.TEAM, 40)
    assert next(one for one in report.features if one.label == "defect").recent_count == 40
    made = shared.improve.feedback.convert(item.id)
    assert (made.status, made.training_sheet_id) == ("created", sheet.id)
    shared.sharing.sync()
    assert shared.publishing.publish() is not None
    waiting = scene.engine.direct("SELECT status FROM team.ontos.qa_pairs WHERE id = ?", [made.curation_item_id])
    assert waiting == [("unlabeled",)], "the team sees the pair that waits"


def test_a_version_that_does_not_come_up_changes_nothing_here(
    scene: Scene, shared: Workspace, sheet: TrainingSheet
) -> None:
    first, second = tune(shared, sheet), tune(shared, sheet)
    shared.deploy.endpoints.deploy(first.id, "live", despite="a test")
    scene.serving.failing.add("team.ontos.defects/2")
    with pytest.raises(PlatformError, match="ran out of memory"):
        shared.deploy.endpoints.deploy(second.id, "live", despite="a test")
    assert shared.deploy.endpoints.endpoint("live").model.id == first.id


def test_deploying_there_is_a_job_and_here_is_not(
    shared: Workspace, sheet: TrainingSheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[JobKind, dict[str, Any]]] = []

    def submit(kind: JobKind, title: str, params: dict[str, Any]) -> Job:
        begun.append((kind, params))
        return a_job(shared, kind, **params)

    monkeypatch.setattr(shared.jobs, "submit", submit)
    tuned = tune(shared, sheet)
    job = shared.deploy.endpoints.begin(tuned.id, "live", despite="a test")
    assert isinstance(job, Job)
    assert begun == [(JobKind.DEPLOY, {"model_id": tuned.id, "endpoint": "live", "despite": "a test"})]
    told, result = WORK[JobKind.DEPLOY](shared, job, Reporter(shared.jobs, job.id))
    assert told == f"live answers with {tuned.label()}"
    assert result == {"endpoint": "live", "model_id": tuned.id}
    local = shared.train.models.run({"training_sheet_id": sheet.id, "base_model": "nearest"}, "j", NoProgress())
    there = shared.deploy.endpoints.begin(local.id, "here")
    assert not isinstance(there, Job)
    assert there.status is EndpointStatus.READY
    shared.deploy.endpoints.deploy(tune(shared, sheet).id, "live", despite="a test")
    assert isinstance(shared.deploy.endpoints.begin_roll_back("live"), Job)
