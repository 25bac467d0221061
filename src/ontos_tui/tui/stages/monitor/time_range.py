"""MONITOR: how far back one looks, and in which steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.base import now
from ontos_tui.domain.rules.monitor.traffic import Bucket
from ontos_tui.domain.text.dates import read_moment
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.tui.core.background import BackgroundMixin

MOST_DRAWN, FEW = 2_000, 200
"""Buckets that a series is drawn from at most, and up to which the narrowest width is chosen by itself."""


@dataclass(frozen=True)
class SpanOfTime:
    """How far back one looks, up to now or to a fixed `end`, and in which buckets."""

    label: str
    length: timedelta
    bucket: Bucket
    end: datetime | None = None

    def ending(self, present: datetime) -> tuple[datetime, datetime]:
        """The span as it is at this moment."""
        until = self.end or present
        return until - self.length, until

    @property
    def in_words(self) -> str:
        """The span in the middle of a sentence."""
        return f"the {self.label}" if self.end is None else self.label

    @property
    def widths(self) -> list[Bucket]:
        """The widths of buckets that can be drawn."""
        return [one for one in Bucket if self.length / one.width <= MOST_DRAWN] or [Bucket.DAY]

    def in_other_buckets(self) -> SpanOfTime:
        """The same span in the next width."""
        widths = self.widths
        at = widths.index(self.bucket) if self.bucket in widths else -1
        return replace(self, bucket=widths[(at + 1) % len(widths)])


SPANS = (
    SpanOfTime("last hour", timedelta(hours=1), Bucket.MINUTE),
    SpanOfTime("last 24 h", timedelta(hours=24), Bucket.HOUR),
    SpanOfTime("last 7 days", timedelta(days=7), Bucket.DAY),
    SpanOfTime("last 30 days", timedelta(days=30), Bucket.DAY),
)


def fixed_span(since: datetime, until: datetime) -> SpanOfTime:
    """The span between two moments, in the narrowest buckets that are still few."""
    form = "%m-%d %H:%M"
    label = f"{since.astimezone():{form}} – {until.astimezone():{form}}"
    span = SpanOfTime(label, until - since, Bucket.DAY, until)
    few = [one for one in span.widths if span.length / one.width <= FEW]
    return replace(span, bucket=few[0] if few else span.widths[-1])


def next_span(over: SpanOfTime) -> SpanOfTime:
    """The next of the usual spans; the first after one of the user's own."""
    at = next((number for number, span in enumerate(SPANS) if span.label == over.label), -1)
    return SPANS[(at + 1) % len(SPANS)]


def ask_span(asker: BackgroundMixin, over: SpanOfTime, then: Callable[[SpanOfTime], Any]) -> None:
    """Ask from when to when, starting with the span that is shown."""
    present = now()
    read = partial(read_moment, present=present)
    since, until = over.ending(present)
    fields = (
        FormField("since", "From", _typed(since), required=True, hint="2026-11-24 09:30, or 12h ago", read=read),
        FormField("until", "To", _typed(until) if over.end else "now", required=True, hint="or now", read=read),
    )

    def order(values: Values) -> list[str]:
        return [] if values["since"] < values["until"] else ["From is not before To."]

    def done(values: Values | None) -> None:
        if values is not None:
            then(fixed_span(values["since"], values["until"]))

    asker.app.push_screen(FormDialog("Time range", fields, check=order, verb="Show"), done)


def _typed(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
