"""Two minutes through the seven stages: a few lines at the bottom, over the real screens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.clicking import KeysLine
from ontos_tui.tui.core.commands import Command, Commanded
from ontos_tui.tui.dialogs.base import key_line
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.tui.core.ports import AppPort


@dataclass(frozen=True)
class Stop:
    """A stage, and what one should know of it in two sentences."""

    stage: Stage
    text: str


STOPS = (
    Stop(
        Stage.DATA,
        "Everything begins with rows. A sheet is a view over a file or a table: each row is one item. Enter "
        "on a use case loads its sample data; a adds a file of yours.",
    ),
    Stop(
        Stage.GENERATE,
        "A template turns each item into a question. g generates a pair for every item, with a proposed "
        "answer where an engine has one.",
    ),
    Stop(
        Stage.LABEL,
        "Here you decide. Enter opens the queue: a approves, number keys choose, u takes back. Every decision"
        " is on the disk at once.",
    ),
    Stop(
        Stage.TRAIN,
        "t trains a model from what you approved. It is tested on pairs that it has not seen, beside what one"
        " constant answer gets right. f4 says what the words mean.",
    ),
    Stop(
        Stage.DEPLOY,
        "d puts a model behind an endpoint, after checks. p opens the playground: send it a real row, and "
        "mark a wrong answer with -.",
    ),
    Stop(
        Stage.MONITOR,
        "Every request and all feedback: how many, how fast, what failed, and whether recent data differs "
        "from what the model learned from.",
    ),
    Stop(
        Stage.IMPROVE,
        "c turns feedback into pairs, g looks for gaps, r trains again and compares both versions. Then the "
        "loop begins anew. 0 always goes to the next step, ? lists the keys.",
    ),
)


class Tour(ModalScreen[None], Commanded):
    """One stop after the other; the stage of each is shown as it is."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("tour.forth", "enter,n,right,space,l", "Next", "The next stage; after the last one the tour ends"),
        Command("tour.back", "b,left,h", "Back", "The stage before"),
        Command("tour.leave", "escape,q", "End", "End the tour and stay here"),
    )
    DEFAULT_CSS = """
    Tour { align: center bottom; background: transparent; }
    Tour > #stop { width: 100%; height: auto; border: round $accent; background: $surface; padding: 0 1; }
    Tour #stop-text { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._at = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="stop"):
            yield OneLine(id="stop-title")
            yield Panel(id="stop-text")
            keys = KeysLine(lambda width: key_line(list(self.all_commands()), width), id="stop-keys")
            keys.commands = tuple(self.all_commands())
            yield keys

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        if self.query("#stop-title"):
            self._show()

    def _show(self) -> None:
        stop = STOPS[self._at]
        title = f"{stop.stage.number} {stop.stage.title}   {self._at + 1} of {len(STOPS)}"
        self.query_one("#stop-title", OneLine).show(lambda width: line(span(title, "title")))
        panel = self.query_one("#stop-text", Panel)
        panel.can_focus = False
        panel.styles.height = len(list(self._lines(max(20, self.app.size.width - 4))))
        panel.show(self._lines)
        cast("AppPort", self.app).action_stage(stop.stage.value)

    def _lines(self, width: int) -> Iterator[Line]:
        yield from wrap(STOPS[self._at].text, width)

    def action_forth(self) -> None:
        if self._at + 1 == len(STOPS):
            self.dismiss(None)
            return
        self._at += 1
        self._show()

    def action_back(self) -> None:
        self._at = max(0, self._at - 1)
        self._show()

    def action_leave(self) -> None:
        self.dismiss(None)
