"""Where a model version is in Unity Catalog, as its record says it; and what a row of it holds there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.scoring_protocol import AnswerColumn, InputColumn

MODEL, VERSION, INPUTS, COLUMNS = (
    "databricks_model",
    "databricks_version",
    "databricks_inputs",
    "databricks_columns",
)
"""What a model version's parameters call its place in Unity Catalog, `catalog.schema.name` and the version there; and
the columns of a row and of an answer, which only a packed model has."""

REQUIREMENTS = "requirements"
"""What the environment must have in which a packed model runs, as its registration has it."""


@dataclass(frozen=True)
class RegisteredVersion:
    """A version of a model in Unity Catalog."""

    model: str
    version: str

    @property
    def served_as(self) -> str:
        """The name of this version within an endpoint."""
        return f"{self.model.rsplit('.', 1)[-1]}-{self.version}"[-63:].lstrip("-_")


def registered_version(model: ModelVersion) -> RegisteredVersion | None:
    """Where in Unity Catalog a model version answers; None for one that answers here."""
    params = model.params
    return (
        RegisteredVersion(str(params[MODEL]), str(params[VERSION])) if MODEL in params and VERSION in params else None
    )


def registration(
    place: RegisteredVersion,
    inputs: Sequence[InputColumn],
    columns: Sequence[AnswerColumn],
    requirements: Sequence[str],
    sha256: str,
) -> dict[str, Any]:
    """What a model's record keeps of its registration. `sha256` is of the model's files that were packed."""
    return {
        MODEL: place.model,
        VERSION: place.version,
        INPUTS: [one.to_json() for one in inputs],
        COLUMNS: [one.to_json() for one in columns],
        REQUIREMENTS: list(requirements),
        "sha256": sha256,
    }


def as_registered(model: ModelVersion) -> ModelVersion:
    """The same version as it answers on Databricks, where it is registered."""
    known = {key: value for key, value in model.registration.items() if key in (MODEL, VERSION, INPUTS, COLUMNS)}
    return model.model_copy(update={"params": {**model.params, **known}}) if known else model


def packed_inputs(model: ModelVersion) -> tuple[InputColumn, ...] | None:
    """The columns of a row of a packed model; None for a model that holds conversations."""
    plain: Sequence[Mapping[str, Any]] | None = model.params.get(INPUTS)
    return None if plain is None else tuple(InputColumn.from_json(one) for one in plain)


def packed_columns(model: ModelVersion) -> tuple[AnswerColumn, ...]:
    """The columns of an answer of a packed model."""
    return tuple(AnswerColumn.from_json(one) for one in model.params.get(COLUMNS, ()))


def registered_name(catalog: str, schema: str, name: str) -> str:
    """What a model is called in Unity Catalog: letters, digits and _ in the team's schema."""
    return f"{catalog}.{schema}.{re.sub(r'[^a-z0-9_]+', '_', name.lower()).strip('_') or 'model'}"
