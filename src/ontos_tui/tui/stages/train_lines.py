"""TRAIN in words and numbers: the gates before a training, and a model's scores after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ontos_tui.tui.widgets.lines import EMPTY, Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.training import FieldScore, ModelVersion
    from ontos_tui.services.compare import Comparison
    from ontos_tui.tui.stages.train import Standing

GATE_MARKS = {"TRAINING": ("✓", "good"), "HELD_OUT": ("◆", "accent")}


def gate_lines(standing: Standing, width: int) -> Iterator[Line]:
    """Which pairs pass the two gates, which do not and why, and what a training would be."""
    ready = standing.readiness
    yield line(span(ready.training_sheet.name, "title"))
    yield EMPTY
    for gate, count in ready.counts.items():
        mark, style = GATE_MARKS.get(gate.name, ("·", "muted"))
        if count or gate.name in GATE_MARKS:
            yield line(span(f"{mark} {count:>7,}  ", style), span(gate.value, "text" if count else "muted"))
    yield EMPTY
    if ready.ready:
        yield line(span("✓ ready to train. ", "good"), span("t", "key"), " starts it")
    else:
        yield from wrap(
            f"✗ {ready.missing} more labeled pairs are needed before anything can be trained.", width, "warn"
        )
        yield line(span("3", "key"), " leads to labeling")
    yield EMPTY
    yield line(span("test on     ", "muted"), *wrap(ready.split, max(20, width - 12))[0])
    yield from wrap(ready.split, width - 12, indent=" " * 12)[1:]
    yield line(span("base model  ", "muted"), standing.base_model.title)
    yield from wrap(standing.base_model.description, width - 12, "muted", indent=" " * 12)
    if standing.estimate is not None:
        estimate = standing.estimate
        cost = "no cost" if estimate.cost is None else f"{estimate.cost:.2f} {estimate.currency}"
        yield line(span("estimate    ", "muted"), f"about {max(1, round(estimate.seconds))} s, {cost}")
        yield from wrap(estimate.basis, width - 12, "muted", indent=" " * 12)


def model_lines(model: ModelVersion, comparison: Comparison | None, width: int) -> Iterator[Line]:
    """What a model is and how good it is, field by field, beside the baseline."""
    from ontos_tui.domain.training import Evaluation

    evaluation = Evaluation.model_validate(model.evaluation)
    when = model.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    yield line(span(model.label(), "title"), span(f"  {model.base_model}, {when} by {model.created_by}", "muted"))
    yield from wrap(f"learned from {model.train_count:,} pairs in {model.seconds:.1f} s", width, "muted")
    yield from wrap(f"tested on {evaluation.n:,} pairs: {evaluation.held_out_from}", width, "muted")
    if comparison is not None:
        yield EMPTY
        yield line(span("what changed", "title"))
        yield from wrap(comparison.summary, width, "strong")
    yield EMPTY
    for score in evaluation.scores:
        yield from _score_lines(score)
    for score in evaluation.scores:
        if score.classes:
            yield EMPTY
            yield from _class_lines(score)
    yield EMPTY
    for note in evaluation.notes:
        yield from wrap(f"· {note}", width, "muted")
    yield from wrap(f"features: {', '.join(model.features)}", width, "muted")


def _score_lines(score: FieldScore) -> Iterator[Line]:
    better = score.value > score.baseline if score.higher_is_better else score.value < score.baseline
    mark, style = ("▲", "good") if better else ("▼", "bad")
    beside = "always the most frequent" if score.higher_is_better else "always the median"
    yield line(
        span(f"{score.field}  ", "strong"),
        f"{score.metric} ",
        span(f"{_number(score.value)} ", "strong"),
        span(f"(95 %: {_number(score.low)}–{_number(score.high)}, n={score.n}) ", "muted"),
    )
    yield line(span(f"  {mark} ", style), f"{beside}: {_number(score.baseline)}")


def _class_lines(score: FieldScore) -> Iterator[Line]:
    yield line(span(f"{score.field:<18}precision  recall    F1     n", "muted"))
    for name, one in score.classes.items():
        yield line(span(name, "text", 18), f"{one.precision:9.2f}{one.recall:8.2f}{one.f1:6.2f}{one.support:6}")


def score_text(model: ModelVersion) -> str:
    """The headline of a model's evaluation, short."""
    from ontos_tui.domain.training import Evaluation

    score = Evaluation.model_validate(model.evaluation).headline()
    return f"{score.metric} {_number(score.value)}"


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"
