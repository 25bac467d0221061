"""In which order open pairs teach most: the least sure first, different ones first, and a share at random.

How unsure is the margin between the two most probable classes, 1 when they are equal. Among the least sure, those that
are about equally unsure are ordered by how different they are (k-centre), and near-duplicates of an earlier one come
later. Every fifth place is drawn at random from all open pairs: what is labelled so far in the order of the draw is a
fair sample, from which one may estimate how common each class is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.data import Row
from ontos_tui.platforms.base import Shares
from ontos_tui.services.hint_suspects import percent, told_class

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RANDOM_EVERY = 5
"""One of so many places is drawn at random: 20 %."""
POOL = 1_000
"""The least sure pairs, among which different ones come first."""
WIDTH = 0.1
"""Pairs within such a step of unsureness count as equally unsure."""
LATER = 0.5
"""What the unsureness of a near-duplicate counts after the first of its group."""

Spread = Callable[[list[int]], list[int]]
"""Orders places so that each is unlike those before it, beginning with the first."""


@dataclass(frozen=True)
class Open:
    """A pair that nobody has decided yet. `group` is that of its near-duplicates."""

    id: str
    item_ref: str
    fields: Row
    confidence: float | None
    group: str = ""


@dataclass(frozen=True)
class Place:
    """Where a pair stands in the order (the higher the score, the sooner), and why there."""

    pair_id: str
    score: float
    reason: str


def margins(shares: Shares) -> NDArray[np.float64]:
    """How unsure each row is: 1 less the margin between its two most probable classes."""
    import numpy as np

    if len(shares.classes) < 2:
        return 1.0 - shares.lines[:, 0]
    best = np.sort(shares.lines, axis=1)[:, -2:]
    return np.clip(1.0 - (best[:, 1] - best[:, 0]), 0.0, 1.0)


def told_shares(shares: Shares, unsure: NDArray[np.float64], source: str) -> list[str]:
    """What a model says of each row, in words."""
    import numpy as np

    names = [told_class(value) for value in shares.classes]
    best = np.argsort(-shares.lines, axis=1, kind="stable")[:, :2]
    told = []
    for line, top, doubt in zip(shares.lines, best.tolist(), unsure.tolist(), strict=True):
        verb = "wavers" if doubt >= 0.5 else "leans" if doubt >= 0.1 else "is sure"
        told.append(f"{source} {verb}: {', '.join(f'{names[code]} {percent(line[code])}' for code in top)}")
    return told


def ordered(
    sheet_id: str, pairs: Sequence[Open], unsure: NDArray[np.float64], told: Sequence[str], spread: Spread
) -> list[Place]:
    """The pairs in the order in which they should be labelled; `told` is what each one's unsureness comes from."""
    import numpy as np

    scores = unsure.copy()
    order = [int(place) for place in np.argsort(-unsure, kind="stable")]
    scores, different = _spread_out(order[:POOL], scores, spread)
    reasons = [f"{words}; unlike those before it" if place in different else words for place, words in enumerate(told)]
    first: dict[str, int] = {}
    for place in sorted(order, key=lambda place: -scores[place]):
        group = pairs[place].group
        if group and (leader := first.setdefault(group, place)) != place:
            scores[place] *= LATER
            reasons[place] = f"{told[place]}; {pairs[leader].item_ref}, nearly the same, comes first"
    order.sort(key=lambda place: -scores[place])
    return _with_draw(sheet_id, pairs, order, scores, reasons, told)


def _spread_out(
    pool: Sequence[int], scores: NDArray[np.float64], spread: Spread
) -> tuple[NDArray[np.float64], set[int]]:
    """Within each step of unsureness the scores change hands: the most different pairs get the highest."""
    steps: dict[int, list[int]] = {}
    for place in pool:
        steps.setdefault(int(scores[place] / WIDTH), []).append(place)
    different: set[int] = set()
    changed = scores.copy()
    for places in steps.values():
        if len(places) > 2:
            changed[spread(places)] = scores[places]
            different.update(places[1:])
    return changed, different


def _with_draw(
    sheet_id: str,
    pairs: Sequence[Open],
    order: Sequence[int],
    scores: NDArray[np.float64],
    reasons: Sequence[str],
    told: Sequence[str],
) -> list[Place]:
    lot = iter(sorted(range(len(pairs)), key=lambda place: _lot(sheet_id, pairs[place].item_ref)))
    best = iter(order)
    placed: set[int] = set()
    found: list[Place] = []
    last = 1.0
    while len(found) < len(pairs):
        drawn = len(found) % RANDOM_EVERY == RANDOM_EVERY - 1
        place = next(one for one in (lot if drawn else best) if one not in placed)
        placed.add(place)
        if drawn:
            # The score is that of the place, which the draw gave it; how unsure it is stands in the reason.
            reason = f"picked at random, so that estimates stay honest ({told[place]})"
            found.append(Place(pairs[place].id, last, reason))
        else:
            last = min(last, float(scores[place]))
            found.append(Place(pairs[place].id, last, reasons[place]))
    return found


def _lot(sheet_id: str, item_ref: str) -> bytes:
    return hashlib.sha256(f"{sheet_id}\0draw\0{item_ref}".encode("utf-8", "surrogatepass")).digest()


def told_confidence(confidence: float | None) -> str:
    """What a proposal says of itself, in words."""
    return (
        "its proposal says nothing of itself" if confidence is None else f"its proposal is {percent(confidence)} sure"
    )
