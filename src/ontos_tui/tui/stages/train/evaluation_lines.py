"""A model's evaluation in lines: each field's score, the ways to learn that were tried, and its confusions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ontos_tui.domain.text.numbers import significant
from ontos_tui.tui.stages.train.short_names import distinct_names
from ontos_tui.tui.widgets.lines import EMPTY, Line, fit, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import CandidateScore, Evaluation, FieldScore

NUMBERS = "   prec.  recall     F1      n"
MOST_CLASSES = 8
"""Classes up to which the confusion matrix is drawn; of more, the worst confusions are listed."""
WORST = 8
SHORT_METRICS = {"accuracy": "acc.", "exact match": "exact", "mean absolute error": "MAE"}
LEAST_CELL = 4
"""Cells of a column of the confusion matrix at least."""


def score_lines(score: FieldScore, width: int) -> Iterator[Line]:
    """One field: its score with the interval, the constant answer beside it, and what its confidence is worth."""
    from ontos_tui.domain.rules.model_verdict import constant_answer, field_level, level_sign, tested_units

    sign, style = level_sign(field_level(score))
    low, high = (score_number(score, one) for one in (score.low, score.high))
    value = span(score_number(score, score.value), "strong")
    yield line(span(f"{sign} ", style), span(f"{score.field}  ", "strong"), f"{score.metric} ", value)
    rough = ", rough" if score.rough else ""
    over = tested_units(score)
    pairs = "" if score.groups is None else f", {score.n:,} pairs"
    if score.unit:
        low = low.removesuffix(f" {score.unit}")
    yield from wrap(f"95 %: {low}–{high} over {over}{pairs}{rough}", width, "muted", indent="  ")
    baseline = f"{constant_answer(score)}: {score_number(score, score.baseline)}"
    yield from wrap(baseline, width, "muted", indent="  ")
    for remark in _confidence_remarks(score):
        yield from wrap(remark, width, "muted", indent="  ")
    for number, segment in enumerate(score.worst_segments):
        yield from wrap(f"{'worst: ' if number == 0 else '       '}{segment}", width, "warn", indent="  ")


def _confidence_remarks(score: FieldScore) -> Iterator[str]:
    """What a stated confidence and a stated interval are worth, as far as that was measured."""
    if (calibration := score.calibration) is not None:
        shown = "shown as a percentage" if calibration.shown else "shown in words only"
        answers = f"{calibration.n:,} answers"
        yield f"confidence off by {100 * calibration.error:.0f} % on average ({answers}); {shown}"
    if (coverage := score.coverage) is not None:
        rough = ", rough" if coverage.rough else ""
        yield (
            f"{100 * coverage.nominal:.0f} % intervals held {100 * coverage.covered:.0f} % of the true values, "
            f"{significant(coverage.width)} wide on average{rough}"
        )


def candidate_lines(evaluation: Evaluation, width: int) -> Iterator[Line]:
    """The ways to learn that were tried by the same folds, with their intervals; the chosen one is marked."""
    if not evaluation.candidates:
        return
    fits = f", {evaluation.fits:,} models fitted" if evaluation.fits else ""
    yield line(span(f"tried{fits}", "title"))
    for metric, group in groupby(evaluation.candidates, key=lambda one: one.metric):
        yield from _one_search(metric, list(group), width)


def _one_search(metric: str, candidates: Sequence[CandidateScore], width: int) -> Iterator[Line]:
    """What was tried for one field, below the metric."""
    rows = [_candidate_cells(one) for one in candidates]
    scores = max(len(row[1]) for row in rows)
    intervals = max(len(row[2]) for row in rows)
    room = max(8, width - scores - intervals - 6)
    yield line(span(f"  {fit(metric, room)}  {' ' * scores}  95 %", "muted"))
    for one, (name, value, interval) in zip(candidates, rows, strict=True):
        mark, style = ("✓", "strong") if one.chosen else (" ", "text")
        head = span(f"{mark} ", "good")
        yield line(head, span(name, style, room), "  ", span(f"{value:>{scores}}", style), f"  {interval:<{intervals}}")
    for one, (name, *_) in zip(candidates, rows, strict=True):
        if one.chosen and one.why:
            yield from wrap(f"chosen: {one.why}", width, "muted", indent="  ")
        if one.present:
            yield from wrap(f"present model ({one.present}): {name}", width, "muted", indent="  ")


def _candidate_cells(one: CandidateScore) -> tuple[str, str, str]:
    derived = f" + {len(one.derived)} derived" if one.derived else ""
    params = "".join(f" {name}={value}" for name, value in one.params.items())
    number = _shares if one.higher_is_better else significant
    return f"{one.base_model}{derived}{params}", number(one.value), f"{number(one.low)}–{number(one.high)}"


def _shares(value: float) -> str:
    return f"{value:.2f}"


def class_lines(score: FieldScore, width: int) -> Iterator[Line]:
    """Precision, recall and F1 of each class."""
    room = max(8, min(24, width - len(NUMBERS)))
    yield line(span(score.field, "title", room), span(NUMBERS, "muted"))
    for name, one in score.classes.items():
        numbers = f"{one.precision:8.2f}{one.recall:8.2f}{one.f1:7.2f}{one.support:7,}"
        yield line(span(name, "text", room), span(numbers, "text" if one.support else "muted"))
    if score.macro_f1 is not None:
        beside = f", baseline {score.baseline_macro_f1:.2f}" if score.baseline_macro_f1 is not None else ""
        yield line(span(f"macro F1 {score.macro_f1:.2f}{beside}", "muted"))


def confusion_lines(score: FieldScore, width: int) -> Iterator[Line]:
    """Which classes are taken for which: a matrix where it fits, else the worst confusions."""
    counts = score.confusion
    if not counts:
        return
    names = list(dict.fromkeys([*score.classes, *counts, *(name for row in counts.values() for name in row)]))
    names = [name for name in names if counts.get(name) or any(row.get(name) for row in counts.values())]
    cell = max(LEAST_CELL, 1 + max(len(f"{n:,}") for row in counts.values() for n in row.values()))
    head = min(16, max(map(cell_len, names)))
    if len(names) > MOST_CLASSES or head + cell * len(names) > width:
        yield from _worst_confusions(score, width)
        return
    cell = min((width - head) // len(names), max(cell, 1 + max(map(cell_len, names))))
    columns, labels = distinct_names(names, cell - 1), distinct_names(names, head)
    if columns[0] == "1":  # numbers for want of room: the lines have them too
        labels = distinct_names([f"{number} {name}" for number, name in enumerate(names, 1)], head)
    yield line(span(f"{score.field}, true ↓ predicted →", "title"))
    yield line(span("", "muted", head), *(span(fit_right(name, cell), "muted") for name in columns))
    for name, label in zip(names, labels, strict=True):
        row = counts.get(name, {})
        cells = [span(f"{row.get(other, 0) or '·':>{cell}}", "strong" if other == name else "text") for other in names]
        yield line(span(label, "text", head), *cells)


def fit_right(text: str, width: int) -> str:
    """`text` at the right end of `width` cells."""
    return " " * (width - cell_len(text)) + text


def _worst_confusions(score: FieldScore, width: int) -> Iterator[Line]:
    pairs = [
        (n, sum(row.values()), true, predicted)
        for true, row in score.confusion.items()
        for predicted, n in row.items()
        if n and predicted != true
    ]
    pairs.sort(key=lambda one: (-one[0], one[2], one[3]))
    yield line(span(f"{score.field}, true → predicted", "title"))
    if not pairs:
        yield line(span("  nothing", "muted"))
    for n, of, true, predicted in pairs[:WORST]:
        yield from wrap(f"{n:,} of {of:,}  {true} → {predicted}", width, indent="  ")


def all_class_lines(scores: Sequence[FieldScore], width: int) -> Iterator[Line]:
    """The classes of every field that has any: how well each is recognized, and what it is taken for."""
    for score in scores:
        if score.classes:
            yield EMPTY
            yield from class_lines(score, width)
        if score.confusion:
            yield EMPTY
            yield from confusion_lines(score, width)


def score_number(score: FieldScore, value: float) -> str:
    """Shares with two places, errors with three digits that count."""
    from ontos_tui.domain.rules.model_verdict import with_unit

    return _shares(value) if score.higher_is_better else with_unit(significant(value), score)
