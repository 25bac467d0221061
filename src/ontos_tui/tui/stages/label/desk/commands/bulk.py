"""Many at once: what is marked gets one verdict, as one batch that one undo takes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.answers import summary
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.service import Decision
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.stages.label.desk.state.item import Draft

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.services.label.service import Batch
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.commands.decisions import Decisions
    from ontos_tui.tui.stages.label.desk.panes.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.queue_reader import QueueReader
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState

MOST = 10_000
"""Pairs that are decided in one transaction at most; others wait for it."""

KINDS = 4
"""Different answers that a question before a verdict names."""


class BulkDecisions:
    """Marks, and verdicts for all that is marked."""

    def __init__(
        self,
        host: BackgroundMixin,
        state: DeskState,
        display: DeskDisplay,
        reader: QueueReader,
        decisions: Decisions,
    ) -> None:
        self._host, self._state, self._display = host, state, display
        self._reader, self._decisions = reader, decisions

    @property
    def marked(self) -> set[str]:
        """The ids of what is marked."""
        return self._state.queue.marked if self._state.queue is not None else set()

    @property
    def is_active(self) -> bool:
        """Whether a verdict is for what is marked, not for the item under the cursor."""
        return bool(self.marked)

    def toggle(self) -> None:
        """Mark the item under the cursor, or take its mark away, and go on."""
        table = self._display.table
        row = table.current
        if row is not None and row.id:
            self.marked.symmetric_difference_update({row.id})
            table.refresh_rows()
            table.action_move(1)
            self._display.paint_progress()

    def toggle_all(self) -> None:
        """Mark everything that the list holds, or nothing."""
        queue = self._state.queue
        if queue is None:
            return
        if self.is_active:
            self.clear()
            return
        self._host.run_in_background(lambda workspace: queue.source.ids(MOST), self._add, group="mark")

    def add_duplicates(self) -> None:
        """Mark the near-duplicates of the item under the cursor."""
        item, work = self._display.item, self._state.work
        if item is None or work is None:
            return
        group = next((hint.group_key for hint in item.hints if hint.group_key), "")
        if not group:
            self._host.ontos.show_message("No near-duplicates of this one are known. Search for them: esc, then L")
            return
        self._host.run_in_background(
            lambda workspace: workspace.label.hints.members(work.id, group), self._add, group="mark"
        )

    def _add(self, ids: Sequence[str]) -> None:
        self.marked.update(ids)
        if len(self.marked) >= MOST:
            self._host.ontos.show_message(f"Only the first {MOST:,} are marked: the most for one decision.")
        self._display.table.refresh_rows()
        self._display.paint_progress()

    def clear(self) -> None:
        """Take all marks away."""
        self.marked.clear()
        self._display.table.refresh_rows()
        self._display.paint_progress()

    def decide(self, verdict: Verdict, answer: dict[str, Any] | None = None, reason: str = "") -> None:
        """Show what the verdict would do to what is marked; once confirmed, do it."""
        work, ids = self._state.work, sorted(self.marked)
        if work is None:
            return

        def confirm(pairs: Sequence[Decidable]) -> None:
            fit = [pair for pair in pairs if verdict is not Verdict.APPROVE or (pair.answer or pair.proposal)]
            if not fit:
                self._host.ontos.show_message("None of the marked ones has an answer to approve. e: give them one")
                return
            question = _question(verdict, answer, fit, left_out=len(pairs) - len(fit))
            decisions = [
                Decision(
                    pair.id, verdict, answer=answer, reason=reason, version=pair.version, blind=work.is_blind(pair)
                )
                for pair in fit
            ]
            dialog = ConfirmDialog(f"{len(fit):,} at once", question)
            self._host.app.push_screen(dialog, lambda yes: self._write(decisions) if yes else None)

        self._host.run_in_background(lambda workspace: work.service(workspace).pairs(ids), confirm, group="many")

    def _write(self, decisions: Sequence[Decision]) -> None:
        state = self._state
        work = state.work
        if work is None:
            return

        def done(batch: Batch[Decidable]) -> None:
            queue = state.queue
            if queue is not None:
                queue.marked.clear()
                queue.update_written(batch.pairs)
                state.message = batch.description
                state.draft = Draft()
                self._display.table.refresh_rows()
                self._reader.show_current()

        self._decisions.write(lambda workspace: work.service(workspace).decide(decisions), done)


def _question(verdict: Verdict, answer: dict[str, Any] | None, pairs: Sequence[Decidable], left_out: int) -> str:
    """What would happen, in words."""
    count = f"{len(pairs):,} items"
    if verdict is Verdict.APPROVE:
        answers = Counter(summary(pair.answer or pair.proposal) for pair in pairs)
        common = "; ".join(f"{n:,} × {text}" for text, n in answers.most_common(KINDS))
        more = f"; and {len(answers) - KINDS:,} other answers" if len(answers) > KINDS else ""
        what = f"Approve {count} as they stand: {common}{more}."
    elif verdict is Verdict.EDIT:
        what = f"Give {count} the answer: {summary(answer)}."
    else:
        what = {Verdict.REJECT: f"Reject {count}.", Verdict.FLAG: f"Flag {count}."}[verdict]
    decided = sum(pair.status is not PairStatus.UNLABELED for pair in pairs)
    notes = [f"{decided:,} of them are decided already; their answers are replaced."] if decided else []
    if left_out:
        notes.append(f"{left_out:,} more have no answer and stay as they are.")
    return " ".join([what, *notes, "One u takes all of it back."])
