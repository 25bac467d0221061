"""GENERATE in words: what would be made, what was made, and a pair as it would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ontos_tui.domain.terminal_text import safe_line
from ontos_tui.tui.stages.job_state import JobState, progress_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Sheet
    from ontos_tui.domain.records.template import Template
    from ontos_tui.services.generate.service import PreviewPair
    from ontos_tui.services.label.service import TrainingSheetView

AI, COLUMN, MANUAL = "ai", "column", "manual"
LABEL = 10
"""Cells of the words in front of the facts."""


@dataclass(frozen=True)
class Setting:
    """What would be generated now: from which sheet, by which template; what is there already, and the last run."""

    sheet: Sheet
    template: Template
    source: str
    made: TrainingSheetView | None
    mode: str
    column: str | None
    last: JobState | None

    @property
    def under_way(self) -> bool:
        """Whether pairs are being made of this sheet by this template."""
        return self.last is not None and self.last.active

    @property
    def failures(self) -> list[tuple[str, str]]:
        """The first items that the last run gave no answer, and why."""
        found = self.last.job.result.get("failures", ()) if self.last is not None else ()
        return [(ref, reason) for ref, reason in found]


def setting_lines(setting: Setting, limit: int | None, width: int) -> Iterator[Line]:
    """Sheet, template, where answers come from, the pairs that there are, and how the last run ended."""
    sheet, template = setting.sheet, setting.template
    wanted = f"the first {limit:,} of {sheet.item_count:,} items" if limit else f"{sheet.item_count:,} items"
    yield _fact("sheet", span(sheet.name, "strong"), span(f"  {wanted}", "muted"))
    told = f"  {template.status.value}, decides {template.label_type}"
    yield _fact("template", span(f"{template.name} {template.version}", "strong"), span(told, "muted"))
    yield _fact("answers", *_answers(setting))
    if setting.made is None:
        if not setting.under_way:
            yield _fact("pairs", "none yet; ", span("g", "key"), " makes them")
    else:
        counts = setting.made.counts
        yield _fact(
            "pairs",
            span(f"{counts.total:,}", "strong"),
            f" made, {counts.labeled:,} labeled, {counts.unlabeled:,} to decide; ",
            span("3", "key"),
            " labels them",
        )
        if counts.failed and not setting.failures:
            yield _fact("", span(f"✗ {counts.failed:,} have no proposal; generate again, or answer them", "warn"))
    yield from _last_run(setting, width)


def _answers(setting: Setting) -> Iterator[object]:
    if setting.mode == COLUMN:
        columns = setting.column or ", ".join(setting.template.answer_columns.values())
        yield span(f"column {columns}", "strong")
        yield span("  labeled at once where it fits", "muted")
    elif setting.mode == MANUAL:
        yield span("by hand", "strong")
        yield span("  no proposals; you give every answer", "muted")
    else:
        yield span(setting.source, "strong")
        yield span("  proposes, you decide", "muted")


def _last_run(setting: Setting, width: int) -> Iterator[Line]:
    last = setting.last
    if last is None:
        return
    room = max(20, width - LABEL)
    told: list[Line] = []
    if last.active or last.broken:
        told += progress_lines(last, room)
    else:
        done, when = last.job.result, last.job.finished_at
        clock = when.astimezone().strftime("%Y-%m-%d %H:%M, ") if when is not None else ""
        counts = f"{done.get('created', 0):,} pairs made, {done.get('existing', 0):,} were there"
        told += wrap(f"{clock}{counts}", room)
        if saved := done.get("auto_approved", 0):
            told += wrap(f"✓ {saved:,} approved by canonical labels: {saved:,} reviews saved", room, "good")
        if failed := done.get("failed", 0):
            told.append(line(span(f"✗ {failed:,} without an answer; ", "warn"), span("f", "key"), " says why"))
    for number, part in enumerate(told):
        yield _fact("last run" if number == 0 else "", *part)


def _fact(name: str, *parts: object) -> Line:
    return line(span(name, "muted", LABEL), *parts)


def pair_lines(pair: PreviewPair, place: str, width: int) -> Iterator[Line]:
    """The proposed answer, and the messages that lead to it."""
    yield line(span("proposed answer", "title"), span(f"  preview {place}", "muted"))
    if pair.error:
        yield from wrap(f"✗ {pair.error}", width, "bad", indent="  ")
    elif pair.proposal is None:
        yield line(span("  none; you give it", "muted"))
    for name, value in (pair.proposal or {}).items():
        head = span(f"  {safe_line(name, 60)}  ", "muted")
        indent = " " * cell_len(head.text)
        shown = wrap(value_text(value), max(8, width - len(indent)), "strong")
        yield line(head, *shown[0])
        for more in shown[1:]:
            yield line(indent, *more)
    sure = f"{pair.confidence:.0%} sure" if pair.confidence is not None else ""
    if told := " · ".join(part for part in (sure, pair.explanation) if part):
        yield from wrap(told, width, "muted", indent="  ")
    for message in pair.messages:
        if message["role"] != "assistant":
            yield EMPTY
            yield line(span(message["role"], "title"))
            yield from wrap(message["content"], width, indent="  ")


def failure_text(failures: list[tuple[str, str]], failed: int) -> str:
    """Items and reasons, to read in a dialog."""
    told = [f"{ref}: {reason}" for ref, reason in failures]
    more = failed - len(failures)
    return "\n\n".join([*told, f"… and {more:,} more"] if more > 0 else told)
