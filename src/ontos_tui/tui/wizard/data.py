"""Step 2: the rows that the model will learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.guide.wizard import OWN_DATA, Step, WizardChoices, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.pages import StagePage
from ontos_tui.tui.widgets.data_grid import DataGrid
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table
from ontos_tui.tui.wizard.step import WizardStep

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import DataTable
    from ontos_tui.domain.records.data import Page as DataPage
    from ontos_tui.tui.stages.data.quality import QualityPage
    from ontos_tui.workspace import Workspace

ROWS = 30


@dataclass(frozen=True)
class Origin:
    """Where the rows can come from: the sample data, a sheet that is here, or a file of one's own."""

    name: str
    remark: str
    sheet_id: str = ""
    is_file: bool = False


class DataStep(WizardStep):
    """Where data can come from on the left, its first rows on the right."""

    STEP = Step.DATA
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("wizard.data.take", "enter", "Use it", "Use these rows"),
        Command("wizard.data.file", "f", "Own file", "A file of your own, or a folder of pictures or documents"),
        Command("wizard.data.quality", "Q", "Quality", "What is wrong with these rows, and how it is fixed"),
        Command("wizard.data.browse", "b", "Team tables", "A table of the team's Databricks workspace"),
    )
    DEFAULT_CSS = """
    DataStep #about-data { height: 2; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_new = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row", id="choice"):
            yield Table[Origin](
                [ColumnSpec("data", 0), ColumnSpec("", 9, right=True)],
                lambda origin: (origin.name, span(origin.remark, "muted")),
                empty="Loading…",
                id="origins",
                classes="side",
            )
            with Vertical(classes="main"):
                about = Panel(id="about-data")
                about.can_focus = False
                yield about
                yield DataGrid(empty="", id="rows")

    @property
    def table(self) -> Table[Origin]:
        """What there is to choose from."""
        return self.query_one("#origins", Table)

    def focus_first(self) -> None:
        self.table.focus()

    def watch_state(self, state: WizardState) -> None:
        chosen = state.chosen
        self.run_in_background(lambda workspace: _origins(workspace, chosen), self._show_origins)

    def _show_origins(self, origins: Sequence[Origin]) -> None:
        here = self.state.chosen.sheet_id
        cursor = next((place for place, one in enumerate(origins) if here and one.sheet_id == here), None)
        self.table.show(origins, cursor=cursor)
        self._show_current()

    def on_table_moved(self, event: Table.Moved) -> None:
        if event.table is self.table:
            self._show_current()
            self.commands_changed()

    def _show_current(self) -> None:
        origin = self.table.current
        if origin is None:
            return
        if origin.is_file:
            self._show_rows(None)
            return
        chosen = self.state.chosen
        self.run_in_background(
            lambda workspace: _rows(workspace, chosen, origin), self._show_rows, group="rows", failed=self._show_error
        )

    def _show_rows(self, page: DataPage | None) -> None:
        grid, about = self.query_one("#rows", DataGrid), self.query_one("#about-data", Panel)
        if page is None:
            hint = "Press enter or f to choose a file or a folder. It stays where it is, and nothing is sent anywhere."
            about.show(lambda width: wrap(hint, width))
            grid.show_rows((), ())
            return
        names = [column.name for column in page.columns]
        about.show(
            lambda width: [
                line(span(f"{page.total:,} items", "strong"), f", {len(names)} columns; "),
                line(span("tab, then → for more columns", "muted")),
            ]
        )
        grid.show_rows(names, [item.fields for item in page.items])

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#about-data", Panel).show(lambda width: error_lines(error, width))

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        origin, chosen = self.table.current, self.state.chosen
        if origin is None:
            return
        if origin.is_file:
            self.action_file()
        elif origin.sheet_id and origin.sheet_id == chosen.sheet_id:
            self.post_message(self.GoOn())
        elif not origin.sheet_id or (chosen.use_case != OWN_DATA and origin is self.table.rows[0]):
            self._take(lambda workspace: workspace.wizard.take_samples(chosen))
        else:
            self._take(lambda workspace: workspace.wizard.take_sheet(chosen, origin.sheet_id))

    def _take(self, work: Callable[[Workspace], WizardChoices]) -> None:
        self.run_in_background(work, lambda chosen: self.post_message(self.Decided(chosen)), group="take")

    def action_file(self) -> None:
        from ontos_tui.tui.stages.data.adding import AddData

        chosen = self.state.chosen

        def added(table: DataTable, name: str) -> None:
            self.run_in_background(
                lambda workspace: workspace.wizard.take_table(chosen, table.address, name), self._added, group="take"
            )

        AddData(self, added).start()

    # The quality of the rows

    async def _added(self, chosen: WizardChoices) -> None:
        """Show what is likely wrong with rows that are new here; where nothing is, go on."""
        self.post_message(self.Decided(chosen, go_on=False))
        self._is_new = True
        await self._open_quality(chosen.sheet_id)

    async def action_quality(self) -> None:
        """What is likely wrong with the rows that were chosen."""
        self._is_new = False
        origin = self.table.current
        await self._open_quality(origin.sheet_id if origin is not None else "")

    async def _open_quality(self, sheet_id: str) -> None:
        from ontos_tui.tui.stages.data.quality import QualityPage

        if not sheet_id or self.query(QualityPage):
            return
        self.session.sheet_id = sheet_id
        page = QualityPage()
        await self.mount(page)
        self.query_one("#choice").display = False
        page.reload()
        page.focus_first()
        self.commands_changed()

    def on_quality_page_looked(self, event: QualityPage.Looked) -> None:
        event.stop()
        findings = len(event.report.findings)
        if self._is_new and not findings:
            self.ontos.show_message(f"{event.report.rows:,} rows looked at: nothing to remedy.")
            self.post_message(self.GoOn())
        elif self._is_new:
            what = "1 finding" if findings == 1 else f"{findings} findings"
            self.ontos.show_message(f"{what}: f applies the remedy of the one under the cursor, > goes on.")
        self._is_new = False

    async def on_stage_page_left(self, event: StagePage.Left) -> None:
        """Back to the choice of the rows."""
        event.stop()
        await self.query(StagePage).remove()
        self.query_one("#choice").display = True
        self.focus_first()
        self.commands_changed()

    def possible(self, command: str) -> bool:
        if self.query(StagePage):
            return False
        origin = self.table.current if self.is_mounted else None
        return command != "quality" or (origin is not None and bool(origin.sheet_id))

    def action_browse(self) -> None:
        self.run_in_background(lambda workspace: workspace.data.catalog.has_team, self._browse, group="team")

    def _browse(self, has_team: bool) -> None:
        from ontos_tui.domain.errors import NoTeamError
        from ontos_tui.tui.stages.data.catalog_browser import CatalogDialog

        if not has_team:
            self.ontos.show_error(NoTeamError())
            return
        chosen = self.state.chosen

        def taken(address: str | None) -> None:
            if address is not None:
                self._take(lambda workspace: workspace.wizard.take_table(chosen, address))

        self.app.push_screen(CatalogDialog(), taken)


def _origins(workspace: Workspace, chosen: WizardChoices) -> list[Origin]:
    """The sample data first, then the sheets that are here, then files."""
    sheets = workspace.data.sheets.sheets()
    origins = []
    if chosen.use_case != OWN_DATA:
        seeded = next((one for one in sheets if one.use_case == chosen.use_case), None)
        origins.append(Origin("Sample data", "synthetic", seeded.id if seeded is not None else ""))
        sheets = [one for one in sheets if seeded is None or one.id != seeded.id]
    origins += [Origin(one.name, f"{one.item_count or 0:,}", one.id) for one in sheets]
    return [*origins, Origin("Your own data…", "", is_file=True)]


def _rows(workspace: Workspace, chosen: WizardChoices, origin: Origin) -> DataPage:
    if origin.sheet_id:
        return workspace.data.sheets.sheet_page(origin.sheet_id, limit=ROWS)
    taken = workspace.wizard.take_samples(chosen)
    return workspace.data.sheets.sheet_page(taken.sheet_id, limit=ROWS)
