"""The model version that a person means. Shared by TRAIN, DEPLOY and MONITOR."""

from __future__ import annotations

import re

from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import models
from ontos_tui.store.queries.models import LineageChanges

__all__ = ["LineageChanges", "find_model"]

_VERSIONED = re.compile(r"(?P<name>.+?)(?::| v)(?P<version>\d{1,9})")


def find_model(connection: Connection, ref: str) -> ModelVersion:
    """The version that is meant by `name` (its newest), `name:3`, `name v3`, or an id. Raises NotFoundError."""
    if versions := models.versions(connection, ref):
        return max(versions, key=lambda model: model.version)
    if match := _VERSIONED.fullmatch(ref):
        number = int(match["version"])
        model = models.version(connection, match["name"], number)
        if model is not None:
            return model
        if known := models.versions(connection, match["name"]):
            there = ", ".join(f"v{one.version}" for one in sorted(known, key=lambda one: one.version))
            raise NotFoundError(f"{match['name']} has no version {number}.", f"There are: {there}.")
    return rows.resolve(connection, ModelVersion, ref)
