"""The words that the screens use, each in one or two sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

WORDS: tuple[tuple[str, str], ...] = (
    ("item", "One row, picture, document or window of a sheet: what one answer is about."),
    ("template", "How an item becomes a question, and which fields the answer has."),
    ("pair", "An item's question with its answer. A pair counts for training once a person has approved the answer."),
    ("proposal", "An answer that an engine suggests. It saves typing; nothing counts until you approve it."),
    ("canonical label", "The answer to an item, apart from any prompt. Labeled once, it approves every pair of it."),
    ("held out", "Pairs that a model never learns from, so that it can be tested on them. They were drawn by chance."),
    ("baseline", "What one constant answer gets right on the same tested pairs: what a model has to beat."),
    ("interval", "Where the true score lies, in 95 of 100 such tests. Few tested pairs make it wide."),
    (
        "verdict",
        "✓ better: the whole interval of the gain is above the baseline. ◐ better, but chance could explain it, or "
        "only some fields are. ✗ not usable yet: no better than the baseline.",
    ),
    ("confidence", "How sure a model is of one answer; a percentage only where it was measured on unseen pairs."),
    ("group", "What belongs together, such as all rows of one unit. Tests hold out whole groups, as the world does."),
    ("endpoint", "A model version that answers requests under one address. Every request is logged."),
    ("feedback", "What a person says of one prediction: a rating, and the right answer. It becomes a pair."),
    ("drift", "Recent requests differ from those that the model learned from; its answers may be worse than tested."),
    ("gap", "Where a model is often wrong or has seen few examples. A task collects labels for it."),
)


class GlossaryDialog(Dialog[None]):
    """The words in their order: those of making a model first, those of using it last."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.glossary.leave", "escape,q", "Back", "Close the words"),
    )
    DEFAULT_CSS = "GlossaryDialog > #box { height: 90%; }"

    def __init__(self) -> None:
        super().__init__("What the words mean")

    def compose_body(self) -> ComposeResult:
        yield Panel(id="words")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(self._lines)
        panel.focus()

    def possible(self, command: str) -> bool:
        return command != "glossary"  # it is shown

    def _lines(self, width: int) -> Iterator[Line]:
        yield EMPTY
        room = max(len(word) for word, _ in WORDS) + 2
        for word, meaning in WORDS:
            for number, part in enumerate(wrap(meaning, width - room)):
                yield line(span(f"{word if number == 0 else '':<{room}}", "key"), *part)
