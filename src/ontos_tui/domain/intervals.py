"""How sure a share is: intervals of what was seen so many times of so many."""

from __future__ import annotations

import math

Z95 = 1.959963984540054
"""Standard deviations on either side that hold 95 % of a normal distribution."""


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float]:
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
