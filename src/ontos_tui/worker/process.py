"""One job from its claim to how it ended, with a log of its own."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ontos_tui.domain.errors import JobCancelledError, OntosError
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.domain.text.storable import storable
from ontos_tui.private import hide_new_files
from ontos_tui.worker.reporter import Reporter
from ontos_tui.worker.work import WORK
from ontos_tui.workspace import Workspace

LOG = logging.getLogger(__name__)
LOG_BYTES = 1_000_000
NICE = 5
"""A little lower priority, so that the interface stays quick."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one job to its end."""
    parser = argparse.ArgumentParser(prog="ontos_tui.worker", description="Run one job of a workspace.")
    parser.add_argument("job_id")
    parser.add_argument("--home", required=True, type=Path)
    options = parser.parse_args(arguments)
    os.nice(NICE)
    hide_new_files()
    try:
        with Workspace(options.home) as workspace:
            _log_to(workspace.jobs.log_path(options.job_id), workspace.settings.secrets())
            return run(workspace, options.job_id)
    except OntosError as error:
        print(error, file=sys.stderr)
        return 1


def run(workspace: Workspace, job_id: str) -> int:
    """Claim the job, do its work, and write how it ended."""
    jobs = workspace.jobs
    reporter = Reporter(jobs, job_id)
    signal.signal(signal.SIGTERM, lambda *_: reporter.stop())
    job = jobs.claim(job_id, os.getpid())
    LOG.info("%s: begun", job.title)
    try:
        with reporter:
            message, result = WORK[job.kind](workspace, job, reporter)
    except JobCancelledError as error:
        LOG.info("%s: cancelled", job.title)
        ended = jobs.finish(job_id, JobStatus.CANCELLED, error.what)
    except OntosError as error:
        LOG.warning("%s: %s", job.title, error)
        ended = jobs.finish(job_id, JobStatus.FAILED, error=storable(str(error)))
    except Exception as error:
        LOG.exception("%s: unexpected error", job.title)
        reason = f"{type(error).__name__}: {error}"
        ended = jobs.finish(
            job_id,
            JobStatus.FAILED,
            error=storable(f"It failed ({reason}). See the log: {jobs.log_path(job_id)}"),
        )
    else:
        ended = jobs.finish(job_id, JobStatus.SUCCEEDED, message, result=result)
    LOG.info("%s: %s", job.title, ended.status)
    return 0 if ended.status is JobStatus.SUCCEEDED else 1


def _log_to(path: Path, secrets: Sequence[str]) -> None:
    """Write the log of this process to `path`, bounded, without the secrets."""

    class Discreet(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            text = super().format(record)
            for secret in secrets:
                text = text.replace(secret, "•••")
            return text

    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("ontos_tui").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
