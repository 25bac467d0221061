"""Fine-tuning on the team's workspace: a run of AI Runtime on a GPU, from a volume's files to a registered model.

What the plan calls an FMAPI job was Foundation Model Fine-tuning; Databricks removed it on 2026-08-14 and names AI
Runtime as what replaces it. The run is submitted once a key, survives this machine, and is found again by its id.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.learning import BaseModel, Estimate, Progress, Tuned, TuningSet
from ontos_tui.platforms.chat.answer_parsing import sendable
from ontos_tui.platforms.databricks.fine_tuning.prices import A10, H100, Gpu, estimate
from ontos_tui.platforms.databricks.jobs.runs import (
    STATES,
    check_success,
    code_of,
    known_run,
    run_url,
    state_of,
    until_over,
)
from ontos_tui.platforms.databricks.models.registration import MODEL, VERSION
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.jobs import Run

REMOVED = (
    "What was called an FMAPI job is a run of AI Runtime now: Databricks removed Foundation Model Fine-tuning on "
    "2026-08-14."
)
VOLUME = "training"
PAUSE_SECONDS = 15.0
LONGEST_RUN = 4 * 60 * 60
"""Seconds after which Databricks ends a run."""
REGISTERING = 40
"""Looks at a registered version until it counts as stuck."""
DEPENDENCIES = (
    "trl==1.13.0",
    "transformers==5.17.0",
    "accelerate==1.15.0",
    "datasets==5.1.0",
    "peft",
    "mlflow==3.17.0",
)
"""What the node installs, read from the package index on 2026-11-23."""
SERVER = ["vllm==0.33.0", "mlflow==3.17.0"]
"""What a model that brings its own server needs, read from the package index on 2026-12-01; vLLM chooses the rest."""
HYPERPARAMETERS: Mapping[str, Any] = {
    "epochs": 3,
    "learning_rate": 2e-4,
    "batch_size": 1,
    "accumulation": 8,
    "max_length": 4096,
    "lora_r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "longest_answer": 512,
    "report_to": "mlflow",
    "registry": "databricks-uc",
    "server_requirements": SERVER,
    "env_pack": "databricks_model_serving",
}
_COMMAND = """#!/bin/bash
set -euo pipefail
cd "$(dirname "$0")"
for step in fit answer register; do
  python train.py "$step" hyperparameters.yaml
done
"""


@dataclass(frozen=True)
class _Base:
    model: BaseModel
    parameters: float
    gpu: Gpu


_BASES = (
    _Base(
        BaseModel(
            "databricks:Qwen/Qwen3-4B-Instruct-2507",
            "Fine-tuned chat model, 4 billion parameters (Databricks)",
            "A language model learns the labeled answers on a GPU of the team's workspace. The pairs are sent there, "
            f"and it costs money. {REMOVED}",
        ),
        4e9,
        A10,
    ),
    _Base(
        BaseModel(
            "databricks:Qwen/Qwen3-8B",
            "Fine-tuned chat model, 8 billion parameters (Databricks)",
            "The same with a larger model on a larger GPU.",
        ),
        8.2e9,
        H100,
    ),
)


class AiRuntime:
    """The fine-tuner of one workspace."""

    def __init__(self, team: Team, *, wait: Callable[[float], object] = time.sleep) -> None:
        self._team = team
        self._wait = wait

    def base_models(self) -> tuple[BaseModel, ...]:
        """Chat models with open weights that fit on one GPU."""
        return tuple(base.model for base in _BASES)

    def estimate(self, characters: int, held_out: int, base_model: str) -> Estimate:
        """Time and cost, from characters, the model's size and a list price. Raises InvalidInputError."""
        base = _base(base_model)
        return estimate(characters, int(HYPERPARAMETERS["epochs"]), held_out, base.parameters, base.gpu)

    def fine_tune(
        self,
        data: TuningSet,
        base_model: str,
        known: Mapping[str, Any],
        keep: Callable[[dict[str, Any]], None],
        progress: Progress,
    ) -> Tuned:
        """Submit the run, or go on with the one that is known, and wait for it; a stop cancels it there too.

        Raises PlatformError with the run's own word for why it failed, and its address.
        """
        base, begun = _base(base_model), time.monotonic()
        client = self._team.client
        work = _Work(self._team, client, data, base)
        try:
            run_id = known_run(client, known.get("run_id"))
            if run_id is None:
                attempt = int(known.get("attempt", 0)) + 1
                progress.update(0, 0, "sending the conversations and the script")
                work.send()
                run_id = work.submit(attempt)
                keep({"run_id": run_id, "url": run_url(client, run_id), "attempt": attempt})

            def look(run: Run) -> None:
                progress.update(*_progress(client, run))

            run = until_over(client, run_id, look, lambda: self._wait(PAUSE_SECONDS))
            if code_of(run) in ("FEATURE_DISABLED", "DISABLED"):
                raise PlatformError(
                    "AI Runtime is switched off in the workspace.", "Ask the workspace's admin to turn AI Runtime on."
                )
            check_success(client, run, "The fine-tuning")
            progress.update(0, 0, "reading the results of the run")
            version = self._registered(client, work)
            answers = work.answers()
        except OSError as error:
            raise explain_sdk_error(error) from error
        params = {
            **work.parameters(),
            MODEL: work.model,
            VERSION: version,
            "run_id": run_id,
            "run_url": run_url(client, run_id),
        }
        return Tuned(base.model.key, "Databricks AI Runtime, trl LoRA", params, answers, _seconds(run, begun))

    def _registered(self, client: WorkspaceClient, work: _Work) -> str:
        """The version in Unity Catalog, once it is complete there."""
        from databricks.sdk.service.catalog import ModelVersionInfoStatus as Status

        version = work.version()
        for _ in range(REGISTERING):
            status = client.model_versions.get(work.model, int(version)).status
            if status in (None, Status.READY):
                return version
            if status is Status.FAILED_REGISTRATION:
                break
            self._wait(PAUSE_SECONDS)
        raise PlatformError(
            f"{work.model} {version} was not registered in Unity Catalog.", "See the run's page, then train again."
        )


