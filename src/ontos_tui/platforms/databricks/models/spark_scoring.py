"""Scoring a table as a Spark job: a serverless run applies the packed model to the rows where they are.

No endpoint is needed. The run survives this machine; what it has written stays, and the next run goes on after it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.learning import Progress
from ontos_tui.platforms.databricks.jobs.runs import STATES, check_success, state_of, until_over
from ontos_tui.platforms.databricks.models.registration import RegisteredVersion
from ontos_tui.platforms.databricks.select_sql import column_name
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error
from ontos_tui.platforms.scoring_protocol import ERROR, OUTSIDE, AnswerColumn, InputColumn, InputKind

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.jobs import Run

PAUSE_SECONDS = 10.0
LONGEST_RUN = 4 * 60 * 60
"""Seconds after which Databricks ends a run."""
SPARK_TYPES = {"string": "STRING", "double": "DOUBLE", "long": "BIGINT", "boolean": "BOOLEAN"}
"""Types of MLflow's signatures in SQL."""
_STATES = {**STATES, "RUNNING": "scoring"}


@dataclass(frozen=True)
class ScoringOptions:
    """What the script is told: a model, the statement for the rows with the name of their reference, and the target."""

    version: RegisteredVersion
    rows: str
    parameters: Mapping[str, Any]
    ref: str
    target: str
    inputs: Sequence[InputColumn]
    columns: Sequence[AnswerColumn]

    def plain(self, model_uri: str = "", registry: str = "databricks-uc") -> dict[str, Any]:
        """As JSON has it. The job's environment has the model's requirements, so that no other is made for it."""
        types = answer_types(self.columns)
        shape = ", ".join(f"{column_name(name)}: {SPARK_TYPES[kind]}" for name, kind in types.items())
        return {
            "model_uri": model_uri or f"models:/{self.version.model}/{self.version.version}",
            "registry": registry,
            "version": f"{self.version.model}/{self.version.version}",
            "env_manager": "local",
            "rows": self.rows,
            "parameters": dict(self.parameters),
            "ref": self.ref,
            "target": self.target,
            "inputs": [
                {"name": one.name, "type": "double" if one.kind is InputKind.NUMBER else "string"}
                for one in self.inputs
            ],
            "columns": list(types),
            "result_type": f"struct<{shape}>",
        }


class SparkScoring:
    """Runs the script in one workspace."""

    def __init__(self, team: Team, *, wait: Callable[[float], object] = time.sleep) -> None:
        self._team = team
        self._wait = wait

    def run(self, options: ScoringOptions, requirements: Sequence[str], progress: Progress) -> None:
        """Submit the run and wait for its end; a stop cancels it there too.

        Raises PlatformError with why it failed there, AwayError, JobCancelledError.
        """
        client = self._team.client
        try:
            progress.update(0, 0, "sending the script")
            run_id = self._submit(client, options, requirements)

            def look(run: Run) -> None:
                word = state_of(run)
                progress.update(0, 0, f"a Spark job on Databricks: {_STATES.get(word, word.lower())}")

            run = until_over(client, run_id, look, lambda: self._wait(PAUSE_SECONDS))
            check_success(client, run, "The Spark job")
        except OSError as error:
            raise explain_sdk_error(error) from error

    def _submit(self, client: WorkspaceClient, options: ScoringOptions, requirements: Sequence[str]) -> int:
        from databricks.sdk.service import compute, jobs
        from databricks.sdk.service.workspace import ImportFormat

        me = client.current_user.me().user_name or "unknown"
        token = uuid.uuid4().hex
        folder = f"/Workspace/Users/{me}/.ontos/scoring/{token}"
        client.workspace.mkdirs(folder)
        script = (Path(__file__).parent / "score.py").read_bytes()
        for name, content in (("score.py", script), ("options.json", json.dumps(options.plain()).encode())):
            client.workspace.upload(f"{folder}/{name}", content, format=ImportFormat.RAW, overwrite=True)
        task = jobs.SparkPythonTask(python_file=f"{folder}/score.py", parameters=[f"{folder}/options.json"])
        submitted = client.jobs.submit(
            run_name=f"ontos-score-{options.version.served_as}"[:100],
            idempotency_token=token,
            environments=[
                jobs.JobEnvironment(
                    environment_key="default",
                    spec=compute.Environment(environment_version="5", dependencies=list(requirements)),
                )
            ],
            tasks=[
                jobs.SubmitTask(
                    task_key="score",
                    environment_key="default",
                    timeout_seconds=LONGEST_RUN,
                    spark_python_task=task,
                )
            ],
        )
        return int(submitted.bind()["run_id"])


def answer_types(columns: Sequence[AnswerColumn]) -> Mapping[str, str]:
    """The columns of the answers in a scored table, with their types in MLflow's words."""
    types = {name: kind for column in columns for name, kind in column.types().items()}
    return {**types, OUTSIDE: "string", ERROR: "string"}
