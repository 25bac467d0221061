"""Floors: the least scores and the greatest errors with which a model may be deployed."""

from __future__ import annotations

import math

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.gate import DeploymentFloor, Measure
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import deployment_gate as queries
from ontos_tui.store.queries import endpoints, models


class FloorService:
    """Floors of endpoints and models, set and removed by `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def floors(self, *names: str) -> list[DeploymentFloor]:
        """The floors of endpoints or models of these names, or all."""
        with self._store.read() as connection:
            return queries.floors(connection, *names)

    def set(
        self, name: str, measure: Measure, bound: float, *, field: str = "", class_name: str = ""
    ) -> DeploymentFloor:
        """Set a floor for an endpoint or a model of this name; one for the same measure becomes this one.

        Raises NotFoundError for an unknown name, InvalidInputError for a bound or a class that makes no sense.
        """
        _check(measure, bound, class_name)
        with self._store.write() as connection:
            if endpoints.endpoint(connection, name) is None and not models.versions(connection, name):
                raise NotFoundError(f"No endpoint or model {name!r}.", "List both: ontos deploy")
            there = _floor(connection, name, measure, field, class_name)
            if there is None:
                floor = DeploymentFloor(
                    name=name,
                    field=field,
                    class_name=class_name,
                    measure=measure,
                    bound=bound,
                    created_by=self._actor,
                    updated_by=self._actor,
                )
                rows.add(connection, floor)
            else:
                floor = rows.change(connection, there, bound=bound, updated_by=self._actor)
            before = None if there is None else {"bound": there.bound}
            after = {"name": name, "floor": floor.text(), "bound": bound}
            rows.log(connection, floor, "set", self._actor, before=before, after=after)
        return floor

    def remove(self, name: str, measure: Measure, *, field: str = "", class_name: str = "") -> DeploymentFloor:
        """Remove a floor. Raises NotFoundError."""
        with self._store.write() as connection:
            floor = _floor(connection, name, measure, field, class_name)
            if floor is None:
                raise NotFoundError(f"{name} has no such floor.", "List them: ontos floors list")
            queries.remove_floor(connection, floor.id)
            rows.log(connection, floor, "remove", self._actor, before={"name": name, "floor": floor.text()})
        return floor


def _floor(connection: Connection, name: str, measure: Measure, field: str, class_name: str) -> DeploymentFloor | None:
    same = equal(name=name, field=field, class_name=class_name, measure=measure)
    return rows.find_one(connection, DeploymentFloor, same)


def _check(measure: Measure, bound: float, class_name: str) -> None:
    if not math.isfinite(bound) or bound < 0 or (measure.higher_is_better and bound > 1):
        most = "from 0 to 1" if measure.higher_is_better else "0 or more, in the unit of the answer"
        raise InvalidInputError(f"{bound:g} is no bound of {measure.words}.", f"Give a number {most}.")
    if measure.of_class and not class_name:
        raise InvalidInputError(f"{measure.words} is of one class.", "Name the class.")
    if class_name and not measure.of_class:
        raise InvalidInputError(f"{measure.words} is of the whole field, not of a class.", "Leave the class out.")
