"""DEPLOY in words: what an endpoint serves, what it served, and how to ask it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.records.serving import Platform
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.tui.dialogs.verdict import score_text, verdict_lines, verdict_of
from ontos_tui.tui.stages.train.lines import model_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Span, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row
    from ontos_tui.domain.records.serving import Deployment, Endpoint
    from ontos_tui.domain.records.training import ModelVersion
    from ontos_tui.services.deploy.server import ServerState
    from ontos_tui.services.deploy.service import EndpointView

ACTIONS = {"deploy": "deployed", "roll_back": "rolled back to", "stop": "stopped", "start": "started"}
SWAPS = ("deploy", "roll_back")
REMEMBERED = 5
INDENT = 10


def endpoint_lines(
    view: EndpointView,
    models: Mapping[str, ModelVersion],
    server: ServerState,
    history: Sequence[Deployment],
    width: int,
) -> Iterator[Line]:
    """Everything about an endpoint that helps to decide what to do with it."""
    endpoint, model = view.endpoint, view.model
    yield line(span(endpoint.name, "title"), "  ", state_span(endpoint))
    yield EMPTY
    serving_since = next((one.at for one in history if one.action in SWAPS), endpoint.created_at)
    yield line(span("serves", "muted", INDENT), span(model.label(), "strong"))
    yield from verdict_lines(verdict_of(model), width, INDENT)
    yield line(" " * INDENT, span(f"since {serving_since.astimezone():%Y-%m-%d %H:%M}", "muted"))
    if endpoint.platform is not Platform.LOCAL:
        yield from _beside("place", view.place, width)
    if (previous := models.get(endpoint.previous_model_id or "")) is not None:
        yield line(span("before", "muted", INDENT), previous.label(), f"  {score_text(previous)}")
        yield line(" " * INDENT, span("b", "key"), ": roll back to it")
    else:
        yield line(span("before", "muted", INDENT), span("none: this is its first version", "muted"))
    if endpoint.status is EndpointStatus.READY:
        yield line(span("try it", "muted", INDENT), span("p", "key"), ": open the playground")
    else:
        yield line(span("try it", "muted", INDENT), span("x", "key"), ": start it; until then it refuses requests")
    yield EMPTY
    yield from _http_lines(server)


def context_lines(
    view: EndpointView, models: Mapping[str, ModelVersion], history: Sequence[Deployment], curl: str, width: int
) -> Iterator[Line]:
    """What an endpoint is asked with, and what was done to it."""
    model = view.model
    yield from _beside("input", ", ".join(model.features), width)
    yield EMPTY
    for number, one in enumerate(history[:REMEMBERED]):
        served = models.get(one.model_id)
        what = f" {served.label()}" if served is not None and one.action in SWAPS else ""
        entry = f"{one.at.astimezone():%Y-%m-%d %H:%M} {ACTIONS.get(one.action, one.action)}{what} by {one.by}"
        despite = f" despite failed checks: {one.reason}" if one.reason else ""
        yield from _beside("history" if number == 0 else "", entry + despite, width, "warn" if despite else "muted")
    if curl:
        yield EMPTY
        yield line(span("This sends a real row; ", "muted"), span("y", "key"), span(": copy it", "muted"))
        yield from wrap(curl, width, "accent")


def _http_lines(server: ServerState) -> Iterator[Line]:
    if not server.running:
        yield line(span("HTTP", "muted", INDENT), "○ not running")
        yield line(" " * INDENT, span("h", "key"), f": start it at {server.url}")
        return
    yield line(span("HTTP", "muted", INDENT), span("● running", "good"), f" at {server.url}")
    yield line(" " * INDENT, span("h", "key"), ": stop it, ", span("y", "key"), ": copy a curl command")


def _beside(name: str, text: str, width: int, style: str = "text") -> Iterator[Line]:
    first, *rest = wrap(text, width - INDENT, style)
    yield line(span(name, "muted", INDENT), *first)
    for part in rest:
        yield line(" " * INDENT, *part)


def state_span(endpoint: Endpoint) -> Span:
    """Whether an endpoint takes requests, as a sign and a word."""
    return span("● ready", "good") if endpoint.status is EndpointStatus.READY else span("■ stopped", "warn")


def undeployed_lines(model: ModelVersion, width: int) -> Iterator[Line]:
    """A model that no endpoint serves."""
    yield line(span("d", "key"), " or ", span("enter", "key"), ": deploy this model")
    yield EMPTY
    yield from model_lines(model, None, width)


def curl_line(server: ServerState, endpoint: str, row: Row) -> str:
    """A command for the shell that asks an endpoint about a row over HTTP."""
    body = shlex.quote(json.dumps({"dataframe_records": [row]}))
    at = server.url
    if at.startswith("unix:"):
        at = f"--unix-socket {shlex.quote(at.removeprefix('unix:'))} http://localhost"
    token = ' -H "Authorization: Bearer $ONTOS_SERVE_TOKEN"' if server.needs_token else ""
    path = f"serving-endpoints/{endpoint}/invocations"
    return f"curl -s {at}/{path} -H 'Content-Type: application/json'{token} -d {body}"
