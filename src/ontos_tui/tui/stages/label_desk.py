"""The desk: one key a decision, shown at once and written behind the next item. The key path does no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.message import Message

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.pairs import Verdict
from ontos_tui.domain.schema import answer_problems
from ontos_tui.domain.states import PairStatus
from ontos_tui.services.label import Decision
from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values, schema_check, schema_fields, without_empty
from ontos_tui.tui.gateway import Finished
from ontos_tui.tui.stages.label_item import STATUS_MARKS, choices_of
from ontos_tui.tui.stages.label_keys import QueueTable
from ontos_tui.tui.stages.label_reader import NOTHING, LabelReader
from ontos_tui.tui.stages.label_writer import DecisionWriter

if TYPE_CHECKING:
    from ontos_tui.domain.pairs import QAPair, TrainingSheet
    from ontos_tui.services.label import Batch

LATE_SECONDS = 0.05
"""A decision that takes longer than this to reach the disk is counted on the screen as being saved."""

BECOMES = {
    Verdict.APPROVE: PairStatus.LABELED,
    Verdict.EDIT: PairStatus.LABELED,
    Verdict.REJECT: PairStatus.REJECTED,
    Verdict.FLAG: PairStatus.FLAGGED,
}
"""What a verdict makes of a pair, to be shown before it is on the disk; the others make it unlabeled."""


class LabelDesk(LabelReader):
    """Labels one training sheet."""

    class Left(Message):
        """The user is done here for now."""

    def __init__(self) -> None:
        super().__init__()
        self._writer: DecisionWriter | None = None
        self._late = False

    @property
    def waiting(self) -> int:
        return self._writer.waiting if self._writer is not None else 0

    @property
    def late(self) -> int:
        return self.waiting if self._late else 0

    def open(self, sheet: TrainingSheet) -> None:
        """Start labeling this training sheet, where the user left it."""
        if self._writer is None:
            self._writer = DecisionWriter(lambda deliver: self.app.post_message(Finished(deliver)))
        super().open(sheet)

    def on_queue_table_verb(self, event: QueueTable.Verb) -> None:
        """A key of the queue."""
        event.stop()
        if event.verb == "choose":
            self.choose(event.number)
        else:
            getattr(self, f"do_{event.verb}")()

    # Deciding

    def choose(self, number: int) -> None:
        """Give the active field its `number`th choice; with a single field that is the decision."""
        view = self._view
        field = next((field for field in self._fields if field.name == self._active), None)
        if view is None or field is None:
            return
        choices = choices_of(field)
        if number > len(choices):
            return
        self._draft[field.name] = choices[number - 1]
        if len(self._fields) == 1:
            self.do_approve()
            return
        names = [other.name for other in self._fields if choices_of(other)]
        self._active = names[min(names.index(field.name) + 1, len(names) - 1)]
        self._paint()

    def do_approve(self) -> None:
        """Decide that the answer as it stands is right."""
        view = self._view
        if view is None:
            return
        if not self._draft:
            self.ontos.tell("There is no answer yet: choose with the number keys, or press e.")
            return
        untouched = self._draft == (view.pair.answer or view.pair.proposal)
        if not untouched and (problems := self._problems()):
            self.ontos.tell_error(OntosError("; ".join(problems) + ".", "Choose with the number keys, or press e."))
            return
        self._decide(Verdict.APPROVE if untouched else Verdict.EDIT, answer=None if untouched else dict(self._draft))

    def _problems(self) -> list[str]:
        assert self._sheet is not None
        return [
            str(problem) for problem in answer_problems(self._sheet.template_snapshot["output_schema"], self._draft)
        ]

    def do_edit(self) -> None:
        """Change the answer in a form."""
        view = self._view
        if view is None or self._sheet is None:
            return
        schema = self._sheet.template_snapshot["output_schema"]

        def done(values: Values | None) -> None:
            if values is not None:
                self._draft = without_empty(values)
                self._decide(Verdict.EDIT, answer=dict(self._draft))

        form = FormDialog(
            f"Answer for {view.pair.item_ref}", schema_fields(schema, self._draft), check=schema_check(schema)
        )
        self.app.push_screen(form, done)

    def do_reject(self) -> None:
        """The pair is no good."""
        view = self._view
        if view is None:
            return

        def done(values: Values | None) -> None:
            if values is not None:
                self._decide(Verdict.REJECT, reason=values["reason"])

        fields = (FormField("reason", "Why", required=True, hint="such as: not decidable from these values"),)
        self.app.push_screen(FormDialog(f"Reject {view.pair.item_ref}", fields), done)

    def do_flag(self) -> None:
        """Put the pair aside, or take the flag off."""
        view = self._view
        if view is not None:
            self._decide(Verdict.UNFLAG if view.pair.status.value == "flagged" else Verdict.FLAG)

    def do_note(self) -> None:
        """Write a note about this pair, without a decision."""
        view = self._view
        if view is None:
            return
        keeps = {"labeled": Verdict.APPROVE, "flagged": Verdict.FLAG, "rejected": Verdict.REJECT}
        verdict = keeps.get(view.pair.status.value, Verdict.REOPEN)

        def done(values: Values | None) -> None:
            if values is not None:
                reason = view.pair.reject_reason
                self._decide(verdict, reason=reason, notes=values["notes"] or "", advance=False)

        fields = (FormField("notes", "Note", view.pair.notes),)
        self.app.push_screen(FormDialog(f"Note on {view.pair.item_ref}", fields), done)

    def _decide(
        self,
        verdict: Verdict,
        *,
        answer: dict[str, Any] | None = None,
        reason: str = "",
        notes: str | None = None,
        advance: bool = True,
    ) -> None:
        """Show the decision, go on to the next pair, and have it written."""
        view, queue, writer = self._view, self._queue, self._writer
        if view is None or queue is None or writer is None:
            return
        pair = view.pair
        status = BECOMES.get(verdict, PairStatus.UNLABELED)
        queue.expect(pair.id, status, answer)
        self._last = f"{STATUS_MARKS[status.value][0]} {pair.item_ref}"
        decision = Decision(pair.id, verdict, answer=answer, reason=reason, notes=notes, version=pair.version)
        label = self.ontos.workspace.label
        self.ontos.busy(+1)
        writer.put(lambda: label.decide([decision]), self._written, self._refused)
        self.call_after_refresh(writer.release)
        self.set_timer(LATE_SECONDS, self._tell_late)
        if advance:
            self._go_on()
        else:
            self._look()

    def _go_on(self) -> None:
        """To the next pair that needs a decision: at once when it is here, else when the store has found it."""
        queue, writer = self._queue, self._writer
        assert queue is not None, "the desk is open"
        assert writer is not None, "the desk is open"
        cursor = self.table.cursor
        index = queue.next_undecided(cursor)
        if index is not None:
            self.table.show(queue, cursor=index)
            self._look()
            return
        self._look()

        def found(place: int | None) -> None:
            self.ontos.busy(-1)
            if queue is not self._queue or self.table.cursor != cursor:
                return
            if place is None:
                self._last = "everything in this list is decided"
                place = min(cursor + 1, len(queue) - 1)
            self.table.show(queue, cursor=place)
            self._look()

        # Asked behind the decisions that are on their way, so that the store knows of them.
        self.ontos.busy(+1)
        writer.put(lambda: queue.source.next_undecided(cursor), found, self._refused)
        self.call_after_refresh(writer.release)

    def _tell_late(self) -> None:
        """A decision that is not on the disk by now is counted on the screen until it is."""
        if self.waiting:
            self._late = True
            self._paint_progress()

    def _written(self, batch: Batch[QAPair]) -> None:
        """It is on the disk. It was shown already, so there is nothing to paint unless something differs."""
        self.ontos.busy(-1)
        queue = self._queue
        if queue is None:
            return
        queue.written(batch.pairs)
        self.table.repaint()
        if self._late:
            self._late = self.waiting > 0
            self._paint_progress()
        if self._shown[0] in {pair.id for pair in batch.pairs}:
            self._look()

    def _refused(self, error: OntosError) -> None:
        """What was shown is not what is on the disk: say so, and show what is."""
        self.ontos.busy(-1)
        self.ontos.tell_error(error)
        self._last = ""
        self._shown = NOTHING
        self._load()

    def do_undo(self) -> None:
        """Take back the last decision of this user in this training sheet."""
        self._walk_history("undo", "Nothing left to undo here.")

    def do_redo(self) -> None:
        """Do again what was undone."""
        self._walk_history("redo", "Nothing to redo.")

    def _walk_history(self, verb: str, nothing: str) -> None:
        sheet, writer = self._sheet, self._writer
        if sheet is None or writer is None:
            return
        label = self.ontos.workspace.label
        work = {"undo": label.undo, "redo": label.redo}[verb]

        def done(batch: Batch[QAPair] | None) -> None:
            self.ontos.busy(-1)
            queue = self._queue
            if batch is None or queue is None:
                self.ontos.tell(nothing)
                return
            self._last = batch.description
            self._shown = NOTHING
            queue.written(batch.pairs)
            pair_id = batch.pairs[0].id
            self.ontos.session.pair_id = pair_id
            at = queue.index_of(pair_id)
            if at is None:
                self._load()
            else:
                self.table.show(queue, cursor=at)
                self._look()

        self.ontos.busy(+1)
        writer.put(lambda: work(sheet.id), done, self._refused)
        self.call_after_refresh(writer.release)

    def do_next_open(self) -> None:
        """To the next pair that needs a decision."""
        if self._queue is not None and len(self._queue):
            self._go_on()

    def do_leave(self) -> None:
        """To the training sheets."""
        self.post_message(self.Left())

    def on_unmount(self) -> None:
        """Whatever ends the app: what was decided is written first."""
        if self._writer is not None:
            self._writer.close()
