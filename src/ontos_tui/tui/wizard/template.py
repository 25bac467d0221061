"""Step 3: the prompt for each row, shown live on a real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.services.guide.wizard import Step, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table
from ontos_tui.tui.wizard.step import WizardStep

if TYPE_CHECKING:
    from ontos_tui.domain.records.template import Template
    from ontos_tui.services.generate.service import PreviewPair
    from ontos_tui.services.templates.drafts import Target
    from ontos_tui.workspace import Workspace

ROWS = 12


@dataclass(frozen=True)
class Live:
    """A template with the questions that it makes of the first rows."""

    template: Template
    questions: Sequence[PreviewPair]


class TemplateStep(WizardStep):
    """The first items on the left, the question about the one under the cursor on the right."""

    STEP = Step.TEMPLATE
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("wizard.template.take", "enter", "Use it", "Use this prompt; a draft is published"),
        Command(
            "wizard.template.prompt",
            "e",
            "Edit",
            "Change the prompt; the version before is stored",
        ),
        Command("wizard.template.other", "t", "Other", "Another template, or a new draft from the columns"),
        Command("wizard.template.guidelines", "g", "Guidelines", "How to label, as the template says"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._live: Live | None = None
        self._prompted = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Table["PreviewPair"](
                [ColumnSpec("item", 0, ends=True)],
                lambda pair: (pair.item_ref,),
                empty="Loading…",
                id="items",
                classes="side",
            )
            yield Panel(id="question", classes="main")

    @property
    def table(self) -> Table[PreviewPair]:
        """The first items."""
        return self.query_one("#items", Table)

    def focus_first(self) -> None:
        self.table.focus()

    def watch_state(self, state: WizardState) -> None:
        if state.template is None:
            self.table.set_empty_text("No template for this data yet. Draft or choose one: t")
            self.table.show(())
            if not self._prompted:
                self._prompted = True
                self.action_other()
            return
        sheet, template = state.sheet, state.template
        assert sheet is not None, "a template is chosen for a sheet"
        self.run_in_background(
            lambda workspace: _live(workspace, sheet.id, template), self._show_live, failed=self._show_error
        )

    def _show_live(self, live: Live) -> None:
        self._live = live
        self.table.set_empty_text("The sheet has no items. Go back to the data: <")
        self.table.show(live.questions)
        self._show_current()

    def _show_error(self, error: OntosError) -> None:
        self.table.set_empty_text("The prompt cannot be rendered. Edit it: e. Choose another template: t")
        self.table.show(())
        self.query_one("#question", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._show_current()

    def _show_current(self) -> None:
        live, pair = self._live, self.table.current
        self.commands_changed()
        if live is not None:
            self.query_one("#question", Panel).show(lambda width: _lines(live.template, pair, width))

    def possible(self, command: str) -> bool:
        return command == "other" or self._live is not None

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        template, chosen = self.state.template, self.state.chosen
        if template is not None:
            self.run_in_background(
                lambda workspace: workspace.wizard.publish(template.id),
                lambda _: self.post_message(self.Decided(chosen)),
                group="take",
            )

    def action_prompt(self) -> None:
        template = self.state.template
        if template is None:
            return
        fields = (
            FormField("user_prompt", "Question", template.user_prompt, required=True, hint="{{ column }} is a value"),
            FormField(
                "system_prompt",
                "System prompt",
                template.system_prompt or None,
                hint="given before the question",
            ),
            FormField("guidelines", "Guidelines", template.guidelines or None, hint="how people should label"),
        )

        def done(values: Values | None) -> None:
            if values is not None:
                given = {name: value or "" for name, value in values.items()}
                self.run_in_background(
                    lambda workspace: workspace.wizard.adapt(template.id, **given), self._take_template, group="do"
                )

        self.app.push_screen(FormDialog(f"The prompt of {template.name}", fields), done)

    def _take_template(self, template: Template) -> None:
        chosen = replace(self.state.chosen, template_id=template.id)
        self.post_message(self.Decided(chosen, go_on=False))

    def action_other(self) -> None:
        chosen = self.state.chosen
        self.run_in_background(
            lambda workspace: workspace.wizard.templates_for(chosen), self._choose, group="templates"
        )

    def _choose(self, templates: Sequence[Template]) -> None:
        if not templates:
            self._draft()
            return
        choices = [("New draft", "from the columns of the data; you choose the one that holds the answer")]
        choices += [(f"{one.name} {one.version}", f"labels {one.label_type}") for one in templates]

        def chosen(index: int | None) -> None:
            if index == 0:
                self._draft()
            elif index is not None:
                self._take_template(templates[index - 1])

        self.app.push_screen(ChooseDialog("Which template?", choices), chosen)

    def _draft(self) -> None:
        sheet = self.state.sheet
        assert sheet is not None, "this step follows the data"
        self.run_in_background(
            lambda workspace: workspace.drafts.targets(sheet.id), self._choose_target, group="targets"
        )

    def _choose_target(self, targets: Sequence[Target]) -> None:
        sheet = self.state.sheet
        assert sheet is not None, "this step follows the data"

        def chosen(index: int | None) -> None:
            if index is not None:
                column = targets[index].column
                self.run_in_background(
                    lambda workspace: workspace.drafts.draft(sheet.id, column), self._take_template, group="do"
                )

        choices = [(one.column or "None of them", one.reason) for one in targets]
        self.app.push_screen(ChooseDialog("Which column holds the answer?", choices), chosen)

    def action_guidelines(self) -> None:
        from ontos_tui.tui.dialogs.text import TextDialog

        template = self.state.template
        if template is not None:
            self.app.push_screen(TextDialog("Guidelines", template.guidelines or "This template has no guidelines."))


def _live(workspace: Workspace, sheet_id: str, template: Template) -> Live:
    from ontos_tui.domain.records.pairs import GenerationMode

    return Live(template, workspace.generate.generation.preview(sheet_id, template.id, GenerationMode.MANUAL, ROWS))


def _lines(template: Template, pair: PreviewPair | None, width: int) -> Iterator[Line]:
    state = "" if template.status is TemplateStatus.PUBLISHED else "  ✎ draft"
    yield line(span(f"{template.name} {template.version}", "title"), span(state, "warn"))
    yield EMPTY
    if pair is None:
        return
    if pair.error:
        yield from wrap(f"✗ {pair.error}", width, "bad")
    for message in pair.messages:
        yield line(span({"system": "system prompt", "user": "question"}.get(message["role"], ""), "accent"))
        yield from wrap(message["content"], width, indent="  ")
        yield EMPTY
    yield line(span("answer", "accent"))
    for one in template.fields():
        choices = " · ".join(str(choice) for choice in one.choices) or one.kind.value
        yield from wrap(f"{one.name}: {choices}{'' if one.required else ' (optional)'}", width, indent="  ")
