"""TRAIN in words and numbers: the gates before a training, and a model's scores after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.split import groups_in_words
from ontos_tui.tui.dialogs.verdict import verdict_lines, verdict_of
from ontos_tui.tui.stages.job_state import JobState, duration
from ontos_tui.tui.stages.train.evaluation_lines import (
    SHORT_METRICS,
    all_class_lines,
    candidate_lines,
    score_lines,
    score_number,
)
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.learning import BaseModel, Estimate
    from ontos_tui.domain.records.training import ModelVersion
    from ontos_tui.learning.search.recommendation import Recommendation
    from ontos_tui.services.train.comparison import Comparison
    from ontos_tui.services.train.service import Readiness, SplitPlan

LABEL = 12
"""Cells of the words in front of the facts."""
FIRST_GATE = ("UNLABELED", "REJECTED", "FLAGGED")
SECOND_GATE = ("HELD_OUT", "PROHIBITED", "NOT_ALLOWED")


@dataclass(frozen=True)
class Standing:
    """A training sheet before the gates, what a training on it would be, and the last one."""

    readiness: Readiness
    base_models: tuple[BaseModel, ...]
    base_model: BaseModel
    estimate: Estimate | None
    last: JobState | None
    plan: SplitPlan | OntosError
    recommendation: Recommendation
    params: Mapping[str, Any]

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
    yield from choice_lines(standing, width)


def choice_lines(standing: Standing, width: int) -> Iterator[Line]:
    """What a training would learn from, by which split, with which base model and parameters, and what it takes."""
    yield from _plan_lines(standing, width)
    yield from _fact("base model", standing.base_model.title, width, "strong")
    if standing.base_model.key == standing.recommendation.key:
        yield from _fact("", f"recommended: {standing.recommendation.reason}", width)
    yield from _fact("", standing.base_model.description, width, "muted")
    if standing.base_model.parameters:
        given = ", ".join(f"{name} {value}" for name, value in standing.params.items())
        yield from _fact("parameters", f"{given or 'the defaults'} (p: list and change them)", width)
    if standing.estimate is not None:
        estimate = standing.estimate
        cost = "no cost, runs on this machine" if estimate.cost is None else f"{estimate.cost:.2f} {estimate.currency}"
        yield from _fact("estimate", f"about {duration(estimate.seconds)}, {cost}", width, "strong")
        yield from _fact("", estimate.basis, width, "muted")


def _plan_lines(standing: Standing, width: int) -> Iterator[Line]:
    """What stays together and why, how many pairs are learned from, and which are tested."""
    plan = standing.plan
    if isinstance(plan, OntosError):
        yield from _fact("test", standing.readiness.split, width)
        if standing.readiness.ready:
            yield from _fact("", plan.what, width, "warn")
        yield from _fact("", "g: choose which pairs belong together", width, "muted")
        return
    yield from _fact("split", plan.split, width, "strong")
    yield from _fact("", plan.reason, width)
    state = "kept in the template; g: change it" if plan.confirmed else "proposed; g: confirm or change it"
    yield from _fact("", state, width, "muted")
    groups = f" of {groups_in_words(plan.train_groups, plan.group_name)}" if plan.group_name else ""
    yield from _fact("learns from", f"{plan.train:,} pairs{groups}", width)
    yield from _fact("test", plan.basis, width)
    yield from _fact("", plan.note, width, "warn")


def _gate_line(mark: str, count: int, reason: str, style: str, width: int) -> Iterator[Line]:
    shown = mark if count else "·"
    head = span(f"{shown} {count:>7,}  ", style if count else "muted")
    first, *rest = wrap(reason, width - len(head.text), "text" if count else "muted")
    yield line(head, *first)
    for more in rest:
        yield line(" " * len(head.text), *more)


def _fact(name: str, value: str, width: int, style: str = "text") -> Iterator[Line]:
    """A fact beside its name, wrapped under itself; nothing where there is none."""
    if not value:
        return
    for number, part in enumerate(wrap(value, width - LABEL, style)):
        yield line(span(name if number == 0 else "", "muted", LABEL), *part)


def model_lines(model: ModelVersion, compared: Compared | None, width: int) -> Iterator[Line]:
    """What a model is and how good it is, field by field, beside the baseline and the version before."""
    from ontos_tui.domain.records.training import Evaluation

    evaluation = Evaluation.model_validate(model.evaluation)
    when = model.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    yield line(span(model.label(), "title"), span(f"  {when} by {model.created_by}", "muted"))
    yield from verdict_lines(verdict_of(model), width)
    yield EMPTY
    for score in evaluation.scores:
        yield from score_lines(score, width)
    yield from _fact("method", evaluation.method, width)
    yield from _fact("tested on", evaluation.held_out_from, width)
    if compared is not None:
        yield EMPTY
        yield from _comparison_lines(compared, width)
    if evaluation.candidates:
        yield EMPTY
        yield from candidate_lines(evaluation, width)
    yield from all_class_lines(evaluation.scores, width)
    yield EMPTY
    yield from _fact("learned", f"from {model.train_count:,} pairs in {model.seconds:.1f} s", width)
    yield from _fact("base model", model.base_model, width)
    yield from _fact("engine", model.engine, width)
    yield from _fact("template", model.template_version, width)
    yield from _fact("features", ", ".join(model.features), width)
    for note in evaluation.notes:
        yield from _fact("note", note, width)


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
            yield line(
                span(f"{mark} ", style), f"{score.field}  {SHORT_METRICS.get(score.metric, score.metric)} {change}"
            )
