"""A model learns from rows that stay in the warehouse: divided and sampled there, trained by a job, registered here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders.parts_table import PARTS, ROWS, parts_sheet, parts_table
from emulator.databricks.jobs_rest import JobsRest, Submitted
from emulator.databricks.scene import Scene
from emulator.databricks.wheel_task import WheelTasks
from ontos_tui.domain.errors import JobCancelledError, NotReadyError, PlatformError
from ontos_tui.domain.learning import NoProgress, Progress
from ontos_tui.domain.records.pairs import LabelingMode, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.training import Evaluation, Job, JobKind, ModelVersion, Role
from ontos_tui.domain.rules.states import JobStatus, PairStatus
from ontos_tui.platforms.databricks.table_training import run as runs
from ontos_tui.platforms.local.trainer import LocalTrainer
from ontos_tui.services.label.service import Decision
from ontos_tui.services.train.warehouse import service as services
from ontos_tui.services.train.warehouse.job import TrainingOptions, read_sample, training_set
from ontos_tui.services.train.warehouse.trained_on import trained_on
from ontos_tui.services.train.warehouse.wheel import build_wheel
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace
from tiers import deep


@pytest.fixture
def team_workspace(scene: Scene, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose table of parts lies in the warehouse: 90 lots of ten parts."""
    monkeypatch.setattr(runs, "PAUSE_SECONDS", 0.0)
    parts_table(scene)
    with Workspace(home) as workspace:
        yield workspace


@pytest.fixture
def sheet(team_workspace: Workspace) -> TrainingSheet:
    return parts_sheet(team_workspace)


def a_job(workspace: Workspace, sheet: TrainingSheet, base_model: str = "nearest") -> Job:
    params = {"training_sheet_id": sheet.id, "base_model": base_model, "name": "defects", "seed": 3}
    made = Job(kind=JobKind.TRAIN, title="Train", params=params, status=JobStatus.RUNNING)
    with workspace.store.write() as connection:
        rows.add(connection, made)
    return made


def add_pair(
    workspace: Workspace, sheet: TrainingSheet, ref: str, fields: dict[str, Any], answer: dict[str, Any]
) -> None:
    """A labeled pair that is no row of the table, as one becomes that was made from feedback."""
    pair = QAPair(
        training_sheet_id=sheet.id,
        sheet_id=sheet.sheet_id,
        item_ref=ref,
        sequence_number=1_000,
        source_data=fields,
        answer=answer,
        status=PairStatus.LABELED,
        labeling_mode=LabelingMode.FEEDBACK,
    )
    with workspace.store.write() as connection:
        rows.add(connection, pair)


def train(workspace: Workspace, job: Job, progress: Progress | None = None, *, least_gain: float = 1.0) -> ModelVersion:
    service = workspace.train.warehouse
    service.sizes = services.Sizes(first=100, least_gain=least_gain)
    return service.run(job.params, job.id, progress or NoProgress())


def _described(folder: Path) -> dict[str, object]:
    """A model in plain data, without the digest of its archive, which holds the time."""
    plain = dict(json.loads((folder / "model.json").read_text()))
    assert plain.pop("estimators")
    return plain


