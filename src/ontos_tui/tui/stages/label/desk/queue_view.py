"""Reading the queue: what is in sight is fetched in threads, the item under the cursor is shown with its draft."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.records.base import new_id
from ontos_tui.services.label.queue import QueueFilter
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.desk.document_marks import marked
from ontos_tui.tui.stages.label.desk.history import HistoryDialog
from ontos_tui.tui.stages.label.desk.item_panel import Draft, ItemView, Side, item_lines
from ontos_tui.tui.stages.label.desk.list_filter import ListFilter
from ontos_tui.tui.stages.label.desk.queue_buffer import LabelQueue, open_queue, progress_line
from ontos_tui.tui.stages.label.desk.queue_table import QueueTable
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.services.label.service import PairCounts, QueueRow
    from ontos_tui.tui.stages.label.desk.source import Work
    from ontos_tui.workspace import Workspace

NOTHING = ("", 0)
"""The pair and the version of it that the draft was made from, when there is none."""

SEARCHING = "⧗ searching…"
"""What the line above the list says while a large one is being found or put in order."""

CLAIMED, RENEW_AT = 8, 3
"""Pairs ahead that are claimed at once, and how few of them may be left before the next are."""


class LabelReader(BackgroundMixin):
    """The queue of one training sheet or task and the item under its cursor."""

    DEFAULT_CSS = """
    LabelReader { height: 1fr; layout: vertical; }
    LabelReader #queue { width: 2fr; min-width: 30; max-width: 56; }
    LabelReader #item { width: 3fr; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._work: Work | None = None
        self._queue: LabelQueue | None = None
        self._session = new_id()
        self._draft: dict[str, Any] = {}
        self._active = ""
        self._shown = NOTHING
        self._seen_at = 0.0
        self._side = Side.FIELDS
        self._wanted = ListFilter()
        self._claimed: set[str] = set()
        self._last = ""
        self._searching = False
        self.table = QueueTable(self.do, self.choose, self._look)
        self._item = Panel(id="item")
        self._progress = OneLine(id="progress")

    def compose(self) -> ComposeResult:
        yield self._progress
        with Horizontal(classes="row"):
            yield self.table
            yield self._item

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

    def open(self, find: Callable[[Workspace], Work]) -> None:
        """Show this work, where the user left it."""
        self.focus_queue()
        self._queue = None
        self._claimed.clear()
        self._last = ""
        self.table.show(())

        def found(work: Work) -> None:
            before = self._work
            if before is None or (before.id, before.annotation_task) != (work.id, work.annotation_task):
                self._wanted = ListFilter(QueueFilter(task=work.annotation_task))
            self._work = work
            self.table.choose_with(work.keys)
            self._load()

        self.run_in_background(find, found, group="open")

    def _load(self, before: ListFilter | None = None) -> None:
        """Have the queue made; where that fails, `before` is wanted again."""
        work, wanted, session = self._work, self._wanted, self._session
        assert work is not None, "something is open"
        first, here = self._queue is None, self.ontos.session.pair_id
        self.run_in_background(
            lambda workspace: open_queue(work.service(workspace), work, wanted, here, session, undecided=first),
            self._take,
            group="queue",
            failed=lambda error: self._not_found(error, before),
        )

    def _not_found(self, error: OntosError, before: ListFilter | None) -> None:
        if before is not None:
            self._wanted = before
        self._searching = False
        self._paint_progress()
        self.ontos.tell_error(error)

    def _take(self, queue: LabelQueue) -> None:
        if self._queue is not None:
            queue.marked = self._queue.marked
        self._searching = False
        self._queue = queue
        self.table.say(
            "Nothing here fits the filter. Press F to change it, or v for another status."
            if not self._wanted.is_everything
            else "There are no items here. Press esc; pairs are made in stage 2 with g."
        )
        self.table.marked_rows = queue.marked
        self.table.show(queue, cursor=queue.start)
        self._look()

    def want(self, wanted: ListFilter) -> None:
        """List something else, or in another order; what is listed now stays until it is found."""
        before, self._wanted = self._wanted, wanted
        self._searching = True
        self._paint_progress()
        self._load(before)

    def others_changed(self) -> None:
        """Somebody, perhaps we, committed something: read what is in sight again and keep the place."""
        work, queue = self._work, self._queue
        if work is None or queue is None:
            return
        pages, changes = queue.pages(self.table.in_view), queue.changes

        def show(read: tuple[dict[int, list[QueueRow]], PairCounts]) -> None:
            rows, counts = read
            if queue is not self._queue or self.waiting:
                return
            if queue.changes != changes:
                self.others_changed()
                return
            if counts.total != queue.counts.total:
                self._load()
                return
            queue.counts = counts
            queue.keep_only(rows, self.table.cursor)
            self.table.repaint()
            self._look()

        self.run_in_background(
            lambda workspace: (queue.read(pages), work.service(workspace).counts(work.id)), show, group="others"
        )

    def _look(self) -> None:
        """Show the item under the cursor, now when it is here, and have its neighbors fetched."""
        queue, work = self._queue, self._work
        if queue is None or work is None:
            return
        index = self.table.cursor
        view = queue.view(index)
        if view is not None and (view.pair.id, view.pair.version) != self._shown:
            self._begin(view, work)
        self._paint()
        # Behind the picture: a thread that begins now would take the interpreter from it.
        self.call_after_refresh(self._fetch, queue, work, index)

    def _fetch(self, queue: LabelQueue, work: Work, index: int) -> None:
        """Have what comes next read, and kept from others."""
        if queue is not self._queue or index != self.table.cursor:
            return
        if pages := queue.missing_pages(self.table.in_view):
            self.run_in_background(
                lambda workspace: queue.read(pages), lambda rows: self._got_pages(queue, rows), group="pages"
            )
        if missing := queue.missing_items(index):
            self.run_in_background(
                lambda workspace: _views(workspace, work, missing),
                lambda views: self._got_items(queue, views),
                group="items",
            )
        self._claim(queue, work, index)

    def _begin(self, view: ItemView, work: Work) -> None:
        """Another item is in sight: its answer, or what is proposed for it, is the draft."""
        pair = view.pair
        self._shown = (pair.id, pair.version)
        self._seen_at = monotonic()
        self.ontos.session.pair_id = pair.id
        self._draft = dict(pair.answer or ({} if work.is_blind(pair) else pair.proposal) or {})
        self._active = next((field.name for field in work.fields if field.choices or field.kind.value == "boolean"), "")

    def _claim(self, queue: LabelQueue, work: Work, index: int) -> None:
        """Keep others from being led to the pairs that come next here."""
        if not work.is_shared:
            return
        ahead = queue.upcoming(index, CLAIMED)
        if not ahead or all(pair_id in self._claimed for pair_id in ahead[:RENEW_AT]):
            return
        self._claimed = set(ahead)

        def held(by: dict[str, str]) -> None:
            if queue is not self._queue:
                self._let_go()
            elif by:
                self._claimed -= by.keys()
                queue.hold(by)
                self.table.repaint()
                self._paint()

        self.run_in_background(
            lambda workspace: workspace.label.claims.take(work.id, ahead, self._session), held, group="claims"
        )

    def _let_go(self) -> None:
        """Others may be led to what was claimed here."""
        session = self._session
        self._claimed.clear()
        self.run_in_background(
            lambda workspace: workspace.label.claims.release(session), lambda _: None, group="release"
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
        queue, work = self._queue, self._work
        assert queue is not None, "something is open"
        assert work is not None, "something is open"
        view, panel = self._view, self._item
        if view is None:
            panel.show(lambda width: () if not len(queue) else [line(span("Loading…", "muted"))])
        else:
            draft = Draft(dict(self._draft), self._active, work.is_blind(view.pair))
            held_by, side = self._held_by, self._side
            panel.show(lambda width: item_lines(view, work, draft, width, side, held_by))
        self._paint_progress()

    def _paint_progress(self) -> None:
        queue, work = self._queue, self._work
        if work is not None and queue is not None:
            last = SEARCHING if self._searching else self._last
            told = progress_line(work.name, queue, self.late, self._wanted.words(), last)
            self._progress.show(lambda width: told)

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()

    @property
    def _view(self) -> ItemView | None:
        return self._queue.view(self.table.cursor) if self._queue is not None else None

    @property
    def _held_by(self) -> str:
        """Who else is about to decide the item under the cursor."""
        row = self.table.current
        return row.claimed_by if row is not None and row.status.value == "unlabeled" else ""

    # Looking

    def do(self, verb: str) -> None:
        """What a key of the queue stands for."""
        getattr(self, f"do_{verb}")()

    @abstractmethod
    def choose(self, key: str) -> None:
        """Give a field the value that this key stands for."""

    def do_skip(self) -> None:
        """On without a decision."""
        self.table.action_move(1)

    def do_search(self) -> None:
        """Only pairs that contain a text."""

        def done(values: Values | None) -> None:
            if values is not None:
                self.want(self._wanted.with_text(values["text"] or ""))

        text = FormField("text", "Text", self._wanted.filter.text, hint="in the id, fields, answer; empty shows all")
        self.app.push_screen(FormDialog("Search", (text,)), done)

    def do_jump(self) -> None:
        """To the item with this number or name."""
        queue = self._queue
        if queue is None:
            return

        def done(values: Values | None) -> None:
            if values is not None:
                wanted = values["item"]
                self.run_in_background(
                    lambda workspace: queue.source.place_of(wanted),
                    lambda place: self._jumped(place, wanted),
                    group="jump",
                )

        self.app.push_screen(FormDialog("Jump to", (FormField("item", "Item", required=True, hint="#, or id"),)), done)

    def _jumped(self, place: int | None, wanted: str) -> None:
        if place is None:
            self.ontos.tell(f"There is no {wanted!r} in this list. F changes what the list leaves out.")
        else:
            self.table.move_to(place)

    def do_filter(self) -> None:
        """The next status."""
        self.want(self._wanted.next_status())

    def do_filters(self) -> None:
        """Everything that the list can be narrowed by."""
        work = self._work
        if work is None:
            return

        def done(values: Values | None) -> None:
            if values is not None:
                self.want(self._wanted.filled(work, values))

        self.app.push_screen(FormDialog("What to show", self._wanted.form(work)), done)

    def do_similar(self) -> None:
        """The most similar ones first."""
        if self._view is not None:
            self.want(self._wanted.similar_to(self._view.pair.item_ref))

    def do_views(self) -> None:
        """Open, save or delete a named filter and order."""
        from ontos_tui.tui.stages.label.desk.saved_views import ViewsDialog

        work = self._work
        if work is None:
            return
        if not work.is_shared:
            self.ontos.tell("Views are of training sheets; a task is short enough without.")
            return

        def done(wanted: ListFilter | None) -> None:
            if wanted is not None:
                self.want(wanted)

        self.app.push_screen(ViewsDialog(work.id, work.name, self._wanted), done)

    def do_sort(self) -> None:
        """The next order."""
        self.want(self._wanted.next_sort())

    def do_picture(self) -> None:
        """The pictures of this item."""
        from ontos_tui.tui.stages.label.desk.picture import PictureDialog

        if self._view is not None:
            pair = self._view.pair
            self.app.push_screen(PictureDialog(pair.item_ref, pair.sheet_id, pair.source_data))

    def do_prompt(self) -> None:
        """The document with the answer's places, where there is one, then the prompt, then the fields again."""
        view, work = self._view, self._work
        shows = view is not None and work is not None and marked(view.pair.source_data, work.fields, self._draft)
        self._turn(Side.DOCUMENT if shows and self._side is Side.FIELDS else Side.PROMPT)

    def do_guidelines(self) -> None:
        """Fields or guidelines."""
        self._turn(Side.GUIDELINES)

    def _turn(self, side: Side) -> None:
        self._side = Side.FIELDS if self._side is side else side
        if self._queue is not None:
            self._paint()

    def do_dismiss(self) -> None:
        """What engines noticed about this item is no reason to look at it again."""
        view = self._view
        if view is None or not view.hints:
            self.ontos.tell("Nothing was noticed about this one. L, outside the queue, has engines look.")
            return
        pair_id, kinds = view.pair.id, [hint.kind for hint in view.hints]

        def work(workspace: Workspace) -> None:
            for kind in kinds:
                workspace.label.hints.dismiss(pair_id, kind)

        def done(_: None) -> None:
            if self._queue is not None:
                self._queue.forget(pair_id)
                self._look()

        self.run_in_background(work, done, group="dismiss")

    def do_alike(self) -> None:
        """How similar items were decided."""
        from ontos_tui.tui.dialogs.similar_items import AlikeDialog

        if self._view is not None:
            self.app.push_screen(AlikeDialog(self._view.pair))

    def do_history(self) -> None:
        """Every change of this pair."""
        view, work = self._view, self._work
        if view is not None and work is not None:
            self.app.push_screen(HistoryDialog(view.pair.id, view.pair.item_ref, work.service))


def _views(workspace: Workspace, work: Work, ids: Sequence[str]) -> list[ItemView]:
    pairs = work.service(workspace).pairs(ids)
    hints = workspace.label.hints.of(ids)
    for pair in pairs:  # found here, where it costs no key its time, and remembered for the picture
        marked(pair.source_data, work.fields, pair.answer or pair.proposal or {})
    return [
        ItemView(pair, () if work.prompt is None else work.prompt.messages(pair.source_data), hints.get(pair.id, ()))
        for pair in pairs
    ]
