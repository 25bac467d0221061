"""`ontos deploy` and `ontos endpoints`: let a model answer at an endpoint, and what the endpoints serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import facts, moment, plain, print_error, table
from ontos_tui.cli.core.session import Session, Wait
from ontos_tui.cli.deploy.gate import gate_lines
from ontos_tui.domain.records.serving import Endpoint, Platform
from ontos_tui.domain.rules.deployment_gate import GateError
from ontos_tui.domain.rules.model_verdict import short_verdict, verdict_line, verdict_of
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.deploy.service import EndpointView

endpoints = noun_group("Endpoints: which model version answers under which name.")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("deploy")(deploy)
    root.add_typer(endpoints, name="endpoints")


def deploy(
    context: typer.Context,
    model: Annotated[
        str, typer.Argument(help="name, name:VERSION or id; without it, endpoints and models are listed")
    ] = "",
    name: Annotated[str | None, typer.Option("--name", help="the endpoint's name; by default the model's")] = None,
    roll_back: Annotated[
        str | None, typer.Option("--roll-back", metavar="ENDPOINT", help="serve the previous version again")
    ] = None,
    stop: Annotated[str | None, typer.Option("--stop", metavar="ENDPOINT", help="refuse requests")] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="ENDPOINT", help="accept requests again after --stop")
    ] = None,
    despite: Annotated[
        str, typer.Option("--despite", metavar="REASON", help="deploy it although a check fails; the log keeps this")
    ] = "",
    on: Annotated[
        Platform | None,
        typer.Option("--on", help="where it answers: on this machine, or on the team's Databricks as a job of minutes"),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="only show what would be checked, and change nothing")] = False,
    wait: Wait = False,
) -> None:
    """Let a model answer at an endpoint, if it passes the checks; an endpoint that exists switches to it."""
    session = Session.of(context)
    service = session.workspace.deploy.endpoints
    if sum(map(bool, (model, roll_back, stop, start))) > 1:
        raise typer.BadParameter("Name a model, or one of --roll-back, --stop, --start.")
    changed: str | None
    if roll_back:
        changed = _deployed(session, service.begin_roll_back(roll_back), wait)
    elif stop:
        changed = service.stop(stop).name
    elif start:
        changed = service.start(start).name
    elif model and check:
        _check(session, model, name)
        return
    elif model:
        changed = _deployed(session, service.begin(model, name, despite=despite, on=on), wait)
    else:
        _list(session)
        return
    if changed is None:
        return
    view = service.endpoint(changed)
    session.show(_with_verdict(view), lambda: _endpoint_lines(view))


def _check(session: Session, model: str, name: str | None) -> None:
    """Show what `deploy` would check; a check that fails is this command's failure."""
    report = session.workspace.deploy.endpoints.checks(model, name)
    if report is None:
        session.show({"checks": []}, lambda: ["Nothing to check: it has answered there before."])
        return
    session.show({"checks": report.checks}, lambda: gate_lines(report))
    if not report.passed:
        print_error(GateError(report))
        raise typer.Exit(1)


def _with_verdict(view: EndpointView) -> dict[str, Any]:
    return {**plain(view), "verdict": verdict_of(view.model)}


def _deployed(session: Session, begun: Endpoint | Job, wait: bool) -> str | None:
    """The name of the endpoint that answers now; None when a job is still at it, which is shown."""
    if isinstance(begun, Endpoint):
        return begun.name
    if wait:
        return str(session.wait_for(begun).result["endpoint"])
    session.show_job(begun)
    return None


def _list(session: Session) -> None:
    views = session.workspace.deploy.endpoints.endpoints()
    models = session.workspace.train.models.models()
    trained = [
        (f"{model.name}:{model.version}", model.id[:8], model.train_count, short_verdict(model), model.created_at)
        for model in models
    ]
    empty = "No models. Train one: `ontos train TRAINING_SHEET`"
    session.show(
        {
            "endpoints": [_with_verdict(view) for view in views],
            "models": [{**plain(model), "verdict": verdict_of(model)} for model in models],
        },
        lambda: [*_endpoint_table(views), "", *table(("model", "id", "pairs", "score", "trained at"), trained, empty)],
    )


@endpoints.command("list")
def list_endpoints(context: typer.Context) -> None:
    """The endpoints by name, and the model version that each serves."""
    session = Session.of(context)
    views = session.workspace.deploy.endpoints.endpoints()
    session.show([_with_verdict(view) for view in views], lambda: _endpoint_table(views))


@endpoints.command("show")
def show(
    context: typer.Context, endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="name of the endpoint")]
) -> None:
    """An endpoint: what it serves, the columns that it looks at, and what was deployed to it."""
    session = Session.of(context)
    service = session.workspace.deploy.endpoints
    view = service.endpoint(endpoint)
    history = service.history(endpoint)
    columns = list(service.input_fields(endpoint))
    models = {model.id: model.label() for model in session.workspace.train.models.models()}
    rows = [
        (moment(one.at), one.by, one.action, models.get(one.model_id, one.model_id[:8]), one.reason) for one in history
    ]
    session.show(
        {
            "endpoint": view.endpoint,
            "model": view.model,
            "verdict": verdict_of(view.model),
            "columns": columns,
            "deployments": history,
        },
        lambda: [
            *_endpoint_lines(view),
            *facts([("columns", safe_line(", ".join(columns), 300))]),
            "",
            *table(("at", "by", "action", "model", "despite failed checks"), rows),
        ],
    )


def _endpoint_table(views: list[EndpointView]) -> list[str]:
    rows = [(view.endpoint.name, view.endpoint.status, view.model.label(), short_verdict(view.model)) for view in views]
    return table(("endpoint", "status", "serves", "score"), rows, "No endpoints. Create one: `ontos deploy MODEL`")


def _endpoint_lines(view: EndpointView) -> list[str]:
    return facts(
        [
            ("endpoint", view.endpoint.name),
            ("status", view.endpoint.status.value),
            ("answers on", view.place),
            ("serves", view.model.label()),
            ("verdict", verdict_line(view.model)),
            ("try it", f"ontos query {view.endpoint.name} --item ITEM"),
        ]
    )
