"""IMPROVE in words: a piece of feedback, what became of it, and what a retraining brings or has brought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.records.improve import FeedbackFilter
from ontos_tui.domain.rules.improvement import Improvement
from ontos_tui.domain.rules.ratings import ALL_RATINGS, Rating, is_bad, is_good
from ontos_tui.domain.rules.states import FeedbackStatus, PairStatus
from ontos_tui.tui.dialogs.answer import name_room
from ontos_tui.tui.dialogs.forms.feedback import rating_span
from ontos_tui.tui.dialogs.forms.form import FormField, Values
from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.dialogs.verdict import verdict_lines, verdict_of
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Span, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.pairs import QAPair
    from ontos_tui.services.improve.retraining import RetrainingOutlook
    from ontos_tui.services.improve.service import FeedbackStats
    from ontos_tui.services.train.comparison import Comparison

STATES = {"new": ("○ new", "accent"), "converted": ("✓ converted", "good"), "dismissed": ("– dismissed", "muted")}


def state_span(item: FeedbackItem) -> Span:
    """What became of a piece of feedback, as a sign and a word; a flag goes before it."""
    text, style = STATES[item.status.value]
    return span(f"⚑{text[1:]}", "warn") if item.flagged else span(text, style)


def answer_text(item: FeedbackItem) -> str:
    """What the model said and what is right, in a few words, then the comment: crack → scratch “second today”."""
    said, right = item.output or {}, item.correction
    parts = []
    for name in dict.fromkeys([*said, *(right or {})]):
        before = value_text(said.get(name))
        differs = right is not None and right.get(name) != said.get(name)
        parts.append(f"{before} → {value_text((right or {}).get(name))}" if differs else before)
    comment = f"  “{item.comment}”" if item.comment else ""
    return f"{' · '.join(parts)}{comment}"


def short_answer_text(item: FeedbackItem) -> str:
    """The same where there is little room: of a corrected answer only what differs."""
    said, right = item.output or {}, item.correction or {}
    differing = [name for name in dict.fromkeys([*said, *right]) if name in right and right[name] != said.get(name)]
    parts = [f"{value_text(said.get(name))} → {value_text(right[name])}" for name in differing]
    return " · ".join(parts) or answer_text(item)


def stats_text(stats: FeedbackStats) -> str:
    """What was said in all, in a few words."""
    if stats.good_share is None or stats.mean_rating is None:
        return "No feedback yet"
    return f"{stats.good_share:.0%} good, mean {stats.mean_rating:.1f} of {stats.total:,}"


def filter_words(feedback_filter: FeedbackFilter) -> str:
    """What the list leaves out besides a status, in words."""
    words = []
    if feedback_filter.ratings:
        words.append(f"rated {'/'.join(map(str, feedback_filter.ratings))}")
    if feedback_filter.flagged is not None:
        words.append("flagged" if feedback_filter.flagged else "not flagged")
    if feedback_filter.corrected is not None:
        words.append("with a correction" if feedback_filter.corrected else "without a correction")
    if feedback_filter.endpoint is not None:
        words.append(f"about {feedback_filter.endpoint}")
    if feedback_filter.text:
        words.append(f"with {feedback_filter.text!r}")
    return ", ".join(words)


RATINGS: dict[str, tuple[int, ...]] = {
    "bad (1, 2)": tuple(filter(is_bad, ALL_RATINGS)),
    "fair (3)": (Rating.FAIR,),
    "good (4, 5)": tuple(filter(is_good, ALL_RATINGS)),
}


def filter_fields(feedback_filter: FeedbackFilter, endpoints: Sequence[str]) -> tuple[FormField, ...]:
    """The form of the feedback filter."""
    rated = next((text for text, ratings in RATINGS.items() if ratings == feedback_filter.ratings), None)
    return (
        FormField("ratings", "Rating", rated, tuple(RATINGS)),
        FormField("flagged", "Flagged", feedback_filter.flagged, (True, False)),
        FormField("corrected", "With correction", feedback_filter.corrected, (True, False)),
        FormField("status", "Status", feedback_filter.status, tuple(FeedbackStatus)),
        FormField("endpoint", "Endpoint", feedback_filter.endpoint, tuple(endpoints)),
        FormField("text", "Text", feedback_filter.text or None, hint="in the comment, the values, or the user"),
    )


def filled_filter(values: Values) -> FeedbackFilter:
    """What the form was filled with."""
    return FeedbackFilter(
        endpoint=values["endpoint"],
        status=values["status"],
        ratings=RATINGS.get(values["ratings"], ()),
        flagged=values["flagged"],
        corrected=values["corrected"],
        text=values["text"] or "",
    )


def item_lines(item: FeedbackItem, pair: QAPair | None, width: int) -> Iterator[Line]:
    """A piece of feedback: what was asked, what the model said, what is right, and the pair it became."""
    when = item.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    yield line(span(item.endpoint, "title"), "  ", rating_span(item), span(f" of 5 by {item.created_by}", "muted"))
    yield line(span(when, "muted"), "  ", state_span(item))
    if item.comment:
        yield from wrap(f"“{item.comment}”", width)
    yield EMPTY
    yield from _answer_lines(item, width)
    yield EMPTY
    if pair is not None:
        state = (span("training pair: ", "muted"), span(pair.status.value, "strong"))
        yield line(*state, *((span(" (press 3 to decide)", "muted"),) if pair.status is PairStatus.UNLABELED else ()))
        yield line(span(pair.item_ref, "muted"))
    elif item.correction is not None:
        yield line(span("c", "key"), ": create a training pair with the correction")
    elif is_good(item.rating):
        yield line(span("c", "key"), ": create a training pair with the answer")
    else:
        yield line(span("c", "key"), ": create a training pair without an answer")
    yield EMPTY
    yield line(span("input", "title"))
    yield from field_lines(item.input, width)


def _answer_lines(item: FeedbackItem, width: int) -> Iterator[Line]:
    """Field by field the model's answer and, where there is a correction, the right one."""
    said, right = item.output or {}, item.correction
    room = name_room({**said, **(right or {})})
    yield line(span("model" if right is None else "model → correct", "title"))
    for name in dict.fromkeys([*said, *(right or {})]):
        before = value_text(said.get(name))
        parts: tuple[Span, ...] = (span(name, "muted", room - 1), span(" "), span(before, "strong"))
        if right is not None and right.get(name) == said.get(name):
            parts = (*parts, span("  = same", "muted"))
        elif right is not None:
            parts = (
                *parts,
                span(" → ", "warn"),
                span(value_text(right.get(name)), "strong"),
                span("  ✎ differs", "warn"),
            )
        yield line(*parts)
    if right is None:
        yield line(span("no correction", "muted"))


