"""The job that trains where the rows are: a serverless run of our own trainer, whose files come back here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import Progress
from ontos_tui.platforms.databricks.jobs.runs import STATES, check_success, known_run, run_url, state_of, until_over
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error
from ontos_tui.replacing import write_bytes

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.jobs import Run

PACKAGE, ENTRY = "ontos_trainer", "train"
"""What the wheel of our trainer is called, and its entry point."""
VOLUME = "training"
PAUSE_SECONDS = 10.0
LONGEST_RUN = 4 * 60 * 60
"""Seconds after which Databricks ends a run."""
RESULT, PROGRESS, MODEL = "result.json", "progress.json", "model"
"""What a run leaves in its folder: how the training went, how far it is, and the folder of the model's files."""


@dataclass(frozen=True)
class Wheel:
    """A wheel's file name, its content, and what has to be installed beside it."""

    name: str
    content: bytes
    requirements: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """What is submitted: a key that names it, the model's name, our trainer, and its options without the folder."""

    key: str
    name: str
    wheel: Wheel
    options: Mapping[str, Any]


class TableTraining:
    """Runs our trainer in one workspace."""

    def __init__(self, team: Team, *, wait: Callable[[float], object] = time.sleep) -> None:
        self._team = team
        self._wait = wait

    def folder(self, key: str) -> str:
        """Where a training leaves its files: a folder of a volume in the team's schema."""
        place = self._team.place
        return f"/Volumes/{place.catalog}/{place.schema}/{VOLUME}/{key}"

    def run(
        self, work: Training, known: Mapping[str, Any], keep: Callable[[dict[str, Any]], None], progress: Progress
    ) -> dict[str, Any]:
        """Submit the run, or go on with the one that is known, and wait for it; what it says of the training.

        Raises PlatformError with why it failed there, AwayError, JobCancelledError.
        """
        with _in_our_words():
            client = self._team.client
            run_id = known_run(client, known.get("run_id"))
            if run_id is None:
                attempt = int(known.get("attempt", 0)) + 1
                progress.update(0, 0, "sending the trainer")
                run_id = self._submit(client, work, attempt)
                keep({**known, "run_id": run_id, "url": run_url(client, run_id), "attempt": attempt})

            def look(run: Run) -> None:
                progress.update(*self._standing(client, work.key, run))

            run = until_over(client, run_id, look, lambda: self._wait(PAUSE_SECONDS))
            check_success(client, run, "The training")
            return {**self._json(client, work.key, RESULT), "run_url": run_url(client, run_id)}

    def fetch(self, key: str, names: list[str], folder: Path) -> None:
        """Copy the model's files of a training into a folder here. Raises PlatformError, AwayError."""
        with _in_our_words():
            for name in names:
                content = self._read(self._team.client, f"{self.folder(key)}/{MODEL}/{Path(name).name}")
                write_bytes(folder / Path(name).name, content)

    def _submit(self, client: WorkspaceClient, work: Training, attempt: int) -> int:
        from databricks.sdk.errors import AlreadyExists, ResourceConflict
        from databricks.sdk.service import compute, jobs
        from databricks.sdk.service.catalog import VolumeType

        place, folder = self._team.place, self.folder(work.key)
        with suppress(AlreadyExists, ResourceConflict):  # as at every training but the first
            client.volumes.create(place.catalog, place.schema, VOLUME, VolumeType.MANAGED)
        client.files.create_directory(f"{folder}/{MODEL}")
        options = json.dumps({**work.options, "output": folder}, indent=1).encode()
        for name, content in ((work.wheel.name, work.wheel.content), ("options.json", options)):
            client.files.upload(f"{folder}/{name}", BytesIO(content), overwrite=True)
        name = f"ontos-train-{work.name}"[:100]
        submitted = client.jobs.submit(
            run_name=name,
            idempotency_token=f"ontos-{work.key}-{attempt}"[:64],
            environments=[
                jobs.JobEnvironment(
                    environment_key="default",
                    spec=compute.Environment(
                        environment_version="5",
                        dependencies=[f"{folder}/{work.wheel.name}", *work.wheel.requirements],
                    ),
                )
            ],
            tasks=[
                jobs.SubmitTask(
                    task_key="train",
                    environment_key="default",
                    max_retries=0,
                    timeout_seconds=LONGEST_RUN,
                    python_wheel_task=jobs.PythonWheelTask(
                        package_name=PACKAGE, entry_point=ENTRY, parameters=[f"{folder}/options.json"]
                    ),
                )
            ],
        )
        return int(submitted.bind()["run_id"])

    def _standing(self, client: WorkspaceClient, key: str, run: Run) -> tuple[int, int, str]:
        """How far a run is, by what it wrote last."""
        word = state_of(run)
        if word == "RUNNING":
            with suppress(OSError, PlatformError, ValueError, KeyError, TypeError):
                one = self._json(client, key, PROGRESS)
                return int(one["done"]), int(one["total"]), f"on Databricks: {one['message']}"
        return 0, 0, f"on Databricks: {STATES.get(word, word.lower())}"

    def _json(self, client: WorkspaceClient, key: str, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads(self._read(client, f"{self.folder(key)}/{name}")))
        except ValueError as error:
            raise PlatformError(f"The training left no readable {name}.", "See the run's page.") from error

    def _read(self, client: WorkspaceClient, path: str) -> bytes:
        contents = client.files.download(path).contents
        if contents is None:
            raise PlatformError(f"{path} is empty.", "See the run's page.")
        with contents:
            return bytes(contents.read())


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise explain_sdk_error(error) from error
