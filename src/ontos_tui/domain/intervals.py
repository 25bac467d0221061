"""How sure something is: intervals of shares and of predicted numbers, and values beyond what was learned."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054
"""Standard deviations on either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Interval:
    """Where the true number lies with 90 % confidence; `rough` where too few units were there to measure it well."""

    low: float
    high: float
    rough: bool = False


@dataclass(frozen=True)
class Outside:
    """A value of a row that the model has not learned from: beyond the range, or a word that did not occur."""

    column: str
    value: float | str
    low: float | None = None
    high: float | None = None


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float]:
    """The interval (Wilson) of a share of which `hits` of `n` were seen, `z` deviations wide; 95 % by default."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = hits / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return 0.0 if hits == 0 else middle - half, 1.0 if hits == n else middle + half


def z_of_many(looks: int) -> float:
    """How wide each of `looks` intervals must be so that all hold at once with 95 % (Bonferroni)."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(1 - 0.025 / max(1, looks))
