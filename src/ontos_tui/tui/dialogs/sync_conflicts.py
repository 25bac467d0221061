"""Sharing with the team: its state, who has read how far, and conflicts with their answers side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.core.updates.sync_worker import describe_sync
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, fit, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.team.conflict_views import Answer, TeamConflict
    from ontos_tui.services.team.settling import Settling
    from ontos_tui.services.team.team_log import SharingStatus
    from ontos_tui.store.sharing.queries import Member
    from ontos_tui.workspace import Workspace

NAME, LEAST = 14, 10
"""Cells of a field's name, and the least of one answer."""


@dataclass(frozen=True)
class _State:
    status: SharingStatus
    conflicts: Sequence[TeamConflict]
    members: Sequence[Member]
    version: int
    names: frozenset[str]


class ConflictsDialog(Dialog[None], BackgroundMixin):
    """The state and how far everybody has read on top, then the open conflicts, then the one under the cursor."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.sync.choose", "enter", "Choose", "Choose the answer that stays, for everybody"),
        Command("dialog.sync.mine", "m", "Mine", "Your answer stays in this conflict"),
        Command("dialog.sync.theirs", "t", "Theirs", "The other answer stays in this conflict"),
        Command("dialog.sync.newest", "n", "Newest", "The answer that was given last stays in this conflict"),
        Command("dialog.sync.all", "a", "All…", "Settle all conflicts by one rule; each shows how many it settles"),
        Command("dialog.sync.undo", "u", "Undo", "Take back what you settled last, one conflict or many"),
        Command("dialog.sync.refused", "r", "Refused", "What of your work does not count, and why"),
        Command("dialog.sync.sync", "s", "Sync now", "Send and read at once"),
    )
    DEFAULT_CSS = """
    ConflictsDialog > #box { height: 90%; max-width: 140; }
    ConflictsDialog Table { height: 1fr; }
    ConflictsDialog #answers { height: 2fr; }
    """

    def __init__(self) -> None:
        super().__init__("Sharing with the team")
        self._state: _State | None = None

    def compose_body(self) -> ComposeResult:
        yield OneLine(id="sync-state")
        yield OneLine(id="members")
        columns = [ColumnSpec("about", 0, ends=True), ColumnSpec("what", 16), ColumnSpec("answers of", 24)]
        yield Table["TeamConflict"](columns, _cells, empty="Loading…", id="conflicts")
        yield Panel(id="answers")

    @property
    def table(self) -> Table[TeamConflict]:
        """The open conflicts."""
        return self.query_one("#conflicts", Table)

    def on_mount(self) -> None:
        self.table.focus()
        self._load()

    def _load(self) -> None:
        self.run_in_background(_read, self._show, failed=self._show_error)

    def _show(self, state: _State) -> None:
        self._state = state
        text = describe_sync(state.status) or "This workspace is not shared. Start sharing: ontos sync --start"
        reason = f"  {state.status.error}" if state.status.error else ""
        self.query_one("#sync-state", OneLine).show(lambda width: line(text, span(reason, "warn")))
        self.query_one("#members", OneLine).show(lambda width: _member_line(state))
        self.table.set_empty_text("No conflicts. All of your decisions agree with the team's.")
        self.table.show(state.conflicts)
        self._show_current()

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#answers", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._show_current()

    def on_table_chosen(self) -> None:
        self.action_choose()

    def _show_current(self) -> None:
        one = self.table.current
        self.query_one("#answers", Panel).show(lambda width: _lines(one, width) if one is not None else ())

    # One conflict

    def action_choose(self) -> None:
        from ontos_tui.services.team.settling import Settling

        one = self.table.current
        if one is None:
            return
        choices = [(_who(answer), _summary(one, place)) for place, answer in enumerate(one.answers)]

        def chosen(index: int | None) -> None:
            if index is not None:
                self._settle([Settling(one, one.answers[index])])

        self.app.push_screen(ChooseDialog(f"{safe_line(one.about, 60)}: which answer stays?", choices), chosen)

    def action_mine(self) -> None:
        self._keep("mine")

    def action_theirs(self) -> None:
        self._keep("theirs")

    def action_newest(self) -> None:
        self._keep("newest")

    def _keep(self, rule: str) -> None:
        from ontos_tui.services.team.settling import Keep, settlings

        one, state = self.table.current, self._state
        if one is None or state is None:
            return
        chosen = settlings([one], Keep(rule), state.names)
        if chosen:
            self._settle(chosen)
        else:
            self.action_choose()  # none of the answers, or more than one, is meant by it

    # All of them

    def action_all(self) -> None:
        state = self._state
        if state is None or not state.conflicts:
            return
        rules = _rules(state)
        total = f"{len(state.conflicts):,}"
        choices = [(name, f"settles {len(chosen):,} of {total}") for name, chosen in rules]

        def chosen(index: int | None) -> None:
            if index is not None and rules[index][1]:
                self._settle(rules[index][1])

        self.app.push_screen(ChooseDialog("Settle all conflicts by one rule", choices), chosen)

    def _settle(self, chosen: Sequence[Settling]) -> None:
        choices = [one.choice for one in chosen]

        def settled(_: None) -> None:
            self.ontos.show_message(f"{len(choices):,} settled. u: undo")
            self._load()

        self.run_in_background(lambda workspace: workspace.sharing.settle(choices), settled, group="do")

    def action_undo(self) -> None:
        def reopened(number: int) -> None:
            self.ontos.show_message(f"{number:,} opened again.")
            self._load()

        self.run_in_background(lambda workspace: workspace.sharing.undo_settling(), reopened, group="do")

    # Beside them

    def action_refused(self) -> None:
        from ontos_tui.tui.dialogs.refusals import RefusalsDialog

        self.app.push_screen(RefusalsDialog(), lambda _: self._load())

    def action_sync(self) -> None:
        self.run_in_background(lambda workspace: workspace.sharing.sync(), lambda _: self._load(), group="sync")


def _read(workspace: Workspace) -> _State:
    service = workspace.sharing
    return _State(service.status(), service.conflicts(), service.members(), service.version(), service.names)


def _rules(state: _State) -> list[tuple[str, list[Settling]]]:
    """Each rule with what it would settle: mine, theirs, newest, and each person's."""
    from ontos_tui.services.team.settling import Keep, settlings

    plain = (("mine", Keep.MINE), ("theirs", Keep.THEIRS), ("the newest", Keep.NEWEST))
    rules = [(name, settlings(state.conflicts, keep, state.names)) for name, keep in plain]
    people = sorted({answer.by for one in state.conflicts for answer in one.answers if answer.by})
    for person in people:
        rules.append((f"by {person}", settlings(state.conflicts, Keep.PERSON, state.names, person)))
    return rules


