"""How sure an answer is, in words: the one place that decides where a percentage may stand.

A percentage is shown only where the model's confidence is calibrated; else the words that stand for it. Numbers have
an interval, and a row that is unlike what was learned says in which column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from ontos_tui.domain.intervals import Interval, Outside
from ontos_tui.domain.text.numbers import distinct

NOMINAL = "90 %"
"""Of the true values lie so many within their intervals."""
_VOTES = re.compile(r"(\d+) of (\d+) agree")
MOST_DECIMALS = 12
LONGEST = 40
"""Characters of a value that is quoted."""


def certainty_text(confidence: float | None, certainty: str = "") -> str:
    """How sure an answer is: "86 %" where that is calibrated, else `certainty` as it is; empty where nobody knows."""
    if certainty:
        return certainty
    if confidence is None or math.isnan(confidence):
        return ""
    if confidence < 1 and confidence >= 0.995:
        return ">99 %"  # "100 %" would say that it cannot be wrong
    if 0 < confidence < 0.005:
        return "<1 %"
    return f"{100 * confidence:.0f} %"


def short_certainty(confidence: float | None, certainty: str = "") -> str:
    """The same for a narrow column: `4/5` for "4 of 5 agree"."""
    votes = _VOTES.fullmatch(certainty)
    return f"{votes[1]}/{votes[2]}" if votes else certainty_text(confidence, certainty)


def sure_text(confidence: float | None, certainty: str = "") -> str:
    """The same as part of a sentence: "86 % sure"; the words of `certainty` already say what they mean."""
    text = certainty_text(confidence, certainty)
    return text if certainty or not text else f"{text} sure"


def basis_text(confidence: float | None, certainty: str, explanation: str) -> str:
    """How sure a proposal is and why, on one line; votes that the explanation counts already are not said twice."""
    votes = _VOTES.fullmatch(certainty)
    if votes and f"{votes[1]} of {votes[2]} " in explanation:
        return explanation
    return " · ".join(filter(None, (sure_text(confidence, certainty), explanation)))


def interval_text(interval: Interval) -> str:
    """Where the true number lies: "90 %: 10.1–14.8", and "rough" where too few units were there to measure it."""
    low, high = numbers_within(interval, interval.low, interval.high)
    between = " to " if interval.low < 0 else "–"
    return f"{NOMINAL}: {low}{between}{high}{', rough' if interval.rough else ''}"


def number_text(value: float, interval: Interval | None) -> str:
    """A predicted number with its interval: "12.3, 90 %: 10.1–14.8"."""
    if interval is None:
        return f"{value:g}"
    return f"{numbers_within(interval, value)[0]}, {interval_text(interval)}"


def numbers_within(interval: Interval, *values: float) -> list[str]:
    """Numbers with as many decimals as the interval's width gives a meaning to."""
    width = abs(interval.high - interval.low)
    if not math.isfinite(width) or width == 0:
        return [f"{value:g}" for value in values]
    decimals = max(0, 1 - math.floor(math.log10(width)))
    if decimals > MOST_DECIMALS:
        return [f"{value:g}" for value in values]
    return [f"{value:,.{decimals}f}" for value in values]


def outside_text(outside: Outside) -> str:
    """What a row has that the model has not learned from: "vibration 0.031, learned up to 0.028"."""
    value = outside.value
    if isinstance(value, str):
        quoted = value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
        return f"{outside.column} {quoted!r} was not in the training pairs"
    if outside.high is not None and value > outside.high:
        shown, bound = distinct(value, outside.high)
        return f"{outside.column} {shown}, learned up to {bound}"
    if outside.low is not None and value < outside.low:
        shown, bound = distinct(value, outside.low)
        return f"{outside.column} {shown}, learned down to {bound}"
    return f"{outside.column} {value:g} was not in the training pairs"


def outside_texts(outside: Iterable[Outside], most: int = 3) -> list[str]:
    """The same for several columns; of many the first ones, and how many more there are."""
    texts = [outside_text(one) for one in outside]
    more = len(texts) - most
    return texts if more <= 0 else [*texts[:most], f"and {more} more {'column' if more == 1 else 'columns'}"]
