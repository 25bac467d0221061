"""What the doctor looks at in a team's Databricks workspace."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from ontos_tui.domain.errors import OntosError
from ontos_tui.platforms.databricks.workspace_client import BROWSE_SECONDS, INSTALL, Place, Team, quoted, sdk_error
from ontos_tui.services.admin.doctor import Finding, State, checked
from ontos_tui.settings import Settings

LIBRARIES = ("databricks-sdk", "databricks-sql-connector")
MOST_SKEW = 5.0
"""Seconds; with more between the clocks, what was changed first and what last is told wrongly."""
LISTED = 8


def examine_databricks(settings: Settings, *, start: bool = False) -> Iterator[Finding]:
    """One finding for each thing; what builds on something that failed is not looked at."""
    libraries = checked("databricks libraries", _libraries)
    yield libraries
    if not libraries.ok:
        return
    team = Team(Place.of(settings), BROWSE_SECONDS)
    try:
        login = checked("databricks login", lambda: _login(team))
        yield login
        if login.ok:
            yield from _examine(team, start)
    finally:
        team.close()


def _examine(team: Team, start: bool) -> Iterator[Finding]:
    warehouse = _found("sql warehouse", lambda: _warehouse(team))
    yield warehouse
    place = _found("team schema", lambda: _schema(team))
    yield place
    yield _found("databricks models", lambda: _models(team))
    if not warehouse.ok:
        return
    if warehouse.state is not State.OK and not start:
        yield Finding.of(
            "team rights", "not looked at, since the warehouse is stopped", "`ontos doctor --start`.", State.WARN
        )
        return
    if place.state is State.OK:
        yield _found("team rights", lambda: _rights(team))
    yield _found("clock", lambda: _clock(team))


def _found(name: str, look: Callable[[], Finding]) -> Finding:
    """A finding; errors of the SDK and of the warehouse are problems in our words."""
    try:
        return look()
    except OntosError as error:
        return Finding.of(name, error.what, error.todo, State.FAIL)
    except OSError as error:  # all errors of the SDK are such
        told = sdk_error(error)
        return Finding.of(name, told.what, told.todo, State.FAIL)


def _libraries() -> str:
    try:
        return ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    except PackageNotFoundError as error:
        raise OntosError(f"{error.name} is not installed.", INSTALL) from error


def _login(team: Team) -> str:
    try:
        me = team.client.current_user.me()
    except OSError as error:
        raise sdk_error(error) from error
    config = team.client.config
    return f"{me.user_name} at {config.host}, by {config.auth_type}"


def _warehouse(team: Team) -> Finding:
    name = "sql warehouse"
    wanted = team.place.warehouse_id
    if not wanted:
        offered = [f"{one.id} ({one.name})" for one in team.client.warehouses.list()]
        told = ", ".join(offered[:LISTED]) or "none that you may see"
        return Finding.of(name, "none is named", f"Set databricks_warehouse to one of: {told}.", State.FAIL)
    found = team.client.warehouses.get(wanted)
    state = found.state.value if found.state is not None else "in an unknown state"
    told = f"{found.name} ({wanted}) is {state}"
    if state in ("RUNNING", "STARTING"):
        return Finding.of(name, told)
    if state in ("STOPPED", "STOPPING"):
        return Finding.of(name, told, "It starts by itself at the first statement; that takes a while.", State.WARN)
    return Finding.of(name, told, "Name another one as databricks_warehouse.", State.FAIL)


def _schema(team: Team) -> Finding:
    from databricks.sdk.errors import NotFound

    name, place = "team schema", team.place
    if not place.catalog:
        return Finding.of(
            name, "no catalog is named: tables are read, and work is not shared", "Set databricks_catalog.", State.WARN
        )
    team.client.catalogs.get(place.catalog)
    try:
        team.client.schemas.get(f"{place.catalog}.{place.schema}")
    except NotFound:
        return Finding.of(
            name, f"{place.catalog}.{place.schema} is not there yet", "`ontos sync` makes it.", State.WARN
        )
    return Finding.of(name, f"{place.catalog}.{place.schema} is there")


def _models(team: Team) -> Finding:
    name = "databricks models"
    found = [one.name or "" for one in team.client.serving_endpoints.list() if one.task == "llm/v1/chat"]
    if not found:
        return Finding.of(name, "no chat endpoint that you may see", "Ask the workspace's admin for one.", State.WARN)
    return Finding.of(name, f"{len(found)} chat endpoints: {', '.join(found[:LISTED])}")


def _rights(team: Team) -> Finding:
    """A table is made, filled and dropped again: owners, groups and inherited grants all count in that."""
    probe = team.place.table(f"ontos_doctor_{uuid.uuid4().hex[:12]}")
    team.change(f"CREATE TABLE {probe} (id STRING) USING DELTA")
    try:
        team.change(f"INSERT INTO {probe} (id) VALUES (:id)", {"id": "doctor"})  # noqa: S608
    finally:
        team.change(f"DROP TABLE {probe}")
    return Finding.of(
        "team rights", f"tables can be made, filled and dropped in {quoted(team.place.catalog)}.{team.place.schema}"
    )


def _clock(team: Team) -> Finding:
    name = "clock"
    team.rows("SELECT 1 AS `warm`")
    before = time.time()
    there = int(team.rows("SELECT unix_micros(current_timestamp()) AS `now`")[0]["now"]) / 1e6
    after = time.time()
    skew = max(before - there, there - after, 0.0)
    told = f"{skew:,.1f} s from the warehouse's"
    if skew > MOST_SKEW:
        return Finding.of(name, told, "Set this machine's clock: changes would be told in a wrong order.", State.WARN)
    return Finding.of(name, told)
