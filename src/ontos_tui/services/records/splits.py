"""What the pairs of a training sheet are split by: proposed by its columns, confirmed or changed by people.

What a person decides is written into the training sheet's own copy of the template. A published template never changes,
but its copy is what training, hints and exports read, where a template's group column stands already, and what every
model version keeps: so one place says it, and lineage keeps it without anything new. A draft gets it as well, for the
training sheets that will be made with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.row_columns import column as values_of
from ontos_tui.domain.rules.split import ROW, SHARE, Split, SplitBy
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.learning.groups.grouping import GroupCandidate, find_groups, group_values, time_columns
from ontos_tui.learning.groups.moments import order_of
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models
from ontos_tui.store.queries.data import sheet_with_id
from ontos_tui.store.queries.templates import template_with_id
from ontos_tui.store.queries.training.pairs import pair_columns, pair_count

MOST_ROWS = 50_000
"""Rows that are looked at: of more, every so many, which leaves the stretches of the values as they are."""
MANY_DOUBLES = 0.1
"""The part of the rows with a double from which on a test is over different rows, not over rows."""
OVERLAP = "windows of one stream overlap, so neighbors share rows"
NOTHING = "no column tells which rows belong together"


@dataclass(frozen=True)
class SplitChoices:
    """What a training sheet's pairs are split by, and what else they could be: groups with reasons, and times.

    `overlap` says that neighboring items share rows, as windows do whose step is less than their size.
    """

    split: Split
    candidates: tuple[GroupCandidate, ...]
    times: tuple[str, ...]
    columns: tuple[str, ...]
    overlap: bool = False


@dataclass(frozen=True)
class Grouped:
    """The split of some pairs, and the group and the time of each, None where it has none.

    `name` says what the groups are called; empty where rows are independent.
    """

    split: Split
    name: str
    groups: tuple[str | None, ...]
    orders: tuple[float | None, ...]


class Splits:
    """Reads and changes what training sheets are split by. What a sheet's columns show is kept while it is in use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[str, tuple[int, SplitChoices]] = {}

    def choices(self, sheet: TrainingSheet) -> SplitChoices:
        """What its pairs are split by, and the other possibilities, from the whole columns of the sheet."""
        with self._store.read() as connection:
            count = pair_count(connection, sheet.id)
            seen_count, seen = self._seen.get(sheet.id, (-1, None))
            if seen is None or seen_count != count:
                seen = _choices(connection, sheet, count)
                self._seen[sheet.id] = (count, seen)
            return replace(seen, split=_decided(connection, sheet, seen))

    def split_of(self, sheet: TrainingSheet) -> Split:
        """What its pairs are split by: decided, else as its newest version was split, else what is proposed."""
        template = sheet.template_snapshot
        if template.get("split_by", SplitBy.PROPOSED) != SplitBy.PROPOSED or template.get("group_column"):
            return _of_template(Template.model_validate(template))
        return self.choices(sheet).split

    def group(
        self, sheet: TrainingSheet, refs: Sequence[str], fields: Sequence[Row], compared: Sequence[str] = ()
    ) -> Grouped:
        """The group and the time of each of these rows, of the items `refs`.

        Rows that are identical or nearly so in the columns `compared` are in one group; in the order of time they need
        not be, as what the past shows again is no secret.
        """
        split = self.split_of(sheet)
        groups: list[str | None] = [None] * len(fields)
        orders: list[float | None] | None = None
        if split.group_column is not None:
            groups = group_values(split.by, values_of(fields, split.group_column))
        if split.order_column is not None:
            orders = order_of(values_of(fields, split.order_column))
        name = split.name
        names = [one for one in compared if one not in (split.group_column, split.order_column)]
        if names and split.order_column is None:
            from ontos_tui.learning.groups.near_duplicates import duplicate_groups, join

            groups = join(groups, duplicate_groups(fields, names), refs)
            doubled = len(groups) - groups.count(None)
            name = name or (ROW if doubled >= MANY_DOUBLES * len(fields) else "")
        return Grouped(split, name, tuple(groups), tuple(orders or [None] * len(fields)))

    def confirm(self, ts_ref: str, actor: str, by: SplitBy, group: str | None, order: str | None) -> Split:
        """Decide what a training sheet's pairs are split by, from now on. Raises InvalidInputError."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
        choices = self.choices(sheet)
        self._check(choices, by, group, order)
        split = Split(by, group, order, confirmed=True)
        with self._store.write() as connection:
            sheet = rows.get(connection, TrainingSheet, sheet.id)
            old = sheet.template_snapshot
            new = {**old, **split.in_template(), "feature_columns": _without(old.get("feature_columns") or [], group)}
            if new != old:
                before = {name: old.get(name) for name in new if new[name] != old.get(name)}
                after = {name: new[name] for name in before}
                rows.change(connection, sheet, template_snapshot=new, updated_by=actor)
                rows.log(connection, sheet, "split", actor, scope_id=sheet.id, before=before, after=after)
                _into_draft(connection, sheet, new, actor)
        return split

    def _check(self, choices: SplitChoices, by: SplitBy, group: str | None, order: str | None) -> None:
        for column in (group, order):
            if column is not None and column not in choices.columns:
                raise InvalidInputError(
                    f"There is no column {column!r}.", f"Choose one of {', '.join(choices.columns[:20])}."
                )
        if (group is None) != (by in (SplitBy.NONE, SplitBy.PROPOSED)):
            raise InvalidInputError("Groups need a column.", "Name the column whose values belong together.")


@dataclass(frozen=True)
class SplitOption:
    """One way to split that a person can choose: its name, why, and what it decides."""

    name: str
    reason: str
    by: SplitBy
    group_column: str | None
    order_column: str | None

    def is_like(self, split: Split) -> bool:
        """Whether it is how pairs are split now."""
        return (self.by, self.group_column, self.order_column) == (split.by, split.group_column, split.order_column)


def split_options(choices: SplitChoices) -> list[SplitOption]:
    """The ways to split that the columns of a training sheet offer, the likeliest first, how it is now among them."""
    options = [
        SplitOption(
            f"by {Split(one.by, one.column).name}",
            ", ".join(filter(None, (one.reason, one.few))),
            one.by,
            one.column,
            None,
        )
        for one in choices.candidates
    ]
    options.append(SplitOption("rows are independent", "each pair trains or tests by itself", SplitBy.NONE, None, None))
    split = choices.split
    for time in choices.times:
        by = f", whole groups of {split.name}" if split.name else ""
        reason = f"the past teaches, the latest {SHARE:.0%} by {time} test{by}"
        options.append(SplitOption(f"in the order of {time}", reason, split.by, split.group_column, time))
    if not any(one.is_like(split) for one in options):
        now = SplitOption(
            split.in_words(), split.reason or "as it is now", split.by, split.group_column, split.order_column
        )
        options.insert(0, now)
    return options


def named_group(choices: SplitChoices, group: str) -> tuple[SplitBy, str | None]:
    """What `--group COLUMN` means: days of a column of times, first lines of documents, else the column's values.

    The word `none` says that rows are independent, unless a column is called so.
    """
    if group.casefold() == "none" and group not in choices.columns:
        return SplitBy.NONE, None
    candidate = next((one for one in choices.candidates if one.column == group), None)
    return (SplitBy.VALUE if candidate is None else candidate.by), group


def _choices(connection: Connection, sheet: TrainingSheet, count: int) -> SplitChoices:
    template = Template.model_validate(sheet.template_snapshot)
    source = sheet_with_id(connection, sheet.sheet_id)
    columns = pair_columns(connection, sheet.id, every=max(1, -(-count // MOST_ROWS)))
    hidden = {*template.answer_columns.values(), *([source.item_id_column] if source else [])}
    windows_of = source.window_group if source else None
    candidates = find_groups(columns, windows_of=windows_of, leave_out=[one for one in hidden if one is not None])
    times, windows = time_columns(columns), source.windows if source else None
    if windows is not None and "window_start" in columns:
        times = ["window_start"]
    overlap = windows is not None and windows.step < windows.size
    return SplitChoices(Split(), tuple(candidates), tuple(times), tuple(columns), overlap)


def _decided(connection: Connection, sheet: TrainingSheet, choices: SplitChoices) -> Split:
    """What the template says, else how the newest version was split, else what the columns show."""
    reasons = {one.column: one.reason for one in choices.candidates}
    template = Template.model_validate(sheet.template_snapshot)
    if template.split_by is not SplitBy.PROPOSED or template.group_column:
        split = _of_template(template)
        return replace(split, reason=reasons.get(split.group_column or "", ""))
    before = next(iter(models.snapshots_in_sheet(connection, sheet.id).values()), {})
    if before.get("split_by", SplitBy.PROPOSED) != SplitBy.PROPOSED:
        split = _of_template(Template.model_validate(before))
        if {split.group_column, split.order_column} <= {None, *choices.columns}:
            return replace(split, reason=reasons.get(split.group_column or "", NOTHING), confirmed=False)
    proposed = next((one for one in choices.candidates if one.proposed), None)
    if proposed is None and choices.overlap and choices.times:
        return Split(order_column=choices.times[0], reason=OVERLAP)
    if proposed is None:
        return Split(reason=NOTHING)
    return Split(proposed.by, proposed.column, None, proposed.reason)


def _of_template(template: Template) -> Split:
    by = template.split_by
    if by is SplitBy.PROPOSED:
        by = SplitBy.VALUE if template.group_column else SplitBy.NONE
    group = None if by is SplitBy.NONE else template.group_column
    # A group column alone was drafted from what the columns show; whoever decides sets `split_by` with it.
    return Split(by, group, template.order_column, confirmed=template.split_by is not SplitBy.PROPOSED)


def _into_draft(connection: Connection, sheet: TrainingSheet, snapshot: dict[str, object], actor: str) -> None:
    template = template_with_id(connection, sheet.template_id)
    if template is None or template.status is not TemplateStatus.DRAFT:
        return
    names = ("split_by", "group_column", "order_column", "feature_columns")
    before = {name: getattr(template, name) for name in names if getattr(template, name) != snapshot[name]}
    if before:
        after = {name: snapshot[name] for name in before}
        rows.change(connection, template, **after, updated_by=actor)
        rows.log(connection, template, "edit", actor, before=before, after=after)


def _without(features: Sequence[str], group: str | None) -> list[str]:
    """The features without the group column, which a model could only know by heart; all where nothing else is left."""
    return [one for one in features if one != group] or list(features)
