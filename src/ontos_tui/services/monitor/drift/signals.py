"""One signal of drift: two columns of JSON values compared, and the difference as a sentence."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.monitor.drift import MINIMUM, Bin, DriftState, FeatureDrift, Signal
from ontos_tui.domain.text.storable import storable
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.learning.drift_statistics import Difference, Numbers

MOSTLY = 0.95
"""Least share of numbers among a reference column's values for it to be a column of numbers."""
MOST_CATEGORIES = 50
"""Distinct texts of a category column; one with more, most of them seen once or twice, is free text."""
LONGEST = 60
"""Characters of a category's name that are stored."""


def compare_columns(
    name: str, signal: Signal, reference: Sequence[Any], recent: Sequence[Any], before: str
) -> list[FeatureDrift]:
    """A column on both sides, and its missing values. `before` names the reference: `in training`.

    The reference decides the kind of the column: numbers, categories, or free text and lists, whose length is
    compared.
    """
    from ontos_tui.learning.encoding.features import is_missing, number

    a, b = ([value for value in side if not is_missing(value)] for side in (reference, recent))
    numbers_a, numbers_b = ([n for value in side if (n := number(value)) is not None] for side in (a, b))
    if numbers_a and len(numbers_a) >= MOSTLY * len(a):
        result = compare_numbers(name, signal, numbers_a, numbers_b, before)
        missing = [len(side) - len(present) for side, present in ((reference, numbers_a), (recent, numbers_b))]
    else:
        missing = [len(side) - len(present) for side, present in ((reference, a), (recent, b))]
        texts_a, texts_b = ([_category(value) for value in side] for side in (a, b))
        if _is_free_text(texts_a) or any(isinstance(value, list) for value in a):
            lengths_a, lengths_b = ([len(value) for value in side if isinstance(value, str | list)] for side in (a, b))
            result = compare_numbers(f"{name} (length)", signal, lengths_a, lengths_b, before)
        else:
            result = compare_categories(name, signal, texts_a, texts_b, before)
    if not any(missing):
        return [result]
    sides = ((missing[0], len(reference)), (missing[1], len(recent)))
    return [result, compare_shares(name, Signal.MISSING, *sides, before)]


def compare_numbers(
    name: str, signal: Signal, reference: Sequence[float], recent: Sequence[float], before: str
) -> FeatureDrift:
    """Numbers on both sides."""
    if few := _too_few(name, signal, len(reference), len(recent), before):
        return few
    from ontos_tui.learning import drift_statistics

    difference = drift_statistics.compare_numbers(_array(reference), _array(recent))
    direction, why = _describe_numbers(name, signal, difference, before)
    return _feature(name, signal, len(reference), len(recent), difference, direction, why)


def compare_categories(
    name: str, signal: Signal, reference: Sequence[str], recent: Sequence[str], before: str
) -> FeatureDrift:
    """Categories on both sides."""
    if few := _too_few(name, signal, len(reference), len(recent), before):
        return few
    from ontos_tui.learning import drift_statistics

    difference = drift_statistics.compare_categories(reference, recent)
    return _feature(
        name, signal, len(reference), len(recent), difference, "other", _describe_categories(name, difference, before)
    )


def compare_shares(
    name: str, signal: Signal, reference: tuple[int, int], recent: tuple[int, int], before: str
) -> FeatureDrift:
    """Counts out of totals on both sides: missing values, failed requests."""
    if few := _too_few(name, signal, reference[1], recent[1], before):
        return few
    from ontos_tui.learning import drift_statistics

    hit = "missing" if signal is Signal.MISSING else "failed"
    difference = drift_statistics.compare_proportions(
        reference, recent, (hit, "there" if signal is Signal.MISSING else "answered")
    )
    was, now = difference.reference[hit], difference.recent[hit]
    verb = f"{name} is missing in" if signal is Signal.MISSING else "errors:"
    why = f"{verb} {format_percent(now)} of requests ({format_percent(was)} {before})"
    return _feature(name, signal, reference[1], recent[1], difference, "higher" if now > was else "lower", why)


def _array(values: Sequence[float]) -> Numbers:
    import numpy as np

    from ontos_tui.learning.encoding.features import LARGEST

    return np.clip(np.asarray(values, dtype=np.float64), -LARGEST, LARGEST)


