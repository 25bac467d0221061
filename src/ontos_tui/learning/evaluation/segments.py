"""Where a model does worst: values of a column, or a group, on which it is wrong more often than elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.intervals import z_of_many
from ontos_tui.domain.row_columns import column, rows_of_examples
from ontos_tui.domain.text.numbers import distinct
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.learning.encoding.columns import numbers_of
from ontos_tui.learning.evaluation.unseen import UnseenAnswers
from ontos_tui.learning.statistics import Floats, Numbers, standard_error

LEAST_PAIRS, LEAST_GROUPS = 20, 4
"""Pairs, and groups where there are any, of a segment that is named."""
MOST_NAMED = 3
MOST_COLUMNS, MOST_VALUES = 100, 20
Segment = tuple[str, NDArray[np.bool_]]


def worst_segments(answers: UnseenAnswers, columns: Sequence[str], group_name: str = "") -> list[str]:
    """Up to three segments in words, the one with the most to gain first.

    Only differences are named that chance does not explain, however many segments were looked at (Bonferroni).
    """
    if len(answers) < 2 * LEAST_PAIRS:
        return []
    losses = answers.errors if answers.is_number else 1 - answers.right
    groups = answers.groups()
    units = np.arange(len(losses)) if groups is None else groups
    segments = [one for one in _of_columns(answers, columns) if _is_large(one[1], units, groups is not None)]
    worse = []
    for words, inside in segments:
        excess = losses[inside].mean() - losses[~inside].mean()
        if excess > z_of_many(len(segments)) * math.hypot(*(_error(losses, part, units) for part in (inside, ~inside))):
            worse.append((float(excess * inside.sum()), words, inside))
    worse.sort(key=lambda one: -one[0])
    named = _without_echoes(worse)
    if groups is not None:
        named += _worst_group(answers, losses, groups, group_name)
    return [_sentence(answers, losses, words, inside) for words, inside in named[:MOST_NAMED]]


def _of_columns(answers: UnseenAnswers, columns: Sequence[str]) -> Iterator[Segment]:
    """The values of each column of words, and the thirds of each column of numbers."""
    for name in columns[:MOST_COLUMNS]:
        values = column(rows_of_examples(answers.examples), name)
        numbers = numbers_of(values)
        if (~np.isnan(numbers)).mean() > 0.5:
            low, high = np.nanquantile(numbers, [1 / 3, 2 / 3])
            texts = distinct(float(low), float(high))
            yield f"{name} below {texts[0]}", numbers < low
            yield f"{name} above {texts[1]}", numbers > high
            continue
        words = np.array([value.strip() if isinstance(value, str) else "" for value in values], dtype=object)
        known = sorted(set(words) - {""})
        for word in known if len(known) <= MOST_VALUES else ():
            yield f"{name} = {safe_line(word, 40)}", words == word


def _is_large(inside: NDArray[np.bool_], units: Numbers, grouped: bool) -> bool:
    return all(
        part.sum() >= LEAST_PAIRS and (not grouped or len(np.unique(units[part])) >= LEAST_GROUPS)
        for part in (inside, ~inside)
    )


def _error(losses: Floats, part: NDArray[np.bool_], units: Numbers) -> float:
    return standard_error(losses[part], np.unique(units[part], return_inverse=True)[1])


def _without_echoes(worse: Sequence[tuple[float, str, NDArray[np.bool_]]]) -> list[Segment]:
    """Segments that are mostly within one that is already named say nothing new."""
    named: list[Segment] = []
    for _, words, inside in worse:
        if all((inside & other).sum() <= 0.5 * inside.sum() for _, other in named):
            named.append((words, inside))
    return named


def _worst_group(answers: UnseenAnswers, losses: Floats, groups: Numbers, group_name: str) -> list[Segment]:
    """The group that lies far off the others, where one does."""
    sizes = np.bincount(groups)
    means = np.bincount(groups, losses) / sizes
    if len(means) < 2 * LEAST_GROUPS:
        return []
    worst = int(means.argmax())
    others = np.delete(means, worst)
    far = means[worst] - others.mean() > z_of_many(len(means)) * others.std(ddof=1)
    if not far or sizes[worst] < LEAST_PAIRS:
        return []
    inside = groups == worst
    name = next(one.group for one, is_inside in zip(answers.examples, inside, strict=True) if is_inside)
    return [(f"{group_name or 'group'} {safe_line(name or '', 40)}", inside)]


def _sentence(answers: UnseenAnswers, losses: Floats, words: str, inside: NDArray[np.bool_]) -> str:
    if answers.is_number:
        here, elsewhere = distinct(float(losses[inside].mean()), float(losses[~inside].mean()))
        return f"{words}: off by {here} on average, elsewhere by {elsewhere} ({inside.sum():,} pairs)"
    right = answers.right == 1
    return (
        f"{words}: right {(right & inside).sum():,} of {inside.sum():,}, "
        f"elsewhere {(right & ~inside).sum():,} of {(~inside).sum():,}"
    )
