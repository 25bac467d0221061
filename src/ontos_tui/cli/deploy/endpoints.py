"""DEPLOY: endpoints, and asking them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.output import facts, fields, number, table, tell_error
from ontos_tui.cli.core.session import Session, Wait, read_json
from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord, Origin
from ontos_tui.domain.rules.states import JobStatus

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job


SERVER_SECONDS = 30.0
"""How long the server may take to start or to stop."""


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("deploy")(deploy)
    root.command("query")(query)
    root.command("serve")(serve)


def deploy(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="name, name:VERSION or id; without it, what there is is listed")] = "",
    name: Annotated[
        str | None, typer.Option("--name", help="the endpoint's name; otherwise made from the model's")
    ] = None,
    roll_back: Annotated[
        str | None, typer.Option("--roll-back", metavar="ENDPOINT", help="serve the version before")
    ] = None,
    stop: Annotated[str | None, typer.Option("--stop", metavar="ENDPOINT", help="let it answer no more")] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="ENDPOINT", help="let a stopped one answer again")
    ] = None,
    wait: Wait = False,
) -> None:
    """Let a model answer at an endpoint; an endpoint that exists gets the new version."""
    session = Session.of(context)
    service = session.workspace.deploy.endpoints
    if sum(map(bool, (model, roll_back, stop, start))) > 1:
        raise typer.BadParameter("Name a model, or one of --roll-back, --stop, --start.")
    changed: str | None
    if roll_back:
        changed = _done(session, service.begin_roll_back(roll_back), wait)
    elif stop:
        changed = service.stop(stop).name
    elif start:
        changed = service.start(start).name
    elif model:
        changed = _done(session, service.begin(model, name), wait)
    else:
        _list(session)
        return
    if changed is None:
        return
    view = service.endpoint(changed)
    session.show(
        view,
        lambda: facts(
            [
                ("endpoint", view.endpoint.name),
                ("status", view.endpoint.status.value),
                ("serves", view.model.label()),
                ("try it", f"ontos query {view.endpoint.name} --item ITEM"),
            ]
        ),
    )


def _done(session: Session, begun: Endpoint | Job, wait: bool) -> str | None:
    """The name of the endpoint that answers now; None when a job is still at it, which is shown."""
    if isinstance(begun, Endpoint):
        return begun.name
    if wait:
        return str(session.wait_for(begun).result["endpoint"])
    session.show_job(begun)
    return None


def _list(session: Session) -> None:
    endpoints = session.workspace.deploy.endpoints.endpoints()
    models = session.workspace.train.models.models()
    serving = [(view.endpoint.name, view.endpoint.status, view.model.label()) for view in endpoints]
    trained = [(model.label(), model.id[:8], model.train_count, model.created_at) for model in models]
    session.show(
        {"endpoints": endpoints, "models": models},
        lambda: [
            *table(("endpoint", "status", "serves"), serving, "No endpoints. Make one with `ontos deploy MODEL`."),
            "",
            *table(
                ("model", "id", "pairs", "made"), trained, "No models. Train one with `ontos train TRAINING_SHEET`."
            ),
        ],
    )


def query(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="name of the endpoint")],
    sent: Annotated[str | None, typer.Option("--input", help="one row or a list of rows: JSON, @FILE or -")] = None,
    item: Annotated[
        str | None, typer.Option("--item", help="instead: this item of the sheet the model comes from")
    ] = None,
) -> None:
    """Ask an endpoint. Without --input or --item, it says which fields it wants."""
    session = Session.of(context)
    service = session.workspace.deploy.endpoints
    if sent is not None:
        rows = _rows(read_json(sent, "The input"))
    elif item is not None:
        rows = [service.sample_input(endpoint, item)]
    else:
        wanted = service.input_fields(endpoint)
        session.show(
            {"input_fields": wanted}, lambda: ["Give --input with these fields:", *(f"  {name}" for name in wanted)]
        )
        return
    records = service.query(endpoint, rows, origin=Origin.CLI)
    session.show(records, lambda: [line for record in records for line in _record_lines(record)])
    failed = [record for record in records if record.status_code >= 400]
    if failed:
        why = f"{len(failed)} of {len(records)} rows could not be answered: {failed[0].error}"
        tell_error(InvalidInputError(why, "Every request is in the log: ontos monitor ENDPOINT --requests 10"))
        raise typer.Exit(1)


def _rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict) and isinstance(value.get("dataframe_records"), list):
        value = value["dataframe_records"]
    rows = value if isinstance(value, list) else [value]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise InvalidInputError(
            "The input is neither an object nor a list of objects.", 'Write {"field": value, …} or [{…}, {…}].'
        )
    return rows


def _record_lines(record: InferenceRecord) -> list[str]:
    answer = {
        name: f"{value}  ({record.confidence[name]:.2f} sure)" if name in record.confidence else value
        for name, value in (record.output or {}).items()
    }
    return [
        *facts(
            [
                ("request", record.request_id),
                (
                    "answered by",
                    f"{record.endpoint}, version {record.model_version}, in {number(record.latency_ms, 1, 'ms')}",
                ),
                ("error", f"{record.status_code}: {record.error}" if record.error else ""),
            ]
        ),
        *fields(answer),
    ]


def serve(
    context: typer.Context,
    stop: Annotated[bool, typer.Option("--stop", help="stop it")] = False,
) -> None:
    """Let the endpoints answer over HTTP on this machine's loopback, as a job."""
    session = Session.of(context)
    service = session.workspace.deploy.endpoints
    if stop:
        stopped = service.stop_server()
        if stopped is not None:
            stopped = session.workspace.jobs.wait(stopped.id, timeout=SERVER_SECONDS)
        session.show({"job": stopped}, lambda: ["Stopped." if stopped else "It was not running."])
        return
    job = _wait_until_it_answers(session, service.start_server())
    state = service.server()
    session.show(
        {"job": job, "server": state},
        lambda: [
            *facts([("url", state.url), ("job", job.id[:8])]),
            f"POST {state.url}/serving-endpoints/NAME/invocations. Stop it with: ontos serve --stop",
        ],
    )


def _wait_until_it_answers(session: Session, job: Job) -> Job:
    deadline = time.monotonic() + SERVER_SECONDS
    while not session.workspace.deploy.endpoints.server().running:
        job = session.workspace.jobs.wait(job.id, timeout=0.1)
        if job.status not in (JobStatus.PENDING, JobStatus.RUNNING) or time.monotonic() > deadline:
            raise ConflictError(f"The server did not start. {job.error}".strip(), f"See ontos jobs show {job.id[:8]}.")
    return job
