"""Columns that are computed from two others: products, ratios and differences, for laws that multiply or compare."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PRODUCT, RATIO, DIFFERENCE = "product", "ratio", "difference"
SIGNS = {PRODUCT: "×", RATIO: "/", DIFFERENCE: "−"}


@dataclass(frozen=True)
class DerivedColumn:
    """`first` × `second`, `first` / `second` or `first` − `second`, of two number columns."""

    operation: str
    first: str
    second: str

    @property
    def name(self) -> str:
        """As a person writes it: `torque × speed`."""
        return f"{self.first} {SIGNS[self.operation]} {self.second}"

    def values(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
        """The column from its two parents; a ratio to nothing is 0."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if self.operation == PRODUCT:
                return first * second
            if self.operation == DIFFERENCE:
                return first - second
            return np.divide(first, second, out=np.zeros_like(first), where=np.abs(second) > 1e-12)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> DerivedColumn:
        """Back from plain data. Raises KeyError or TypeError where it is none of ours."""
        column = cls(**plain)
        SIGNS[column.operation]
        return column
