"""The settings of the workspace: their values, where each comes from, and a way to change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.widgets.lines import Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.admin.settings_file import Setting
    from ontos_tui.workspace import Workspace


class SettingsDialog(Dialog[None], BackgroundMixin):
    """A line a setting; enter changes it in settings.toml."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "dialog.settings.change", "enter,e", "Change", "Set it in settings.toml; most are applied when Ontos starts"
        ),
        Command(
            "dialog.settings.reset", "minus,delete", "Default", "Remove it from settings.toml, back to the default"
        ),
    )
    DEFAULT_CSS = """
    SettingsDialog Table { height: 13; }
    SettingsDialog Panel { height: 4; }
    """

    def __init__(self) -> None:
        super().__init__("Settings of this workspace")

    def compose_body(self) -> ComposeResult:
        yield Table["Setting"](
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

    def _show(self, settings: Sequence[Setting]) -> None:
        self.query_one(Table).show(settings)
        self._show_about()

    @property
    def _current(self) -> Setting | None:
        setting: Setting | None = self.query_one(Table).current
        return setting

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
            self.ontos.show_message(f"Secrets are never stored. Set {one.variable} in the environment and restart.")
            return

        def done(values: Values | None) -> None:
            if values is not None:
                self._set(one.name, values["value"] or "")

        field = FormField("value", one.name, one.value or None, hint="leave empty for the default")
        self.app.push_screen(FormDialog(f"Set {one.name}", (field,), about=one.about, verb="Set"), done)

    def action_reset(self) -> None:
        if self._current is not None and not self._current.secret:
            self._set(self._current.name, "")

    def _set(self, name: str, text: str) -> None:
        def change(workspace: Workspace) -> Setting:
            from ontos_tui.services.admin.model_names import MODEL, check_model_name

            if name == MODEL and text.strip():
                check_model_name(workspace.settings, text.strip())
            one = workspace.settings_file.change(name, text)
            workspace.read_settings()
            return one

        self.run_in_background(change, self._changed, group="change")

    def _changed(self, one: Setting) -> None:
        from ontos_tui.services.admin.settings_file import READ_ANEW

        applied = "It counts from now on." if one.name in READ_ANEW else "Restart Ontos to apply it."
        message = f"{one.name}: {one.value or 'not set'}. {applied}"
        if one.source == "environment":
            message = f"{one.variable} in the environment overrides settings.toml."
        self.ontos.show_message(message)
        self._load()


def _cells(one: Setting) -> Sequence[object]:
    value = span(one.value, "strong") if one.value else span("not set", "muted")
    return one.name, value, span(one.source.value, "muted" if one.source == "default" else "text")


def _about(one: Setting, width: int) -> list[Line]:
    return [
        *wrap(one.about, width),
        line(span(one.variable, "muted"), span(" in the environment overrides it", "muted")),
    ]
