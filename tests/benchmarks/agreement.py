"""What agreement costs, by scale, with and without its interval; and whether kappa says what scikit-learn says.

    python tests/benchmarks/agreement.py [ITEMS]

ITEMS made-up items (10,000 unless said otherwise) with four answers each, a fifth of them at random. `of the values`
compares with counting the same answers once, the least that any measure has to do.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from sklearn.metrics import cohen_kappa_score

from ontos_tui.domain.rules.agreement import LEAST_ITEMS, Scale, bootstrap, cohen, krippendorff

RATERS = 4


def units(count: int, values: int) -> list[list[str]]:
    """Answers to so many items, of so many different ones."""
    chance = random.Random(1)
    truths = [chance.randrange(values) for _ in range(count)]
    return [
        [str(true if chance.random() < 0.8 else chance.randrange(values)) for _ in range(RATERS)] for true in truths
    ]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The best of three, in milliseconds, and what came of it."""
    best, result = float("inf"), None
    for _ in range(3):
        started = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - started)
    return best * 1_000, result


def main(count: int) -> None:
    """Print the figures."""
    print(f"{count:,} items, {RATERS} answers each (numpy {np.__version__}); intervals from {LEAST_ITEMS} items on")
    print(f"{'answers':24}{'alpha':>8}{'alone ms':>10}{'of the values':>15}{'interval ms':>13}")
    cases: list[tuple[str, list[list[Any]], Scale]] = [
        ("2 classes", units(count, 2), Scale.NOMINAL),
        ("5 classes", units(count, 5), Scale.NOMINAL),
        ("as many as items", units(count, count), Scale.NOMINAL),
        ("5 steps, ordinal", [[float(one) for one in some] for some in units(count, 5)], Scale.ORDINAL),
        ("numbers, interval", [[float(one) for one in some] for some in units(count, count)], Scale.INTERVAL),
    ]
    for name, given, scale in cases:
        least, _ = timed(lambda given=given: Counter(one for some in given for one in some))
        alone, alpha = timed(lambda given=given, scale=scale: krippendorff(given, scale, with_interval=False).value)
        patterns = Counter(tuple(sorted(some)) for some in given)
        interval, _ = timed(lambda patterns=patterns, scale=scale: bootstrap(patterns, scale))
        print(f"{name:24}{alpha:8.3f}{alone:10.1f}{alone / least:14.1f}x{interval:13.0f}")
    pairs = [(some[0], some[1]) for some in units(count, 5)]
    ours, kappa = timed(lambda: cohen(pairs).value)
    theirs, other = timed(lambda: cohen_kappa_score([one for one, _ in pairs], [one for _, one in pairs]))
    print(f"kappa: {kappa:.6f} in {ours:.1f} ms; scikit-learn {other:.6f} in {theirs:.1f} ms ({theirs / ours:.1f}x)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