class _Work:
    """One fine-tuning: its files, and the run that is submitted."""

    def __init__(self, team: Team, client: WorkspaceClient, data: TuningSet, base: _Base) -> None:
        place = team.place
        self._client = client
        self._place = place
        self._data = data
        self._base = base
        self._me = client.current_user.me().user_name or "unknown"
        self._folder = f"/Volumes/{place.catalog}/{place.schema}/{VOLUME}/{data.key}"
        self._launch = f"/Workspace/Users/{self._me}/.ontos/runs/{data.key}"
        self.model = f"{place.catalog}.{place.schema}.{data.name.lower().replace('-', '_')}"

    def parameters(self) -> dict[str, Any]:
        """The parameters of train.py."""
        return {
            **HYPERPARAMETERS,
            "base_model": self._base.model.key.removeprefix("databricks:"),
            "train": f"{self._folder}/train.jsonl",
            "held_out": f"{self._folder}/held_out.jsonl",
            "output": self._folder,
            "registered_model": self.model,
            "seed": self._data.seed,
            "serving": self._data.serving,
            "data": hashlib.sha256(b"\0".join(self._files().values())).hexdigest(),
        }

    def _files(self) -> dict[str, bytes]:
        """The conversations; the right answers of the test stay here."""
        train = ({"prompt": one.messages[:-1], "completion": one.messages[-1:]} for one in self._data.train)
        held_out = ({"ref": one.ref, "prompt": one.messages[:-1]} for one in self._data.held_out)
        return {"train": _jsonl(train), "held_out": _jsonl(held_out)}

    def send(self) -> None:
        """Put the conversations into the volume, and the script with its parameters beside the workspace's files."""
        from databricks.sdk.errors import AlreadyExists, ResourceConflict
        from databricks.sdk.service.catalog import VolumeType
        from databricks.sdk.service.workspace import ImportFormat

        place, client = self._place, self._client
        with suppress(AlreadyExists, ResourceConflict):  # as at every training but the first
            client.volumes.create(place.catalog, place.schema, VOLUME, VolumeType.MANAGED)
        client.files.create_directory(self._folder)
        for name, content in self._files().items():
            client.files.upload(f"{self._folder}/{name}.jsonl", BytesIO(content), overwrite=True)
        client.workspace.mkdirs(self._launch)
        script = (Path(__file__).parent / "train.py").read_bytes()
        # JSON is YAML, and needs no library to be read there.
        parameters = json.dumps(self.parameters(), indent=2).encode()
        files = (("train.py", script), ("hyperparameters.yaml", parameters), ("command.sh", _COMMAND.encode()))
        for name, content in files:
            client.workspace.upload(f"{self._launch}/{name}", content, format=ImportFormat.RAW, overwrite=True)

    def submit(self, attempt: int) -> int:
        """Submit the run; submitted again with the same key and attempt, it is the same run."""
        from databricks.sdk.service import compute, jobs

        name = f"ontos-{self._data.name}"[:100]
        accelerator = jobs.ComputeSpecAcceleratorType(self._base.gpu.accelerator)
        task = jobs.AiRuntimeTask(
            experiment=name,
            mlflow_experiment_directory=f"/Workspace/Users/{self._me}/ontos",
            mlflow_run=self._data.key,
            deployments=[
                jobs.DeploymentSpec(
                    command_path=f"{self._launch}/command.sh",
                    compute=jobs.ComputeSpec(accelerator_type=accelerator, accelerator_count=1),
                )
            ],
        )
        submitted = self._client.jobs.submit(
            run_name=name,
            idempotency_token=f"ontos-{self._data.key}-{attempt}"[:64],
            environments=[
                jobs.JobEnvironment(
                    environment_key="default",
                    spec=compute.Environment(environment_version="5", dependencies=list(DEPENDENCIES)),
                )
            ],
            tasks=[
                jobs.SubmitTask(
                    task_key=name,
                    environment_key="default",
                    max_retries=0,
                    timeout_seconds=LONGEST_RUN,
                    run_if=jobs.RunIf.ALL_SUCCESS,
                    ai_runtime_task=task,
                )
            ],
        )
        return int(submitted.bind()["run_id"])

    def version(self) -> str:
        """The version that the run registered. Raises PlatformError when it did not say."""
        try:
            return str(int(json.loads(self._read("result.json"))["version"]))
        except (ValueError, KeyError, TypeError) as error:
            raise PlatformError("The run did not report which version it registered.", "See the run's page.") from error

    def answers(self) -> dict[str, str]:
        """What the model said to the held-out conversations."""
        texts = {}
        for line in self._read("answers.jsonl").decode("utf-8", "replace").splitlines():
            try:
                one = json.loads(line)
                texts[str(one["ref"])] = str(one["text"])
            except (ValueError, KeyError, TypeError):
                continue  # it counts as not answered
        return texts

    def _read(self, name: str) -> bytes:
        contents = self._client.files.download(f"{self._folder}/{name}").contents
        if contents is None:
            raise PlatformError(f"{self._folder}/{name} is empty.", "See the run's page.")
        with contents:
            return bytes(contents.read())


