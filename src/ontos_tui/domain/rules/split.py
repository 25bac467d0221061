"""Which pairs test a model: drawn so that all kinds of answers are among them, and never taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

SHARE = 0.2
"""The part of the pairs that is held out."""
LEAST = 2
"""Held-out pairs that a test needs at the very least."""


@dataclass(frozen=True)
class Candidate:
    """A pair that may be trained on. `kind` is its answer: every kind is tested. pairs of one `group` stay together."""

    id: str
    kind: str | float
    group: str | None = None


def hold_out(
    candidates: Sequence[Candidate],
    held_before: Collection[str],
    trained_before: Collection[str],
    seed: int,
    share: float = SHARE,
) -> set[str]:
    """The ids of the candidates that are held out; the others train.

    What was held out once stays so, what was trained on stays with the training, and of what is new, `share` is held
    out: every so many of the pairs in the order of their answers, so that each answer has its part. Pairs of one group
    go together, and a group of which one pair was held out is held out. The result depends on nothing but the
    arguments, not on the order of the candidates. With a share above 0, at least LEAST are held out if that leaves
    something to train on.
    """
    groups: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda one: one.id):
        name = f"p{candidate.id}" if candidate.group is None else f"g{candidate.group}"
        groups.setdefault(name, []).append(candidate)

    lot = {name: hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest() for name in groups}
    held = {name for name, members in groups.items() if any(one.id in held_before for one in members)}
    new = [
        name
        for name, members in groups.items()
        if name not in held and not any(one.id in trained_before for one in members)
    ]
    new.sort(key=lambda name: (*_rank(groups[name][0].kind), lot[name]))
    count = int(len(new) * share + 0.5)
    start = int.from_bytes(hashlib.sha256(f"{seed}:start".encode()).digest()[:8]) / 2**64
    held |= {new[int((number + start) * len(new) / count)] for number in range(count)}

    fresh = set(new)
    spare = sorted(groups.keys() - held, key=lambda name: (name not in fresh, lot[name]))
    while share and sum(len(groups[name]) for name in held) < LEAST and len(spare) > 1:
        held.add(spare.pop(0))
    return {one.id for name in held for one in groups[name]}


def _rank(kind: str | float) -> tuple[bool, float, str]:
    return (True, kind, "") if isinstance(kind, float) else (False, 0.0, kind)
