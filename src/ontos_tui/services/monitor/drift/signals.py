"""One signal of drift: two columns of values as they come from JSON, compared, and the difference in a sentence."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.drift import MINIMUM, Bin, DriftState, FeatureDrift, Signal
from ontos_tui.domain.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.learning.drift_statistics import Difference, Numbers

MOSTLY = 0.95
"""Share of a reference column's values that are numbers in a column of numbers."""
MOST_CATEGORIES = 50
"""Different texts of a category; a column with more, most of them seen once or twice, is free text."""
LONGEST = 60
"""Characters of a category's name that are kept."""


def compare_columns(
    name: str, signal: Signal, reference: Sequence[Any], recent: Sequence[Any], before: str
) -> list[FeatureDrift]:
    """A column on both sides, and how much of it is missing. `before` says what the reference is: `in training`.

    What the column holds is decided by the reference: numbers, categories, or free text and lists, of which the
    length is compared.
    """
    from ontos_tui.learning.features import is_missing, number

    a, b = ([value for value in side if not is_missing(value)] for side in (reference, recent))
    numbers_a, numbers_b = ([n for value in side if (n := number(value)) is not None] for side in (a, b))
    if numbers_a and len(numbers_a) >= MOSTLY * len(a):
        found = compare_numbers(name, signal, numbers_a, numbers_b, before)
        missing = [len(side) - len(there) for side, there in ((reference, numbers_a), (recent, numbers_b))]
    else:
        missing = [len(side) - len(there) for side, there in ((reference, a), (recent, b))]
        texts_a, texts_b = ([_category(value) for value in side] for side in (a, b))
        if _is_free_text(texts_a) or any(isinstance(value, list) for value in a):
            lengths_a, lengths_b = ([len(value) for value in side if isinstance(value, str | list)] for side in (a, b))
            found = compare_numbers(f"{name} (length)", signal, lengths_a, lengths_b, before)
        else:
            found = compare_categories(name, signal, texts_a, texts_b, before)
    if not any(missing):
        return [found]
    sides = ((missing[0], len(reference)), (missing[1], len(recent)))
    return [found, compare_shares(name, Signal.MISSING, *sides, before)]


def compare_numbers(
    name: str, signal: Signal, reference: Sequence[float], recent: Sequence[float], before: str
) -> FeatureDrift:
    """Numbers on both sides."""
    if few := _too_few(name, signal, len(reference), len(recent), before):
        return few
    from ontos_tui.learning import drift_statistics

    found = drift_statistics.compare_numbers(_array(reference), _array(recent))
    direction, why = _numbers_told(name, signal, found, before)
    return _feature(name, signal, len(reference), len(recent), found, direction, why)


def compare_categories(
    name: str, signal: Signal, reference: Sequence[str], recent: Sequence[str], before: str
) -> FeatureDrift:
    """Categories on both sides."""
    if few := _too_few(name, signal, len(reference), len(recent), before):
        return few
    from ontos_tui.learning import drift_statistics

    found = drift_statistics.compare_categories(reference, recent)
    return _feature(name, signal, len(reference), len(recent), found, "other", _categories_told(name, found, before))


def compare_shares(
    name: str, signal: Signal, reference: tuple[int, int], recent: tuple[int, int], before: str
) -> FeatureDrift:
    """How many of how many on both sides: missing values, failed requests."""
    if few := _too_few(name, signal, reference[1], recent[1], before):
        return few
    from ontos_tui.learning import drift_statistics

    hit = "missing" if signal is Signal.MISSING else "failed"
    found = drift_statistics.compare_shares(
        reference, recent, (hit, "there" if signal is Signal.MISSING else "answered")
    )
    was, now = found.reference[hit], found.recent[hit]
    verb = f"{name} is missing in" if signal is Signal.MISSING else "errors:"
    why = f"{verb} {told_percent(now)} of requests ({told_percent(was)} {before})"
    return _feature(name, signal, reference[1], recent[1], found, "higher" if now > was else "lower", why)


def _array(values: Sequence[float]) -> Numbers:
    import numpy as np

    from ontos_tui.learning.features import LARGEST

    return np.clip(np.asarray(values, dtype=np.float64), -LARGEST, LARGEST)


