"""GENERATE: one key makes training pairs of a sheet; before that, five of them are shown as they would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import NotFoundError, OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values, read_integer
from ontos_tui.tui.stages.base import StageView, error_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.data import Sheet
    from ontos_tui.domain.template import Template
    from ontos_tui.domain.training import Job
    from ontos_tui.services.generate import PreviewPair
    from ontos_tui.services.label import TrainingSheetView
    from ontos_tui.workspace import Workspace

MODES = ("ai", "column", "manual")
PREVIEWED = 5


@dataclass(frozen=True)
class Setting:
    """What would be generated now: from which sheet, by which template, and what is there already."""

    sheet: Sheet
    template: Template
    source: str
    made: TrainingSheetView | None
    mode: str
    column: str | None


class GenerateView(StageView):
    """What would be made on top, five previewed pairs on the left, the one under the cursor on the right."""

    STAGE = Stage.GENERATE
    ABOUT = (
        "A template turns every row of a sheet into a question, and says what an answer looks like. "
        "Answers are proposed by what is set here, and you decide about them in the next stage."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("generate", "g", "Generate", "Make a pair of every item that has none yet; it runs as a job"),
        Command("mode", "m", "Answers", "Where proposals come from: the model or engine, a column, or nobody"),
        Command("sheet", "s", "Sheet", "Choose the sheet"),
        Command("template", "t", "Template", "Choose the template"),
        Command("limit", "x", "Limit", "Make pairs of the first items only"),
        Command("import_template", "i", "Import", "Read a template from a JSON or TOML file", shown=False),
        Command("guidelines", "G", "Guidelines", "How to decide, as the template says", shown=False),
    )
    DEFAULT_CSS = """
    GenerateView #setting { height: 6; padding: 0 1; }
    GenerateView #note { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._setting: Setting | None = None
        self._column: str | None = None
        self._limit: int | None = None
        self._previewed: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield Panel(id="setting")
        yield OneLine(id="note")
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
        self.query_one("#previews").focus()

    # What would be made

    def reload(self) -> None:
        wanted = (self.session.sheet_id, self.session.template_id, self.session.mode, self._column)
        self.ask(lambda workspace: _setting(workspace, *wanted), self._show_setting, failed=self._show_nothing)

    def _show_nothing(self, error: OntosError) -> None:
        self._setting = None
        self._previewed = ()
        self.query_one("#setting", Panel).show(lambda width: error_lines(error, width))
        table: Table[PreviewPair] = self.query_one("#previews", Table)
        table.say("Nothing to preview yet.")
        table.show(())
        self.query_one("#pair", Panel).show(lambda width: ())
        self.commands_changed()

    def _show_setting(self, setting: Setting) -> None:
        self._setting = setting
        self.session.sheet_id, self.session.template_id = setting.sheet.id, setting.template.id
        self.session.mode = setting.mode
        self._column = setting.column
        if setting.made is not None:
            self.session.training_sheet_id = setting.made.sheet.id
        self.query_one("#setting", Panel).show(lambda width: _setting_lines(setting, self._limit, width))
        self.commands_changed()
        previewed = (setting.sheet.id, str(setting.sheet.updated_at), setting.template.id, setting.mode,
                     str(setting.column))  # fmt: skip
        if previewed != self._previewed:
            self._previewed = previewed
            self._preview(setting)

    def _preview(self, setting: Setting) -> None:
        from ontos_tui.domain.pairs import GenerationMode

        mode = GenerationMode(setting.mode)
        self.query_one("#previews", Table).say("Loading the preview…")
        self.query_one("#previews", Table).show(())
        self.ask(
            lambda workspace: workspace.generate.preview(
                setting.sheet.id, setting.template.id, mode, PREVIEWED, setting.column
            ),
            self._show_previews,
            group="preview",
            failed=self._show_problem,
        )

    def _show_previews(self, pairs: Sequence[PreviewPair]) -> None:
        table: Table[PreviewPair] = self.query_one("#previews", Table)
        table.say("The sheet has no items. Press 1 and change its filter.")
        table.show(pairs, cursor=0)
        self._show_pair()

    def _show_problem(self, error: OntosError) -> None:
        table: Table[PreviewPair] = self.query_one("#previews", Table)
        table.say("No preview.")
        table.show(())
        self.query_one("#pair", Panel).show(lambda width: error_lines(error, width))

    def _show_pair(self) -> None:
        pair: PreviewPair | None = self.query_one("#previews", Table).current
        if pair is not None:
            self.query_one("#pair", Panel).show(lambda width: _pair_lines(pair, width))

    def on_table_moved(self) -> None:
        self._show_pair()

    def on_table_chosen(self) -> None:
        self.query_one("#pair").focus()

    # Commands

    def possible(self, command: str) -> bool:
        return command in ("import_template",) or self._setting is not None

    def action_generate(self) -> None:
        from ontos_tui.domain.pairs import GenerationMode

        setting = self._setting
        if setting is None:
            return
        mode, limit = GenerationMode(setting.mode), self._limit
        self.ask(
            lambda workspace: workspace.generate.submit(
                setting.sheet.id, setting.template.id, mode, column=setting.column, limit=limit
            ),
            self._submitted,
            group="do",
        )

    def _submitted(self, job: Job) -> None:
        self.ontos.tell(f"{job.title}: under way. The line at the bottom shows how far it is; then press 3 to label.")
        self.ontos.refresh_overview()

    def action_mode(self) -> None:
        setting = self._setting
        if setting is None:
            return
        choices = [
            (setting.source, "proposes an answer for every item, with how sure it is"),
            ("existing column", "the data holds the answers already; pairs are labelled at once"),
            ("by hand", "no proposals; you give every answer"),
        ]

        def chosen(index: int | None) -> None:
            if index is not None:
                self.session.mode = MODES[index]
                if MODES[index] == "column" and not setting.template.answer_columns:
                    self._ask_column(setting)
                else:
                    self._column = None
                    self.reload()

        self.app.push_screen(ChooseDialog("Where do answers come from?", choices, MODES.index(setting.mode)), chosen)

    def _ask_column(self, setting: Setting) -> None:
        def choose(columns: Sequence[str]) -> None:
            def chosen(index: int | None) -> None:
                self._column = columns[index] if index is not None else None
                if index is None:
                    self.session.mode = "ai"
                self.reload()

            self.app.push_screen(
                ChooseDialog("Which column holds the answer?", [(name, "") for name in columns]), chosen
            )

        self.ask(lambda workspace: _columns(workspace, setting.sheet.id), choose, group="columns")

    def action_sheet(self) -> None:
        self.ask(lambda workspace: workspace.data.sheets(), self._choose_sheet, group="do")

    def _choose_sheet(self, sheets: Sequence[Sheet]) -> None:
        def chosen(index: int | None) -> None:
            if index is not None:
                self.session.sheet_id = sheets[index].id
                self.reload()

        choices = [(sheet.name, f"{sheet.item_count:,} items · {sheet.source_table}") for sheet in sheets]
        self.app.push_screen(ChooseDialog("Which sheet?", choices), chosen)

    def action_template(self) -> None:
        self.ask(lambda workspace: workspace.templates.list(), self._choose_template, group="do")

    def _choose_template(self, templates: Sequence[Template]) -> None:
        def chosen(index: int | None) -> None:
            if index is not None:
                self.session.template_id = templates[index].id
                self.reload()

        choices = [(f"{one.name} {one.version}", f"{one.status.value} · {one.description}") for one in templates]
        self.app.push_screen(ChooseDialog("Which template?", choices), chosen)

    def action_limit(self) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                self._limit = values["limit"]
                self.reload()

        field = FormField("limit", "Items", self._limit, hint="empty: all of the sheet", read=read_integer)
        self.app.push_screen(FormDialog("Make pairs of how many items?", [field]), done)

    def action_import_template(self) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                path = Path(values["path"]).expanduser()
                self.ask(lambda workspace: workspace.templates.import_file(path), self._imported, group="do")

        field = FormField("path", "File", required=True, hint="path of a .json or .toml file")
        self.app.push_screen(FormDialog("Import a template", [field]), done)

    def _imported(self, template: Template) -> None:
        self.session.template_id = template.id
        self.ontos.tell(f"{template.name} {template.version} is here.")
        self.reload()

    def action_guidelines(self) -> None:
        from ontos_tui.tui.dialogs.text import TextDialog

        if self._setting is not None:
            text = self._setting.template.guidelines or "This template has no guidelines."
            self.app.push_screen(TextDialog("Guidelines", text))