def _too_few(name: str, signal: Signal, reference: int, recent: int, before: str) -> FeatureDrift | None:
    if min(reference, recent) >= MINIMUM:
        return None
    counts = [
        f"{count:,} of {MINIMUM} {where}" for count, where in ((reference, before), (recent, "now")) if count < MINIMUM
    ]
    nothing = not reference or not recent
    return FeatureDrift(
        name=name,
        signal=signal,
        state=DriftState.NO_DATA if nothing else DriftState.NOT_ENOUGH,
        reference_count=reference,
        recent_count=recent,
        why=f"{'no data yet' if nothing else 'not enough data yet'} ({', '.join(counts)})",
    )


def _feature(
    name: str, signal: Signal, reference: int, recent: int, difference: Difference, direction: str, why: str
) -> FeatureDrift:
    return FeatureDrift(
        name=name,
        signal=signal,
        reference_count=reference,
        recent_count=recent,
        test=difference.test,
        # Fisher's odds ratio may be infinite, which JSON cannot represent.
        statistic=difference.statistic if math.isfinite(difference.statistic) else None,
        p_value=difference.p_value,
        psi=difference.psi,
        score=difference.score,
        direction=direction,
        why=why,
        new_values=list(difference.new_values[:10]),
        picture=[Bin(label=label, reference=a, recent=b) for label, a, b in difference.bars],
    )


def _category(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else json.dumps(value, default=str)
    return storable(text)[:LONGEST]


def _is_free_text(texts: Sequence[str]) -> bool:
    different = len(Counter(texts))
    return different > MOST_CATEGORIES and different > len(texts) / 3


# Sentences


def _describe_numbers(name: str, signal: Signal, difference: Difference, before: str) -> tuple[str, str]:
    """The direction, and a sentence with the numbers that show it."""
    was, now = difference.reference, difference.recent
    center = "median" if was["median"] != now["median"] and signal is not Signal.RATING else "mean"
    shift = now[center] - was[center]
    spread_was, spread_now = was["high"] - was["low"], now["high"] - now["low"]
    # If the center hardly moves, the difference is in the spread.
    if abs(shift) < abs(spread_now - spread_was) / 2:
        direction, word = ("wider", "more") if spread_now > spread_was else ("narrower", "less")
        spans = [f"{format_number(side['low'])}–{format_number(side['high'])}" for side in (was, now)]
        return direction, f"{name} varies {word} than {before} (middle half {spans[0]} → {spans[1]})"
    direction = "higher" if shift > 0 else "lower"
    change = f"{center} {format_number(was[center])} → {format_number(now[center])}"
    if shift == 0:
        return "other", f"{name} is distributed differently than {before} ({change})"
    return direction, f"{name} is {format_number(abs(shift))} {direction} than {before} ({change})"


def _describe_categories(name: str, difference: Difference, before: str) -> str:
    new = [value for value in difference.new_values if difference.recent.get(value)]
    shares = {
        value: (difference.reference.get(value, 0.0), difference.recent.get(value, 0.0)) for value in difference.recent
    }
    most = max(shares, key=lambda value: abs(shares[value][1] - shares[value][0]))
    was, now = shares[most]
    if format_percent(was) == format_percent(now):
        return f"{name} is as {before} ({_named(most)} {format_percent(now)})"
    if most in new:
        return f"{name}: {format_percent(now)} are {_named(most)}, which did not occur {before}"
    verb = "rises" if now > was else "falls"
    change = f"{name}: {_named(most)} {verb} from {format_percent(was)} {before} to {format_percent(now)}"
    return f"{change}; new: {', '.join(map(_named, new[:3]))}" if new else change


def _named(value: str) -> str:
    return safe_line(value, 30)


def format_percent(share: float) -> str:
    """A share as a readable percentage."""
    digits = ".0f" if share in (0, 1) or 0.1 <= share <= 0.99 else ".2g" if share < 0.1 else ".1f"
    return f"{100 * share:{digits}} %"


def format_number(value: float) -> str:
    """A readable number with three significant digits."""
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e7 else f"{value:.3g}"
