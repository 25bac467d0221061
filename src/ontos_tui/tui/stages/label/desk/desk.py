"""The desk: one key a decision. The widget owns the state and the parts that change and paint it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message

from ontos_tui.tui.core.background import BackgroundMixin, Finished
from ontos_tui.tui.stages.label.desk.claims import Claims
from ontos_tui.tui.stages.label.desk.commands.bulk import BulkDecisions
from ontos_tui.tui.stages.label.desk.commands.decisions import Decisions
from ontos_tui.tui.stages.label.desk.commands.item_commands import ItemCommands
from ontos_tui.tui.stages.label.desk.commands.list_commands import ListCommands
from ontos_tui.tui.stages.label.desk.commands.verdicts import Verdicts
from ontos_tui.tui.stages.label.desk.panes.display import DeskDisplay
from ontos_tui.tui.stages.label.desk.panes.queue_table import QueueTable
from ontos_tui.tui.stages.label.desk.prompt_line import PromptLine
from ontos_tui.tui.stages.label.desk.queue_reader import QueueReader
from ontos_tui.tui.stages.label.desk.state.decision_writer import DecisionWriter
from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
from ontos_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from ontos_tui.tui.stages.label.desk.state.item import ItemView
    from ontos_tui.tui.stages.label.work import Work
    from ontos_tui.workspace import Workspace


NARROWEST_FOR_TWO, ROOM_FOR_NUMBERS = 80, 110
"""Cells of the screen from which the list stands beside the item, and from which it has numbers too."""
LEAST_LIST, LEAST_NUMBERED = 22, 46


class LabelDesk(BackgroundMixin):
    """Labels one training sheet or task."""

    DEFAULT_CSS = """
    LabelDesk { height: 1fr; layout: vertical; }
    LabelDesk #panes { height: 1fr; layout: horizontal; }
    LabelDesk #decision { width: 1fr; height: 1fr; layout: vertical; }
    LabelDesk #item { height: 1fr; padding: 0 1 0 0; }
    LabelDesk #basis { width: 1fr; display: none; }
    LabelDesk #evidence { height: 1fr; display: none; padding: 0 1; }
    LabelDesk #last { margin: 0 0 0 1; }
    """

    class Left(Message):
        """The user is done here for now, with this work."""

        def __init__(self, work_id: str) -> None:
            super().__init__()
            self.work_id = work_id

    def __init__(self) -> None:
        super().__init__()
        state = self._state = DeskState()
        self._writer = DecisionWriter(lambda deliver: self.app.post_message(Finished(deliver)))
        table = self._table = QueueTable(self._cursor_moved)
        display = self._display = DeskDisplay(self, state, table, self._writer)
        for part in (table, display.item_pane, display.evidence_pane):
            part.call(self._run_verb, self._choose)
        self._prompt = PromptLine(self.focus_queue)
        display.lay_out = self._lay_out
        self._claims = Claims(self, state, display)
        reader = self._reader = QueueReader(self, state, display, self._claims, self._writer)
        decisions = self._decisions = Decisions(self, state, display, reader, self._writer)
        self._bulk = BulkDecisions(self, state, display, reader, decisions)
        self._verdicts = Verdicts(self, state, display, reader, decisions, self._bulk)
        self._lists = ListCommands(self, state, display, reader, self._prompt)
        self._items = ItemCommands(self, state, display, reader)
        self._verbs = self._verbs_by_name()

    def _verbs_by_name(self) -> Mapping[str, Callable[[], None]]:
        """What runs for each name in the table of keys."""
        return {
            "approve": self._verdicts.approve,
            "edit": self._verdicts.edit,
            "spans": self._verdicts.edit_spans,
            "reject": self._verdicts.reject,
            "flag": self._verdicts.flag,
            "note": self._verdicts.note,
            "constrain": self._verdicts.set_uses,
            "undo": self._decisions.undo,
            "redo": self._decisions.redo,
            "next_open": self._decisions.next_undecided,
            "previous_open": self._decisions.previous_undecided,
            "top": self._lists.go_to_top,
            "mark": self._bulk.toggle,
            "mark_all": self._bulk.toggle_all,
            "mark_group": self._bulk.add_duplicates,
            "skip": self._lists.skip,
            "search": self._lists.search,
            "jump": self._lists.jump,
            "filter": self._lists.next_status,
            "filters": self._lists.edit_filter,
            "sort": self._lists.next_order,
            "similar": self._lists.sort_by_similarity,
            "views": self._lists.open_views,
            "picture": self._items.show_pictures,
            "prompt": self._items.show_prompt,
            "guidelines": self._items.show_guidelines,
            "dismiss": self._items.dismiss_hints,
            "alike": self._items.show_similar,
            "history": self._items.show_history,
            "must_pass": self._items.set_must_pass,
            "reading": self._items.correct_reading,
            "leave": self._leave,
        }

    def compose(self) -> ComposeResult:
        yield self._display.progress
        yield self._display.sent_back
        yield self._display.chips
        yield self._prompt
        with Container(id="panes"):
            yield self._table
            with Vertical(id="decision"):
                yield self._display.item_pane
                yield self._display.last
            with Vertical(id="basis"):
                yield self._display.evidence_pane
                yield self._display.visual_pane

    def on_resize(self) -> None:
        """The list is as wide as its rows need, as far as the item keeps its room."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        width = self.size.width
        if width >= NARROWEST_FOR_TWO:
            natural = self._table.natural_width + 1
            most = width // 3 if width >= ROOM_FOR_NUMBERS else width * 3 // 10
            least = LEAST_NUMBERED if width >= ROOM_FOR_NUMBERS else LEAST_LIST
            self._table.styles.width = max(least, min(natural, most))
        else:
            self._table.styles.clear_rule("width")
        self._display.paint()

    def open(self, find: Callable[[Workspace], Work]) -> None:
        """Start labeling this work, where the user left it."""
        self.focus_queue()
        self._writer.start()
        self._reader.open(find)

    def focus_queue(self) -> None:
        """The keys decide again."""
        self._table.focus()

    @property
    def item(self) -> ItemView | None:
        """The item under the cursor, when it is here and no decision about it is on its way to the disk."""
        return self._display.item

    def others_changed(self) -> None:
        """Something was committed, perhaps by others: read what is in sight again and keep the place."""
        self._reader.refresh()

    # What the table calls

    def _run_verb(self, verb: str) -> None:
        self._verbs[verb]()

    def _choose(self, key: str) -> None:
        self._verdicts.choose(key)

    def _cursor_moved(self) -> None:
        self._reader.show_current()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()

    # Leaving

    def _leave(self) -> None:
        """Take away the marks, then the search, then the filter; when there are none, to the training sheets."""
        if self._bulk.is_active:
            self._bulk.clear()
            return
        if self._lists.clear_last():
            return
        self._display.keep_draft()
        if waiting := len(self._state.drafts):
            answers = "answer is" if waiting == 1 else "answers are"
            self.ontos.show_message(f"{waiting:,} changed {answers} not approved yet; ✎ marks them in the queue.")
        work, self._state.queue = self._state.work, None
        self._claims.release()
        self.post_message(self.Left(work.id if work is not None else ""))

    def on_unmount(self) -> None:
        """Whatever ends the app: what was decided is written first, and what was claimed here is given back."""
        if self._writer.is_running:
            workspace, session_id = self.ontos.workspace, self._state.session_id
            self._writer.put(lambda: workspace.label.claims.release(session_id), lambda _: None, self.ontos.show_error)
            self._writer.close()
