"""The keys of the desk: they decide wherever the focus is, in the list or in the item."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events

from ontos_tui.tui.core.commands import Command, Commanded

DIGITS = tuple(str(digit) for digit in range(1, 10))


DESK_COMMANDS: tuple[Command, ...] = (
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
    Command("label.desk.reject", "r", "Reject", "The pair cannot be used; enter the reason", action="desk('reject')"),
    Command(
        "label.desk.flag",
        "f",
        "Flag",
        "Flag it for a second look, or remove the flag",
        action="desk('flag')",
    ),
    Command("label.desk.skip", "s", "Skip", "Go on without a decision", action="desk('skip')"),
    Command("label.desk.redo", "U,ctrl+r", "Redo", "Do again what was undone", shown=False, action="desk('redo')"),
    Command(
        "label.desk.next_open",
        "n",
        "Next undecided",
        "To the next pair that needs a decision; after a search, to the next match",
        shown=False,
        action="desk('next_open')",
    ),
    Command(
        "label.desk.undo",
        "u",
        "Undo",
        "Take back your last decision here; repeat for earlier ones",
        action="desk('undo')",
    ),
    Command(
        "label.desk.search",
        "slash",
        "Search",
        "List only pairs that contain a text; esc clears it",
        action="desk('search')",
    ),
    Command(
        "label.desk.leave",
        "escape",
        "Back",
        "Remove the marks, then the search, then the filter; then to the training sheets",
        action="desk('leave')",
    ),
    Command(
        "label.desk.mark",
        "x,space",
        "Mark",
        "Mark this one and go on; the next decision is for all marked ones",
        action="desk('mark')",
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
    Command(
        "label.desk.previous_open",
        "N",
        "Previous undecided",
        "To the pair before that needs a decision; after a search, to the match before",
        shown=False,
        action="desk('previous_open')",
    ),
    Command("label.desk.top", "g", "First", "To the first row of the list", shown=False, action="desk('top')"),
    Command("label.desk.note", "l", "Note", "Leave a note about this pair", shown=False, action="desk('note')"),
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
        "Jump or command",
        "Go to the item with this number or id, or run a command by its name",
        shown=False,
        action="desk('jump')",
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
        "h",
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
        "Every new model version must give this answer to be deployed; T again removes the case",
        shown=False,
        action="desk('must_pass')",
    ),
)


class DeskKeys(Commanded):
    """A part of the desk; each has DESK_COMMANDS as its own. They call the desk: messages on their way take time."""

    HELP_TITLE: ClassVar[str] = "In the queue"
    _do: Callable[[str], None]
    _choose: Callable[[str], None]
    _choosing: frozenset[str] = frozenset()

    def call(self, do: Callable[[str], None], choose: Callable[[str], None]) -> None:
        """`do` gets the name of a verb, `choose` a key that stands for a value."""
        self._do, self._choose = do, choose

    def choose_with(self, keys: frozenset[str]) -> None:
        """These keys choose values now: numbers, and the hotkeys of classes."""
        self._choosing = keys

    def action_desk(self, verb: str) -> None:
        self._do(verb)

    def on_key(self, event: events.Key) -> None:
        key = event.character or event.key
        if key in self._choosing or key in DIGITS:
            event.stop()
            event.prevent_default()
            self._choose(key)
