"""The HTTP server of the endpoints: starting it as a job, stopping it, and whether it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.jobs.loopback import connect, listen, listen_on_socket, remove_socket, socket_url, url
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.jobs.server_access import ServerAccess
from ontos_tui.settings import Settings

ORIGIN_HEADER = "x-ontos-origin"
"""Where a request came from, if not from a program of somebody's: a word of `Origin`."""
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class ServerState:
    """Whether the server answers, and where it does or would: http://… or unix:PATH."""

    running: bool
    url: str
    needs_token: bool = False


class EndpointServer:
    """The one server of a workspace."""

    def __init__(self, jobs: JobQueue, settings: Settings) -> None:
        self._jobs = jobs
        self._settings = settings

    def start(self, access: ServerAccess | None = None) -> Job:
        """Start the server; when it runs already, its job.

        Raises ConflictError where it cannot listen, InvalidInputError for a token or a path that cannot be used.
        """
        job = self._job()
        if job is not None and not job.cancel_requested:
            return job
        if job is not None:
            self._jobs.wait(job.id)
        access = access or ServerAccess.chosen(self._settings)
        # What cannot be listened on is an error here and now, not in a log.
        if access.socket:
            path = Path(access.socket)
            listen_on_socket(path).close()
            remove_socket(path)
            return self._jobs.submit(JobKind.SERVE, f"Serve endpoints at {socket_url(path)}", access.params())
        port = self._settings.serve_port
        listen(port).close()
        return self._jobs.submit(JobKind.SERVE, f"Serve endpoints on port {port}", access.params())

    def stop(self) -> Job | None:
        """Ask the server to stop; None when it does not run."""
        job = self._job()
        return None if job is None else self._jobs.cancel(job.id)

    def state(self) -> ServerState:
        """Whether the server takes requests, and its address."""
        job = self._job()
        if job is not None and job.status is JobStatus.RUNNING and "url" in job.result:
            return ServerState(True, str(job.result["url"]), ServerAccess.of_job(job.params).needs_token)
        socket = self._settings.serve_socket
        address = socket_url(Path(socket).expanduser().absolute()) if socket else url(self._settings.serve_port)
        needs_token = bool(self._settings.serve_token.get_secret_value() or self._settings.serve_token_file)
        return ServerState(False, address, needs_token)

    def ask(self, endpoint: str, row: Row, origin: Origin) -> str | None:
        """Ask about one row over HTTP; the id under which it is logged. None where no server runs or takes it."""
        job = self._job()
        if job is None or job.status is not JobStatus.RUNNING or "url" not in job.result:
            return None
        try:
            token = ServerAccess.of_job(job.params).token(self._settings)
            body = json.dumps({"dataframe_records": [row]}, allow_nan=False)
        except (OntosError, ValueError, TypeError):  # no token at hand, or what JSON cannot say
            return None
        headers = {"content-type": "application/json", ORIGIN_HEADER: origin.value}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        connection = connect(str(job.result["url"]), ANSWER_SECONDS)
        try:
            connection.request("POST", f"/serving-endpoints/{endpoint}/invocations", body, headers)
            return connection.getresponse().getheader("x-request-id")
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def _job(self) -> Job | None:
        active = self._jobs.jobs(active_only=True, limit=1_000)
        return next((job for job in active if job.kind is JobKind.SERVE), None)
