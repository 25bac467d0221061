"""Fine-tuning on the workspace through the real SDK: what is sent, how it is waited for, and how it can end."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.service.jobs import RunLifecycleStateV2State, TerminationCodeCode

from emulator.databricks.jobs_rest import JobsRest, Submitted, answers_all
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import InvalidInputError, JobCancelledError, OntosError, PlatformError
from ontos_tui.domain.learning import Conversation, NoProgress, Tuned, TuningSet
from ontos_tui.domain.records.template import Message
from ontos_tui.platforms.databricks import fine_tuning
from ontos_tui.platforms.databricks.fine_tuning.prices import A10, DBU_USD, estimate
from ontos_tui.platforms.databricks.fine_tuning.trainer import AiRuntime
from ontos_tui.platforms.databricks.jobs import runs
from ontos_tui.platforms.databricks.workspace_client import Team

BASE = "databricks:Qwen/Qwen3-4B-Instruct-2507"
FOLDER, LAUNCH = "/Volumes/team/ontos/training/k1", "/Workspace/Users/ana@example.com/.ontos/runs/k1"


def conversation(number: int) -> Conversation:
    return Conversation(
        f"r{number}",
        (
            Message("system", "You judge."),
            Message("user", f"Löad {number}"),
            Message("assistant", '{"defect": "none"}'),
        ),
    )


DATA = TuningSet("k1", "weld-check", tuple(map(conversation, range(6))), tuple(map(conversation, range(6, 9))), seed=4)


class Kept:
    """What is remembered of a run, and the progress that is told."""

    def __init__(self, stop_at: str = "") -> None:
        self.known: dict[str, Any] = {}
        self.words: list[tuple[int, int, str]] = []
        self._stop_at = stop_at

    def keep(self, what: dict[str, Any]) -> None:
        self.known = what

    def update(self, done: int, total: int, message: str = "") -> None:
        self.words.append((done, total, message))
        if self._stop_at and self._stop_at in message:
            raise JobCancelledError("stopped")


@pytest.fixture
def runtime(databricks: Team) -> AiRuntime:
    return AiRuntime(databricks, wait=lambda seconds: None)


def tune(runtime: AiRuntime, stored: Kept) -> Tuned:
    return runtime.fine_tune(DATA, BASE, stored.known, stored.keep, stored)


def test_conversations_go_to_a_volume_and_the_test_keeps_its_answers(scene: Scene, runtime: AiRuntime) -> None:
    tune(runtime, Kept())
    train = [json.loads(line) for line in scene.files.files[f"{FOLDER}/train.jsonl"].decode().splitlines()]
    assert len(train) == 6
    assert train[0] == {
        "prompt": [{"role": "system", "content": "You judge."}, {"role": "user", "content": "Löad 0"}],
        "completion": [{"role": "assistant", "content": '{"defect": "none"}'}],
    }
    held_out = scene.files.files[f"{FOLDER}/held_out.jsonl"].decode()
    assert [json.loads(line)["ref"] for line in held_out.splitlines()] == ["r6", "r7", "r8"]
    assert "defect" not in held_out


def test_the_run_is_asked_for_as_ai_runtime_wants_it(scene: Scene, runtime: AiRuntime) -> None:
    tune(runtime, Kept())
    (run,) = scene.jobs.runs.values()
    (task,) = run.wanted["tasks"]
    (deployment,) = task["ai_runtime_task"]["deployments"]
    assert deployment == {
        "command_path": f"{LAUNCH}/command.sh",
        "compute": {"accelerator_type": "GPU_1xA10", "accelerator_count": 1},
    }
    assert task["ai_runtime_task"]["mlflow_experiment_directory"] == "/Workspace/Users/ana@example.com/ontos"
    assert (task["max_retries"], task["run_if"], task["environment_key"]) == (0, "ALL_SUCCESS", "default")
    (environment,) = run.wanted["environments"]
    assert environment["spec"]["environment_version"] == "5"
    assert any(one.startswith("trl==") for one in environment["spec"]["dependencies"])
    text = scene.jobs.parameters(run)
    assert (text["train"], text["seed"]) == (f"{FOLDER}/train.jsonl", 4)
    assert text["registered_model"] == "team.ontos.weld_check"


def test_the_script_is_the_one_that_is_shipped_and_uses_what_it_is_told(
    scene: Scene, runtime: AiRuntime, tmp_path: Path
) -> None:
    tune(runtime, Kept())
    script = scene.jobs.home[f"{LAUNCH}/train.py"].decode()
    assert script == (Path(fine_tuning.__file__).parent / "train.py").read_text()
    read_options = {
        node.slice.value
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "options"
        and isinstance(node.slice, ast.Constant)
    }
    (run,) = scene.jobs.runs.values()
    assert read_options == set(scene.jobs.parameters(run))
    command = tmp_path / "command.sh"
    command.write_bytes(scene.jobs.home[f"{LAUNCH}/command.sh"])
    assert subprocess.run(["bash", "-n", str(command)], capture_output=True).returncode == 0


def test_what_comes_back_is_a_registered_version_and_the_answers(scene: Scene, runtime: AiRuntime) -> None:
    stored = Kept()
    result = tune(runtime, stored)
    assert result.params["databricks_model"] == "team.ontos.weld_check"
    assert result.params["databricks_version"] == "1"
    assert result.params["run_url"] == f"{scene.workspace.url}/jobs/runs/101"
    assert result.seconds == 90.0
    assert list(result.answers) == ["r6", "r7", "r8"]
    assert stored.known == {"run_id": 101, "url": f"{scene.workspace.url}/jobs/runs/101", "attempt": 1}


def test_progress_is_told_in_words_with_the_loss(scene: Scene, runtime: AiRuntime) -> None:
    scene.jobs.mlflow.metrics = {("m101", "epoch"): [0.5, 1.5], ("m101", "loss"): [2.0, 0.25]}
    stored = Kept()
    tune(runtime, stored)
    assert stored.words[1:] == [
        (0, 0, "on Databricks: being set up"),
        (0, 0, "on Databricks: queued"),
        (150, 300, "on Databricks: running, loss 0.250, epoch 1.50 of 3"),
        (150, 300, "on Databricks: running, loss 0.250, epoch 1.50 of 3"),
        (0, 0, "reading the results of the run"),
    ]


def test_a_run_outlives_this_machine_and_is_found_again(scene: Scene, runtime: AiRuntime) -> None:
    class Dying(Kept):
        def update(self, done: int, total: int, message: str = "") -> None:
            if "queued" in message:
                raise OntosError("the process died")

    stored = Dying()
    with pytest.raises(OntosError, match="died"):
        tune(runtime, stored)
    again = Kept()
    again.known = stored.known
    assert tune(runtime, again).params["run_id"] == 101
    assert len(scene.jobs.runs) == 1


def test_a_run_whose_id_was_never_kept_is_not_started_twice(scene: Scene, runtime: AiRuntime) -> None:
    tune(runtime, Kept())
    tune(runtime, Kept())
    assert len(scene.jobs.runs) == 1


def test_a_stop_stops_the_run_there_and_another_can_be_begun(scene: Scene, runtime: AiRuntime) -> None:
    stored = Kept(stop_at="queued")
    with pytest.raises(JobCancelledError):
        tune(runtime, stored)
    assert scene.jobs.runs[101].code == "USER_CANCELED"
    again = Kept()
    again.known = stored.known
    assert tune(runtime, again).params["run_id"] == 102


@pytest.mark.parametrize(
    ("code", "message", "what", "todo"),
    [
        (
            "RUN_EXECUTION_ERROR",
            "CUDA out of memory.",
            "The fine-tuning failed on Databricks: its script failed: CUDA out of memory.",
            "jobs/runs",
        ),
        ("FEATURE_DISABLED", "", "AI Runtime is switched off in the workspace.", "turn AI Runtime on"),
        (
            "DRIVER_ERROR",
            "",
            "The fine-tuning failed on Databricks: its machine stopped, often for lack of memory.",
            "jobs",
        ),
        ("CANCELED", "", "The fine-tuning was cancelled on Databricks.", "another"),
    ],
)
def test_why_a_run_failed_is_told(
    scene: Scene, runtime: AiRuntime, code: str, message: str, what: str, todo: str
) -> None:
    def fail(run: Submitted, jobs: JobsRest) -> None:
        run.code, run.message = code, message

    scene.jobs.work = fail
    with pytest.raises(PlatformError) as text:
        tune(runtime, Kept())
    assert text.value.what.startswith(what)
    assert todo in text.value.todo


def test_a_version_that_is_not_registered_is_told(scene: Scene, runtime: AiRuntime) -> None:
    def work(run: Submitted, jobs: JobsRest) -> None:
        answers_all(run, jobs)
        jobs.mlflow.versions["team.ontos.weld_check", 1] = "FAILED_REGISTRATION"

    scene.jobs.work = work
    with pytest.raises(PlatformError, match="was not registered"):
        tune(runtime, Kept())


def test_an_answer_that_is_no_line_counts_as_none(scene: Scene, runtime: AiRuntime) -> None:
    def work(run: Submitted, jobs: JobsRest) -> None:
        answers_all(run, jobs)
        jobs.files.files[f"{FOLDER}/answers.jsonl"] = b'{"ref": "r6", "text": "x"}\n{"ref\n[1]\n\xff\n'

    scene.jobs.work = work
    assert tune(runtime, Kept()).answers == {"r6": "x"}


def test_a_missing_right_is_told(scene: Scene, runtime: AiRuntime) -> None:
    scene.workspace.fault(path="fs/files", status=403, error_code="PERMISSION_DENIED", message="no WRITE VOLUME")
    with pytest.raises(PlatformError, match="no WRITE VOLUME"):
        tune(runtime, Kept())


def test_another_base_model_is_refused(runtime: AiRuntime) -> None:
    with pytest.raises(InvalidInputError, match="No base model 'gpt'"):
        runtime.fine_tune(DATA, "gpt", {}, lambda what: None, NoProgress())


def test_an_estimate_grows_with_the_work_and_says_what_it_is_made_of() -> None:
    few, many = (estimate(characters, 3, 100, 4e9, A10) for characters in (1_000_000, 100_000_000))
    assert few.cost is not None
    assert few.cost == pytest.approx(few.seconds / 3_600 * 3.6 * DBU_USD)
    assert many.seconds > few.seconds
    tokens = 100_000_000 / 4 * 3
    assert many.seconds - few.seconds == pytest.approx(0.99 * 4 * 4e9 * tokens / (125e12 * 0.3))
    for word in ("an estimate", "list price of 2026-09-25", "waiting for a GPU is not in it"):
        assert word in few.basis


def test_every_code_of_a_run_that_went_wrong_has_plain_words() -> None:
    wrong = {code.value for code in TerminationCodeCode} - {"SUCCESS", "SUCCESS_WITH_FAILURES"}
    assert set(runs.REASONS) == wrong
    assert set(runs.STATES) == {state.value for state in RunLifecycleStateV2State}
