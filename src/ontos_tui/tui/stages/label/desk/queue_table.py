"""The queue's rows, and the keys that decide them."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events

from ontos_tui.domain.rules.confidence_text import short_certainty
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.tui.core.commands import Command, Commanded
from ontos_tui.tui.stages.label.desk.item_panel import STATUS_MARKS
from ontos_tui.tui.widgets.lines import span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.label.service import QueueRow

DIGITS = tuple(str(digit) for digit in range(1, 10))


NARROW = (ColumnSpec("", 2), ColumnSpec("item", 0, ends=True), ColumnSpec("answer", 0))
WIDE = (ColumnSpec("#", 6, right=True), *NARROW, ColumnSpec("sure", 6, right=True))
ROOMY = 44
"""Cells from which on the list also has the number and the confidence."""


class QueueTable(Table["QueueRow"], Commanded):
    """The rows of the queue. Its keys call the desk, which does the work: messages on their way take time."""

    HELP_TITLE: ClassVar[str] = "In the queue"
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "label.desk.approve",
            "a,enter",
            "Approve",
            "The answer as it stands is right; go on to the next pair",
            action="desk('approve')",
        ),
        Command(
            "label.desk.digit",
            ",".join(DIGITS),
            "Choose",
            "Give the ▸ field this value; the next field follows",
            key_text="1–9",
            action="desk('digit')",
        ),
        Command("label.desk.edit", "e", "Edit", "Change the answer in a form, then approve it", action="desk('edit')"),
        Command(
            "label.desk.spans",
            "S",
            "Spans",
            "Mark spans of the text, where the answer contains spans",
            shown=False,
            action="desk('spans')",
        ),
        Command(
            "label.desk.undo",
            "u",
            "Undo",
            "Take back your last decision here; repeat for earlier ones",
            action="desk('undo')",
        ),
        Command(
            "label.desk.leave",
            "escape",
            "Back",
            "To the training sheets; number keys are stages again",
            action="desk('leave')",
        ),
        Command(
            "label.desk.reject", "r", "Reject", "The pair cannot be used; enter the reason", action="desk('reject')"
        ),
        Command(
            "label.desk.flag",
            "f",
            "Flag",
            "Flag it for a second look, or remove the flag",
            action="desk('flag')",
        ),
        Command(
            "label.desk.mark",
            "x",
            "Mark",
            "Mark this one and go on; the next decision is for all marked ones",
            action="desk('mark')",
        ),
        Command("label.desk.skip", "s,space", "Skip", "Go on without a decision", shown=False, action="desk('skip')"),
        Command("label.desk.redo", "U,ctrl+r", "Redo", "Do again what was undone", shown=False, action="desk('redo')"),
        Command(
            "label.desk.next_open",
            "n",
            "Next undecided",
            "To the next pair that needs a decision",
            shown=False,
            action="desk('next_open')",
        ),
        Command(
            "label.desk.mark_all",
            "X",
            "Mark all",
            "Mark everything in the list, or remove all marks",
            shown=False,
            action="desk('mark_all')",
        ),
        Command(
            "label.desk.mark_group",
            "D",
            "Mark duplicates",
            "Mark the near-duplicates of this one",
            shown=False,
            action="desk('mark_group')",
        ),
        Command("label.desk.note", "N", "Note", "Write a note about this pair", shown=False, action="desk('note')"),
        Command(
            "label.desk.constrain",
            "C",
            "Uses",
            "What this may be used for, and how it is classified",
            shown=False,
            action="desk('constrain')",
        ),
        Command(
            "label.desk.jump",
            "colon",
            "Jump",
            "Go to the item with this number or id",
            shown=False,
            action="desk('jump')",
        ),
        Command(
            "label.desk.search",
            "slash",
            "Search",
            "List only pairs that contain a text",
            shown=False,
            action="desk('search')",
        ),
        Command(
            "label.desk.filter",
            "v",
            "Status",
            "All, to decide, labeled, flagged or rejected",
            shown=False,
            action="desk('filter')",
        ),
        Command(
            "label.desk.similar",
            "M",
            "Sort by similarity",
            "List the most similar to this one first",
            shown=False,
            action="desk('similar')",
        ),
        Command(
            "label.desk.views",
            "V",
            "Views",
            "Saved filters and orders: open, save, delete",
            shown=False,
            action="desk('views')",
        ),
        Command(
            "label.desk.filters",
            "F",
            "Filter",
            "By label, confidence, disagreement, source, text…",
            shown=False,
            action="desk('filters')",
        ),
        Command(
            "label.desk.sort",
            "o",
            "Order",
            "In order, least sure, most disagreed, likely errors, oldest",
            shown=False,
            action="desk('sort')",
        ),
        Command(
            "label.desk.picture",
            "i",
            "Picture",
            "The pictures of this one, large, beside its fields",
            shown=False,
            action="desk('picture')",
        ),
        Command(
            "label.desk.prompt",
            "p",
            "Prompt",
            "The document with the answer's places, the rendered prompt, and back",
            shown=False,
            action="desk('prompt')",
        ),
        Command(
            "label.desk.guidelines",
            "g",
            "Guidelines",
            "How to decide, and what each class means",
            shown=False,
            action="desk('guidelines')",
        ),
        Command(
            "label.desk.dismiss",
            "d",
            "Dismiss hint",
            "Do not show the ! hints of this one again",
            shown=False,
            action="desk('dismiss')",
        ),
        Command(
            "label.desk.alike",
            "m",
            "Similar",
            "How the most similar labeled items were decided",
            shown=False,
            action="desk('alike')",
        ),
        Command(
            "label.desk.history",
            "H",
            "History",
            "Every change of this pair: who, when, what",
            shown=False,
            action="desk('history')",
        ),
        Command(
            "label.desk.reading",
            "I",
            "Wrong value",
            "A value was read wrongly: to the place where the reading of its column is decided",
            shown=False,
            action="desk('reading')",
        ),
        Command(
            "label.desk.must_pass",
            "T",
            "Must pass",
            "Every new model version must give this answer before it is deployed; again: no more",
            shown=False,
            action="desk('must_pass')",
        ),
    )

    def __init__(self, do: Callable[[str], None], choose: Callable[[str], None], moved: Callable[[], None]) -> None:
        """`do` gets the name of a verb, `choose` a key that stands for a value; `moved`: the cursor is elsewhere."""
        super().__init__(WIDE, self._row_cells, empty="Loading…", id="queue")
        self._do, self._choose, self._moved = do, choose, moved
        self._choosing: frozenset[str] = frozenset()
        self.marked_rows: Container[str] = frozenset()

    def choose_with(self, keys: frozenset[str]) -> None:
        """These keys choose values now: numbers, and the hotkeys of classes."""
        self._choosing = keys

    def on_resize(self) -> None:
        self._columns = WIDE if self.size.width >= ROOMY else NARROW
        super().on_resize()

    def _row_cells(self, row: QueueRow) -> Sequence[object]:
        mark, style = STATUS_MARKS[row.status.value]
        if row.claimed_by and row.status is PairStatus.UNLABELED:
            mark, style = "⧗", "warn"
        chosen = row.id in self.marked_rows
        cells = (span(f"{'▪' if chosen else ' '}{mark}", "key" if chosen else style), row.item_ref, row.summary)
        if self._columns is NARROW:
            return cells
        sure = short_certainty(row.confidence, row.certainty)
        return (row.sequence, *cells, span(sure, "muted"))

    def post_moved(self) -> None:
        self._moved()

    def action_desk(self, verb: str) -> None:
        self._do(verb)

    def on_key(self, event: events.Key) -> None:
        key = event.character or event.key
        if key in self._choosing or key in DIGITS:
            event.stop()
            event.prevent_default()
            self._choose(key)
