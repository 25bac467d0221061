"""The rows of a warehouse that a version was trained on, as its parameters keep them, for cards and whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.records.training import ModelVersion

TRAINED_ON = "trained_on"
"""What a version's parameters call the rows that it was trained on, where these are not pairs of this workspace."""


@dataclass(frozen=True)
class ColumnOverAll:
    """What a column held over every row: its type, its range or how many values, and rows without one."""

    name: str
    kind: str
    values: str
    missing: int


@dataclass(frozen=True)
class TrainedOn:
    """Rows of a table: which version and filter, how many and why no more, and the table that keeps the sample."""

    table: str
    version: str
    filter: str
    sample: str
    rows: str
    seed: int
    run: str
    columns: tuple[ColumnOverAll, ...]
    answers: Mapping[str, Mapping[str, int]]

    def in_parameters(self) -> dict[str, Any]:
        """As a version's parameters keep it."""
        return {
            **{name: getattr(self, name) for name in ("table", "version", "filter", "sample", "rows", "seed", "run")},
            "columns": [[one.name, one.kind, one.values, one.missing] for one in self.columns],
            "answers": {name: dict(counts) for name, counts in self.answers.items()},
        }


def trained_on(model: ModelVersion) -> TrainedOn | None:
    """The rows that a version was trained on in a warehouse; None for one that learned from pairs."""
    plain = model.params.get(TRAINED_ON)
    if not isinstance(plain, Mapping):
        return None
    columns = tuple(ColumnOverAll(*one) for one in plain["columns"])
    return TrainedOn(**{**plain, "columns": columns})
