"""`ontos query` and `ontos serve`: asking an endpoint, and letting the endpoints answer over HTTP."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.output import facts, fields, number, plain, print_error
from ontos_tui.cli.core.session import Session, read_json
from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.rules.confidence_text import interval_text, numbers_within, outside_texts, sure_text
from ontos_tui.domain.rules.model_verdict import verdict_of
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.jobs.server_access import ServerAccess

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.deploy.items import EndpointItem
    from ontos_tui.services.deploy.server import ServerState

SERVER_SECONDS = 30.0
"""How long the server may take to start or to stop."""


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("query")(query)
    root.command("serve")(serve)


def query(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="name of the endpoint")],
    sent: Annotated[str | None, typer.Option("--input", help="one row or a list of rows: JSON, @FILE or -")] = None,
    item: Annotated[
        str | None, typer.Option("--item", help="instead: this item of the model's sheet, labeled or not")
    ] = None,
) -> None:
    """Send rows to an endpoint. Without --input or --item, list the columns that it needs."""
    session = Session.of(context)
    service = session.workspace.deploy.endpoints
    known: EndpointItem | None = None
    if sent is not None:
        rows = _rows(read_json(sent, "The input"))
    elif item is not None:
        known = session.workspace.deploy.items.item(endpoint, item)
        rows = [known.fields]
    else:
        columns = service.input_fields(endpoint)
        session.show(
            {"columns": columns, "input_fields": columns},
            lambda: ["Give --input with these columns:", *(f"  {safe_line(name)}" for name in columns)],
        )
        return
    if len(rows) == 1:
        records = [service.query_where_it_is_loaded(endpoint, rows[0], origin=Origin.CLI)]
    else:
        records = service.query(endpoint, rows, origin=Origin.CLI)
    verdict = verdict_of(service.endpoint(endpoint).model)
    session.show(
        [{**plain(record), "verdict": verdict, "item": plain(known)} for record in records],
        lambda: [
            *facts([("verdict", f"{verdict.sign} {verdict.text}")]),
            *facts([("item", f"{safe_line(known.ref)}: {known.remark}")] if known is not None else []),
            *(line for record in records for line in _record_lines(record)),
        ],
    )
    failed = [record for record in records if record.status_code >= 400]
    if failed:
        why = f"{len(failed)} of {len(records)} rows could not be answered: {failed[0].error}"
        print_error(InvalidInputError(why, f"Every request is logged: ontos monitor {endpoint} --requests 10"))
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
        *fields({name: _answer_text(record, name, value) for name, value in (record.output or {}).items()}),
        *(f"  outside: {safe_line(text, 200)}" for text in outside_texts(record.outside)),
    ]


def _answer_text(record: InferenceRecord, name: str, value: Any) -> Any:
    """A value of the answer and how sure it is; a number with the digits that its interval supports."""
    remarks = [sure_text(record.confidence.get(name), record.certainty.get(name, ""))]
    if (interval := record.intervals.get(name)) is not None:
        remarks.append(interval_text(interval))
        if isinstance(value, int | float):
            value = numbers_within(interval, float(value))[0]
    beside = "; ".join(filter(None, remarks))
    return f"{value}  ({beside})" if beside else value


def serve(
    context: typer.Context,
    stop: Annotated[bool, typer.Option("--stop", help="stop it")] = False,
    socket: Annotated[str, typer.Option("--socket", help="answer on a Unix socket that only you may use")] = "",
    token_file: Annotated[
        str, typer.Option("--token-file", help="a file (0600) with the token that every request must carry")
    ] = "",
    hosts: Annotated[
        list[str] | None, typer.Option("--host", help="another name under which it is reached; may be repeated")
    ] = None,
) -> None:
    """Let the endpoints answer over HTTP on this machine only, as a job.

    Without --socket it listens on 127.0.0.1, where every user of this machine can ask; --token-file (or
    ONTOS_SERVE_TOKEN in the environment) asks each request for a token.
    """
    session = Session.of(context)
    server = session.workspace.deploy.endpoints.server
    if stop:
        stopped = server.stop()
        if stopped is not None:
            stopped = session.workspace.jobs.wait(stopped.id, timeout=SERVER_SECONDS)
        session.show(
            {"job": stopped, "server": server.state()},
            lambda: ["Stopped." if stopped else "It was not running."],
        )
        return
    access = ServerAccess.chosen(session.workspace.settings, socket, token_file, tuple(hosts or ()))
    running = server.state()
    if running.running and (socket or token_file or hosts):
        raise ConflictError(f"The server runs already, at {running.url}.", "Stop it first: ontos serve --stop")
    job = _wait_until_it_answers(session, server.start(access))
    state = server.state()
    session.show({"job": job, "server": state}, lambda: _server_lines(state, job, open_to_all=not access.socket))


def _server_lines(state: ServerState, job: Job, *, open_to_all: bool) -> list[str]:
    who = "you" if not open_to_all else "every user of this machine"
    if state.needs_token:
        who += ", with the token" if not open_to_all else " who has the token"
    path = f"{state.url}/serving-endpoints/NAME/invocations" if open_to_all else "/serving-endpoints/NAME/invocations"
    return [
        *facts([("url", state.url), ("answers", who), ("job", job.id[:8])]),
        f"POST {path}. Stop it: ontos serve --stop",
    ]


def _wait_until_it_answers(session: Session, job: Job) -> Job:
    deadline = time.monotonic() + SERVER_SECONDS
    while not session.workspace.deploy.endpoints.server.state().running:
        job = session.workspace.jobs.wait(job.id, timeout=0.1)
        if job.status not in (JobStatus.PENDING, JobStatus.RUNNING) or time.monotonic() > deadline:
            raise ConflictError(
                f"The server did not start. {job.error}".strip(), f"Details: ontos jobs show {job.id[:8]}"
            )
    return job