def _base(key: str) -> _Base:
    known = {base.model.key: base for base in _BASES}
    if key not in known:
        raise InvalidInputError(f"No base model {key!r}.", f"Choose one of {', '.join(known)}.")
    return known[key]


def _jsonl(lines: Iterable[dict[str, Any]]) -> bytes:
    return sendable("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)).encode()


def _progress(client: WorkspaceClient, run: Run) -> tuple[int, int, str]:
    """Where a run is: hundredths of its epochs, of how many, and what it does in words."""
    word = state_of(run)
    message = f"on Databricks: {STATES.get(word, word.lower())}"
    if word != "RUNNING":
        return 0, 0, message
    task = run.tasks[0].run_id if run.tasks else None
    output = client.jobs.get_run_output(task).ai_runtime_task_output if task else None
    if output is None:
        return 0, 0, message
    if output.status_message:
        message += f" ({output.status_message})"
    if not output.mlflow_run_id:
        return 0, 0, message
    epoch = _newest(client, "epoch", output.mlflow_run_id)
    loss = _newest(client, "loss", output.mlflow_run_id)
    if loss is not None:
        message += f", loss {loss:.3f}"
    epochs = int(HYPERPARAMETERS["epochs"])
    if epoch is None:
        return 0, 0, message
    return round(100 * epoch), 100 * epochs, f"{message}, epoch {epoch:.2f} of {epochs}"


def _newest(client: WorkspaceClient, metric: str, run_id: str) -> float | None:
    newest = max(client.experiments.get_history(metric, run_id=run_id), key=lambda one: one.step or 0, default=None)
    return newest.value if newest else None


def _seconds(run: Run, begun: float) -> float:
    """How long the run took there; the time that was waited here when it does not say."""
    if run.start_time and run.end_time:
        return (run.end_time - run.start_time) / 1_000
    return time.monotonic() - begun