@deep
def test_a_model_comes_back_and_equals_one_trained_here_on_the_same_rows(
    scene: Scene, team_workspace: Workspace, sheet: TrainingSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PAUSE_SECONDS", 0.5)  # while a process of its own learns
    scene.jobs.processes = WheelTasks(scene.environment)
    said: list[str] = []

    class Told:
        def update(self, done: int, total: int, message: str = "") -> None:
            said.append(message)

    model = train(team_workspace, a_job(team_workspace, sheet), Told())
    (run,) = scene.jobs.runs.values()
    plain = scene.jobs.wheel_options(run)
    options = TrainingOptions(**plain)
    drawn = scene.engine.run(f"SELECT * FROM {options.table} ORDER BY ontos_role, ontos_place")
    names = [name for name, _ in drawn.columns]
    sample = read_sample(options, [dict(zip(names, row, strict=True)) for row in drawn.rows])
    LocalTrainer().train(training_set(options, sample, model.train_count), "nearest", tmp_path / "here", NoProgress())
    assert _described(tmp_path / "here") == _described(team_workspace.home / model.artifact)
    # The code was that of the wheel, and it learned in a process of its own.
    assert "ontos-emulated-job" in json.loads(scene.files.files[f"{plain['output']}/result.json"])["code"]
    predictor = team_workspace.engines.trainer.load(team_workspace.home / model.artifact, model.sha256)
    assert predictor.predict([{"voltage": 1.0, "line": "north"}])[0].answer == {"defect": "none"}
    evaluation = Evaluation.model_validate(model.evaluation)
    assert [point.labels for point in evaluation.curve] == [100, 200]
    assert "rows: more did not help by more than" in evaluation.notes[0]
    assert "on Databricks: queued" in said
    assert any("sampled rows: learning" in one for one in said) or "on Databricks: running" in said
    card = team_workspace.train.cards.model_card(model.id)
    for words in ("where they are", PARTS, "0 to 10", "Scores on pairs that it had not seen", "ontos_sample_"):
        assert words in card.replace("\\", "")
    assert "trained_on=" not in card


def registered(team_workspace: Workspace, scene: Scene) -> None:
    """Jobs that do in this process what the wheel's entry point does."""

    def work(run: Submitted, jobs: JobsRest) -> None:
        from ontos_tui.services.train.warehouse.job import train as learn

        plain = jobs.wheel_options(run)
        here = team_workspace.home / "volume" / str(run.run_id)
        here.mkdir(parents=True)
        options = TrainingOptions(**{**plain, "output": str(here)})
        drawn = scene.engine.run(f"SELECT * FROM {options.table} ORDER BY ontos_role, ontos_place")
        names = [name for name, _ in drawn.columns]
        learn(options, [dict(zip(names, row, strict=True)) for row in drawn.rows])
        for file in here.rglob("*"):
            if file.is_file():
                jobs.files.files[f"{plain['output']}/{file.relative_to(here).as_posix()}"] = file.read_bytes()

    scene.jobs.work = work


@deep
def test_what_people_decided_counts_and_is_the_versions_lineage(
    scene: Scene, team_workspace: Workspace, sheet: TrainingSheet
) -> None:
    queue = team_workspace.label.queue
    first, second = (queue.pair(one.id) for one in queue.open(sheet.id)[:2])
    assert first.proposal is not None
    other = {"defect": "none" if first.proposal["defect"] == "crack" else "crack"}
    queue.decide([Decision(first.id, Verdict.APPROVE, answer=other), Decision(second.id, Verdict.REJECT)])
    corrected = {"voltage": 9.5, "line": "north"}
    add_pair(team_workspace, sheet, "feedback:f1", corrected, {"defect": "none"})
    registered(team_workspace, scene)
    model = train(team_workspace, a_job(team_workspace, sheet), least_gain=-1.0)
    lineage = team_workspace.train.models.lineage(model.id)
    assert first.id in {one.pair_id for one in lineage}
    assert second.id not in {one.pair_id for one in lineage}
    assert [one.role for one in lineage if one.pair_id != first.id] == [Role.TRAIN]
    assert "learned from 1 labeled items besides" in " ".join(Evaluation.model_validate(model.evaluation).notes)
    known = trained_on(model)
    assert known is not None
    assert known.rows.startswith("all ")
    assert sum(known.answers["defect"].values()) == ROWS
    # Again for the same job, it is the same version.
    job = team_workspace.jobs.job(model.job_id)
    assert train(team_workspace, job).id == model.id


@deep
def test_the_present_model_is_the_one_to_beat_there_too(
    scene: Scene, team_workspace: Workspace, sheet: TrainingSheet
) -> None:
    registered(team_workspace, scene)
    first = train(team_workspace, a_job(team_workspace, sheet))
    second = train(team_workspace, a_job(team_workspace, sheet, "best"))
    present = [one for one in Evaluation.model_validate(second.evaluation).candidates if one.present]
    assert [(one.base_model, one.present) for one in present] == [("nearest", first.label())]


def test_a_training_that_fails_says_why_and_a_stop_stops_it_there(
    scene: Scene, team_workspace: Workspace, sheet: TrainingSheet
) -> None:
    def fail(run: Submitted, jobs: JobsRest) -> None:
        run.code, run.message = "LIBRARY_INSTALLATION_ERROR", "no numpy==2.4.6"

    scene.jobs.work = fail
    with pytest.raises(PlatformError, match=r"its packages could not be installed: no numpy==2\.4\.6") as error:
        train(team_workspace, a_job(team_workspace, sheet))
    assert "/jobs/runs/101" in error.value.todo

    class Stopping:
        def update(self, done: int, total: int, message: str = "") -> None:
            if "queued" in message:
                raise JobCancelledError("stopped")

    job = a_job(team_workspace, sheet)
    with pytest.raises(JobCancelledError):
        train(team_workspace, job, Stopping())
    assert scene.jobs.runs[102].code == "USER_CANCELED"
    assert team_workspace.jobs.job(job.id).result["run_id"] == 102


def test_tagged_rows_teach_nothing(scene: Scene, team_workspace: Workspace, sheet: TrainingSheet) -> None:
    with team_workspace.store.write() as connection:
        source = team_workspace.data.sheets.sheet(sheet.sheet_id)
        rows.change(connection, source, tags=["PII"])
    with pytest.raises(NotReadyError, match="No row may teach: the sheet holds PII"):
        team_workspace.train.warehouse.look(sheet.id)


def test_the_wheel_is_the_same_for_the_same_code_and_has_no_screen_in_it() -> None:
    wheel = build_wheel(services.JOB)
    assert wheel.content == build_wheel(services.JOB).content
    assert b"ontos_tui/tui" not in wheel.content
    assert b"ontos_tui/store" not in wheel.content
    assert any(one.startswith("scikit-learn==") for one in wheel.requirements)
    assert all("==" in one for one in wheel.requirements)
