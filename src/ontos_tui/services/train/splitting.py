"""Which labeled pairs a training learns from and which test it: drawn before anything else is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Role
from ontos_tui.domain.row_columns import Examples, column_names
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.domain.rules.split import (
    FEW_GROUPS,
    ROW,
    SHARE,
    Candidate,
    Split,
    groups_in_words,
    hold_out,
    hold_out_single,
)
from ontos_tui.services.records.splits import Grouped, Splits
from ontos_tui.services.templates.prompt import feature_columns, hidden_group
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models as queries
from ontos_tui.store.queries.data import sheet_with_id
from ontos_tui.store.queries.training.columns import PairColumns, usable_columns

HELD_OUT_ENOUGH = 20
"""Pairs for evaluation only that are enough for a test set of their own."""


@dataclass(frozen=True)
class DataSplit:
    """The pairs that train and those that test, in the order of time where they have one, with their groups.

    `group_name` says what the groups are called, empty where pairs are independent. `in_order` is true where every
    tested pair is later than all that train. `basis` says in words where the tested pairs come from.
    """

    train: PairColumns
    held_out: PairColumns
    features: tuple[str, ...]
    split: Split
    train_groups: Sequence[str | None]
    held_out_groups: Sequence[str | None]
    group_name: str
    in_order: bool
    basis: str

    def train_examples(self) -> Examples:
        """The pairs that train as a trainer sees them, each with its group."""
        return Examples(self.train.refs, self.train.fields, self.train.answers, self.train_groups)

    def held_out_examples(self) -> Examples:
        """The pairs that test, likewise."""
        return Examples(self.held_out.refs, self.held_out.fields, self.held_out.answers, self.held_out_groups)

    def group_count(self, groups: Sequence[str | None]) -> int:
        """How many groups these are, one for each pair; 0 where pairs are independent."""
        return _count(groups) if self.group_name else 0


@dataclass(frozen=True)
class SplitPlan:
    """What the next training would learn from and be tested on, counted by the very split that it uses.

    Groups are 0 where pairs are independent. `split` is how the pairs are split, `reason` what in the data shows it.
    """

    train: int
    train_groups: int
    held_out: int
    held_out_groups: int
    group_name: str
    split: str
    reason: str
    confirmed: bool
    basis: str
    note: str = ""


def plan_of(data: DataSplit, reason: str) -> SplitPlan:
    """A split in numbers and words; `reason` is what the data shows."""
    groups = data.group_count([*data.train_groups, *data.held_out_groups])
    note = ""
    if data.group_name == ROW:
        note = (
            f"{len(data.train) + len(data.held_out):,} pairs are {groups_in_words(groups, ROW)}: doubles stay together"
        )
    elif data.group_name and groups < FEW_GROUPS:
        note = f"only {groups_in_words(groups, data.group_name)}: the score is rough"
    return SplitPlan(
        train=len(data.train),
        train_groups=data.group_count(data.train_groups),
        held_out=len(data.held_out),
        held_out_groups=data.group_count(data.held_out_groups),
        group_name=data.group_name,
        split=data.split.in_words(),
        reason=reason,
        confirmed=data.split.confirmed,
        basis=data.basis,
        note=note,
    )


class Splitting:
    """Splits the usable pairs of a training sheet; the same pairs and seed always give the same split."""

    def __init__(self, store: Store, splits: Splits) -> None:
        self._store = store
        self._splits = splits

    def features(self, sheet: TrainingSheet, columns: Sequence[str], *, pictures: bool = True) -> tuple[str, ...]:
        """The columns that a model learns from; never a group column that was only proposed.

        Without `pictures`, the sheet's pictures are no features unless the template names them.
        """
        with self._store.read() as connection:
            source = sheet_with_id(connection, sheet.sheet_id)
        template = Template.model_validate(sheet.template_snapshot)
        identity, shown = (source.item_id_column, source.image_columns) if source else (None, [])
        no_features = source.no_features if source else ()
        named = feature_columns(template, columns, identity, shown if pictures else (), no_features)
        split = self._splits.split_of(sheet)
        if split.group_column == template.group_column:
            return named
        return tuple(one for one in named if one != hidden_group(split.by, split.group_column))

    def split(self, sheet: TrainingSheet, seed: int) -> DataSplit:
        """Which pairs train and which test. What was held out for an earlier version that was split the same way stays
        held out, and what it was trained on is not tested. Raises NotReadyError."""
        with self._store.read() as connection:
            pairs = usable_columns(connection, sheet.id)
        features = self.features(sheet, column_names(pairs.fields))
        grouped = self._splits.group(sheet, pairs.refs, pairs.fields, features)
        held = self._held(sheet, grouped, pairs, seed)
        lines: Sequence[int] = range(len(pairs))
        by_time = grouped.split.order_column is not None
        orders, refs = grouped.orders, pairs.refs
        if by_time:
            lines = sorted(lines, key=lambda line: (orders[line] or 0.0, refs[line]))
        enough, gates = _enough(pairs), pairs.gates
        train = [line for line in lines if gates[line] is Gate.TRAINING and refs[line] not in held]
        test = [line for line in lines if refs[line] in held or (enough and gates[line] is Gate.HELD_OUT)]
        if not train or not test:
            raise _one_group(len(pairs), grouped.name or "pair")
        past = max((orders[line] or 0.0 for line in train), default=0.0) if by_time else 0.0
        in_order = by_time and all((orders[line] or 0.0) >= past for line in test)
        groups = [grouped.groups[line] for line in train], [grouped.groups[line] for line in test]
        tested_only = [line for line in test if refs[line] not in held]
        basis = _basis(len(train), len(held), grouped, groups[0], tested_only, test, in_order=in_order)
        return DataSplit(
            pairs.take(train), pairs.take(test), features, grouped.split, *groups, grouped.name, in_order, basis
        )

    def _held(self, sheet: TrainingSheet, grouped: Grouped, pairs: PairColumns, seed: int) -> set[str]:
        """The items that are held out of those that may train."""
        split = grouped.split
        with self._store.read() as connection:
            held_before, trained_before = _earlier(connection, sheet, split, pairs)
        share, by_time = 0.0 if _enough(pairs) else SHARE, split.order_column is not None
        # By item, not by pair: the same data and seed give the same split in every workspace.
        if not (by_time or held_before or trained_before or any(group is not None for group in grouped.groups)):
            refs = zip(pairs.refs, pairs.gates, strict=True)
            return hold_out_single([ref for ref, gate in refs if gate is Gate.TRAINING], seed, share)
        candidates = [
            Candidate(ref, group, order)
            for ref, group, order, gate in zip(pairs.refs, grouped.groups, grouped.orders, pairs.gates, strict=True)
            if gate is Gate.TRAINING
        ]
        held = hold_out(candidates, held_before, trained_before, seed, share, in_order=by_time)
        if candidates and len(held) == len(candidates):
            # Doubles of what was held out and of what was learned can join all groups: then the test begins anew.
            held = hold_out(candidates, (), (), seed, share, in_order=by_time)
        return held


def _enough(pairs: PairColumns) -> bool:
    """Whether the pairs for evaluation only are a test set of their own."""
    return pairs.gates.count(Gate.HELD_OUT) >= HELD_OUT_ENOUGH


def _count(groups: Sequence[str | None]) -> int:
    """How many groups these are; a pair without one is alone."""
    return len(set(groups) - {None}) + groups.count(None)


def _earlier(
    connection: Connection, sheet: TrainingSheet, split: Split, pairs: PairColumns
) -> tuple[set[str], set[str]]:
    """The items that versions split the same way were tested on, and those that they were trained on."""
    snapshots = queries.snapshots_in_sheet(connection, sheet.id)
    alike = {model_id for model_id, template in snapshots.items() if split.same_as(template)}
    roles: dict[Role, set[str]] = {role: set() for role in Role}
    if not alike:
        return roles[Role.HELD_OUT], roles[Role.TRAIN]
    refs = dict(zip(pairs.ids, pairs.refs, strict=True))
    for one in queries.roles_in_sheet(connection, sheet.id):
        if one.model_id in alike and one.pair_id in refs:
            roles[one.role].add(refs[one.pair_id])
    return roles[Role.HELD_OUT], roles[Role.TRAIN]


def _one_group(pairs: int, name: str) -> NotReadyError:
    return NotReadyError(
        f"All {pairs} pairs belong to one group ({name}), and a group is never split.",
        "Label pairs of other groups, or choose another group column (TRAIN, g; `ontos train SHEET --group COLUMN`).",
    )


def _basis(
    train: int,
    held: int,
    grouped: Grouped,
    train_groups: Sequence[str | None],
    tested_only: Sequence[int],
    test: Sequence[int],
    *,
    in_order: bool,
) -> str:
    """Where the tested pairs come from, in words: `held` of those that may train, the others for evaluation only."""
    parts, groups, split, name = [], grouped.groups, grouped.split, grouped.name
    if tested_only:
        shared = {groups[line] for line in tested_only} - {None}
        leaks = sum(group in shared for group in train_groups) if shared else 0
        leak = f" ({leaks} training pairs share a {name or ROW} with one of them)" if leaks else ""
        parts.append(f"{len(tested_only)} pairs for evaluation only{leak}")
    if held:
        only = set(tested_only)
        count = _count([groups[line] for line in test if line not in only])
        if in_order:
            how = f", the latest by {split.order_column}"
        else:
            how = f", {groups_in_words(count, name)} drawn at random" if name else ", drawn at random"
        parts.append(f"{held} of the {train + held} pairs{how}, kept back for testing")
    return " and ".join(parts)
