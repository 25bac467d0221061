"""Labels that are probably wrong: models that did not see a label disagree with it, or near-duplicates do.

After confident learning (Northcutt, Jiang and Chuang, Journal of Artificial Intelligence Research 70, 2021): a class
counts as claimed where its probability comes near what it usually has among the rows with that label. A label is a
suspect when another class is claimed and is more probable by MARGIN; suspects are ordered by how improbable their own
label is. The rule was chosen by tests/benchmarks/hints.py, where 5 % of the labels are changed: of 1,000 made-up parts
it finds 98 % of the changes (the published rule: 66 %) without a false alarm, of 1,941 steel plates 82 % (74 %) with
every second suspect right (every third), of 10,000 machines 95 % (71 %) with 88 % of the suspects right (79 %).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.answers import summary
from ontos_tui.domain.learning import OutOfFoldPredictions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLAIMED = 0.7
"""The part of its usual probability from which on a class is claimed."""
MARGIN = 0.4
"""By which another class must be more probable than the label."""


@dataclass(frozen=True)
class Suspicion:
    """Why a pair's label is doubted, and how much (0 to 1)."""

    pair_id: str
    score: float
    reason: str


@dataclass(frozen=True)
class Member:
    """A labeled pair of a near-duplicate group."""

    pair_id: str
    item_ref: str
    group_key: str
    label: str


def find_label_errors(
    judged: OutOfFoldPredictions, labeled: Sequence[str], held_out: Sequence[tuple[str, Any]]
) -> list[Suspicion]:
    """The suspects among the labeled pairs, and among held-out ones (their ids and values, first in `others`)."""
    import numpy as np

    lines, own = judged.shares.lines, judged.own
    known = np.flatnonzero(own >= 0)
    usual = np.ones(len(judged.shares.classes))
    for code in np.unique(own[known]):
        usual[code] = lines[known[own[known] == code], code].mean()
    suspicions = [
        _suspicion(labeled[place], judged, lines[place], int(own[place]), "trained without it")
        for place in known[_doubts(lines[known], own[known], usual)]
    ]
    others = judged.others.lines[: len(held_out)]
    labels = np.array([_place(judged.others.classes, value) for _, value in held_out], dtype=np.intp)
    suspicions += [
        _suspicion(held_out[place][0], judged, others[place], int(labels[place]), "trained on the others")
        for place in np.flatnonzero((labels >= 0) & _doubts(others, labels, usual)).tolist()
    ]
    return suspicions


def _doubts(lines: NDArray[np.float64], own: NDArray[np.intp], usual: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which lines claim another class than their own, by the margin."""
    import numpy as np

    claimed = np.where(lines >= CLAIMED * usual, lines, -1.0).max(axis=1, initial=-1.0)
    return np.asarray(claimed - lines[np.arange(len(lines)), own] > MARGIN)


def _suspicion(pair_id: str, judged: OutOfFoldPredictions, line: NDArray[np.float64], own: int, how: str) -> Suspicion:
    best = int(line.argmax())
    other, label = (describe_class(judged.shares.classes[code]) for code in (best, own))
    reason = f"models {how} say {other} ({percent(line[best])}), the label says {label} ({percent(line[own])})"
    return Suspicion(pair_id, float(1.0 - line[own]), reason)


def find_conflicts(members: Iterable[Member]) -> list[Suspicion]:
    """Pairs that are labeled otherwise than most of their near-duplicates; all of them where there is no majority."""
    groups: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        groups[member.group_key].append(member)
    suspicions = []
    for group in groups.values():
        counts = Counter(member.label for member in group)
        (most, n), *others = counts.most_common(2)
        if not others:
            continue
        tie = others[0][1] == n
        for member in group:
            if member.label == most and not tie:
                continue
            other = next(one for one in group if one.label != member.label and (tie or one.label == most))
            reason = f"{other.item_ref}, nearly the same item, is labeled {other.label}, this one {member.label}"
            suspicions.append(Suspicion(member.pair_id, 1.0 - counts[member.label] / len(group), reason))
    return suspicions


def merge_suspicions(*several: Iterable[Suspicion]) -> list[Suspicion]:
    """One suspicion for each pair: the strongest score, all reasons."""
    by_pair: dict[str, Suspicion] = {}
    for one in (one for some in several for one in some):
        before = by_pair.get(one.pair_id)
        by_pair[one.pair_id] = (
            one
            if before is None
            else Suspicion(one.pair_id, max(before.score, one.score), f"{before.reason}; {one.reason}")
        )
    return list(by_pair.values())


def describe_class(value: Any) -> str:
    """A class as people read it."""
    return "no value" if value is None else summary({"": value})


def percent(share: float) -> str:
    """`92 %`."""
    return f"{100 * share:.0f} %"


def label_of(answer: Mapping[str, Any] | None, field: str | None) -> str:
    """What an answer says, as labels are compared: its class, or all of it where the answer has no class field."""
    if field is None:
        return summary(dict(answer or {})) or "nothing"
    return describe_class((answer or {}).get(field))


def _place(classes: Sequence[Any], value: Any) -> int:
    """Where a value stands among the classes; True is not 1."""
    same = (
        place for place, one in enumerate(classes) if one == value and isinstance(one, bool) == isinstance(value, bool)
    )
    return next(same, -1)
