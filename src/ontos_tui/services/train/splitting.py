"""Which labeled pairs a training learns from and which test it: drawn before anything else is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.learning import LabeledExample
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Role
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.domain.rules.split import FEW_GROUPS, ROW, SHARE, Candidate, Split, groups_in_words, hold_out
from ontos_tui.services.records.splits import Splits
from ontos_tui.services.templates.prompt import feature_columns, hidden_group
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models as queries
from ontos_tui.store.queries.data import sheet_with_id
from ontos_tui.store.queries.training_pairs import TrainingPair, usable_pairs

HELD_OUT_ENOUGH = 20
"""Pairs for evaluation only that are enough for a test set of their own."""


@dataclass(frozen=True)
class DataSplit:
    """The pairs that train and those that test, in the order of time where they have one, with their groups.

    `group_name` says what the groups are called, empty where pairs are independent. `in_order` is true where every
    tested pair is later than all that train. `basis` says in words where the tested pairs come from.
    """

    train: tuple[TrainingPair, ...]
    held_out: tuple[TrainingPair, ...]
    features: tuple[str, ...]
    split: Split
    group_of: Mapping[str, str | None]
    group_name: str
    in_order: bool
    basis: str

    def examples(self, pairs: Sequence[TrainingPair]) -> tuple[LabeledExample, ...]:
        """The pairs as a trainer sees them, each with its group."""
        return tuple(
            LabeledExample(pair.item_ref, pair.fields, pair.answer, self.group_of[pair.item_ref]) for pair in pairs
        )

    def group_count(self, pairs: Sequence[TrainingPair]) -> int:
        """How many groups these pairs belong to; 0 where pairs are independent."""
        if not self.group_name:
            return 0
        groups = [self.group_of[pair.item_ref] for pair in pairs]
        return len(set(groups) - {None}) + groups.count(None)


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
    groups = data.group_count((*data.train, *data.held_out))
    note = ""
    if data.group_name == ROW:
        note = (
            f"{len(data.train) + len(data.held_out):,} pairs are {groups_in_words(groups, ROW)}: doubles stay together"
        )
    elif data.group_name and groups < FEW_GROUPS:
        note = f"only {groups_in_words(groups, data.group_name)}: the score is rough"
    return SplitPlan(
        train=len(data.train),
        train_groups=data.group_count(data.train),
        held_out=len(data.held_out),
        held_out_groups=data.group_count(data.held_out),
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
            pairs = usable_pairs(connection, sheet.id)
        refs, fields = [pair.item_ref for pair in pairs], [pair.fields for pair in pairs]
        features = self.features(sheet, tuple(dict.fromkeys(column for row in fields for column in row)))
        grouped = self._splits.group(sheet, refs, fields, features)
        name = grouped.name
        group_of = dict(zip(refs, grouped.groups, strict=True))
        order_of = dict(zip(refs, grouped.orders, strict=True))
        by_time = grouped.split.order_column is not None
        if by_time:
            pairs = sorted(pairs, key=lambda pair: (order_of[pair.item_ref] or 0.0, pair.item_ref))

        held = self._held(sheet, grouped.split, pairs, group_of, order_of, seed)
        enough = _enough(pairs)
        train = tuple(pair for pair in pairs if pair.gate is Gate.TRAINING and pair.item_ref not in held)
        test = tuple(pair for pair in pairs if pair.item_ref in held or (enough and pair.gate is Gate.HELD_OUT))
        if not train or not test:
            raise _one_group(len(pairs), name or "pair")
        past = max((order_of[pair.item_ref] or 0.0 for pair in train), default=0.0)
        in_order = by_time and all((order_of[pair.item_ref] or 0.0) >= past for pair in test)
        basis = _basis(train, test, held, group_of, grouped.split, name, in_order=in_order)
        return DataSplit(train, test, features, grouped.split, group_of, name, in_order, basis)

    def _held(
        self,
        sheet: TrainingSheet,
        split: Split,
        pairs: Sequence[TrainingPair],
        group_of: Mapping[str, str | None],
        order_of: Mapping[str, float | None],
        seed: int,
    ) -> set[str]:
        """The items that are held out of those that may train."""
        with self._store.read() as connection:
            held_before, trained_before = _earlier(connection, sheet, split, pairs)
        # By item, not by pair: the same data and seed give the same split in every workspace.
        candidates = [
            Candidate(pair.item_ref, group_of[pair.item_ref], order_of[pair.item_ref])
            for pair in pairs
            if pair.gate is Gate.TRAINING
        ]
        share = 0.0 if _enough(pairs) else SHARE
        by_time = split.order_column is not None
        held = hold_out(candidates, held_before, trained_before, seed, share, in_order=by_time)
        if candidates and len(held) == len(candidates):
            # Doubles of what was held out and of what was learned can join all groups: then the test begins anew.
            held = hold_out(candidates, (), (), seed, share, in_order=by_time)
        return held


def _enough(pairs: Sequence[TrainingPair]) -> bool:
    """Whether the pairs for evaluation only are a test set of their own."""
    return sum(pair.gate is Gate.HELD_OUT for pair in pairs) >= HELD_OUT_ENOUGH


def _earlier(
    connection: Connection, sheet: TrainingSheet, split: Split, pairs: Sequence[TrainingPair]
) -> tuple[set[str], set[str]]:
    """The items that versions split the same way were tested on, and those that they were trained on."""
    snapshots = queries.snapshots_in_sheet(connection, sheet.id)
    alike = {model_id for model_id, template in snapshots.items() if split.same_as(template)}
    refs = {pair.id: pair.item_ref for pair in pairs}
    roles: dict[Role, set[str]] = {role: set() for role in Role}
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
    train: Sequence[TrainingPair],
    test: Sequence[TrainingPair],
    held: set[str],
    group_of: Mapping[str, str | None],
    split: Split,
    name: str,
    *,
    in_order: bool,
) -> str:
    """Where the tested pairs come from, in words."""
    parts = []
    only_test = [pair for pair in test if pair.item_ref not in held]
    if only_test:
        shared = {group_of[pair.item_ref] for pair in only_test} - {None}
        leaks = sum(group_of[pair.item_ref] in shared for pair in train)
        leak = f" ({leaks} training pairs share a {name or ROW} with one of them)" if leaks else ""
        parts.append(f"{len(only_test)} pairs for evaluation only{leak}")
    if held:
        groups = len({group_of[ref] for ref in held} - {None}) + sum(group_of[ref] is None for ref in held)
        if in_order:
            how = f", the latest by {split.order_column}"
        else:
            how = f", {groups_in_words(groups, name)} drawn at random" if name else ", drawn at random"
        parts.append(f"{len(held)} of the {len(train) + len(held)} pairs{how}, kept back for testing")
    return " and ".join(parts)