def _setting(workspace: Workspace, sheet_id: str, template_id: str, mode: str, column: str | None) -> Setting:
    """What the session names, or the most likely where it names nothing. Raises NotFoundError with the key to press."""
    sheets, templates = workspace.data.sheets(), workspace.templates.list()
    if not sheets:
        raise NotFoundError("There is no sheet yet.", "Press 1 and pick a use case, or add a data file.")
    if not templates:
        raise NotFoundError("There is no template yet.", "Press i to import one, or 1 to pick a use case.")
    newest = max(sheets, key=lambda one: one.created_at)
    sheet = next((one for one in sheets if one.id == sheet_id), newest)
    fitting = [one for one in templates if one.use_case == sheet.use_case] or templates
    template = next((one for one in templates if one.id == template_id), max(fitting, key=lambda one: one.created_at))
    made = next(
        (
            view
            for view in workspace.label.training_sheets()
            if view.sheet.sheet_id == sheet.id and view.sheet.template_id == template.id
        ),
        None,
    )
    return Setting(sheet, template, workspace.chat.name, made, mode if mode in MODES else "ai", column)


def _columns(workspace: Workspace, sheet_id: str) -> list[str]:
    return [column.name for column in workspace.data.sheet_page(sheet_id, limit=1).columns]


def _setting_lines(setting: Setting, limit: int | None, width: int) -> list[Line]:
    answers = {
        "ai": setting.source,
        "column": f"column {setting.column or ', '.join(setting.template.answer_columns.values())}",
        "manual": "nobody; you give every answer",
    }[setting.mode]
    wanted = f"the first {limit:,} items" if limit else f"{setting.sheet.item_count:,} items"
    lines = [
        line(span("sheet     ", "muted"), span(setting.sheet.name, "strong"), span(f"  {wanted}", "muted")),
        line(
            span("template  ", "muted"),
            span(f"{setting.template.name} {setting.template.version}", "strong"),
            span(f"  {setting.template.status.value}, decides {setting.template.label_type}", "muted"),
        ),
        line(span("answers   ", "muted"), answers),
    ]
    if setting.made is None:
        return [*lines, line(span("pairs     ", "muted"), "none yet; ", span("g", "key"), " makes them")]
    counts = setting.made.counts
    lines.append(
        line(
            span("pairs     ", "muted"),
            span(f"{counts.total:,}", "strong"),
            f" made, {counts.labeled:,} labeled, {counts.unlabeled:,} to decide; ",
            span("3", "key"),
            " labels them",
        )
    )
    if counts.auto_approved:
        lines.append(
            line(span("saved     ", "muted"), span(f"{counts.auto_approved:,} reviews by known answers", "good"))
        )
    if counts.failed:
        lines.append(line(span("failed    ", "muted"), span(f"{counts.failed:,} items have no proposal", "warn")))
    if setting.made.sheet.generation_error:
        lines += wrap(f"✗ {setting.made.sheet.generation_error}", width, "bad")
    return lines


def _cells(pair: PreviewPair) -> Sequence[object]:
    told = " · ".join(value_text(value) for value in (pair.proposal or {}).values())
    sure = f"{pair.confidence:.0%}" if pair.confidence is not None else ""
    return pair.item_ref, span(f"✗ {pair.error}", "bad") if pair.error else told, span(sure, "muted")


def _pair_lines(pair: PreviewPair, width: int) -> Iterator[Line]:
    yield line(span("proposed answer", "title"))
    if pair.error:
        yield from wrap(f"  ✗ {pair.error}", width, "bad")
    elif pair.proposal is None:
        yield line(span("  none; you give it", "muted"))
    for name, value in (pair.proposal or {}).items():
        yield line(span(f"  {name}  ", "muted"), span(value_text(value), "strong"))
    if pair.explanation:
        sure = f"{pair.confidence:.0%} · " if pair.confidence is not None else ""
        yield from wrap(f"{sure}{pair.explanation}", width - 2, "muted", indent="  ")
    for message in pair.messages:
        if message["role"] != "assistant":
            yield EMPTY
            yield line(span(message["role"], "title"))
            yield from wrap(message["content"], width - 2, indent="  ")
