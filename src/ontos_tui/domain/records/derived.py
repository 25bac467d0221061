"""Tables that come of others: joined by key or by the nearest time, and columns that are computed."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict, Field

from ontos_tui.domain.parts import Part


class Direction(StrEnum):
    """Where the nearest row of the second table is looked for, seen from a row of the first."""

    BEFORE = "before"
    """At the same moment or before: all that was known then."""
    AFTER = "after"
    """At the same moment or after: looks ahead."""
    NEAREST = "nearest"
    """On either side, at a draw before: looks ahead."""


class KeyPair(Part):
    """A column of the first table, and the one of the second that has the same values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    left: str
    right: str

    def __str__(self) -> str:
        return self.left if self.left == self.right else f"{self.left}={self.right}"


class Join(Part):
    """Two tables as one. Every row of the first stays, under its own name, unless `only_matched`.

    With `nearest`, a row of the first takes the one row of the second that is nearest in these columns among those with
    equal keys, if it is not further away than `within`.
    """

    model_config = ConfigDict(extra="forbid")

    left: str = Field(description="catalog.schema.table, whose rows are the items")
    right: str = Field(description="catalog.schema.table, whose columns are added")
    on: list[KeyPair] = Field(default_factory=list, description="columns that have to be equal")
    nearest: KeyPair | None = Field(None, description="columns of time, or of a number such as a cycle")
    direction: Direction | None = None
    within: float | None = Field(None, gt=0, description="seconds for times, else units of the column; None: any")
    columns: list[str] = Field(default_factory=list, description="of the second table; empty means all but the keys")
    only_matched: bool = Field(False, description="rows of the first without a match are left out")
    doubled: bool = Field(False, description="a row of the first with several matches becomes as many rows")

    @property
    def looks_ahead(self) -> bool:
        """Whether a row gets values from a later moment."""
        return self.direction in (Direction.AFTER, Direction.NEAREST)


class ComputedKind(StrEnum):
    """How a column is computed."""

    EXPRESSION = "expression"
    """From other columns of the same row."""
    REMAINING = "remaining"
    """From this row's order to that of the group's last row: for what is to be predicted, since it looks ahead."""
    FROM_FIRST = "from_first"
    """A value less the mean of the group's first rows; missing until there are that many."""
    ROLLING_MEAN = "rolling_mean"
    """The mean of this row and those before it in its group; missing until there are that many rows."""
    TIME_SINCE = "time_since"
    """From the last row of the group that fulfilled a condition, or its last event, to this row."""
    EVENT_LABEL = "event_label"
    """The label of the event that the row lies in, or that begins between the row before and this one."""


class EventTable(Part):
    """Events in a table of their own: failures, faults, batches. An event without an end is a moment."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="catalog.schema.table")
    start: str = Field(description="column of when it began")
    end: str = Field("", description="column of when it ended; empty: events are moments")
    label: str = Field("", description="column of what it was")
    group: str = Field("", description="column of whom it concerns; empty: all rows")


class ComputedColumn(Part):
    """A column that is computed of the others. Nothing crosses groups, and only `remaining` looks ahead."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    kind: ComputedKind
    formula: str = Field(description="as it was written")
    expression: str = Field("", description="of an expression, or the condition of `time_since`")
    column: str = Field("", description="whose values are taken")
    group: str = Field("", description="column that separates the units; empty: all rows are one")
    order: str = Field("", description="column that orders the rows of a unit")
    rows: int | None = Field(None, ge=1, le=1_000_000, description="how many rows are looked at")
    cap: float | None = Field(None, gt=0, description="what `remaining` is at most: seconds for times")
    events: EventTable | None = None

    @property
    def looks_ahead(self) -> bool:
        """Whether a row gets values from a later moment."""
        return self.kind is ComputedKind.REMAINING


class ColumnRole(StrEnum):
    """What a column of a sheet is for."""

    VALUE = "value"
    """Measured or stated of the item: a feature, or the answer."""
    GROUP = "group"
    """Which items belong together, such as a unit."""
    TIME = "time"
    ID = "id"
    PICTURE = "picture"
    DOCUMENT = "document"
    NOTE = "note"
    """For people to read, or known only afterwards: no feature."""


NO_FEATURE = frozenset({ColumnRole.GROUP, ColumnRole.ID, ColumnRole.NOTE})
"""Roles whose columns no model learns from unless a template names them."""


class MatchCounts(Part):
    """How the rows of two tables match, counted over all of them, before a join is accepted."""

    left_rows: int
    right_rows: int
    matched: int = Field(description="rows of the first table that have a match")
    unmatched: int = Field(description="rows of the first table that have none")
    without_key: int = Field(description="of those, rows in which a key is missing")
    doubled: int = Field(description="rows of the first table that have several matches")
    doubled_rows: int = Field(description="how many rows those become")
    right_unused: int = Field(description="rows of the second table that match none of the first")
    same_moment: int = Field(0, description="rows of the second table at the same moment as another, with equal keys")
    rows: int = Field(description="rows of the joined table")


class JoinSuggestion(Part):
    """Columns that two tables might be joined by."""

    on: list[KeyPair]
    same_name: bool
    overlap: float = Field(description="how many of the different values of the first table the second has too, 0 to 1")
    counts: MatchCounts


class ComputedCounts(Part):
    """What became of a computed column, counted over all rows."""

    rows: int
    computed: int
    missing_inputs: int = Field(description="rows in which a value that it needs is missing")
    not_computed: int = Field(description="other rows without a value")
    reason: str = Field("", description="why those have none")
