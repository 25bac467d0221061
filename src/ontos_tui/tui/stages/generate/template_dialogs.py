"""A template on real rows before it is saved, and two versions of one side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, Span, fit, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.templates.comparison import LinePair, TemplateComparison
    from ontos_tui.services.templates.trial import TemplateTrial, TriedRow

SAVE, BACK = "save", "back"
"""What the user makes of a trial."""


class TrialDialog(Dialog[str]):
    """The first rows of the sheet on the left, the prompt of the one under the cursor on the right."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("generate.trial.save", "s,enter", "Save", "Save it: a version that has pairs stays as it is"),
        Command("generate.trial.back", "e", "Edit on", "Back to the form, with what was typed"),
    )
    DEFAULT_CSS = """
    TrialDialog > #box { height: 90%; max-width: 140; }
    TrialDialog Horizontal { height: 1fr; }
    TrialDialog Table { width: 26; }
    TrialDialog #prompt { width: 1fr; padding: 0 1; }
    """

    def __init__(self, trial: TemplateTrial, outcome: str) -> None:
        working = len(trial.rows) - trial.failed
        super().__init__(f"{working} of {len(trial.rows)} rows of {trial.sheet} have a prompt · {outcome}")
        self._trial = trial

    def compose_body(self) -> ComposeResult:
        with Horizontal():
            yield Table["TriedRow"](
                [ColumnSpec("", 1), ColumnSpec("item", 0, ends=True)],
                lambda row: (span("✗", "bad") if row.error else span("✓", "good"), row.item_ref),
                empty="The sheet has no items.",
                id="tried",
            )
            yield Panel(id="prompt")

    def on_mount(self) -> None:
        table = self.query_one("#tried", Table)
        table.show(self._trial.rows)
        table.focus()
        self.on_table_moved()

    def on_table_moved(self) -> None:
        row = self.query_one("#tried", Table).current
        self.query_one("#prompt", Panel).show(lambda width: () if row is None else prompt_lines(row, width))

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_save()

    def action_save(self) -> None:
        self.dismiss(SAVE)

    def action_back(self) -> None:
        self.dismiss(BACK)


def prompt_lines(row: TriedRow, width: int) -> Iterator[Line]:
    """The messages that a row becomes, or why it becomes none."""
    if row.error:
        yield from wrap(f"✗ {row.error}", width, "bad")
        yield EMPTY
        for name, value in row.fields.items():
            yield from wrap(f"{name}: {value}", width, "muted")
    for message in row.messages:
        yield line(span(message["role"], "title"))
        yield from wrap(message["content"], width, indent="  ")


class ComparisonDialog(Dialog[None]):
    """Two versions of a template: each field that differs, the older version on the left."""

    DEFAULT_CSS = "ComparisonDialog > #box { height: 90%; width: 96%; max-width: 160; }"

    def __init__(self, compared: TemplateComparison) -> None:
        super().__init__(f"{compared.after.name}: {compared.before.version} · {compared.after.version}")
        self._compared = compared

    def compose_body(self) -> ComposeResult:
        yield Panel(id="differences")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(lambda width: comparison_lines(self._compared, width))
        panel.focus()


def comparison_lines(compared: TemplateComparison, width: int) -> Iterator[Line]:
    """The fields that differ, both versions beside each other."""
    room = max(10, (width - 3) // 2)
    if not compared.differences:
        yield line(span("The two versions say the same.", "muted"))
    for one in compared.differences:
        yield line(span(one.field.replace("_", " "), "title"))
        for pair in one.lines:
            yield from _side_by_side(pair, room)
        yield EMPTY


def _side_by_side(pair: LinePair, room: int) -> Iterator[Line]:
    same = pair.before == pair.after
    left = _part(pair.before, room, "muted" if same else "bad")
    right = _part(pair.after, room, "muted" if same else "good")
    blank = (Span(" " * room),)
    for number in range(max(len(left), len(right))):
        one = left[number] if number < len(left) else blank
        other = right[number] if number < len(right) else ()
        mark = " " if same else "│"
        yield (*_filled(one, room), Span(f" {mark} ", "muted"), *other)


def _part(text: str | None, room: int, style: str) -> list[Line]:
    return [] if text is None else wrap(text, room, style)


def _filled(part: Line, room: int) -> Line:
    """The line in exactly `room` cells."""
    text = "".join(one.text for one in part)
    return (Span(fit(text, room), part[0].style if part else "text"),)
