"""The queue's rows, and the keys that decide them."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events

from ontos_tui.tui.core.commands import Command, Commanded
from ontos_tui.tui.stages.label.desk.item_panel import STATUS_MARKS
from ontos_tui.tui.widgets.lines import span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.label.service import QueueRow

DIGITS = tuple(str(digit) for digit in range(1, 10))


NARROW = (ColumnSpec("", 2), ColumnSpec("item", 0, ends=True), ColumnSpec("answer", 0))
WIDE = (ColumnSpec("#", 6, right=True), *NARROW, ColumnSpec("sure", 4, right=True))
ROOMY = 44
"""Cells from which on the list also has the number and the confidence."""


class QueueTable(Table["QueueRow"], Commanded):
    """The rows of the queue. Its keys call the desk, which does the work: messages on their way take time."""

    HELP_TITLE: ClassVar[str] = "In the queue"
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("desk('approve')", "a,enter", "Approve", "The answer as it stands is right; go on to the next pair"),
        Command(
            "desk('digit')",
            ",".join(DIGITS),
            "Choose",
            "Give the ▸ field this value; the next field follows",
            key_text="1–9",
        ),
        Command("desk('edit')", "e", "Edit", "Change the answer in a form, then approve it"),
        Command("desk('spans')", "S", "Spans", "Mark stretches of the text, where the answer holds some", shown=False),
        Command("desk('undo')", "u", "Undo", "Take back your last decision here; as often as you like, also tomorrow"),
        Command("desk('leave')", "escape", "Back", "To the training sheets; number keys are stages again"),
        Command("desk('reject')", "r", "Reject", "The pair is no good; say why"),
        Command("desk('flag')", "f", "Flag", "Put it aside for a second look, or take the flag off"),
        Command("desk('mark')", "x", "Mark", "Mark this one and go on; a verdict is then for all marked ones"),
        Command("desk('skip')", "s,space", "Skip", "Go on without a decision", shown=False),
        Command("desk('redo')", "U,ctrl+r", "Redo", "Do again what was undone", shown=False),
        Command("desk('next_open')", "n", "Next open", "To the next pair that needs a decision", shown=False),
        Command("desk('mark_all')", "X", "Mark all", "Mark everything in the list, or nothing any more", shown=False),
        Command("desk('mark_group')", "D", "Mark alike", "Mark the near-duplicates of this one", shown=False),
        Command("desk('note')", "N", "Note", "Write a note about this pair", shown=False),
        Command("desk('constrain')", "C", "Uses", "What this may be used for, and how it is classified", shown=False),
        Command("desk('jump')", "colon", "Jump", "To the item with this number or name", shown=False),
        Command("desk('search')", "slash", "Search", "Only pairs that contain a text", shown=False),
        Command("desk('filter')", "v", "Status", "All, to decide, labeled, flagged or rejected", shown=False),
        Command("desk('similar')", "M", "More like it", "In the order of the likeness to this one", shown=False),
        Command("desk('views')", "V", "Views", "Filters and orders under a name: open, save, delete", shown=False),
        Command("desk('filters')", "F", "Filter", "By label, confidence, disagreement, source, text…", shown=False),
        Command(
            "desk('sort')", "o", "Order", "In order, least sure, most disagreed, likely errors, oldest", shown=False
        ),
        Command("desk('picture')", "i", "Picture", "The pictures of this one, large, beside its fields", shown=False),
        Command(
            "desk('prompt')",
            "p",
            "Prompt",
            "The document with the answer's places, the rendered prompt, and back",
            shown=False,
        ),
        Command("desk('guidelines')", "g", "Guidelines", "How to decide, and what each class means", shown=False),
        Command("desk('dismiss')", "d", "Looked", "The ! is no reason to look again; it stays away", shown=False),
        Command("desk('alike')", "m", "Alike", "How the most similar labeled items were decided", shown=False),
        Command("desk('history')", "H", "History", "Every change of this pair: who, when, what", shown=False),
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
        if row.claimed_by and row.status.value == "unlabeled":
            mark, style = "⧗", "warn"
        chosen = row.id in self.marked_rows
        cells = (span(f"{'▪' if chosen else ' '}{mark}", "key" if chosen else style), row.item_ref, row.summary)
        if self._columns is NARROW:
            return cells
        sure = f"{row.confidence:.0%}" if row.confidence is not None else ""
        return (row.sequence, *cells, span(sure, "muted"))

    def tell_moved(self) -> None:
        self._moved()

    def action_desk(self, verb: str) -> None:
        self._do(verb)

    def on_key(self, event: events.Key) -> None:
        key = event.character or event.key
        if key in self._choosing or key in DIGITS:
            event.stop()
            event.prevent_default()
            self._choose(key)
