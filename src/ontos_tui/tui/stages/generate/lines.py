"""GENERATE in words: what would be made, what was made, and a pair as it would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.confidence_text import basis_text
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.tui.stages.job_state import JobState, progress_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Sheet
    from ontos_tui.domain.records.template import Template
    from ontos_tui.services.generate.service import PreviewPair
    from ontos_tui.services.label.service import TrainingSheetView

LABEL = 10
"""Cells of the words in front of the facts."""


@dataclass(frozen=True)
class Setting:
    """What would be generated now: from which sheet, by which template; what is there already, and the last run."""

    sheet: Sheet
    template: Template
    source: str
    training_sheet: TrainingSheetView | None
    mode: GenerationMode
    column: str | None
    last: JobState | None

    @property
    def under_way(self) -> bool:
        """Whether pairs of this sheet are being generated with this template."""
        return self.last is not None and self.last.active

    @property
    def failures(self) -> list[tuple[str, str]]:
        """The first items for which the last run has no answer, and why."""
        failures = self.last.job.result.get("failures", ()) if self.last is not None else ()
        return [(ref, reason) for ref, reason in failures]


def setting_lines(setting: Setting, limit: int | None, width: int) -> Iterator[Line]:
    """Sheet, template, where answers come from, the pairs that there are, and how the last run ended."""
    sheet, template = setting.sheet, setting.template
    amount = f"the first {limit:,} of {sheet.item_count:,} items" if limit else f"{sheet.item_count:,} items"
    yield _fact("sheet", span(sheet.name, "strong"), span(f"  {amount}", "muted"))
    about = f"  {template.status.value}, decides {template.label_type}"
    yield _fact("template", span(f"{template.name} {template.version}", "strong"), span(about, "muted"))
    yield _fact("answers", *_answers(setting))
    if setting.training_sheet is None:
        if not setting.under_way:
            yield _fact("pairs", "none yet; ", span("g", "key"), ": generate them")
    else:
        counts = setting.training_sheet.counts
        yield _fact(
            "pairs",
            span(f"{counts.total:,}", "strong"),
            f", {counts.labeled:,} labeled, {counts.unlabeled:,} to decide; ",
            span("3", "key"),
            ": label them",
        )
        if counts.failed and not setting.failures:
            yield _fact(
                "", span(f"✗ {counts.failed:,} have no proposal; generate again, or answer them by hand", "warn")
            )
    yield from _last_run(setting, width)


def _answers(setting: Setting) -> Iterator[object]:
    if setting.mode is GenerationMode.COLUMN:
        columns = setting.column or ", ".join(setting.template.answer_columns.values())
        yield span(f"column {columns}", "strong")
        yield span("  labeled immediately where the value is valid", "muted")
    elif setting.mode is GenerationMode.MANUAL:
        yield span("by hand", "strong")
        yield span("  no proposals; you enter every answer", "muted")
    else:
        yield span(setting.source, "strong")
        yield span("  proposes, you decide", "muted")


def _last_run(setting: Setting, width: int) -> Iterator[Line]:
    last = setting.last
    if last is None:
        return
    room = max(20, width - LABEL)
    lines: list[Line] = []
    if last.active or last.ended_early:
        lines += progress_lines(last, room)
    else:
        done, when = last.job.result, last.job.finished_at
        clock = when.astimezone().strftime("%Y-%m-%d %H:%M, ") if when is not None else ""
        existing = f", {old:,} existed already" if (old := done.get("existing", 0)) else ""
        lines += wrap(f"{clock}{done.get('created', 0):,} pairs generated{existing}", room)
        if saved := done.get("auto_approved", 0):
            lines += wrap(f"✓ {saved:,} labels reused, without review", room, "good")
        if failed := done.get("failed", 0):
            lines.append(line(span(f"✗ {failed:,} without an answer; ", "warn"), span("f", "key"), ": show why"))
    for number, part in enumerate(lines):
        yield _fact("last run" if number == 0 else "", *part)


def _fact(name: str, *parts: object) -> Line:
    return line(span(name, "muted", LABEL), *parts)


def pair_lines(pair: PreviewPair, place: str, width: int) -> Iterator[Line]:
    """The proposed answer, and the messages that lead to it."""
    yield line(span("proposed answer", "title"), span(f"  preview {place}", "muted"))
    if pair.error:
        yield from wrap(f"✗ {pair.error}", width, "bad", indent="  ")
    elif pair.proposal is None:
        yield line(span("  none; you enter it", "muted"))
    for name, value in (pair.proposal or {}).items():
        head = span(f"  {safe_line(name, 60)}  ", "muted")
        indent = " " * cell_len(head.text)
        shown = wrap(value_text(value), max(8, width - len(indent)), "strong")
        yield line(head, *shown[0])
        for more in shown[1:]:
            yield line(indent, *more)
    if basis := basis_text(pair.confidence, pair.certainty, pair.explanation):
        yield from wrap(basis, width, "muted", indent="  ")
    for message in pair.messages:
        if message["role"] != "assistant":
            yield EMPTY
            yield line(span(message["role"], "title"))
            yield from wrap(message["content"], width, indent="  ")


def failure_text(failures: list[tuple[str, str]], failed: int) -> str:
    """Items and reasons, to read in a dialog."""
    lines = [f"{ref}: {reason}" for ref, reason in failures]
    more = failed - len(failures)
    return "\n\n".join([*lines, f"… and {more:,} more"] if more > 0 else lines)
