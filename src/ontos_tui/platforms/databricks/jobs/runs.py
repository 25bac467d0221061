"""One run of a job on Databricks, from its id to its end: it survives this machine, and is found again by its id."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import JobCancelledError, PlatformError

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.jobs import Run

STATES = {
    "BLOCKED": "waiting for another run",
    "PENDING": "being set up",
    "QUEUED": "queued",
    "RUNNING": "running",
    "TERMINATING": "ending",
    "TERMINATED": "over",
    "WAITING": "waiting to be tried again",
}
"""What Databricks calls the states of a run, in plain words."""
REASONS = {
    "BREAKING_CHANGE": "Databricks changed what the job builds on",
    "BUDGET_POLICY_LIMIT_EXCEEDED": "the budget policy's limit is reached",
    "CLOUD_FAILURE": "the cloud had a failure",
    "CLUSTER_ERROR": "its machine could not be started",
    "CLUSTER_REQUEST_LIMIT_EXCEEDED": "the workspace asks for too many machines at once",
    "DISABLED": "it was switched off by its own condition",
    "DRIVER_ERROR": "its machine stopped, often for lack of memory",
    "FEATURE_DISABLED": "this kind of job is switched off in the workspace",
    "INTERNAL_ERROR": "Databricks had an error of its own",
    "INVALID_CLUSTER_REQUEST": "the workspace does not take the machine that it asks for",
    "INVALID_RUN_CONFIGURATION": "the workspace does not take the job as it was sent",
    "LIBRARY_INSTALLATION_ERROR": "its packages could not be installed",
    "MAX_CONCURRENT_RUNS_EXCEEDED": "too many runs at once",
    "MAX_JOB_QUEUE_SIZE_EXCEEDED": "too many runs wait",
    "MAX_SPARK_CONTEXTS_EXCEEDED": "its machine runs too much at once",
    "REPOSITORY_CHECKOUT_FAILED": "its files could not be read from their repository",
    "RESOURCE_NOT_FOUND": "something that it needs does not exist",
    "RUN_EXECUTION_ERROR": "its script failed",
    "SKIPPED": "it was skipped",
    "STORAGE_ACCESS_ERROR": "it may not read or write its files",
    "UNAUTHORIZED_ERROR": "a right is missing",
    "USER_CANCELED": "it was cancelled there",
    "CANCELED": "it was cancelled there",
    "WORKSPACE_RUN_LIMIT_EXCEEDED": "the workspace has too many runs",
}
"""Why a run ended, by the codes of the SDK's TerminationCodeCode (databricks-sdk); the words are ours."""


def run_url(client: WorkspaceClient, run_id: int) -> str:
    """The page of a run."""
    return f"{client.config.host}/jobs/runs/{run_id}"


def state_of(run: Run) -> str:
    """Databricks' word for the state of a run."""
    return run.status.state.value if run.status and run.status.state else "PENDING"


def code_of(run: Run) -> str:
    """Databricks' code for how a run ended; empty while it has not."""
    details = run.status and run.status.termination_details
    return details.code.value if details and details.code else ""


def is_over(run: Run) -> bool:
    """Whether a run has ended."""
    return state_of(run) == "TERMINATED"


def known_run(client: WorkspaceClient, run_id: object) -> int | None:
    """A run that was submitted before, unless it is gone or has failed."""
    from databricks.sdk.errors import NotFound

    if not run_id:
        return None
    number = int(str(run_id))
    try:
        run = client.jobs.get_run(number)
    except NotFound:
        return None
    return number if not is_over(run) or code_of(run) == "SUCCESS" else None


def until_over(client: WorkspaceClient, run_id: int, look: Callable[[Run], None], wait: Callable[[], object]) -> Run:
    """Look at a run until it has ended; a stop, which `look` raises as JobCancelledError, cancels it there too."""
    try:
        while not is_over(run := client.jobs.get_run(run_id)):
            look(run)
            wait()
    except JobCancelledError:
        client.jobs.cancel_run(run_id)
        raise
    return run


def check_success(client: WorkspaceClient, run: Run, what: str) -> None:
    """Raise PlatformError, with what to do, when `what` (a run's name in words) did not succeed."""
    code = code_of(run)
    if code == "SUCCESS":
        return
    details = run.status and run.status.termination_details
    said = ((details.message if details else "") or "").strip().rstrip(".")
    why = ": ".join(filter(None, (REASONS.get(code, code.lower().replace("_", " ")), said))) or "no reason given"
    where = run_url(client, run.run_id) if run.run_id else "the run's page"
    if code in ("USER_CANCELED", "CANCELED"):
        raise PlatformError(f"{what} was cancelled on Databricks.", "Resume the job to start another.")
    raise PlatformError(f"{what} failed on Databricks: {why}.", f"Its page: {where}")