def _too_few(name: str, signal: Signal, reference: int, recent: int, before: str) -> FeatureDrift | None:
    if min(reference, recent) >= MINIMUM:
        return None
    told = [
        f"{count:,} of {MINIMUM} {where}" for count, where in ((reference, before), (recent, "now")) if count < MINIMUM
    ]
    nothing = not reference or not recent
    return FeatureDrift(
        name=name,
        signal=signal,
        state=DriftState.NO_DATA if nothing else DriftState.NOT_ENOUGH,
        reference_count=reference,
        recent_count=recent,
        why=f"{'no data yet' if nothing else 'not enough yet'} ({', '.join(told)})",
    )


def _feature(
    name: str, signal: Signal, reference: int, recent: int, found: Difference, direction: str, why: str
) -> FeatureDrift:
    return FeatureDrift(
        name=name,
        signal=signal,
        reference_count=reference,
        recent_count=recent,
        test=found.test,
        # Fisher's odds ratio may be infinite, which JSON has no word for.
        statistic=found.statistic if math.isfinite(found.statistic) else None,
        p_value=found.p_value,
        psi=found.psi,
        score=found.score,
        direction=direction,
        why=why,
        new_values=list(found.new_values[:10]),
        picture=[Bin(label=label, reference=a, recent=b) for label, a, b in found.bars],
    )


def _category(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else json.dumps(value, default=str)
    return text.encode("utf-8", "backslashreplace").decode()[:LONGEST]


def _is_free_text(texts: Sequence[str]) -> bool:
    different = len(Counter(texts))
    return different > MOST_CATEGORIES and different > len(texts) / 3


# In words


def _numbers_told(name: str, signal: Signal, found: Difference, before: str) -> tuple[str, str]:
    """The direction, and a sentence with the numbers that show it."""
    was, now = found.reference, found.recent
    center = "median" if was["median"] != now["median"] and signal is not Signal.RATING else "mean"
    shift = now[center] - was[center]
    spread_was, spread_now = was["high"] - was["low"], now["high"] - now["low"]
    # Where the middle hardly moves, the difference is in how far the values scatter.
    if abs(shift) < abs(spread_now - spread_was) / 2:
        direction, word = ("wider", "more") if spread_now > spread_was else ("narrower", "less")
        spans = [f"{told_number(side['low'])}–{told_number(side['high'])}" for side in (was, now)]
        return direction, f"{name} scatters {word} than {before} (middle half {spans[0]} → {spans[1]})"
    direction = "higher" if shift > 0 else "lower"
    told = f"{center} {told_number(was[center])} → {told_number(now[center])}"
    if shift == 0:
        return "other", f"{name} is spread otherwise than {before} ({told})"
    return direction, f"{name} runs {told_number(abs(shift))} {direction} than {before} ({told})"


def _categories_told(name: str, found: Difference, before: str) -> str:
    new = [value for value in found.new_values if found.recent.get(value)]
    shares = {value: (found.reference.get(value, 0.0), found.recent.get(value, 0.0)) for value in found.recent}
    most = max(shares, key=lambda value: abs(shares[value][1] - shares[value][0]))
    was, now = shares[most]
    if told_percent(was) == told_percent(now):
        return f"{name} is as {before} ({_named(most)} {told_percent(now)})"
    if most in new:
        return f"{name}: {told_percent(now)} are {_named(most)}, which did not occur {before}"
    verb = "rises" if now > was else "falls"
    told = f"{name}: {_named(most)} {verb} from {told_percent(was)} {before} to {told_percent(now)}"
    return f"{told}; new: {', '.join(map(_named, new[:3]))}" if new else told


def _named(value: str) -> str:
    return safe_line(value, 30)


def told_percent(share: float) -> str:
    """A share as people read it."""
    digits = ".0f" if share in (0, 1) or 0.1 <= share <= 0.99 else ".2g" if share < 0.1 else ".1f"
    return f"{100 * share:{digits}} %"


def told_number(value: float) -> str:
    """A number as people read it: three digits that count."""
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e7 else f"{value:.3g}"
