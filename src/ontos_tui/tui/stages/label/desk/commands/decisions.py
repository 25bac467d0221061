"""Decisions: shown at once, written in order behind the next item, undone and redone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.answers import summary
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.service import Decision
from ontos_tui.tui.stages.label.desk.panes.status_marks import STATUS_MARKS
from ontos_tui.tui.stages.label.desk.state.item import Draft
from ontos_tui.tui.stages.label.desk.state.last_decisions import MOST, LastDecision

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.services.label.service import Batch
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.panes.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.queue_reader import QueueReader
    from ontos_tui.tui.stages.label.desk.state.decision_writer import DecisionWriter
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
    from ontos_tui.workspace import Workspace


class Decisions:
    """Decides the item under the cursor. The key path does no I/O."""

    def __init__(
        self,
        host: BackgroundMixin,
        state: DeskState,
        display: DeskDisplay,
        reader: QueueReader,
        writer: DecisionWriter,
    ) -> None:
        self._host, self._state, self._display = host, state, display
        self._reader, self._writer = reader, writer

    def decide(
        self,
        verdict: Verdict,
        *,
        answer: dict[str, Any] | None = None,
        reason: str = "",
        notes: str | None = None,
        advance: bool = True,
    ) -> None:
        """Show the decision, go on to the next pair unless not to `advance`, and have it written."""
        state, item = self._state, self._display.item
        queue, work = state.queue, state.work
        if item is None or queue is None or work is None:
            return
        if claimed_by := self._display.claimed_by:
            self._host.ontos.show_message(f"{claimed_by} is deciding this one now. n: next free pair")
            return
        pair = item.pair
        status = verdict.status
        seconds = state.draft.seconds
        queue.show_pending(pair.id, status, answer)
        state.message = ""
        if advance:
            state.drop_draft(pair.id)
            state.last.add(_last(pair, status, verdict, answer))
        decision = Decision(
            pair.id,
            verdict,
            answer=answer,
            reason=reason,
            notes=notes,
            version=pair.version,
            blind=work.is_blind(pair),
            seconds=seconds,
        )
        self.write(lambda workspace: work.service(workspace).decide([decision]), self._show_written)
        if advance:
            self._go_on()
        else:
            self._reader.show_current()

    def write(self, work: Callable[[Workspace], Any], done: Callable[[Any], None]) -> None:
        """Have something written behind the next picture, after everything that was decided before.

        `done` gets the result on the event loop; an error is shown, and the queue is read anew.
        """
        workspace = self._host.ontos.workspace
        self._host.ontos.busy(+1)

        def finish(result: Any) -> None:
            self._host.ontos.busy(-1)
            done(result)
            self._display.paint_progress()  # "saved" again, if nothing else is on its way

        self._writer.put(lambda: work(workspace), finish, self._show_failure)
        self._host.call_after_refresh(self._writer.release)

    def next_undecided(self) -> None:
        """Go to the next pair that needs a decision; after a search, to the next match."""
        if self._state.queue is None or not len(self._state.queue):
            return
        if self._state.list_filter.filter.text:
            self._step(1)
        else:
            self._go_on()

    def previous_undecided(self) -> None:
        """The same, upward."""
        queue, table = self._state.queue, self._display.table
        if queue is None or not len(queue):
            return
        if self._state.list_filter.filter.text:
            self._step(-1)
            return
        cursor = table.cursor

        def done(place: int | None) -> None:
            if queue is not self._state.queue or table.cursor != cursor:
                return
            if place is None:
                self._host.ontos.show_message("Nothing above this one needs a decision. n: the next one below")
            else:
                self._reader.show_at(place)

        # Read behind the decisions that are on their way, so that the store knows of them.
        self.write(lambda workspace: queue.previous_undecided(cursor), done)

    def _step(self, by: int) -> None:
        """To the next row, around the ends of the list."""
        table = self._display.table
        table.move_to((table.cursor + by) % len(table.rows))

    def _go_on(self) -> None:
        """To the next pair that needs a decision: at once when it is here, else when the store has answered."""
        queue = self._state.queue
        assert queue is not None, "the desk is open"
        cursor = self._display.table.cursor
        index = queue.next_undecided(cursor)
        if index is not None:
            self._reader.show_at(index)
            return
        self._reader.show_current()

        def done(place: int | None) -> None:
            if queue is not self._state.queue or self._display.table.cursor != cursor:
                return
            if place is None:
                self._state.message = "everything in this list is decided"
                place = min(cursor + 1, len(queue) - 1)
            self._reader.show_at(place)

        # Read behind the decisions that are on their way, so that the store knows of them.
        self.write(lambda workspace: queue.source.next_undecided(cursor), done)

    def _show_written(self, batch: Batch[Decidable]) -> None:
        """It is on the disk. It was shown already, so there is nothing to paint unless something differs."""
        queue = self._state.queue
        if queue is None:
            return
        queue.update_written(batch.pairs)
        self._display.table.repaint()
        if self._state.draft.pair_id in {pair.id for pair in batch.pairs}:
            self._reader.show_current()

    def _show_failure(self, error: OntosError) -> None:
        """What was shown is not what is on the disk: report it, and show what is."""
        self._host.ontos.busy(-1)
        self._host.ontos.show_error(error)
        self._state.message = ""
        self._state.draft = Draft()
        self._reader.reload()

    def undo(self) -> None:
        """Take back the last decision of this user in this training sheet."""
        self._walk_history("undo", "Nothing left to undo here.")

    def redo(self) -> None:
        """Do again what was undone."""
        self._walk_history("redo", "Nothing to redo.")

    def _walk_history(self, verb: str, nothing: str) -> None:
        state = self._state
        work = state.work
        if work is None:
            return

        def done(batch: Batch[Decidable] | None) -> None:
            queue = state.queue
            if batch is None or queue is None:
                self._host.ontos.show_message(nothing)
                return
            state.message = batch.description
            state.draft = Draft()
            if verb == "undo":
                state.last.take_back(pair.item_ref for pair in batch.pairs[:MOST])
            queue.update_written(batch.pairs)
            pair_id = batch.pairs[0].id
            self._host.ontos.session.pair_id = pair_id
            index = queue.index_of(pair_id)
            if index is None:
                if state.list_filter.chips():
                    state.message += " (may be outside of this list)"
                self._reader.reload()
            else:
                self._reader.show_at(index)

        self.write(lambda workspace: getattr(work.service(workspace), verb)(work.id), done)


def _last(pair: Decidable, status: PairStatus, verdict: Verdict, answer: dict[str, Any] | None) -> LastDecision:
    """The decision as the line of the last ones shows it; ✎ where the answer was changed."""
    sign, style = STATUS_MARKS[status]
    if verdict is Verdict.EDIT:
        sign, style = "✎", "accent"
    shown = answer if answer is not None else pair.answer or pair.proposal
    first = next(iter(summary(shown).split(" · ")), "") if status is PairStatus.LABELED else ""
    return LastDecision(sign, style, pair.item_ref, first)
