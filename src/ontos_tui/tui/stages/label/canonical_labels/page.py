"""The page of canonical labels: the list, the one under the cursor, and its keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.canonical_labels.changes import LabelChanges
from ontos_tui.tui.stages.label.canonical_labels.files import LabelFiles
from ontos_tui.tui.stages.label.canonical_labels.lines import label_cells, label_lines
from ontos_tui.tui.stages.label.canonical_labels.state import (
    About,
    Listed,
    list_of_mine,
    read_choices,
    read_label,
    read_list,
)
from ontos_tui.tui.stages.label.page import LabelPage
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import CanonicalLabel
    from ontos_tui.services.canonical.service import LabelFilter
    from ontos_tui.workspace import Workspace


class CanonicalPage(LabelPage):
    """The labels on the left; on the right the one under the cursor, its versions and its use."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        LabelPage.BACK,
        Command(
            "label.canonical.edit", "e,enter", "Edit", "Correct the label; the previous answer is stored as a version"
        ),
        Command(
            "label.canonical.label_new",
            "n",
            "Label items",
            "Label items of a sheet that have no label yet, without pairs",
        ),
        Command("label.canonical.restore", "R", "Restore", "Restore the answer of an earlier version"),
        Command("label.canonical.constrain", "C", "Uses", "What it and its pairs may be used for"),
        Command("label.canonical.delete", "D", "Delete", "Remove it, if nothing uses it"),
        Command("label.canonical.search", "slash", "Search", "List only labels that contain a text", shown=False),
        Command("label.canonical.label_type", "v", "Type", "The next label type, or all", shown=False),
        Command("label.canonical.export", "E", "Export", "Write the labels into a JSONL file", shown=False),
        Command("label.canonical.import", "I", "Import", "Read labels from a JSONL file", shown=False),
    )
    DEFAULT_CSS = """
    CanonicalPage #labels { width: 1fr; }
    CanonicalPage #about-label { width: 1fr; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._type: str | None = None
        self._types: Sequence[str] = ()
        self._changes = LabelChanges(self, self._changed, self._refused)
        self._files = LabelFiles(self)

    def compose(self) -> ComposeResult:
        yield OneLine(id="found")
        with Horizontal(classes="row"):
            yield Table["CanonicalLabel"](
                [ColumnSpec("item", 0), ColumnSpec("label", 0), ColumnSpec("reused", 6, right=True)],
                label_cells,
                empty="Loading…",
                id="labels",
            )
            yield Panel(id="about-label")

    @property
    def table(self) -> Table[CanonicalLabel]:
        """The labels."""
        return self.query_one("#labels", Table)

    @property
    def current(self) -> CanonicalLabel | None:
        """The label under the cursor."""
        return self.table.current

    def focus_first(self) -> None:
        self.table.focus()

    def reload(self) -> None:
        list_filter = self._list_filter()
        self.run_in_background(lambda workspace: read_list(workspace, list_filter), self._show, failed=self._say)

    def _list_filter(self) -> LabelFilter:
        from ontos_tui.services.canonical.service import LabelFilter

        return LabelFilter(label_type=self._type, text=self._text)

    def _show(self, listed: Listed) -> None:
        self._types = listed.label_types
        self.table.set_empty_text(
            "No label matches. Press / for another text, or v for another type."
            if self._text or self._type
            else "No labels yet. Approve pairs in a queue, or press n to label items without pairs."
        )
        here = self.current
        cursor = next((place for place, one in enumerate(listed.labels) if here and one.id == here.id), None)
        self.table.show(listed.labels, cursor=cursor)
        count = f" {listed.count:,} canonical labels"
        more = f", the first {len(listed.labels):,} are listed" if listed.count > len(listed.labels) else ""
        view = ", ".join(filter(None, [self._type, f"with {self._text!r}" if self._text else ""]))
        heading = line(span(count, "strong"), more, span(f"  {view}", "warn"))
        self.query_one("#found", OneLine).show(lambda width: heading)
        self._look()

    def _say(self, error: OntosError) -> None:
        self.query_one("#about-label", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._look()

    def on_table_chosen(self) -> None:
        self.action_edit()

    def _look(self) -> None:
        label = self.current
        self.commands_changed()
        if label is None:
            self.query_one("#about-label", Panel).show(lambda width: ())
            return
        self.run_in_background(
            lambda workspace: read_label(workspace, label), self._show_about, group="about", failed=self._say
        )

    def _show_about(self, about: About) -> None:
        self.query_one("#about-label", Panel).show(lambda width: label_lines(about, width))

    def possible(self, command: str) -> bool:
        if command in ("edit", "restore", "delete", "constrain"):
            return self.is_mounted and self.current is not None
        return True

    def _changed(self, _: object) -> None:
        self.reload()
        self.ontos.refresh_overview()

    def _refused(self, error: OntosError) -> None:
        """Say who changed the label meanwhile, and show what it says now."""
        self.ontos.show_error(error)
        self.reload()

    # Changing

    def action_edit(self) -> None:
        if (label := self.current) is not None:
            self._changes.edit(label)

    def action_restore(self) -> None:
        if (label := self.current) is not None:
            self._changes.restore(label)

    def action_constrain(self) -> None:
        if (label := self.current) is not None:
            self._changes.constrain(label)

    def action_delete(self) -> None:
        if (label := self.current) is not None:
            self._changes.delete(label)

    # Looking

    def action_search(self) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                self._text = values["text"] or ""
                self.reload()

        field = FormField("text", "Text", self._text or None, hint="in the item, the label or its notes")
        self.app.push_screen(FormDialog("Search", (field,), verb="Search"), done)

    def action_label_type(self) -> None:
        types = [None, *self._types]
        self._type = types[(types.index(self._type) + 1) % len(types)] if self._type in types else None
        self.reload()

    # Labeling without pairs

    def action_label_new(self) -> None:
        self.run_in_background(read_choices, self._ask_list, group="choices")

    def _ask_list(self, choices: Sequence[tuple[str, str, str, str]]) -> None:
        if not choices:
            self.ontos.show_message("This needs a sheet (press 1) and a published labelset (esc, then l).")
            return

        def done(index: int | None) -> None:
            if index is not None:
                _, _, sheet_id, labelset_id = choices[index]
                self.post_message(self.Labeling(lambda workspace: list_of_mine(workspace, sheet_id, labelset_id)))

        shown = [(sheet, labelset) for sheet, labelset, _, _ in choices]
        self.app.push_screen(ChooseDialog("Label the items of which sheet, with which labelset?", shown), done)

    def came_back(self, work_id: str) -> None:
        """A list in which everything is decided has served its purpose; the next one begins with what is left."""

        def hand_in(workspace: Workspace) -> bool:
            done = not workspace.label.task_queue.counts(work_id).unlabeled
            if done:
                workspace.label.jobs.submit(work_id)
            return done

        def show(done: bool) -> None:
            if done:
                self.ontos.show_message("All items of this list are labeled. n: next list")
            self._changed(None)

        self.run_in_background(hand_in, show, group="do")

    # Out and in

    def action_export(self) -> None:
        self._files.export(self._list_filter())

    def action_import(self) -> None:
        self._files.import_labels()
