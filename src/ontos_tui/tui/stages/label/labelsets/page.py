"""The page of labelsets: the list, the one under the cursor, and its keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.labelsets.lines import About, labelset_cells, labelset_lines, read_labelset
from ontos_tui.tui.stages.label.page import LabelPage
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.template import Labelset, Template


class LabelsetsPage(LabelPage):
    """Labelsets on the left; on the right the classes of the one under the cursor, and its coverage."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        LabelPage.BACK,
        Command("label.labelsets.new", "n", "New", "A labelset of your own"),
        Command(
            "label.labelsets.from_template",
            "m",
            "From template",
            "A labelset with the values of a template's field",
        ),
        Command("label.labelsets.add_class", "a,plus", "Add class", "One more class of this draft"),
        Command("label.labelsets.edit_class", "e", "Edit class", "Name, key, color and meaning of a class"),
        Command("label.labelsets.remove_class", "minus", "Remove class", "Take a class out of this draft", shown=False),
        Command(
            "label.labelsets.describe", "d", "Describe", "Name, description and guidelines of this draft", shown=False
        ),
        Command("label.labelsets.publish", "p", "Publish", "Publish it; its keys then work in the queue"),
        Command("label.labelsets.version", "v", "New version", "A draft with the same classes"),
        Command("label.labelsets.archive", "x", "Archive", "Take it out of use; labels stay", shown=False),
        Command("label.labelsets.delete", "D", "Delete", "Remove it, if nothing depends on it", shown=False),
    )
    DEFAULT_CSS = """
    LabelsetsPage Panel { width: 3fr; padding: 0 1; }
    """

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Table["Labelset"](
                [ColumnSpec("labelset", 0), ColumnSpec("", 11)],
                labelset_cells,
                empty="Loading…",
                id="labelsets",
                classes="side",
            )
            yield Panel(id="about-labelset")

    @property
    def table(self) -> Table[Labelset]:
        """The labelsets."""
        return self.query_one("#labelsets", Table)

    @property
    def current(self) -> Labelset | None:
        """The labelset under the cursor."""
        return self.table.current

    def focus_first(self) -> None:
        self.table.focus()

    def reload(self) -> None:
        self.run_in_background(lambda workspace: workspace.label.labelsets.all(), self._show, failed=self._say)

    def _show(self, labelsets: Sequence[Labelset]) -> None:
        self.table.set_empty_text("No labelset yet.\nPress m to create one from a template, or n for an empty one.")
        labelset_id = self.session.extra.get("labelset")
        cursor = next((place for place, one in enumerate(labelsets) if one.id == labelset_id), None)
        self.table.show(labelsets, cursor=cursor)
        self._look()

    def _say(self, error: OntosError) -> None:
        self.query_one(Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._look()

    def _look(self) -> None:
        labelset = self.current
        self.commands_changed()
        if labelset is None:
            self.query_one(Panel).show(lambda width: ())
            return
        self.session.extra["labelset"] = labelset.id
        self.run_in_background(
            lambda workspace: read_labelset(workspace, labelset), self._show_about, group="about", failed=self._say
        )

    def _show_about(self, about: About) -> None:
        self.query_one(Panel).show(lambda width: labelset_lines(about, width))

    def possible(self, command: str) -> bool:
        if command in ("back", "new", "from_template"):
            return True
        labelset = self.current if self.is_mounted else None
        if labelset is None:
            return False
        is_draft = labelset.status is TemplateStatus.DRAFT
        drafts_only = ("add_class", "edit_class", "remove_class", "describe", "publish")
        return (
            is_draft
            if command in drafts_only
            else command != "archive" or labelset.status is not TemplateStatus.ARCHIVED
        )

    # Changing

    def _do(self, work: Any) -> None:
        """Change something, then show it."""

        def done(labelset: Labelset) -> None:
            self.session.extra["labelset"] = labelset.id
            self.reload()

        self.run_in_background(work, done, group="do")

    def action_new(self) -> None:
        fields = (
            FormField("name", "Name", required=True),
            FormField("label_type", "Label type", required=True, hint="as in the template"),
            FormField("field", "Field", required=True, hint="the answer's field with the class"),
            FormField("description", "Description"),
        )

        def done(values: Values | None) -> None:
            if values is not None:
                given = {name: value for name, value in values.items() if value is not None}
                self._do(lambda workspace: workspace.label.labelsets.create(**given))

        self.app.push_screen(FormDialog("New labelset", fields, verb="Create"), done)

    def action_from_template(self) -> None:
        self.run_in_background(
            lambda workspace: workspace.generate.templates.list(), self._choose_template, group="templates"
        )

    def _choose_template(self, templates: Sequence[Template]) -> None:
        fit = [one for one in templates if any(field.classes for field in one.fields())]
        if not fit:
            self.ontos.show_message("No template has a field with choices. Press n for an empty labelset.")
            return

        def done(index: int | None) -> None:
            if index is not None:
                self._do(lambda workspace: workspace.label.labelsets.create_from_template(fit[index].id))

        choices = [(f"{one.name} {one.version}", one.label_type) for one in fit]
        self.app.push_screen(ChooseDialog("Classes of which template?", choices), done)

    def action_add_class(self) -> None:
        self._ask_class("Another class", None)

    def action_edit_class(self) -> None:
        self._choose_class("Edit which class?", lambda place: self._ask_class("Class", place))

    def action_remove_class(self) -> None:
        labelset = self.current

        def remove(place: int) -> None:
            assert labelset is not None
            left = [one for number, one in enumerate(labelset.classes) if number != place]
            self._do(lambda workspace: workspace.label.labelsets.edit(labelset.id, classes=left))

        self._choose_class("Remove which class?", remove)

    def _choose_class(self, heading: str, then: Any) -> None:
        labelset = self.current
        if labelset is None or not labelset.classes:
            self.ontos.show_message("There are no classes yet. Press a to add one.")
            return
        choices = [(one.display_name or one.name, f"{one.hotkey or '·'} {one.description}") for one in labelset.classes]

        def done(index: int | None) -> None:
            if index is not None:
                then(index)

        self.app.push_screen(ChooseDialog(heading, choices), done)

    def _ask_class(self, heading: str, place: int | None) -> None:
        from ontos_tui.domain.records.template import LabelClass

        labelset = self.current
        if labelset is None:
            return
        given = labelset.classes[place] if place is not None else LabelClass(name="", hotkey=_free_key(labelset))
        fields = (
            FormField("name", "Value", given.name or None, required=True, hint="as stored in the answer"),
            FormField("display_name", "Shown as", given.display_name or None, hint="empty: the value itself"),
            FormField("hotkey", "Key", given.hotkey or None, hint="one key that chooses it in the queue"),
            FormField("color", "Color", given.color or None, hint="such as red, or #e06c75"),
            FormField("description", "Meaning", given.description or None, hint="when to choose it"),
        )

        def done(values: Values | None) -> None:
            if values is None:
                return
            new_class = LabelClass(**{name: value or "" for name, value in values.items()})
            at = place if place is not None else len(labelset.classes)
            changed = [*labelset.classes[:at], new_class, *labelset.classes[at + 1 :]]
            self._do(lambda workspace: workspace.label.labelsets.edit(labelset.id, classes=changed))

        self.app.push_screen(FormDialog(heading, fields, verb="Add" if place is None else "Change"), done)

    def action_describe(self) -> None:
        labelset = self.current
        if labelset is None:
            return
        fields = (
            FormField("name", "Name", labelset.name, required=True),
            FormField("description", "Description", labelset.description or None),
            FormField("guidelines", "Guidelines", labelset.guidelines or None, hint="how to decide; shown with g"),
        )

        def done(values: Values | None) -> None:
            if values is not None:
                changes = {name: value or "" for name, value in values.items()}
                self._do(lambda workspace: workspace.label.labelsets.edit(labelset.id, **changes))

        self.app.push_screen(FormDialog(f"Describe {labelset.name}", fields), done)

    def _by_ref(self, verb: str) -> None:
        labelset = self.current
        if labelset is not None:
            self._do(lambda workspace: getattr(workspace.label.labelsets, verb)(labelset.id))

    def action_publish(self) -> None:
        self._by_ref("publish")

    def action_version(self) -> None:
        self._by_ref("new_version")

    def action_archive(self) -> None:
        self._by_ref("archive")

    def action_delete(self) -> None:
        labelset = self.current
        if labelset is None:
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self._by_ref("delete")

        question = f"{labelset.name} {labelset.version} is deleted, unless something depends on it. Labels stay."
        self.app.push_screen(ConfirmDialog("Delete this labelset?", question), answered)


def _free_key(labelset: Labelset) -> str:
    taken = {one.hotkey for one in labelset.classes}
    return next((key for key in "123456789" if key not in taken), "")
