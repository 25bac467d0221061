"""The desk: one key a decision, shown at once and written behind the next item. The key path does no I/O."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.message import Message

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import answer_problems
from ontos_tui.services.label.service import Decision
from ontos_tui.tui.core.background import Finished
from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values, schema_check, schema_fields, without_empty
from ontos_tui.tui.stages.label.desk.bulk import Many
from ontos_tui.tui.stages.label.desk.decision_writer import DecisionWriter
from ontos_tui.tui.stages.label.desk.item_panel import STATUS_MARKS
from ontos_tui.tui.stages.label.desk.queue_view import NOTHING

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.services.label.service import Batch
    from ontos_tui.services.records.usage_constraints import UsageChange
    from ontos_tui.tui.stages.label.desk.source import Work
    from ontos_tui.workspace import Workspace

LATE_SECONDS = 0.05
"""A decision that takes longer than this to reach the disk is counted on the screen as being saved."""

BECOMES = {
    Verdict.APPROVE: PairStatus.LABELED,
    Verdict.EDIT: PairStatus.LABELED,
    Verdict.REJECT: PairStatus.REJECTED,
    Verdict.FLAG: PairStatus.FLAGGED,
}
"""What a verdict makes of a pair, to be shown before it is on the disk; the others make it unlabeled."""


class LabelDesk(Many):
    """Labels one training sheet or task."""

    class Left(Message):
        """The user is done here for now, with this work."""

        def __init__(self, work_id: str) -> None:
            super().__init__()
            self.work_id = work_id

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

    def open(self, find: Callable[[Workspace], Work]) -> None:
        """Start labeling this work, where the user left it."""
        if self._writer is None:
            self._writer = DecisionWriter(lambda deliver: self.app.post_message(Finished(deliver)))
        super().open(find)

    # Deciding

    def choose(self, key: str) -> None:
        """Give a field the value that this key stands for; with a single field that is the decision."""
        work, view = self._work, self._view
        chosen = work.chosen(key, self._active) if work is not None else None
        if work is None or view is None or chosen is None:
            return
        name, value = chosen
        if self.is_many:
            if len(work.fields) == 1:
                self.decide_many(Verdict.EDIT, {name: value})
            else:
                self.ontos.tell("An answer has several fields here: press e to give the marked ones an answer.")
            return
        self._draft[name] = value
        if len(work.fields) == 1:
            self.do_approve()
            return
        names = [other.name for other in work.fields if other.choices or other.kind.value == "boolean"]
        self._active = names[min(names.index(name) + 1, len(names) - 1)]
        self._paint()

    def do_approve(self) -> None:
        """Decide that the answer as it stands is right."""
        if self.is_many:
            self.decide_many(Verdict.APPROVE)
            return
        view = self._view
        if view is None:
            return
        if not self._draft:
            self.ontos.tell("There is no answer yet: choose with the keys shown, or press e.")
            return
        untouched = self._draft == (view.pair.answer or view.pair.proposal)
        if not untouched and (problems := self._problems()):
            self.ontos.tell_error(OntosError("; ".join(problems) + ".", "Choose with the keys shown, or press e."))
            return
        self._decide(Verdict.APPROVE if untouched else Verdict.EDIT, answer=None if untouched else dict(self._draft))

    def _problems(self) -> list[str]:
        assert self._work is not None
        return [str(problem) for problem in answer_problems(self._work.schema, self._draft)]

    def do_edit(self) -> None:
        """Change the answer in a form."""
        view, work = self._view, self._work
        if view is None or work is None:
            return
        if len(work.fields) == 1 and work.fields[0].spans is not None and not self.is_many:
            self.do_spans()
            return

        def done(values: Values | None) -> None:
            if values is None:
                return
            if self.is_many:
                self.decide_many(Verdict.EDIT, without_empty(values))
                return
            self._draft = without_empty(values)
            self._decide(Verdict.EDIT, answer=dict(self._draft))

        what = f"the {len(self.marked):,} marked" if self.is_many else view.pair.item_ref
        form = FormDialog(
            f"Answer for {what}", schema_fields(work.schema, self._draft), check=schema_check(work.schema)
        )
        self.app.push_screen(form, done)

    def do_spans(self) -> None:
        """Mark the stretches of a text that the answer is about; with a single field that is the decision."""
        from ontos_tui.tui.stages.label.desk.span_marking import mark_spans

        view, work = self._view, self._work
        if view is None or work is None:
            return
        if self.is_many:
            self.ontos.tell("Spans are marked in one text at a time. esc lets go of what is marked.")
            return

        def done(name: str, value: list[Any]) -> None:
            self._draft[name] = value
            if len(work.fields) == 1:
                self._decide(Verdict.EDIT, answer=dict(self._draft))
            else:
                self._paint()

        mark_spans(self.ontos, view.pair, work, self._draft, done)

    def do_reject(self) -> None:
        """The pair is no good."""
        view = self._view
        if view is None:
            return

        def done(values: Values | None) -> None:
            if values is not None and self.is_many:
                self.decide_many(Verdict.REJECT, reason=values["reason"])
            elif values is not None:
                self._decide(Verdict.REJECT, reason=values["reason"])

        what = f"the {len(self.marked):,} marked" if self.is_many else view.pair.item_ref
        fields = (FormField("reason", "Why", required=True, hint="such as: not decidable from these values"),)
        self.app.push_screen(FormDialog(f"Reject {what}", fields), done)

    def do_flag(self) -> None:
        """Put the pair aside, or take the flag off."""
        view = self._view
        if self.is_many:
            self.decide_many(Verdict.FLAG)
        elif view is not None:
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

    def do_constrain(self) -> None:
        """Say what this pair, or what is marked, may be used for."""
        from ontos_tui.tui.stages.label.desk.usage_constraints import ConstraintsDialog, ask_wish

        view, work, queue = self._view, self._work, self._queue
        if view is None or work is None or queue is None:
            return
        if not work.is_shared:
            self.ontos.tell("The items of a task have no uses of their own; labels get those of the sheet.")
            return
        ids = sorted(self.marked) or [view.pair.id]
        what = view.pair.item_ref if len(ids) == 1 else f"{len(ids):,} pairs"
        dialog = ConstraintsDialog(what, [view.pair])

        def changed(count: int) -> None:
            self.ontos.busy(-1)
            self._last = f"uses of {count:,} changed"
            for pair_id in ids:
                queue.forget(pair_id)
            self.unmark()
            self._look()

        def write(wish: UsageChange) -> None:
            self.write(lambda workspace: workspace.label.constraints.set_pairs(ids, wish), changed)

        self.app.push_screen(dialog, ask_wish(dialog, write))

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
        view, queue, work, writer = self._view, self._queue, self._work, self._writer
        if view is None or queue is None or writer is None or work is None:
            return
        if self._held_by:
            self.ontos.tell(f"{self._held_by} is at this one now. n goes on to the next that is free.")
            return
        pair = view.pair
        status = BECOMES.get(verdict, PairStatus.UNLABELED)
        queue.expect(pair.id, status, answer)
        self._last = f"{STATUS_MARKS[status.value][0]} {pair.item_ref}"
        decision = Decision(
            pair.id,
            verdict,
            answer=answer,
            reason=reason,
            notes=notes,
            version=pair.version,
            blind=work.is_blind(pair),
            seconds=round(monotonic() - self._seen_at, 3),
        )
        self.write(lambda workspace: work.service(workspace).decide([decision]), self._written)
        if advance:
            self._go_on()
        else:
            self._look()

    def write(self, work: Callable[[Workspace], Any], done: Callable[[Any], None]) -> None:
        """Have something written behind the next picture, after everything that was decided before."""
        writer, workspace = self._writer, self.ontos.workspace
        assert writer is not None, "the desk is open"
        self.ontos.busy(+1)
        writer.put(lambda: work(workspace), done, self._refused)
        self.call_after_refresh(self._release, writer)

    def _release(self, writer: DecisionWriter) -> None:
        writer.release()
        self.set_timer(LATE_SECONDS, self._tell_late)

    def _go_on(self) -> None:
        """To the next pair that needs a decision: at once when it is here, else when the store has found it."""
        queue = self._queue
        assert queue is not None, "the desk is open"
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
        self.write(lambda workspace: queue.source.next_undecided(cursor), found)

    def _tell_late(self) -> None:
        """A decision that is not on the disk by now is counted on the screen until it is."""
        if self.waiting:
            self._late = True
            self._paint_progress()

    def _written(self, batch: Batch[Decidable]) -> None:
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
        work = self._work
        if work is None or self._writer is None:
            return
        container = work.id

        def done(batch: Batch[Decidable] | None) -> None:
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

        self.write(lambda workspace: getattr(work.service(workspace), verb)(container), done)

    def do_next_open(self) -> None:
        """To the next pair that needs a decision."""
        if self._queue is not None and len(self._queue):
            self._go_on()

    def do_leave(self) -> None:
        """To the training sheets; a first time only lets go of what is marked."""
        if self.is_many:
            self.unmark()
            return
        self._queue = None
        self._let_go()
        self.post_message(self.Left(self._work.id if self._work is not None else ""))

    def on_unmount(self) -> None:
        """Whatever ends the app: what was decided is written first, and others may be led to what was claimed here."""
        if self._writer is not None:
            workspace, session = self.ontos.workspace, self._session
            self._writer.put(lambda: workspace.label.claims.release(session), lambda _: None, self.ontos.tell_error)
            self._writer.close()