def outlook_lines(outlook: RetrainingOutlook, training: bool, width: int) -> Iterator[Line]:
    """What retraining would bring or has brought, and the key for what comes next. `training`: one is under way."""
    model, newest, ready = outlook.preview.model, outlook.newest, outlook.preview.readiness
    yield line(
        span("Retraining ", "title"),
        span(f"{outlook.endpoint} answers with {model.label()}", "muted"),
    )
    if not outlook.is_newer:
        yield from verdict_lines(verdict_of(model), width)
    if outlook.comparison is not None:
        mark, style = verdict(outlook.comparison)
        yield from wrap(f"{newest.label()} is trained: {outlook.comparison.summary}", width)
        yield from verdict_lines(verdict_of(newest), width)
        yield line(span(mark, style), "  ", span("d", "key"), f": deploy v{newest.version}")
    elif outlook.is_newer:
        yield from wrap(f"{newest.label()} is trained; no comparison: {outlook.no_comparison}", width)
        yield from verdict_lines(verdict_of(newest), width)
        yield line(span("d", "key"), f": deploy v{newest.version}")
    since = f"{outlook.since} since v{newest.version}"
    if training:
        yield line(span(f"⟳ {since}: a training is running", "accent"))
    elif not ready.ready:
        yield from wrap(f"{since}; {ready.missing} more labeled pairs are needed to train", width)
    elif outlook.has_changes:
        pairs = f"{ready.eligible:,} labeled pairs for training"
        yield line(span(since, "strong"), span(f" · {pairs} · ", "muted"), span("r", "key"), ": retrain")
    else:
        yield from wrap(f"Nothing has changed since v{newest.version}: convert feedback or label more.", width, "muted")


_MARKS = {Improvement.BETTER: ("▲", "good"), Improvement.WORSE: ("▼", "bad"), Improvement.UNCLEAR: ("≈", "warn")}


def verdict(comparison: Comparison) -> tuple[str, str]:
    """Whether the new version is better, with its sign, and the style of it."""
    sign, style = _MARKS[comparison.improvement]
    return f"{sign} {comparison.improvement}", style
