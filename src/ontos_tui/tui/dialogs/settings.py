"""The settings of the workspace: what is set, where it comes from, and changed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values
from ontos_tui.tui.widgets.lines import Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.admin.settings_file import Preference


class SettingsDialog(Dialog[None], BackgroundMixin):
    """A line a setting; enter changes it in settings.toml."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("change", "enter,e", "Change", "Set it in settings.toml; it holds from the next start on"),
        Command("reset", "minus,delete", "Default", "Take it out of settings.toml; the default holds again"),
    )
    DEFAULT_CSS = """
    SettingsDialog Table { height: 13; }
    SettingsDialog Panel { height: 4; }
    """

    def __init__(self) -> None:
        super().__init__("Settings of this workspace")

    def compose_body(self) -> ComposeResult:
        yield Table["Preference"](
            [ColumnSpec("setting", 22), ColumnSpec("value", 0), ColumnSpec("from", 11)], _cells, empty="Loading…"
        )
        about = Panel(id="about")
        about.can_focus = False
        yield about

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self._load()

    def _load(self) -> None:
        self.run_in_background(lambda workspace: workspace.settings_file.all(), self._show)

    def _show(self, found: Sequence[Preference]) -> None:
        self.query_one(Table).show(found)
        self._show_about()

    @property
    def _current(self) -> Preference | None:
        found: Preference | None = self.query_one(Table).current
        return found

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self._show_about()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_change()

    def _show_about(self) -> None:
        one = self._current
        self.query_one("#about", Panel).show(lambda width: _about(one, width) if one is not None else ())

    def action_change(self) -> None:
        one = self._current
        if one is None:
            return
        if one.secret:
            self.ontos.tell(f"Secrets are never stored. Set {one.variable} in the environment and start again.")
            return

        def done(values: Values | None) -> None:
            if values is not None:
                self._set(one.name, values["value"] or "")

        field = FormField("value", one.name, one.value or None, hint="empty: the default")
        self.app.push_screen(FormDialog(f"Set {one.name}", (field,), about=one.about), done)

    def action_reset(self) -> None:
        if self._current is not None and not self._current.secret:
            self._set(self._current.name, "")

    def _set(self, name: str, text: str) -> None:
        self.run_in_background(
            lambda workspace: workspace.settings_file.change(name, text), self._changed, group="change"
        )

    def _changed(self, one: Preference) -> None:
        told = f"{one.name}: {one.value or 'nothing'}. It holds from the next start on."
        if one.source == "environment":
            told = f"{one.variable} is set in the environment and wins over the file."
        self.ontos.tell(told)
        self._load()


def _cells(one: Preference) -> Sequence[object]:
    value = span(one.value, "strong") if one.value else span("nothing", "muted")
    return one.name, value, span(one.source.value, "muted" if one.source == "default" else "text")


def _about(one: Preference, width: int) -> list[Line]:
    return [
        *wrap(one.about, width),
        line(span(one.variable, "muted"), span(" in the environment sets it too", "muted")),
    ]
