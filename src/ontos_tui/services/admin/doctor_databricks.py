"""The doctor's checks of a team's Databricks workspace."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from ontos_tui.domain.errors import OntosError
from ontos_tui.platforms.databricks.workspace_client import (
    BROWSE_SECONDS,
    INSTALL,
    Place,
    Team,
    explain_sdk_error,
    quoted,
)
from ontos_tui.services.admin.finding import Finding, State, run_check
from ontos_tui.settings import Settings

LIBRARIES = ("databricks-sdk", "databricks-sql-connector")
MOST_SKEW = 5.0
"""Seconds; with more between the clocks, the order of two changes may be recorded wrongly."""
LISTED = 8


def examine_databricks(settings: Settings, *, start: bool = False) -> Iterator[Finding]:
    """One finding for each check; a check that depends on a failed one is left out."""
    libraries = run_check("databricks libraries", _libraries)
    yield libraries
    if not libraries.ok:
        return
    team = Team(Place.of(settings), BROWSE_SECONDS)
    try:
        login = run_check("databricks login", lambda: _login(team))
        yield login
        if login.ok:
            yield from _examine(team, start)
    finally:
        team.close()


def _examine(team: Team, start: bool) -> Iterator[Finding]:
    warehouse = _checked("sql warehouse", lambda: _warehouse(team))
    yield warehouse
    place = _checked("team schema", lambda: _schema(team))
    yield place
    yield _checked("databricks models", lambda: _models(team))
    if not warehouse.ok:
        return
    if warehouse.state is not State.OK and not start:
        yield Finding.of(
            "team rights",
            "not checked, because the warehouse is stopped",
            "Start and check it: ontos doctor --start",
            State.WARN,
        )
        return
    if place.state is State.OK:
        yield _checked("team rights", lambda: _rights(team))
    yield _checked("clock", lambda: _clock(team))


def _checked(name: str, check: Callable[[], Finding]) -> Finding:
    """A finding; errors of the SDK and of the warehouse are problems in our words."""
    try:
        return check()
    except OntosError as error:
        return Finding.of(name, error.what, error.todo, State.FAIL)
    except OSError as error:  # all errors of the SDK are such
        problem = explain_sdk_error(error)
        return Finding.of(name, problem.what, problem.todo, State.FAIL)


def _libraries() -> str:
    try:
        return ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    except PackageNotFoundError as error:
        raise OntosError(f"{error.name} is not installed.", INSTALL) from error


def _login(team: Team) -> str:
    try:
        me = team.client.current_user.me()
    except OSError as error:
        raise explain_sdk_error(error) from error
    config = team.client.config
    return f"{me.user_name} at {config.host}, by {config.auth_type}"


def _warehouse(team: Team) -> Finding:
    name = "sql warehouse"
    warehouse_id = team.place.warehouse_id
    if not warehouse_id:
        visible = [f"{one.id} ({one.name})" for one in team.client.warehouses.list()]
        choices = ", ".join(visible[:LISTED]) or "none that you may see"
        return Finding.of(name, "not set", f"Set databricks_warehouse to one of: {choices}.", State.FAIL)
    warehouse = team.client.warehouses.get(warehouse_id)
    state = warehouse.state.value if warehouse.state is not None else "in an unknown state"
    message = f"{warehouse.name} ({warehouse_id}) is {state}"
    if state in ("RUNNING", "STARTING"):
        return Finding.of(name, message)
    if state in ("STOPPED", "STOPPING"):
        return Finding.of(
            name, message, "It starts by itself with the first query; this can take some minutes.", State.WARN
        )
    return Finding.of(name, message, "Set databricks_warehouse to another warehouse.", State.FAIL)


def _schema(team: Team) -> Finding:
    from databricks.sdk.errors import NotFound

    name, place = "team schema", team.place
    if not place.catalog:
        return Finding.of(
            name, "no catalog is set: tables can be read, but work is not shared", "Set databricks_catalog.", State.WARN
        )
    team.client.catalogs.get(place.catalog)
    try:
        team.client.schemas.get(f"{place.catalog}.{place.schema}")
    except NotFound:
        return Finding.of(
            name, f"{place.catalog}.{place.schema} does not exist yet", "Create it: ontos sync --start", State.WARN
        )
    return Finding.of(name, f"{place.catalog}.{place.schema} exists")


def _models(team: Team) -> Finding:
    name = "databricks models"
    names = [one.name or "" for one in team.client.serving_endpoints.list() if one.task == "llm/v1/chat"]
    if not names:
        return Finding.of(
            name, "no chat endpoint that you may see", "Ask the workspace admin for access to one.", State.WARN
        )
    return Finding.of(name, f"{len(names)} chat endpoint{'' if len(names) == 1 else 's'}: {', '.join(names[:LISTED])}")


def _rights(team: Team) -> Finding:
    """Creates, fills and drops a table, since owners, groups and inherited grants all count in that."""
    probe = team.place.table(f"ontos_doctor_{uuid.uuid4().hex[:12]}")
    team.change(f"CREATE TABLE {probe} (id STRING) USING DELTA")
    try:
        team.change(f"INSERT INTO {probe} (id) VALUES (:id)", {"id": "doctor"})  # noqa: S608
    finally:
        team.change(f"DROP TABLE {probe}")
    return Finding.of(
        "team rights", f"tables can be created, filled and dropped in {quoted(team.place.catalog)}.{team.place.schema}"
    )


def _clock(team: Team) -> Finding:
    name = "clock"
    team.rows("SELECT 1 AS `warm`")
    before = time.time()
    there = int(team.rows("SELECT unix_micros(current_timestamp()) AS `now`")[0]["now"]) / 1e6
    after = time.time()
    skew = max(before - there, there - after, 0.0)
    message = f"{skew:,.1f} s from the warehouse's clock"
    if skew > MOST_SKEW:
        return Finding.of(
            name, message, "Correct the clock of this machine, or changes may appear in the wrong order.", State.WARN
        )
    return Finding.of(name, message)
