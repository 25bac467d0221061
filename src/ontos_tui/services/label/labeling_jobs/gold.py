"""Gold items: their truth is known, and they measure a labeler without that anything tells them from the others.

They stand where the sheet has them, when every task has enough of them among its own items. Otherwise they would be
the ones from elsewhere, so all items of the job are dealt to its tasks at random. A gold item comes once in a job: one
that came again would be known. It has the proposal that was made for it, or else the job shows no proposals at all: one
that is invented would measure how people follow an invention.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.schema import Answer
from ontos_tui.store.queries.labeling_jobs.items import Candidate


@dataclass(frozen=True)
class GoldItem:
    """An item and its known answer."""

    item: Candidate
    truth: Answer


@dataclass(frozen=True)
class Terms:
    """How many items a task has, what share of them is gold, and how many items the job has at most without gold."""

    size: int
    share: float
    limit: int | None = None

    @property
    def each(self) -> int:
        """Gold items of a full task."""
        return round(self.size * self.share) or 1

    @property
    def room(self) -> int:
        """Other items of a full task. Raises InvalidInputError when there is none."""
        if self.size <= self.each:
            raise InvalidInputError(
                "The gold share leaves no room for other items.", "Use a smaller share, such as 0.05."
            )
        return self.size - self.each

    def gold_for(self, others: int) -> int:
        """Gold items of a job with so many others."""
        return self.each * ceil(others / self.room)


@dataclass(frozen=True)
class Deal:
    """The items of a job by their number in the source, ascending; each with its place in the job, from 0.

    `gold` are those of them whose truth is known. Without `shows_proposals` no item comes with its proposal.
    """

    numbers: Sequence[int]
    places: Sequence[int]
    gold: dict[int, GoldItem]
    shows_proposals: bool


def deal(others: Sequence[int], gold: Sequence[GoldItem], terms: Terms, seed: str, *, have_proposals: bool) -> Deal:
    """The items of a job: `others` by their numbers, ascending, and some of the `gold`; the same for the same seed.

    `have_proposals` says whether the others come with proposals.
    """
    chance = random.Random(seed)  # noqa: S311  # places, not secrets
    least = len(others) if terms.limit is None else min(terms.limit, len(others))
    usable, shows_proposals = _with_the_same_look(gold, terms.gold_for(least), have_proposals=have_proposals)
    usable = sorted(usable, key=lambda one: one.item.number)
    first = others[:least]
    chosen = _in_place(first, usable, terms, chance)
    if chosen is not None:
        numbers = sorted([*first, *(one.item.number for one in chosen)])
        places: Sequence[int] = range(len(numbers))
    else:
        chosen = chance.sample(usable, min(terms.gold_for(least), len(usable)))
        numbers = sorted([*chance.sample(others, least), *(one.item.number for one in chosen)])
        places = chance.sample(range(len(numbers)), len(numbers))
    return Deal(numbers, places, {one.item.number: one for one in chosen}, shows_proposals)


def _with_the_same_look(
    gold: Sequence[GoldItem], needed: int, *, have_proposals: bool
) -> tuple[Sequence[GoldItem], bool]:
    """The gold items that look like the others, and whether these show their proposals."""
    proposed = [one for one in gold if one.item.proposal is not None]
    if have_proposals and 2 * len(proposed) >= min(needed, len(gold)):
        return proposed, True
    return gold, False


def _in_place(
    others: Sequence[int], gold: Sequence[GoldItem], terms: Terms, chance: random.Random
) -> list[GoldItem] | None:
    """Gold items from among the items of each task; None when a task has too few of them."""
    numbers = [one.item.number for one in gold]
    chosen: list[GoldItem] = []
    ends = [0, *(others[min(end, len(others)) - 1] for end in range(terms.room, len(others) + terms.room, terms.room))]
    for place, (before, last) in enumerate(pairwise(ends)):
        others_here = min(terms.room, len(others) - place * terms.room)
        within = gold[bisect(numbers, before) : bisect(numbers, last)]
        needed = max(1, round(terms.each * others_here / terms.room))
        if len(within) < needed:
            return None
        chosen += chance.sample(within, needed)
    return chosen
