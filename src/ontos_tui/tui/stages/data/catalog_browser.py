"""The team's catalog, browsed level by level: catalogs, schemas, tables; typing narrows the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.widgets import Input

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.fields import ValueInput
from ontos_tui.tui.widgets.data_grid import DataGrid
from ontos_tui.tui.widgets.lines import Line, OneLine, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.catalog import CatalogNode, TablePreview
    from ontos_tui.workspace import Workspace

CHUNK = 200
"""Names that are shown as soon as they are here; more of them follow."""
PREVIEWED = 20
_GLYPHS = {"catalog": "▣", "schema": "▤", "table": "▦", "view": "◫", "volume": "▱"}


class CatalogDialog(Dialog[str], BackgroundMixin):
    """Gives the address of the table that was chosen."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("data.catalog.open", "enter", "Open", "Open it, or create a sheet from the table"),
        Command(
            "data.catalog.look",
            "f3,ctrl+o",
            "Preview",
            "Show some rows of the table; starts the warehouse if it is stopped",
        ),
        Command("data.catalog.leave", "escape", "Back", "One level up; from the catalogs, leave"),
        Command("data.catalog.again", "f5,ctrl+r", "Reload", "Read the list from the workspace again"),
        Command("data.catalog.next_row", "down", "Next", "The next one", shown=False, action="move(1)"),
        Command("data.catalog.previous_row", "up", "Previous", "The one before", shown=False, action="move(-1)"),
        Command("data.catalog.page_down", "pagedown", "Page down", "A page further", shown=False, action="page(1)"),
        Command("data.catalog.page_up", "pageup", "Page up", "A page back", shown=False, action="page(-1)"),
    )
    DEFAULT_CSS = """
    CatalogDialog Table#nodes { height: 9; }
    CatalogDialog DataGrid { height: 6; }
    """

    def __init__(self, prefix: str = "") -> None:
        super().__init__("The team's tables")
        self._prefix = prefix
        self._nodes_here: list[CatalogNode] = []
        self._whole = False

    def compose_body(self) -> ComposeResult:
        yield OneLine(self._place, id="place")
        yield ValueInput(id="filter")
        nodes: Table[CatalogNode] = Table(
            [ColumnSpec("name", 34), ColumnSpec("", 8), ColumnSpec("", 0)], _cells, id="nodes"
        )
        nodes.can_focus = False
        yield nodes
        rows = DataGrid(id="rows")
        rows.can_focus = False
        yield rows

    def on_mount(self) -> None:
        self.query_one("#filter").focus()
        self._go(self._prefix)

    @property
    def _list(self) -> Table[CatalogNode]:
        table: Table[CatalogNode] = self.query_one("#nodes", Table)
        return table

    def _place(self, width: int) -> Line:
        count = f"{len(self._nodes_here):,}{'' if self._whole else '…'}"
        return line(span(self._prefix or "catalogs", "strong"), span(f"  {count}  type to filter the list", "muted"))

    # Listing

    def _go(self, prefix: str, cursor: str = "") -> None:
        """List what is below `prefix`, with the cursor on what is called so."""
        self._prefix, self._nodes_here, self._whole = prefix, [], False
        self.query_one("#filter", ValueInput).set_value(None)
        self._list.set_empty_text("Reading from the workspace…")
        self._list.show((), cursor=0)
        self._show_rows(None)
        self._repaint_place()

        def begin(workspace: Workspace) -> tuple[Iterator[CatalogNode], list[CatalogNode]]:
            nodes = workspace.data.catalog.browse(prefix)
            return nodes, list(islice(nodes, CHUNK))

        self.run_in_background(begin, lambda result: self._more(*result, cursor), group="nodes", failed=self._failed)

    def _more(self, nodes: Iterator[CatalogNode], some: Sequence[CatalogNode], cursor: str) -> None:
        """Show what came, and ask for what follows."""
        self._nodes_here += some
        self._whole = len(some) < CHUNK
        self._list.set_empty_text("There is nothing here that you can access.")
        self._narrow(cursor)
        self._repaint_place()
        if not self._whole:
            self.run_in_background(
                lambda workspace: (nodes, list(islice(nodes, CHUNK))),
                lambda result: self._more(*result, ""),
                group="nodes",
                failed=self._failed,
            )

    def _failed(self, error: OntosError) -> None:
        self._whole = True
        self._list.set_empty_text(f"✗ {error.what}\n{error.todo}\nF5: try again")
        self._list.show(() if not self._nodes_here else self._list.rows)
        self._repaint_place()
        if self._nodes_here:
            self.ontos.show_error(error)

    def _repaint_place(self) -> None:
        self.query_one("#place", OneLine).repaint()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._nodes_here:
            self._list.set_empty_text(f"No name contains {event.value}.")
            self._narrow("")

    def _narrow(self, cursor: str) -> None:
        typed = self.query_one("#filter", ValueInput).value.strip().casefold()
        shown = [node for node in self._nodes_here if typed in node.name.casefold()]
        at = next((index for index, node in enumerate(shown) if node.name == cursor), None)
        self._list.show(shown, cursor=at if at is not None else (0 if typed else None))

    # What keys do

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_open()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_open()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def action_open(self) -> None:
        node = self._list.current
        if node is None:
            return
        if node.problem:
            self.ontos.show_error(OntosError(f"{node.name} cannot be used here.", node.problem))
        elif node.kind in ("catalog", "schema"):
            self._go(node.address)
        else:
            self.dismiss(node.address)

    def action_look(self) -> None:
        node = self._list.current
        if node is None or node.problem or node.kind not in ("table", "view"):
            return
        address = node.address
        grid = self.query_one(DataGrid)
        self._show_rows(None)
        grid.set_empty_text("Reading from the warehouse; starting it may take minutes…")
        self.run_in_background(
            lambda workspace: workspace.data.catalog.look(address, PREVIEWED),
            self._show_rows,
            group="look",
            failed=lambda error: grid.set_empty_text(f"✗ {error.what}\n{error.todo}"),
        )

    def _show_rows(self, look: TablePreview | None) -> None:
        grid = self.query_one(DataGrid)
        grid.set_empty_text("F3: show some rows of a table" if look is None else "The table is empty.")
        names = [column.name for column in look.columns] if look is not None else ()
        grid.show_rows(names, look.rows if look is not None else ())

    def action_leave(self) -> None:
        if not self._prefix:
            self.dismiss(None)
            return
        above, _, name = self._prefix.rpartition(".")
        self._go(above, name)

    def action_again(self) -> None:
        self._go(self._prefix)

    def action_move(self, by: int) -> None:
        self._list.action_move(by)

    def action_page(self, by: int) -> None:
        self._list.action_page(by)


def _cells(node: CatalogNode) -> Sequence[object]:
    return (
        f"{_GLYPHS.get(node.kind, ' ')} {node.name}",
        span(node.kind, "muted"),
        span(node.problem or node.remark, "warn" if node.problem else "muted"),
    )
