"""GENERATE: one key makes training pairs of a sheet; before that, five of them are shown as they would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import NotFoundError, OntosError, PlatformError
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.answer_form import read_integer
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.stages.generate.lines import AI, COLUMN, MANUAL, Setting, failure_text, pair_lines, setting_lines
from ontos_tui.tui.stages.job_state import POLL_SECONDS, newest_job
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Sheet
    from ontos_tui.domain.records.template import Template
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.generate.service import PreviewPair
    from ontos_tui.workspace import Workspace

MODES = (AI, COLUMN, MANUAL)
PREVIEWED = 5
TALLEST = 9
"""Rows that the setting may take from the preview."""


class GenerateView(StageView):
    """What would be made on top, five previewed pairs on the left, the one under the cursor on the right."""

    STAGE = Stage.GENERATE
    ABOUT = (
        "A template turns every row of a sheet into a question, and says what an answer looks like. "
        "Answers are proposed by the source set here; you decide about them in the next stage. "
        "Decisions that you have already taken about an item are reused."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "generate.generate", "g", "Generate", "Generate a pair for every item that has none yet; runs as a job"
        ),
        Command(
            "generate.mode", "m", "Mode", "Where answers come from: the model or engine, an existing column, or by hand"
        ),
        Command("generate.sheet", "s", "Sheet", "Choose the sheet"),
        Command("generate.template", "t", "Template", "Choose the template"),
        Command("generate.limit", "x", "Limit", "Generate pairs for the first items only"),
        Command("generate.import_template", "i", "Import template", "Read a template from a JSON or TOML file"),
        Command(
            "generate.preview", "p", "Preview again", "Propose answers for the first five items once more", shown=False
        ),
        Command(
            "generate.failures", "f", "Failures", "The items that the last run gave no answer, and why", shown=False
        ),
        Command("generate.guidelines", "v", "Guidelines", "How to decide, as the template says", shown=False),
        Command(
            "generate.next_preview",
            "right",
            "Next preview",
            "The next of the previewed pairs",
            shown=False,
            action="step(1)",
        ),
        Command(
            "generate.previous_preview",
            "left",
            "Previous preview",
            "The previewed pair before",
            shown=False,
            action="step(-1)",
        ),
    )
    DEFAULT_CSS = """
    GenerateView #setting { height: 4; padding: 0 1; margin-bottom: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._setting: Setting | None = None
        self._column: str | None = None
        self._limit: int | None = None
        self._previewed: tuple[str, ...] = ()
        self._submitting = False
        self._looking = False

    def compose(self) -> ComposeResult:
        yield Panel(id="setting")
        with Horizontal(classes="row"):
            yield Table["PreviewPair"](
                [ColumnSpec("preview", 0), ColumnSpec("proposal", 0), ColumnSpec("sure", 4, right=True)],
                _cells,
                empty="Loading…",
                id="previews",
                classes="side",
            )
            yield Panel(id="pair", classes="main")

    def focus_first(self) -> None:
        self._table.focus()

    @property
    def _table(self) -> Table[PreviewPair]:
        table: Table[PreviewPair] = self.query_one("#previews", Table)
        return table

    @property
    def _template_of(self) -> dict[str, str]:
        """The templates that were chosen, by sheet; they are remembered with the session."""
        chosen = self.session.extra.get("template_of")
        if not isinstance(chosen, dict):
            chosen = self.session.extra["template_of"] = {}
        return chosen

    # The setting and its preview

    def reload(self) -> None:
        session, column, chosen = self.session, self._column, dict(self._template_of)
        choice = (session.sheet_id, session.template_id, session.mode)
        self.run_in_background(lambda workspace: _setting(workspace, *choice, column, chosen), self._show_setting,
                 failed=self._show_nothing)  # fmt: skip

    def _show_nothing(self, error: OntosError) -> None:
        self._setting = None
        self._previewed = ()
        panel = self.query_one("#setting", Panel)
        panel.show(lambda width: error_lines(error, width))
        panel.styles.height = 4
        self._table.set_empty_text("Nothing to preview yet.")
        self._table.show(())
        self.query_one("#pair", Panel).show(lambda width: ())
        self.commands_changed()

    def _show_setting(self, setting: Setting) -> None:
        self._setting = setting
        self.session.sheet_id, self.session.template_id = setting.sheet.id, setting.template.id
        self.session.mode, self._column = setting.mode, setting.column
        if setting.training_sheet is not None:
            self.session.training_sheet_id = setting.training_sheet.sheet.id
        self.query_one("#setting", Panel).show(lambda width: setting_lines(setting, self._limit, width))
        self._fit_setting()
        self.commands_changed()
        previewed = (
            *(one for record in (setting.sheet, setting.template) for one in (record.id, str(record.updated_at))),
            setting.mode,
            str(setting.column),
        )
        if previewed != self._previewed:
            self._previewed = previewed
            self._preview(setting)
        if setting.under_way and not self._looking:
            self._looking = True
            self.set_timer(POLL_SECONDS, self._poll)

    def _fit_setting(self) -> None:
        """As many rows as the setting has, so that the preview gets the others."""
        panel = self.query_one("#setting", Panel)
        if self._setting is not None and panel.size.width:
            rows = sum(1 for _ in setting_lines(self._setting, self._limit, panel.size.width))
            panel.styles.height = min(TALLEST, max(1, self.size.height // 2), rows)

    def on_resize(self) -> None:
        self._fit_setting()

    def _poll(self) -> None:
        self._looking = False
        if self.display:
            self.reload()

    def _preview(self, setting: Setting) -> None:
        self._table.set_empty_text(f"Waiting for {setting.source}…" if setting.mode == AI else "Loading the preview…")
        self._table.show(())
        self.query_one("#pair", Panel).show(lambda width: ())
        self.run_in_background(
            lambda workspace: _previews(workspace, setting),
            self._show_previews,
            group="preview",
            failed=self._show_problem,
        )

    def _show_previews(self, pairs: Sequence[PreviewPair]) -> None:
        self._table.set_empty_text("The sheet has no items. Press 1 and change its filter.")
        self._table.show(pairs, cursor=0)
        self._show_pair()

    def _show_problem(self, error: OntosError) -> None:
        self._table.set_empty_text("No preview; see the reason on the right. t: other template, s: other sheet")
        self._table.show(())
        self.query_one("#pair", Panel).show(lambda width: error_lines(error, width))

    def _show_pair(self) -> None:
        table = self._table
        pair, place = table.current, f"{table.cursor + 1} of {len(table.rows)}"
        if pair is not None:
            self.query_one("#pair", Panel).show(lambda width: pair_lines(pair, place, width))

    def on_table_moved(self) -> None:
        self._show_pair()

    def on_table_chosen(self) -> None:
        self.query_one("#pair").focus()

    # Commands

    def possible(self, command: str) -> bool:
        setting = self._setting
        if command == "import_template":
            return True
        if setting is None:
            return False
        if command == "generate":
            return not setting.under_way
        if command == "failures":
            return bool(setting.failures)
        return True

    def action_step(self, by: int) -> None:
        self._table.action_move(by)

    def action_preview(self) -> None:
        self._previewed = ()
        self.reload()

    def action_generate(self) -> None:
        from ontos_tui.domain.records.pairs import GenerationMode

        setting, limit = self._setting, self._limit
        if setting is None or self._submitting:
            return
        self._submitting = True
        sheet, template, mode = setting.sheet.id, setting.template.id, GenerationMode(setting.mode)
        self.run_in_background(
            lambda workspace: workspace.generate.generation.submit(
                sheet, template, mode, column=setting.column, limit=limit
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
        self.ontos.show_error(error)

    def action_mode(self) -> None:
        if self._setting is not None:
            self._next_mode(self._setting, self._setting.mode)

    def _next_mode(self, setting: Setting, mode: str) -> None:
        """The mode after `mode` that this template allows."""
        at = MODES.index(mode) + 1
        mode = next(one for one in (*MODES[at:], *MODES) if one in possible_modes(setting.template))
        if mode == COLUMN and not setting.template.answer_columns:
            self._ask_column(setting)
        else:
            self._set_mode(mode)

    def _set_mode(self, mode: str, column: str | None = None) -> None:
        self.session.mode, self._column = mode, column
        self.reload()

    def _ask_column(self, setting: Setting) -> None:
        def choose(columns: Sequence[str]) -> None:
            def chosen(index: int | None) -> None:
                if index is None:
                    self._next_mode(setting, COLUMN)
                else:
                    self._set_mode(COLUMN, columns[index])

            heading = "Which column contains the answer? (esc: none of them)"
            self.app.push_screen(ChooseDialog(heading, [(name, "") for name in columns]), chosen)

        source = setting.sheet.source_table
        self.run_in_background(
            lambda workspace: [column.name for column in workspace.data.sheets.preview(source, limit=1).columns],
            choose,
            group="choose",
        )

    def action_sheet(self) -> None:
        self.run_in_background(lambda workspace: workspace.data.sheets.sheets(), self._choose_sheet, group="choose")

    def _choose_sheet(self, sheets: Sequence[Sheet]) -> None:
        def chosen(index: int | None) -> None:
            if index is not None:
                self.session.sheet_id = sheets[index].id
                self.reload()

        choices = [(sheet.name, f"{sheet.item_count:,} items · {sheet.source_table}") for sheet in sheets]
        cursor = next((i for i, one in enumerate(sheets) if one.id == self.session.sheet_id), 0)
        self.app.push_screen(ChooseDialog("Which sheet?", choices, cursor), chosen)

    def action_template(self) -> None:
        self.run_in_background(
            lambda workspace: workspace.generate.templates.list(), self._choose_template, group="choose"
        )

    def _choose_template(self, templates: Sequence[Template]) -> None:
        def chosen(index: int | None) -> None:
            if index is not None:
                self._take_template(templates[index])

        choices = [(f"{one.name} {one.version}", f"{one.status.value} · {one.description}") for one in templates]
        cursor = next((i for i, one in enumerate(templates) if one.id == self.session.template_id), 0)
        self.app.push_screen(ChooseDialog("Which template?", choices, cursor), chosen)

    def _take_template(self, template: Template) -> None:
        self.session.template_id = template.id
        self._template_of[self.session.sheet_id] = template.id
        self.reload()

    def action_limit(self) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                self._limit = values["limit"]
                self.reload()

        field = FormField("limit", "Items", self._limit, hint="the first ones; empty: all of the sheet", read=_count)
        self.app.push_screen(FormDialog("Generate pairs for how many items?", [field]), done)

    def action_import_template(self) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                path = Path(values["path"]).expanduser()
                self.run_in_background(
                    lambda workspace: workspace.generate.templates.import_file(path), self._imported, group="import"
                )

        field = FormField("path", "File", required=True, hint="path of a .json or .toml file")
        self.app.push_screen(FormDialog("Import a template", [field]), done)

    def _imported(self, template: Template) -> None:
        self.ontos.show_message(f"{template.name} {template.version} is imported.")
        self._take_template(template)

    def action_failures(self) -> None:
        from ontos_tui.tui.dialogs.text import TextDialog

        if self._setting is not None and self._setting.last is not None:
            failed = int(self._setting.last.job.result.get("failed", 0))
            text = failure_text(self._setting.failures, failed)
            self.app.push_screen(TextDialog(f"{failed:,} items without an answer", text))

    def action_guidelines(self) -> None:
        from ontos_tui.tui.dialogs.text import TextDialog

        if self._setting is not None:
            text = self._setting.template.guidelines or "This template has no guidelines."
            self.app.push_screen(TextDialog("Guidelines", text))


def possible_modes(template: Template) -> tuple[str, ...]:
    """The sources of answers that a template allows: a column only when it is clear what the column holds."""
    one_column = bool(template.answer_columns) or len(template.fields()) == 1
    return MODES if one_column else (AI, MANUAL)


def _setting(
    workspace: Workspace, sheet_id: str, template_id: str, mode: str, column: str | None, chosen: dict[str, str]
) -> Setting:
    """What the session names, or the most likely where it names nothing. Raises NotFoundError with the key to press.

    `chosen` are the templates that were chosen for a sheet, by its id.
    """
    from ontos_tui.domain.records.training import JobKind

    sheets, templates = workspace.data.sheets.sheets(), workspace.generate.templates.list()
    if not sheets:
        raise NotFoundError("There is no sheet yet.", "Press 1 and pick a use case, or add a data file.")
    if not templates:
        raise NotFoundError("There is no template yet.", "Press i to import one, or 1 to pick a use case.")
    newest = max(sheets, key=lambda one: one.created_at)
    sheet = next((one for one in sheets if one.id == sheet_id), newest)
    template = _template(templates, sheet, template_id, chosen.get(sheet.id, ""))
    existing = next(
        (
            view
            for view in workspace.label.queue.training_sheets()
            if view.sheet.sheet_id == sheet.id and view.sheet.template_id == template.id
        ),
        None,
    )
    last = newest_job(
        workspace,
        JobKind.GENERATE,
        lambda params: (params.get("sheet_ref"), params.get("template_ref")) == (sheet.id, template.id),
    )
    if mode not in possible_modes(template) or (mode == COLUMN and not template.answer_columns and column is None):
        mode = AI
    column = column if mode == COLUMN and not template.answer_columns else None
    return Setting(sheet, template, workspace.engines.chat.name, existing, mode, column, last)


def _previews(workspace: Workspace, setting: Setting) -> list[PreviewPair]:
    """The first pairs as they would be made. When nothing can propose answers, the questions are shown all the same."""
    from ontos_tui.domain.records.pairs import GenerationMode

    sheet, template = setting.sheet.id, setting.template.id
    try:
        return workspace.generate.generation.preview(
            sheet, template, GenerationMode(setting.mode), PREVIEWED, column=setting.column
        )
    except PlatformError as error:
        message = f"{error.what} {error.todo} (m: choose another source of answers)"
        pairs = workspace.generate.generation.preview(sheet, template, GenerationMode.MANUAL, PREVIEWED)
        return [pair if pair.proposal is not None else replace(pair, error=message) for pair in pairs]


def _template(templates: Sequence[Template], sheet: Sheet, session_id: str, chosen: str) -> Template:
    """The one that was chosen for this sheet, else the session's as long as it is not of another use case."""
    by_id = {one.id: one for one in templates}
    if chosen in by_id:
        return by_id[chosen]
    session = by_id.get(session_id)
    if session is not None and (not sheet.use_case or session.use_case == sheet.use_case):
        return session
    usable = [one for one in templates if one.status is not TemplateStatus.ARCHIVED] or templates
    fitting = [one for one in usable if one.use_case == sheet.use_case] or usable
    return max(fitting, key=lambda one: one.created_at)


def _count(text: str) -> int:
    number = read_integer(text)
    if number < 1:
        raise ValueError(f"{number} is not a number of items; it must be at least 1")
    return number


def _cells(pair: PreviewPair) -> Sequence[object]:
    proposal = " · ".join(value_text(value) for value in (pair.proposal or {}).values())
    sure = f"{pair.confidence:.0%}" if pair.confidence is not None else ""
    return pair.item_ref, span(f"✗ {pair.error}", "bad") if pair.error else proposal, span(sure, "muted")
