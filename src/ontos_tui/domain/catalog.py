"""What a catalog of tables shows: its nodes, a first look at a table, and how many items have a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ontos_tui.domain.records.data import Column, Row

NodeKind = Literal["catalog", "schema", "table", "view", "volume"]


@dataclass(frozen=True)
class CatalogNode:
    """One thing of a catalog that is browsed.

    `address` is what lists its children, or reads it; `problem` says why it cannot be used here.
    """

    address: str
    name: str
    kind: NodeKind
    remark: str = ""
    problem: str = ""


@dataclass(frozen=True)
class TablePreview:
    """A table's columns and the first rows that came, uncounted and in no order."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Identities:
    """How many items a query reaches, how many of them have a name, and how many names there are."""

    items: int
    named: int
    distinct: int


TIMES_USUAL = 10
"""A step of a stream that is so many times its usual one is a gap."""


@dataclass(frozen=True)
class StreamSteps:
    """How far rows of a stream lie apart in its order: seconds for times, else units of the order."""

    usual: float
    """The median of the steps that are not zero."""
    largest: float
    gaps: int
    """Steps that are larger than `limit`."""

    @property
    def limit(self) -> float:
        """What no window should bridge."""
        return float(f"{TIMES_USUAL * self.usual:.6g}")
