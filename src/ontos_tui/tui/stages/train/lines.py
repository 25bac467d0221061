"""TRAIN in words and numbers: the gates before a training, and a model's scores after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.stages.job_state import JobState, duration
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.learning import BaseModel, Estimate
    from ontos_tui.domain.records.training import Evaluation, FieldScore, ModelVersion
    from ontos_tui.services.train.comparison import Comparison
    from ontos_tui.services.train.service import Readiness

LABEL = 12
"""Cells of the words in front of the facts."""
NUMBERS = "   prec.  recall     F1      n"
FIRST_GATE = ("UNLABELED", "REJECTED", "FLAGGED")
SECOND_GATE = ("HELD_OUT", "PROHIBITED", "NOT_ALLOWED")
SHORT = {"accuracy": "acc.", "exact match": "exact", "mean absolute error": "MAE"}


@dataclass(frozen=True)
class Standing:
    """A training sheet before the gates, what a training on it would be, and the last one."""

    readiness: Readiness
    base_models: tuple[BaseModel, ...]
    base_model: BaseModel
    estimate: Estimate | None
    last: JobState | None

    @property
    def under_way(self) -> bool:
        """Whether a training on this sheet runs."""
        return self.last is not None and self.last.active


@dataclass(frozen=True)
class Compared:
    """A model beside another version, or why they cannot be compared."""

    other: str
    outcome: Comparison | OntosError


def gate_lines(standing: Standing, refused: OntosError | None, width: int) -> Iterator[Line]:
    """Whether a training is possible, which pairs pass the two gates, which do not and why, and what it would be."""
    ready = standing.readiness
    yield from wrap(ready.training_sheet.name, width, "title")
    if refused is not None:
        yield from error_lines(refused, width)[:-1]
    elif standing.under_way:
        yield line(span("⟳ training is running", "accent"))
    elif ready.ready:
        yield line(span("✓ ready to train; ", "good"), span("t", "key"), ": start it")
    else:
        yield from wrap(f"✗ {ready.missing:,} more labeled pairs are needed to train.", width, "warn")
    if not ready.ready:
        yield line(span("3", "key"), ": label more pairs")
    yield EMPTY
    counts = {gate.name: (count, gate.value) for gate, count in ready.counts.items()}
    yield line(span(f"{sum(count for count, _ in counts.values()):>9,}  pairs", "strong"))
    yield line(span("Labeled?", "muted"))
    for name in FIRST_GATE:
        yield from _gate_line("✗", *counts[name], "warn", width)
    yield line(span("Allowed for training?", "muted"))
    for name in SECOND_GATE:
        mark, style = ("◆", "accent") if name == "HELD_OUT" else ("✗", "warn")
        yield from _gate_line(mark, *counts[name], style, width)
    yield line(span("Used for training", "muted"))
    yield from _gate_line("✓", *counts["TRAINING"], "good", width)
    yield EMPTY
    yield from _fact("test", ready.split, width)
    yield from _fact("base model", standing.base_model.title, width, "strong")
    yield from _fact("", standing.base_model.description, width, "muted")
    if standing.estimate is not None:
        estimate = standing.estimate
        cost = "" if estimate.cost is None else f", {estimate.cost:.2f} {estimate.currency}"
        yield from _fact("estimate", f"about {duration(estimate.seconds)}{cost}", width, "strong")
        yield from _fact("", estimate.basis, width, "muted")


def _gate_line(mark: str, count: int, reason: str, style: str, width: int) -> Iterator[Line]:
    shown = mark if count else "·"
    head = span(f"{shown} {count:>7,}  ", style if count else "muted")
    first, *rest = wrap(reason, width - len(head.text), "text" if count else "muted")
    yield line(head, *first)
    for more in rest:
        yield line(" " * len(head.text), *more)


def _fact(name: str, value: str, width: int, style: str = "text") -> Iterator[Line]:
    """A fact beside its name, wrapped under itself."""
    for number, part in enumerate(wrap(value, width - LABEL, style)):
        yield line(span(name if number == 0 else "", "muted", LABEL), *part)


def model_lines(model: ModelVersion, compared: Compared | None, width: int) -> Iterator[Line]:
    """What a model is and how good it is, field by field, beside the baseline and the version before."""
    from ontos_tui.domain.records.training import Evaluation

    evaluation = Evaluation.model_validate(model.evaluation)
    when = model.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    yield line(span(model.label(), "title"), span(f"  {when} by {model.created_by}", "muted"))
    for score in evaluation.scores:
        yield from _score_lines(score, width)
    yield from _fact("tested on", evaluation.held_out_from, width)
    yield from _fact("baseline", _baseline(evaluation), width, "muted")
    if compared is not None:
        yield EMPTY
        yield from _comparison_lines(compared, width)
    for score in evaluation.scores:
        if score.classes:
            yield EMPTY
            yield from _class_lines(score, width)
    yield EMPTY
    yield from _fact("learned", f"from {model.train_count:,} pairs in {model.seconds:.1f} s", width)
    yield from _fact("base model", model.base_model, width)
    yield from _fact("engine", model.engine, width)
    yield from _fact("template", model.template_version, width)
    yield from _fact("features", ", ".join(model.features), width)
    for note in evaluation.notes:
        yield from _fact("note", note, width)


def _baseline(evaluation: Evaluation) -> str:
    """What the scores stand beside, in words."""
    always = {True: "the most frequent answer", False: "the median"}
    kinds = dict.fromkeys(score.higher_is_better for score in evaluation.scores)
    return f"always giving {' or '.join(always[kind] for kind in kinds)} of the training pairs"


def _score_lines(score: FieldScore, width: int) -> Iterator[Line]:
    value, low, high = (score_number(score, one) for one in (score.value, score.low, score.high))
    yield line(span(f"{score.field}  ", "strong"), f"{score.metric} ", span(value, "strong"))
    yield line(span(f"  95 % interval {low}–{high}, n={score.n:,}", "muted"))
    mark, verdict, style = verdict_of(score)
    yield from wrap(f"{mark} {verdict} the baseline {score_number(score, score.baseline)}", width, style, indent="  ")


def verdict_of(score: FieldScore) -> tuple[str, str, str]:
    """Glyph, words and style of a score beside its baseline; within the interval it is not certain."""
    if score.value == score.baseline:
        return "=", "no better than", "warn"
    certain = not score.low <= score.baseline <= score.high
    better = (score.value > score.baseline) == score.higher_is_better
    words = ("better" if better else "worse") + (" than" if certain else " (but within the interval) than")
    return ("▲" if better else "▼"), words, ("good" if certain else "text") if better else "bad"


def _comparison_lines(compared: Compared, width: int) -> Iterator[Line]:
    yield from wrap(f"compared with {compared.other}", width, "title")
    outcome = compared.outcome
    if isinstance(outcome, OntosError):
        yield from wrap(f"{outcome.what} {outcome.todo}", width, "muted")
        return
    yield from wrap(outcome.summary, width, "strong")
    before = {score.field: score for score in outcome.old.scores}
    for score in outcome.new.scores if len(outcome.new.scores) > 1 else ():
        old = before.get(score.field)
        if old is not None and old.metric == score.metric:
            better = (score.value > old.value) == score.higher_is_better
            mark, style = ("=", "muted") if score.value == old.value else ("▲", "good") if better else ("▼", "bad")
            change = f"{score_number(old, old.value)} → {score_number(score, score.value)}"
            yield line(span(f"{mark} ", style), f"{score.field}  {SHORT.get(score.metric, score.metric)} {change}")


def _class_lines(score: FieldScore, width: int) -> Iterator[Line]:
    room = max(8, min(24, width - len(NUMBERS)))
    yield line(span(score.field, "title", room), span(NUMBERS, "muted"))
    for name, one in score.classes.items():
        numbers = f"{one.precision:8.2f}{one.recall:8.2f}{one.f1:7.2f}{one.support:7,}"
        yield line(span(name, "text", room), span(numbers, "text" if one.support else "muted"))
    if score.macro_f1 is not None:
        beside = f", baseline {score.baseline_macro_f1:.2f}" if score.baseline_macro_f1 is not None else ""
        yield line(span(f"macro F1 {score.macro_f1:.2f}{beside}", "muted"))


def score_text(model: ModelVersion) -> str:
    """The headline of a model's evaluation, short."""
    from ontos_tui.domain.records.training import Evaluation

    score = Evaluation.model_validate(model.evaluation).headline()
    return f"{SHORT.get(score.metric, score.metric)} {score_number(score, score.value)}"


def score_number(score: FieldScore, value: float) -> str:
    """Shares with two places, errors with three digits that count."""
    if score.higher_is_better:
        return f"{value:.2f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
