"""Marking spans by keyboard: the text with its spans in brackets, walked through by words, labeled by keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.spans import Span, SpanRules, describe_span, span_at
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.stages.label.spans.selection import Marking
from ontos_tui.tui.stages.label.spans.text_view import MarkedText
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, color, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.template import LabelClass

TAKEN = frozenset("wbehjklvxunp0$gG ")
"""Keys that walk and change here; a label whose own key is one of them has its number instead."""

SHOWN = 40
"""Characters of a stretch that the line below the text tells."""


def label_keys(labels: Sequence[str], classes: Sequence[LabelClass] = ()) -> dict[str, str]:
    """The key of each label: its class's own, else its number; those past the ninth have none."""
    own = {one.name: one.hotkey for one in classes if one.hotkey and one.hotkey not in TAKEN}
    numbers = {label: str(number) for number, label in enumerate(labels[:9], 1)}
    keys = {label: own[label] for label in labels if label in own}
    return keys | {label: key for label, key in numbers.items() if label not in own and key not in own.values()}


class SpansDialog(Dialog[tuple[Span, ...]]):
    """Marks the spans of one text; gives them, or None to leave them unchanged."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("label.spans.accept", "enter,ctrl+s,f2", "Done", "Save these spans"),
        Command("label.spans.select", "v", "Select", "Start a selection here, or cancel it; moving extends it"),
        Command("label.spans.remove", "x", "Remove", "Remove the span under the cursor"),
        Command("label.spans.undo", "u", "Undo", "Take back the last change here"),
        Command("label.spans.next_word", "w", "Word", "To the next word", action="walk('next_word')"),
        Command(
            "label.spans.previous_word",
            "b",
            "Back a word",
            "To the word before",
            shown=False,
            action="walk('previous_word')",
        ),
        Command(
            "label.spans.word_end", "e", "Word end", "To the end of the word", shown=False, action="walk('word_end')"
        ),
        Command("label.spans.right", "l,right", "Right", "One character on", shown=False, action="walk('right')"),
        Command("label.spans.left", "h,left", "Left", "One character back", shown=False, action="walk('left')"),
        Command("label.spans.line_down", "j,down", "Down", "One line down", shown=False, action="row('line_down')"),
        Command("label.spans.line_up", "k,up", "Up", "One line up", shown=False, action="row('line_up')"),
        Command(
            "label.spans.line_start",
            "0,home",
            "Line start",
            "To the beginning of the line",
            shown=False,
            action="edge('line_start')",
        ),
        Command(
            "label.spans.line_end",
            "dollar_sign,end",
            "Line end",
            "To the end of the line",
            shown=False,
            action="edge('line_end')",
        ),
        Command("label.spans.top", "g", "Top", "To the beginning of the text", shown=False, action="walk('top')"),
        Command("label.spans.bottom", "G", "Bottom", "To the end of the text", shown=False, action="walk('bottom')"),
        Command("label.spans.next_span", "n", "Next span", "To the next span", shown=False, action="walk('next_span')"),
        Command(
            "label.spans.previous_span",
            "p",
            "Span before",
            "To the span before",
            shown=False,
            action="walk('previous_span')",
        ),
        Command("label.spans.which", "space", "Label", "Choose a label from a list", shown=False),
        Command("label.spans.leave", "escape", "Back", "Cancel the selection, or leave without changes"),
    )
    DEFAULT_CSS = """
    SpansDialog > #box { height: 90%; max-width: 140; }
    SpansDialog #labels { height: auto; max-height: 3; }
    """

    def __init__(
        self, heading: str, text: str, rules: SpanRules, spans: Sequence[Span], classes: Sequence[LabelClass] = ()
    ) -> None:
        super().__init__(heading)
        self._marking = Marking(text, rules, spans)
        self._key_of = label_keys(rules.labels, classes)
        self._colors = {one.name: color(one.color) for one in classes if one.color}
        self._names = {one.name: one.display_name for one in classes if one.display_name}
        self._said = ""

    def compose_body(self) -> ComposeResult:
        labels = Panel(id="labels")
        labels.can_focus = False
        yield labels
        yield MarkedText(self._marking, self._key_of, self._colors)
        yield OneLine(id="here")

    def on_mount(self) -> None:
        named = (f"{self._key_of.get(one, '·')} {self._names.get(one, one)}" for one in self._marking.rules.labels)
        labels_text = "   ".join(named)
        self.query_one("#labels", Panel).show(lambda width: wrap(labels_text, width, "key"))
        self.query_one("#labels").styles.height = min(
            3, 1 + cell_len(labels_text) // max(20, min(self.size.width, 130) - 8)
        )
        self.query_one(MarkedText).focus()
        self.call_after_refresh(self._show)

    def _show(self, said: str = "") -> None:
        self._said = said
        self.query_one(MarkedText).follow()
        self.query_one("#here", OneLine).show(lambda width: self._here())

    def _here(self) -> Line:
        """In words where the cursor is, and what a label would be given to."""
        marking = self._marking
        if self._said:
            return line(span(self._said, "warn"))
        inside, chosen = span_at(marking.spans, marking.cursor), marking.chosen
        parts = [span(f"{marking.cursor}/{len(marking.text)}  ", "muted")]
        if chosen is not None:
            stretch = marking.text[slice(*chosen)]
            cut = stretch if len(stretch) <= SHOWN else f"{stretch[: SHOWN - 1]}…"
            what = (
                "selected" if marking.anchor is not None else "span" if inside and not marking.rules.overlap else "word"
            )
            parts.append(span(f"{what} {chosen[0]}–{chosen[1]} “{cut}”", "strong"))
        elif marking.anchor is not None:
            parts.append(span("selecting; only spaces so far", "strong"))
        if inside is not None:
            parts.append(span(f"  ⟦⟧ {describe_span(inside)}", "accent"))
        return line(*parts)

    def on_marked_text_key(self, event: MarkedText.Key) -> None:
        """A label's key."""
        event.stop()
        self._label(next(label for label, key in self._key_of.items() if key == event.key))

    def _label(self, label: str) -> None:
        self._try(lambda: self._marking.label(label))

    def _try(self, change: Callable[[], None]) -> None:
        try:
            change()
        except InvalidInputError as refused:
            self._show(f"✗ {refused.what} {refused.todo}")
        else:
            self._show()

    def action_walk(self, motion: str) -> None:
        self._marking.walk(motion)
        self._show()

    def action_row(self, way: str) -> None:
        self._marking.go(self.query_one(MarkedText).in_row(1 if way == "line_down" else -1))
        self._show()

    def action_edge(self, place: str) -> None:
        self._marking.go(self.query_one(MarkedText).edge(place))
        self._show()

    def action_select(self) -> None:
        marking = self._marking
        marking.anchor = marking.cursor if marking.anchor is None else None
        self._show()

    def action_remove(self) -> None:
        self._try(self._marking.remove)

    def action_undo(self) -> None:
        self._show("" if self._marking.undo() else "Nothing left to undo here.")

    def action_which(self) -> None:
        """A list of the labels, for those that have no key."""
        from ontos_tui.tui.dialogs.choose import ChooseDialog

        labels = self._marking.rules.labels
        choices = [(self._names.get(one, one), self._key_of.get(one, "")) for one in labels]

        def chosen(index: int | None) -> None:
            if index is not None:
                self._label(labels[index])

        self.app.push_screen(ChooseDialog("Which label?", choices), chosen)

    def action_accept(self) -> None:
        self.dismiss(self._marking.spans)

    def action_leave(self) -> None:
        if self._marking.anchor is not None:
            self._marking.anchor = None
            self._show()
        else:
            self.dismiss(None)