def _cells(one: TeamConflict) -> Sequence[object]:
    return (
        one.about,
        one.table.replace("_", " "),
        ", ".join(short_name(answer.by) or "(removed)" for answer in one.answers),
    )


def _who(answer: Answer) -> str:
    when = "" if answer.at is None else f" {answer.at.astimezone():%m-%d %H:%M}"
    return f"{answer.by or 'removed'}{when}"


def _summary(one: TeamConflict, place: int) -> str:
    from ontos_tui.services.team.conflict_views import differences

    if not one.answers[place].values:
        return "removed"
    return "; ".join(f"{part.name}: {value_text(part.values[place])}" for part in differences(one))


def _member_line(state: _State) -> Line:
    if not state.members:
        return EMPTY
    return line(span("Read: " + " · ".join(_member(one, state.version) for one in state.members), "muted"))


def short_name(name: str) -> str:
    """A login without its domain, where there is little room; whole where one chooses by it."""
    return safe_line(name.partition("@")[0] or name, 30)


def _member(one: Member, version: int) -> str:
    name = short_name(one.name)
    if one.here or one.read >= version:
        return f"{name} everything"
    if one.read < 0:
        return f"{name} not said yet"
    return f"{name} {version - one.read:,} behind"


def _lines(one: TeamConflict, width: int) -> Iterator[Line]:
    """The answers side by side: what was before, the one that stands, and those that wait."""
    from ontos_tui.services.team.conflict_views import differences

    columns = 1 + len(one.answers)
    cell = max(LEAST, (width - NAME) // columns)
    heads = ["before", *(short_name(answer.by) or "removed" for answer in one.answers)]
    times = ["", *("" if at.at is None else f"{at.at.astimezone():%m-%d %H:%M}" for at in one.answers)]
    counts = ["", "counts now", *("waits" for _ in one.others)]
    yield line(span(one.about, "title"))
    for texts, style in ((heads, "accent"), (times, "muted"), (counts, "muted")):
        yield (span("", "muted", NAME), *(span(fit(text, cell - 1), style, cell) for text in texts))
    yield EMPTY
    for part in differences(one):
        yield from _row(part.name, [value_text(part.before), *(value_text(value) for value in part.values)], cell)


def _row(name: str, values: Sequence[str], cell: int) -> Iterator[Line]:
    """One field, each value wrapped in its own column."""
    wrapped = [["".join(part.text for part in text) for text in wrap(value, cell - 1)] or [""] for value in values]
    for number in range(max(map(len, wrapped))):
        texts = [lines[number] if number < len(lines) else "" for lines in wrapped]
        styles = ["muted", *("text" if text == values[1] else "warn" for text in values[1:])]
        shown = name if number == 0 else ""
        yield (
            span(fit(shown, NAME - 1), "muted", NAME),
            *(span(text, style, cell) for text, style in zip(texts, styles, strict=True)),
        )
