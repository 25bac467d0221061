"""Gold items: their truth is known, and they measure a labeler without that anything tells them from the others.

They stand where the sheet has them. Where those that are known lie elsewhere than the items of a task, that would be at
its beginning or end, so the whole task is shuffled. What comes without a proposal among items that have one gets one.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ontos_tui.domain.schema import Answer, FieldKind, answer_fields
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store.queries.labeling_jobs.items import Candidate

RIGHT = 0.8
"""How often an added proposal is right where the others state no confidence; an estimate, for want of a measure."""


@dataclass(frozen=True)
class GoldItem:
    """An item and its known answer."""

    item: Candidate
    truth: Answer


class GoldMixer:
    """Mixes so many gold items into each batch of a job; the same for the same `seed`."""

    def __init__(self, gold: Sequence[GoldItem], each: int, schema: dict[str, Any], seed: str) -> None:
        self._gold = sorted(gold, key=lambda one: one.item.number)
        self._numbers = [one.item.number for one in self._gold]
        self._each = min(each, len(gold))
        self._checker = AnswerChecker(schema)
        self._choices = {one.name for one in answer_fields(schema) if one.choices or one.kind is FieldKind.BOOLEAN}
        self._random = random.Random(seed)  # noqa: S311  # places, not secrets
        self._last = 0

    def mix(self, batch: Sequence[Candidate]) -> list[tuple[Candidate, Answer | None]]:
        """The batch with its gold items, each with its truth; None for those that are no gold."""
        first, self._last = self._last, max(one.number for one in batch)
        begin, end = bisect(self._numbers, first), bisect(self._numbers, self._last)
        within, elsewhere = self._gold[begin:end], [*self._gold[:begin], *self._gold[end:]]
        chosen = self._random.sample(within, min(self._each, len(within)))
        added = self._random.sample(elsewhere, self._each - len(chosen))
        gold = [(self._as_others(one, batch), one.truth) for one in (*chosen, *added)]
        mixed = sorted([*((one, None) for one in batch), *gold], key=lambda one: one[0].number)
        if added:
            self._random.shuffle(mixed)
        return mixed

    def _as_others(self, gold: GoldItem, batch: Sequence[Candidate]) -> Candidate:
        """The gold item with a proposal where another item has one, as sure and from the same source."""
        if gold.item.proposal is not None:
            return gold.item
        other = self._random.choice(batch)
        proposal = None if other.proposal is None else self._proposal(gold, other.proposal, other.confidence)
        return replace(other, ref=gold.item.ref, fields=gold.item.fields, number=gold.item.number, proposal=proposal)

    def _proposal(self, gold: GoldItem, other: Answer, confidence: float | None) -> Answer:
        """The truth as often as the confidence says, else with the choices of another item, where they fit."""
        if self._random.random() < (RIGHT if confidence is None else confidence):
            return gold.truth
        own = {name for name in gold.truth if name not in self._choices}
        proposal = {name: gold.truth[name] if name in own else value for name, value in other.items()}
        fits = self._checker.fits(proposal) and not self._checker.misplaced(proposal, gold.item.fields)
        return proposal if fits else gold.truth
