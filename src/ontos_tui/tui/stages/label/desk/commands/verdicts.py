"""The keys that decide: for the item under the cursor, or for all that is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import answer_problems
from ontos_tui.tui.dialogs.forms.answer_form import schema_check, schema_fields, without_empty
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.services.records.usage_constraints import UsageChange
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.commands.bulk import BulkDecisions
    from ontos_tui.tui.stages.label.desk.commands.decisions import Decisions
    from ontos_tui.tui.stages.label.desk.panes.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.queue_reader import QueueReader
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
    from ontos_tui.tui.stages.label.desk.state.item import ItemView

NO_ANSWER = "Choose with the keys shown, or press e."

KEEPS_STATUS = {
    PairStatus.LABELED: Verdict.APPROVE,
    PairStatus.FLAGGED: Verdict.FLAG,
    PairStatus.REJECTED: Verdict.REJECT,
    PairStatus.UNLABELED: Verdict.REOPEN,
}
"""The verdict that leaves a pair in the status that it has, for a note without a decision."""


class Verdicts:
    """One method a key; where something is to be typed, a form asks first."""

    def __init__(
        self,
        host: BackgroundMixin,
        state: DeskState,
        display: DeskDisplay,
        reader: QueueReader,
        decisions: Decisions,
        bulk: BulkDecisions,
    ) -> None:
        self._host, self._state, self._display = host, state, display
        self._reader, self._decisions, self._bulk = reader, decisions, bulk

    def choose(self, key: str) -> None:
        """Give a field the value that this key stands for; with a single field that is the decision."""
        state = self._state
        work = state.work
        choice = work.chosen(key, state.draft.active_field) if work is not None else None
        if work is None or choice is None or self._display.item is None:
            return
        name, value = choice
        if self._bulk.is_active:
            if len(work.fields) == 1:
                self._bulk.decide(Verdict.EDIT, {name: value})
            else:
                self._host.ontos.show_message("An answer has several fields here. e: give the marked ones an answer")
            return
        if len(work.fields) == 1:
            state.draft = state.draft.with_value(name, value)
            self.approve()
            return
        names = work.choice_fields
        following = names[min(names.index(name) + 1, len(names) - 1)]
        state.draft = state.draft.with_value(name, value, active_field=following)
        self._display.keep_draft()
        self._display.paint()

    def approve(self) -> None:
        """Decide that the answer as it stands is right."""
        if self._bulk.is_active:
            self._bulk.decide(Verdict.APPROVE)
            return
        item, work, answer = self._display.item, self._state.work, dict(self._state.draft.answer)
        if item is None or work is None:
            return
        if not answer:
            self._host.ontos.show_message(f"There is no answer yet. {NO_ANSWER}")
            return
        if answer == (item.pair.answer or item.pair.proposal):
            self._decisions.decide(Verdict.APPROVE)
        elif problems := [str(problem) for problem in answer_problems(work.schema, answer)]:
            self._host.ontos.show_error(OntosError("; ".join(problems) + ".", NO_ANSWER))
        else:
            self._decisions.decide(Verdict.EDIT, answer=answer)

    def edit(self) -> None:
        """Change the answer in a form."""
        item, work = self._display.item, self._state.work
        if item is None or work is None:
            return
        is_bulk = self._bulk.is_active
        if len(work.fields) == 1 and work.fields[0].spans is not None and not is_bulk:
            self.edit_spans()
            return

        def done(values: Values | None) -> None:
            if values is None:
                return
            answer = without_empty(values)
            if is_bulk:
                self._bulk.decide(Verdict.EDIT, answer)
            else:
                self._decide_answer(answer)

        form = FormDialog(
            f"Answer for {self._subject(item)}",
            schema_fields(work.schema, dict(self._state.draft.answer)),
            check=schema_check(work.schema),
            verb="Approve",
            evidence=None if is_bulk else lambda width: self._display.evidence_lines(item, width),
        )
        self._host.app.push_screen(form, done)

    def _decide_answer(self, answer: dict[str, Any]) -> None:
        self._state.draft = self._state.draft.with_answer(answer)
        self._decisions.decide(Verdict.EDIT, answer=answer)

    def edit_spans(self) -> None:
        """Mark the stretches of a text that the answer is about; with a single field that is the decision."""
        from ontos_tui.tui.stages.label.spans.answer_field import edit_spans

        state, item, work = self._state, self._display.item, self._state.work
        if item is None or work is None:
            return
        if self._bulk.is_active:
            self._host.ontos.show_message("Spans are marked in one text at a time. esc: remove the marks from the list")
            return

        def done(name: str, value: list[Any]) -> None:
            state.draft = state.draft.with_value(name, value)
            if len(work.fields) == 1:
                self._decisions.decide(Verdict.EDIT, answer=dict(state.draft.answer))
            else:
                self._display.keep_draft()
                self._display.paint()

        edit_spans(self._host.ontos, item.pair, work, state.draft.answer, done)

    def reject(self) -> None:
        """The pair cannot be used."""
        item = self._display.item
        if item is None:
            return
        is_bulk = self._bulk.is_active

        def done(values: Values | None) -> None:
            if values is not None and is_bulk:
                self._bulk.decide(Verdict.REJECT, reason=values["reason"])
            elif values is not None:
                self._decisions.decide(Verdict.REJECT, reason=values["reason"])

        fields = (FormField("reason", "Reason", required=True, hint="such as: not decidable from these values"),)
        self._host.app.push_screen(FormDialog(f"Reject {self._subject(item)}", fields, verb="Reject"), done)

    def _subject(self, item: ItemView) -> str:
        return f"the {len(self._bulk.marked):,} marked" if self._bulk.is_active else item.pair.item_ref

    def flag(self) -> None:
        """Put the pair aside, or take the flag off."""
        item = self._display.item
        if self._bulk.is_active:
            self._bulk.decide(Verdict.FLAG)
        elif item is not None:
            self._decisions.decide(Verdict.UNFLAG if item.pair.status is PairStatus.FLAGGED else Verdict.FLAG)

    def note(self) -> None:
        """Write a note about this pair, without a decision."""
        item = self._display.item
        if item is None:
            return
        pair = item.pair

        def done(values: Values | None) -> None:
            if values is not None:
                self._decisions.decide(
                    KEEPS_STATUS[pair.status], reason=pair.reject_reason, notes=values["notes"] or "", advance=False
                )

        self._host.app.push_screen(
            FormDialog(f"Note on {pair.item_ref}", (FormField("notes", "Note", pair.notes),)), done
        )

    def set_uses(self) -> None:
        """Set what this pair, or what is marked, may be used for."""
        from ontos_tui.tui.stages.label.dialogs.usage_constraints import ConstraintsDialog, when_changed

        item, work, queue = self._display.item, self._state.work, self._state.queue
        if item is None or work is None or queue is None:
            return
        if not work.is_shared:
            self._host.ontos.show_message(
                "Items of a task have no uses of their own; their labels get those of the sheet."
            )
            return
        ids = sorted(self._bulk.marked) or [item.pair.id]

        def done(count: int) -> None:
            self._state.message = f"uses of {count:,} changed"
            for pair_id in ids:
                queue.forget(pair_id)
            self._bulk.clear()
            self._reader.show_current()

        def write(change: UsageChange) -> None:
            self._decisions.write(lambda workspace: workspace.label.constraints.set_pairs(ids, change), done)

        dialog = ConstraintsDialog(item.pair.item_ref if len(ids) == 1 else f"{len(ids):,} pairs", [item.pair])
        self._host.app.push_screen(dialog, when_changed(dialog, write))
