"""Reading the queue: what is in sight is fetched in threads, the item under the cursor is shown with its draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.states import PairStatus
from ontos_tui.domain.template import Template
from ontos_tui.services.label import QueueFilter, QueueSort
from ontos_tui.services.prompts import Prompt
from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values
from ontos_tui.tui.dialogs.history import HistoryDialog
from ontos_tui.tui.dialogs.text import TextDialog
from ontos_tui.tui.gateway import ServiceUser
from ontos_tui.tui.stages.label_item import Draft, ItemView, choices_of, item_lines
from ontos_tui.tui.stages.label_keys import QueueTable
from ontos_tui.tui.stages.label_queue import LabelQueue, open_queue, progress_line
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from ontos_tui.domain.pairs import TrainingSheet
    from ontos_tui.domain.schema import AnswerField
    from ontos_tui.services.label import PairCounts, QueueRow
    from ontos_tui.workspace import Workspace

NOTHING = ("", 0)
"""The pair and the version of it that the draft was made from, when there is none."""

FILTERS = ("all", "unlabeled", "labeled", "flagged", "rejected")


class LabelReader(ServiceUser):
    """The queue of one training sheet and the item under its cursor."""

    DEFAULT_CSS = """
    LabelReader { height: 1fr; layout: vertical; }
    LabelReader #queue { width: 2fr; min-width: 30; max-width: 56; }
    LabelReader #item { width: 3fr; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._sheet: TrainingSheet | None = None
        self._queue: LabelQueue | None = None
        self._fields: tuple[AnswerField, ...] = ()
        self._draft: dict[str, Any] = {}
        self._active = ""
        self._shown = NOTHING
        self._prompt = False
        self._filter = "all"
        self._text = ""
        self._least_sure_first = False
        self._last = ""

    def compose(self) -> ComposeResult:
        yield OneLine(id="progress")
        with Horizontal(classes="row"):
            yield QueueTable()
            yield Panel(id="item")

    @property
    def table(self) -> QueueTable:
        """The queue."""
        return self.query_one(QueueTable)

    def focus_queue(self) -> None:
        """The keys decide again."""
        self.table.focus()

    @property
    def waiting(self) -> int:
        """Decisions that are not on the disk yet; what is read meanwhile is not the last word."""
        return 0

    @property
    def late(self) -> int:
        """Decisions that have been waiting so long that the screen counts them."""
        return 0

    # Opening and filling

    def open(self, sheet: TrainingSheet) -> None:
        """Show this training sheet, where the user left it."""
        if self._sheet is None or self._sheet.id != sheet.id:
            self._queue = None
            self.table.show(())
        self._sheet = sheet
        self._fields = Template.model_validate(sheet.template_snapshot).fields()
        self.focus_queue()
        self._load()

    def _load(self) -> None:
        sheet = self._sheet
        assert sheet is not None
        status = None if self._filter == "all" else PairStatus(self._filter)
        wanted = QueueFilter(status=status, text=self._text)
        sort = QueueSort.LEAST_SURE if self._least_sure_first else QueueSort.ORDER

        first, here = self._queue is None, self.ontos.session.pair_id
        self.ask(
            lambda workspace: open_queue(workspace.label, sheet.id, wanted, sort, here, undecided=first),
            self._take,
            group="queue",
        )

    def _take(self, queue: LabelQueue) -> None:
        self._queue = queue
        self.table.say("No pair passes this filter. Press v for another one." if self._filter != "all" or self._text
                       else "This training sheet has no pairs. Press esc, then 2 and g.")  # fmt: skip
        self.table.show(queue, cursor=queue.start)
        self._look()

    def others_changed(self) -> None:
        """Somebody, perhaps we, committed something: read what is in sight again and keep the place."""
        sheet, queue = self._sheet, self._queue
        if sheet is None or queue is None:
            return
        pages = queue.loaded_pages()

        def show(read: tuple[dict[int, list[QueueRow]], PairCounts]) -> None:
            rows, counts = read
            if queue is not self._queue or self.waiting:
                return
            if counts.total != queue.counts.total:
                self._load()
                return
            queue.counts = counts
            queue.keep_pages(rows, self.table.cursor)
            self.table.repaint()
            self._look()

        self.ask(lambda workspace: (queue.read(pages), workspace.label.counts(sheet.id)), show, group="others")

    def _look(self) -> None:
        """Show the item under the cursor, now when it is here, and have its neighbours fetched."""
        queue = self._queue
        if queue is None:
            return
        index = self.table.cursor
        view = queue.view(index)
        if view is not None and (view.pair.id, view.pair.version) != self._shown:
            self._shown = (view.pair.id, view.pair.version)
            self.ontos.session.pair_id = view.pair.id
            self._draft = dict(view.pair.answer or view.pair.proposal or {})
            self._active = next((field.name for field in self._fields if choices_of(field)), "")
        self._paint()
        if pages := queue.missing_pages(self.table.in_view):
            self.ask(lambda workspace: queue.read(pages), lambda rows: self._got_pages(queue, rows), group="pages")
        if missing := queue.missing_items(index):
            self.ask(
                lambda workspace: _views(workspace, missing), lambda views: self._got_items(queue, views), group="items"
            )

    def _got_pages(self, queue: LabelQueue, rows: dict[int, list[QueueRow]]) -> None:
        if queue is self._queue:
            queue.keep_pages(rows, self.table.cursor)
            self.table.repaint()
            self._look()

    def _got_items(self, queue: LabelQueue, views: Sequence[ItemView]) -> None:
        if queue is self._queue:
            queue.keep_items(views, self.table.cursor)
            self._look()

    def _paint(self) -> None:
        queue = self._queue
        assert queue is not None
        view = queue.view(self.table.cursor)
        draft = Draft(dict(self._draft), self._active)
        if view is None:
            self.query_one("#item", Panel).show(
                lambda width: () if not len(queue) else [line(span("Loading…", "muted"))]
            )
        else:
            self.query_one("#item", Panel).show(
                lambda width: item_lines(view, self._fields, draft, width, prompt=self._prompt)
            )
        self._paint_progress()

    def _paint_progress(self) -> None:
        queue = self._queue
        if self._sheet is not None and queue is not None:
            told = progress_line(self._sheet.name, queue, self.late, self._view_words(), self._last)
            self.query_one("#progress", OneLine).show(lambda width: told)

    def _view_words(self) -> str:
        """What the list leaves out and how it is ordered, when that is not the usual."""
        words = []
        if self._filter != "all":
            words.append(f"only {self._filter}")
        if self._text:
            words.append(f"with {self._text!r}")
        if self._least_sure_first:
            words.append("least sure first")
        return ", ".join(words)

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self._look()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()

    @property
    def _view(self) -> ItemView | None:
        return self._queue.view(self.table.cursor) if self._queue is not None else None

    # Looking

    def do_skip(self) -> None:
        """On without a decision."""
        self.table.action_move(1)

    def do_search(self) -> None:
        """Only pairs that contain a text."""

        def done(values: Values | None) -> None:
            if values is not None:
                self._text = values["text"] or ""
                self._load()

        fields = (FormField("text", "Text", self._text, hint="in the item's id, fields or answer; empty shows all"),)
        self.app.push_screen(FormDialog("Search", fields), done)

    def do_filter(self) -> None:
        """The next of the filters."""
        self._filter = FILTERS[(FILTERS.index(self._filter) + 1) % len(FILTERS)]
        self._load()

    def do_sort(self) -> None:
        """In order, or least sure first."""
        self._least_sure_first = not self._least_sure_first
        self._load()

    def do_prompt(self) -> None:
        """Fields or prompt."""
        self._prompt = not self._prompt
        self._paint()

    def do_guidelines(self) -> None:
        """How to decide."""
        if self._sheet is not None:
            text = str(self._sheet.template_snapshot.get("guidelines") or "This template has no guidelines.")
            self.app.push_screen(TextDialog("Guidelines", text))

    def do_history(self) -> None:
        """Every change of this pair."""
        if self._view is not None:
            self.app.push_screen(HistoryDialog(self._view.pair))


def _views(workspace: Workspace, pair_ids: Sequence[str]) -> list[ItemView]:
    pairs = workspace.label.pairs(pair_ids)
    if not pairs:
        return []
    sheet = workspace.label.training_sheet(pairs[0].training_sheet_id)
    prompt = Prompt(Template.model_validate(sheet.template_snapshot))
    return [ItemView(pair, prompt.messages(pair.source_data)) for pair in pairs]
