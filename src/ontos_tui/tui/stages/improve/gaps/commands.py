"""What one can do with a gap: set its state, its severity and its action, and create a task for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.rules.states import GapStatus
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.improve.gap_lines import SEVERITIES
from ontos_tui.tui.stages.improve.tasks.form import task_fields

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import Gap
    from ontos_tui.services.improve.tasks.service import TaskView
    from ontos_tui.tui.stages.pages import StagePage
    from ontos_tui.workspace import Workspace


class GapCommands:
    """Changes gaps in the background. `changed` is called when one has changed."""

    def __init__(self, host: StagePage, changed: Callable[[], None]) -> None:
        self._host = host
        self._changed = changed

    def set_status(self, gap: Gap) -> None:
        """Ask for its state and a reason."""
        fields = (
            FormField("status", "Status", gap.status, tuple(GapStatus), required=True),
            FormField("note", "Reason", None, hint="stored with the change"),
        )

        def done(values: Values | None) -> None:
            if values is not None:
                self._update(gap, status=values["status"], note=values["note"] or "")

        about = "Resolved gaps reopen when new evidence is found; gaps marked won't fix do not."
        self._host.app.push_screen(FormDialog("Status of this gap", fields, about=about, verb="Set"), done)

    def set_severity(self, gap: Gap) -> None:
        """Ask for its severity."""
        order = list(Severity)

        def done(place: int | None) -> None:
            if place is not None:
                self._update(gap, severity=order[place])

        choices = [(SEVERITIES[one.value][0], "") for one in order]
        self._host.app.push_screen(ChooseDialog("Severity", choices, order.index(gap.severity)), done)

    def edit_action(self, gap: Gap) -> None:
        """Ask what should be done about it."""
        fields = (FormField("action", "What to do", gap.suggested_action, required=True),)

        def done(values: Values | None) -> None:
            if values is not None:
                self._update(gap, suggested_action=values["action"])

        self._host.app.push_screen(FormDialog("What should be done", fields), done)

    def create_task(self, gap: Gap) -> None:
        """Ask for what a task needs, and create it with the pairs of this gap."""
        from ontos_tui.services.improve.tasks.service import PRIORITY

        target = max(1, gap.estimated_records_needed)
        fields = task_fields(gap.suggested_action, target, PRIORITY[gap.severity], "", None, "")

        def done(values: Values | None) -> None:
            if values is not None:
                filled_in = {name: value for name, value in values.items() if value is not None}
                self._host.run_in_background(
                    lambda workspace: workspace.improve.tasks.create(gap.id, **filled_in),
                    self._show_created,
                    group="do",
                )

        about = "It gets the pairs of this gap; the queue then opens with only these."
        self._host.app.push_screen(FormDialog("A task for this gap", fields, about=about, verb="Create"), done)

    def _show_created(self, view: TaskView) -> None:
        self._host.session.extra["task"] = view.task.id
        more = f", {view.missing:,} are missing" if view.missing else ""
        self._host.ontos.show_message(f"A task with {view.items:,} pairs is created{more}. t: show the tasks")
        self._changed()

    def _update(self, gap: Gap, **changes: Any) -> None:
        def update(workspace: Workspace) -> Gap:
            return workspace.improve.gaps.update(gap.id, **changes)

        def done(_gap: Gap) -> None:
            self._host.ontos.show_message("Saved.")
            self._changed()

        self._host.run_in_background(update, done, group="do")
