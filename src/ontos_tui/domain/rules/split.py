"""How labeled pairs are split: which belong together, and which test a model. What was held out is never taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

SHARE = 0.2
"""The part of the pairs that is held out."""
LEAST = 2
"""Held-out pairs that a test needs at the very least."""
FEW_GROUPS = 20
"""Groups below which a score over groups is rough."""


class SplitBy(StrEnum):
    """What makes pairs belong together."""

    PROPOSED = "proposed"
    """Nothing was said: what the data shows is proposed."""
    VALUE = "value"
    """The same value of the group column: a unit, a run, a vendor."""
    DAY = "day"
    """The same day of the group column, which holds times."""
    FIRST_LINE = "first_line"
    """The same first line of the group column, which holds documents: who wrote them."""
    NONE = "none"
    """Nothing: rows are independent."""


@dataclass(frozen=True)
class Split:
    """What pairs are split by: groups that stay together, and the column of the time where the past teaches.

    `reason` says in words what the data shows; `confirmed` whether a person, or the template, decided it.
    """

    by: SplitBy = SplitBy.NONE
    group_column: str | None = None
    order_column: str | None = None
    reason: str = ""
    confirmed: bool = False

    @property
    def name(self) -> str:
        """What a group is called, such as `unit`, `day of timestamp`; empty where rows are independent."""
        if self.group_column is None:
            return ""
        parts = {SplitBy.DAY: "day of ", SplitBy.FIRST_LINE: "first line of "}
        return parts.get(self.by, "") + self.group_column

    def in_words(self) -> str:
        """What stays together and what is tested, such as `by unit, tested on the latest by time`."""
        if self.order_column is None:
            return f"by {self.name}" if self.name else "rows are independent"
        return f"{f'by {self.name}, ' if self.name else ''}tested on the latest by {self.order_column}"

    def in_template(self) -> dict[str, Any]:
        """The fields of a template that say this."""
        return {"split_by": self.by.value, "group_column": self.group_column, "order_column": self.order_column}

    def same_as(self, template: Mapping[str, Any]) -> bool:
        """Whether a template, as it is stored, splits like this. Those of before this rule name a column or nothing."""
        column = template.get("group_column")
        by = template.get("split_by", SplitBy.PROPOSED)
        if by == SplitBy.PROPOSED:
            by = SplitBy.VALUE if column else SplitBy.NONE
        return (by, column, template.get("order_column")) == (self.by, self.group_column, self.order_column)


ROW = "different row"
"""What a group is called where only identical rows belong together."""


def groups_in_words(count: int, name: str) -> str:
    """So many groups, such as `9 groups of batch`, `40 different rows`; pairs where they are independent."""
    if name in ("", ROW):
        return f"{count:,} {name or 'pair'}{'s' * (count != 1)}"
    return f"{count:,} group{'s' * (count != 1)} of {name}"


class Candidate(NamedTuple):
    """A pair that may be trained on. Pairs of one `group` stay together; `order` is its time, as a number."""

    id: str
    group: str | None = None
    order: float | None = None


def hold_out(
    candidates: Sequence[Candidate],
    held_before: Collection[str],
    trained_before: Collection[str],
    seed: int,
    share: float = SHARE,
    *,
    in_order: bool = False,
) -> set[str]:
    """The ids of the candidates that are held out; the others train.

    What was held out once stays so, what was trained on stays with the training, and of what is new, `share` is held
    out: whole groups, drawn at random with no look at the answers, so that the test is a fair sample; with `in_order`
    the latest ones. A group of which one pair was held out is held out. The result depends on nothing but the
    arguments, not on the order of the candidates. With a share above 0, at least LEAST are held out if that leaves
    something to train on.
    """
    groups: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda one: one.id):
        name = f"p{candidate.id}" if candidate.group is None else f"g{candidate.group}"
        groups.setdefault(name, []).append(candidate)

    lot = {name: hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest() for name in groups}
    held, learned = _with_any(groups, held_before), _with_any(groups, trained_before)
    new = groups.keys() - held - learned
    begin: dict[str, float] = {}
    if in_order:
        begin = {name: min((one.order for one in groups[name] if one.order is not None), default=0.0) for name in new}
    drawn = sorted(new, key=lambda name: (-begin[name], lot[name])) if in_order else sorted(new, key=lot.__getitem__)
    sizes = {name: len(members) for name, members in groups.items()}
    held |= _up_to(int(sum(sizes[name] for name in new) * share + 0.5), drawn, sizes, in_order=in_order)

    if share and sum(sizes[name] for name in held) < LEAST:
        spare = sorted(
            groups.keys() - held,
            key=lambda name: (name not in new, -begin.get(name, 0.0) if in_order else sizes[name], lot[name]),
        )
        while sum(sizes[name] for name in held) < LEAST and len(spare) > 1:
            held.add(spare.pop(0))
    return {one.id for name in held for one in groups[name]}


def hold_out_single(ids: Sequence[str], seed: int, share: float = SHARE) -> set[str]:
    """What `hold_out` gives of candidates without groups and times of which nothing was held out or learned before."""
    ids = sorted(ids)
    lot = [hashlib.sha256(f"{seed}:p{one}".encode("utf-8", "surrogatepass")).digest() for one in ids]
    count = int(len(ids) * share + 0.5)
    if share:
        count = max(count, min(LEAST, len(ids) - 1))
    return {ids[place] for place in sorted(range(len(ids)), key=lot.__getitem__)[: max(0, count)]}


def _with_any(groups: Mapping[str, Sequence[Candidate]], ids: Collection[str]) -> set[str]:
    """The groups that hold any of these candidates."""
    if not ids:
        return set()
    return {name for name, members in groups.items() if any(one.id in ids for one in members)}


def _up_to(count: int, names: Sequence[str], sizes: Mapping[str, int], *, in_order: bool) -> set[str]:
    """The first of `names` that together come nearest to `count` pairs.

    One that is too large is passed over; in order, where nothing may be passed over, it ends the test.
    """
    taken: set[str] = set()
    total = 0
    for name in names:
        if total >= count:
            break
        if total + sizes[name] / 2 <= count:
            taken.add(name)
            total += sizes[name]
        elif in_order:
            break
    return taken
