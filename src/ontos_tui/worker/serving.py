"""The server of this machine: what it answers by the services, what it logs, and for how long."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import JobCancelledError, NotFoundError, OntosError
from ontos_tui.domain.learning import EndpointRequest
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.training import Job
from ontos_tui.domain.schema import Answer
from ontos_tui.jobs.loopback import listen, listen_on_socket, remove_socket, socket_url, url
from ontos_tui.jobs.server_access import ServerAccess
from ontos_tui.services.deploy.answering import Answered
from ontos_tui.services.deploy.refusals import RefusalLog
from ontos_tui.services.deploy.service import EndpointView
from ontos_tui.services.monitor.retention import SteadyRetention
from ontos_tui.worker.reporter import Reporter
from ontos_tui.workspace import Workspace

LOG = logging.getLogger(__name__)
GRACEFUL_SECONDS = 8
"""Requests that are being answered when the server is stopped may take this long; a job that stops has ten."""
RETENTION_SECONDS = 3_600.0


def serve(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    """Answer requests until the job is stopped."""
    from ontos_tui.platforms.local.http_server.access import Access
    from ontos_tui.platforms.local.http_server.admission import Limits
    from ontos_tui.platforms.local.http_server.app import make_app
    from ontos_tui.platforms.local.http_server.connections import give_memory_back, make_server

    give_memory_back()
    chosen = ServerAccess.of_job(job.params)
    access = Access(chosen.hosts, chosen.token(workspace.settings))
    path, port, limits = Path(chosen.socket), workspace.settings.serve_port, Limits()
    with listen_on_socket(path) if chosen.socket else listen(port) as listener:
        backend = WorkspaceBackend(workspace)
        for endpoint, error in workspace.deploy.endpoints.load_models():
            LOG.warning("%s cannot answer: %s", endpoint, error)
        gc.collect()
        gc.freeze()  # what is there now stays; to look through it again and again would hold requests up
        server = make_server(make_app(backend, access, limits), limits, GRACEFUL_SECONDS)

        def stop_server() -> None:
            server.should_exit = True

        reporter.on_stop = stop_server
        address = socket_url(path) if chosen.socket else url(port)
        workspace.jobs.report(job.id, result={"url": address})
        reporter.update(0, 0, f"answering at {address}")
        try:
            with _forgetting_old_requests(workspace), backend.syncing():
                server.run(sockets=[listener])
        finally:
            if chosen.socket:
                remove_socket(path)
    raise JobCancelledError("The server was stopped.", "Start it again when you need it.")


@contextmanager
def _forgetting_old_requests(workspace: Workspace) -> Iterator[None]:
    """Take requests that are older than the settings say out of the log, now and every hour."""
    over = threading.Event()
    retention = SteadyRetention(lambda: workspace.monitor.retention)

    def forget() -> None:
        while True:
            try:
                if retention.round(over.is_set) is None:
                    LOG.warning("old requests stay in the log for now: the clock has jumped, or the log was silent")
            except OntosError as error:
                LOG.warning("old requests could not be taken out of the log: %s", error)
            if over.wait(RETENTION_SECONDS):
                return

    thread = threading.Thread(target=forget, name="retention", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class WorkspaceBackend:
    """What the loopback server offers, by the services."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._deploy = workspace.deploy.endpoints  # created here once, before several threads use it
        self._monitor = workspace.monitor.traffic
        self._logged = threading.Event()
        self._refusals = RefusalLog(workspace.store)

    def endpoints(self) -> list[EndpointView]:
        """Every endpoint with its model."""
        return self._deploy.endpoints()

    def answer(self, requests: Sequence[EndpointRequest]) -> list[Answered]:
        """Answer requests; every row is logged. A kill loses nothing; the disk has the log a moment later."""
        answered = self._deploy.query_many(requests, on_disk=False)
        self._logged.set()
        return answered

    def refused(self, name: str, status: int, reason: str) -> None:
        """A request to this endpoint was refused before its model saw it; the log has it a moment later."""
        self._refusals.add(name, status, reason)
        self._logged.set()

    @contextmanager
    def syncing(self) -> Iterator[None]:
        """Bring the log to the disk after answers, in a thread, as often as the disk allows."""
        over = threading.Event()

        def sync() -> None:
            while not over.is_set():
                self._logged.wait(1 if self._refusals.waiting else None)
                self._logged.clear()
                try:
                    if self._refusals.is_due or over.is_set():
                        self._refusals.write()
                    self._deploy.sync()
                except (OSError, OntosError) as error:
                    LOG.warning("the log of requests could not be brought to the disk: %s", error)

        thread = threading.Thread(target=sync, name="log", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            self._logged.set()
            thread.join()

    def feedback(
        self, name: str, request_id: str, rating: int, comment: str, correction: Answer | None
    ) -> FeedbackItem:
        """Store feedback on a request to this endpoint."""
        if self._monitor.request(request_id).record.endpoint != name:
            raise NotFoundError(f"The endpoint {name!r} has no request {request_id!r}.", "Check the id and the name.")
        item: FeedbackItem = self._workspace.improve.feedback.add_feedback(request_id, rating, comment, correction)
        return item
