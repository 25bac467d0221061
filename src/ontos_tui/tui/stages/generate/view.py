"""GENERATE: one key makes training pairs of a sheet; before that, five of them are shown as they would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.source_changes import ChangedSource, SourceChangedError
from ontos_tui.domain.stages import Stage
from ontos_tui.services.generate.choice import Selection, needs_column, next_mode
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.text import TextDialog
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.stages.generate.commands import GENERATE_COMMANDS
from ontos_tui.tui.stages.generate.display import GenerateDisplay
from ontos_tui.tui.stages.generate.examples import ExamplesDialog
from ontos_tui.tui.stages.generate.lines import Setting, failure_text
from ontos_tui.tui.stages.generate.questions import GenerateQuestions
from ontos_tui.tui.stages.generate.state import GenerateState, read_previews, read_setting
from ontos_tui.tui.stages.generate.template_actions import TemplateActions
from ontos_tui.tui.stages.job_state import POLL_SECONDS

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Sheet
    from ontos_tui.domain.records.template import Template
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.generate.service import PreviewPair


class GenerateView(StageView):
    """What would be made on top, five previewed pairs on the left, the one under the cursor on the right."""

    STAGE = Stage.GENERATE
    ABOUT = (
        "A template turns every row of a sheet into a question, and says what an answer looks like. "
        "Answers are proposed by the source set here; you decide about them in the next stage. "
        "Decisions that you have already taken about an item are reused."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = GENERATE_COMMANDS
    DEFAULT_CSS = """
    GenerateView #setting { height: 4; padding: 0 1; margin-bottom: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = GenerateState()
        self._display = GenerateDisplay()
        self._questions = GenerateQuestions(self)
        self._templates = TemplateActions(self, self._use_template)
        self._column: str | None = None
        self._previewed: tuple[str, ...] = ()
        self._submitting = False
        self._looking = False
        self._generate_next = False  # `g` came while the setting was read

    def compose(self) -> ComposeResult:
        yield self._display.setting
        with Horizontal(classes="row"):
            yield self._display.table
            yield self._display.pair

    def focus_first(self) -> None:
        self._display.table.focus()

    # The state, and what it is read from

    def _change(self, **changes: Any) -> None:
        """Show another state."""
        self._state = replace(self._state, **changes)
        self._display.paint(self._state, self.size.height)
        self.commands_changed()

    @property
    def _template_of(self) -> dict[str, str]:
        """The templates that were chosen, by sheet; they are remembered with the session."""
        chosen = self.session.extra.get("template_of")
        if not isinstance(chosen, dict):
            chosen = self.session.extra["template_of"] = {}
        return chosen

    def reload(self) -> None:
        session = self.session
        mode = GenerationMode(session.mode) if session.mode in list(GenerationMode) else GenerationMode.AI
        selection = Selection(session.sheet_id, session.template_id, mode, self._column, dict(self._template_of))
        self.run_in_background(
            lambda workspace: read_setting(workspace, selection), self._show_setting, failed=self._show_nothing
        )

    def _show_nothing(self, error: OntosError) -> None:
        self._previewed, self._generate_next = (), False
        self._change(setting=None, error=error, pairs=None, problem=None)

    def _show_setting(self, setting: Setting) -> None:
        self.session.sheet_id, self.session.template_id = setting.sheet.id, setting.template.id
        self.session.mode, self._column = setting.mode.value, setting.column
        if setting.training_sheet is not None:
            self.session.training_sheet_id = setting.training_sheet.sheet.id
        if (previewed := _inputs(setting)) == self._previewed:
            self._change(setting=setting, error=None)
        else:
            self._previewed = previewed
            self._change(setting=setting, error=None, pairs=None, problem=None)
            self._read_previews(setting)
        if setting.under_way and not self._looking:
            self._looking = True
            self.set_timer(POLL_SECONDS, self._poll)
        if self._generate_next and not setting.under_way:
            self._submit(ChangedSource.STOP)
        self._generate_next = False

    def _poll(self) -> None:
        self._looking = False
        if self.display:
            self.reload()

    def _read_previews(self, setting: Setting) -> None:
        def show(pairs: Sequence[PreviewPair]) -> None:
            self._change(pairs=pairs)

        self.run_in_background(
            lambda workspace: read_previews(workspace, setting),
            show,
            group="preview",
            failed=lambda error: self._change(problem=error),
        )

    def on_resize(self) -> None:
        self._display.fit(self._state, self.size.height)

    def on_table_moved(self) -> None:
        self._display.paint_pair(self._state)

    def on_table_chosen(self) -> None:
        self._display.pair.focus()

    # Commands

    def possible(self, command: str) -> bool:
        setting = self._state.setting
        if command == "import_template":
            return True
        if command == "generate":
            return self._state.error is None if setting is None else not setting.under_way
        if setting is None:
            return False
        if command == "failures":
            return bool(setting.failures)
        return self._templates.possible(command, setting.template)

    def action_step(self, by: int) -> None:
        self._display.table.action_move(by)

    def action_preview(self) -> None:
        self._previewed = ()
        self.reload()

    def action_generate(self) -> None:
        if self._state.setting is None:
            self._generate_next = True
            self.ontos.show_message("Generating begins when the sheet and its template are read.")
            return
        self._submit(ChangedSource.STOP)

    def _submit(self, changed_source: ChangedSource) -> None:
        setting, limit = self._state.setting, self._state.limit
        if setting is None or self._submitting:
            return
        self._submitting = True
        self.run_in_background(
            lambda workspace: workspace.generate.generation.submit(
                setting.sheet.id,
                setting.template.id,
                setting.mode,
                column=setting.column,
                limit=limit,
                changed_source=changed_source,
            ),
            self._submitted,
            group="generate",
            failed=self._refused,
        )

    def _submitted(self, job: Job) -> None:
        self._submitting = False
        self.ontos.show_message(f"{job.title}: running. You can leave the app; the job continues.")
        self.reload()
        self.ontos.refresh_overview()

    def _refused(self, error: OntosError) -> None:
        self._submitting = False
        if isinstance(error, SourceChangedError):
            self._questions.ask_changed_source(error, lambda: self._submit(ChangedSource.CONTINUE))
        else:
            self.ontos.show_error(error)

    def action_mode(self) -> None:
        if self._state.setting is not None:
            self._use_next_mode(self._state.setting, self._state.setting.mode)

    def _use_next_mode(self, setting: Setting, mode: GenerationMode) -> None:
        """The source of answers after `mode`; a column is asked for, and without one the next source is used."""
        mode = next_mode(setting.template, mode)
        if mode is not GenerationMode.COLUMN or not needs_column(setting.template):
            self._use_mode(mode)
            return

        def chosen(column: str | None) -> None:
            if column is None:
                self._use_next_mode(setting, GenerationMode.COLUMN)
            else:
                self._use_mode(GenerationMode.COLUMN, column)

        self._questions.ask_column(setting.sheet.source_table, chosen)

    def _use_mode(self, mode: GenerationMode, column: str | None = None) -> None:
        self.session.mode, self._column = mode.value, column
        self.reload()

    def action_sheet(self) -> None:
        self._questions.ask_sheet(self._use_sheet)

    def _use_sheet(self, sheet: Sheet) -> None:
        self.session.sheet_id = sheet.id
        self.reload()

    def action_template(self) -> None:
        self._questions.ask_template(self._use_template)

    def _use_template(self, template: Template) -> None:
        self.session.template_id = template.id
        self._template_of[self.session.sheet_id] = template.id
        self.reload()

    def action_limit(self) -> None:
        self._questions.ask_limit(self._state.limit, lambda limit: self._change(limit=limit))

    def action_import_template(self) -> None:
        def imported(template: Template) -> None:
            self.ontos.show_message(f"{template.name} {template.version} is imported.")
            self._use_template(template)

        self._questions.ask_template_file(imported)

    def action_edit_template(self) -> None:
        if (setting := self._state.setting) is not None:
            self._templates.edit(setting.template, setting.sheet)

    def action_new_template(self) -> None:
        if (setting := self._state.setting) is not None:
            self._templates.draft(setting.sheet)

    def action_compare(self) -> None:
        if (setting := self._state.setting) is not None:
            self._templates.compare(setting.template)

    def action_publish(self) -> None:
        if (setting := self._state.setting) is not None:
            self._templates.publish(setting.template)

    def action_archive(self) -> None:
        if (setting := self._state.setting) is not None:
            self._templates.archive(setting.template)

    def action_delete(self) -> None:
        if (setting := self._state.setting) is not None:
            self._templates.delete(setting.template)

    def action_failures(self) -> None:
        setting = self._state.setting
        if setting is not None and setting.last is not None:
            failed = int(setting.last.job.result.get("failed", 0))
            text = failure_text(setting.failures, failed)
            self.app.push_screen(TextDialog(f"{failed:,} items without an answer", text))

    def action_examples(self) -> None:
        if self._state.setting is not None:
            self.app.push_screen(ExamplesDialog(self._state.setting.template, self._display.table.current))

    def action_guidelines(self) -> None:
        if self._state.setting is not None:
            text = self._state.setting.template.guidelines or "This template has no guidelines."
            self.app.push_screen(TextDialog("Guidelines", text))


def _inputs(setting: Setting) -> tuple[str, ...]:
    """What a preview depends on; when it changes, the preview is read again."""
    records = (setting.sheet, setting.template)
    return (
        *(text for record in records for text in (record.id, str(record.updated_at))),
        setting.mode.value,
        str(setting.column),
    )
