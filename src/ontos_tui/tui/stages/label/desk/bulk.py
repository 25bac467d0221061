"""Many at once: what is marked gets one verdict, as one batch that one undo takes back."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.queue import summary
from ontos_tui.services.label.service import Decision
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.stages.label.desk.queue_view import NOTHING, LabelReader

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.services.label.service import Batch
    from ontos_tui.workspace import Workspace

MOST = 10_000
"""Pairs that are decided in one transaction at most; others wait for it."""

KINDS = 4
"""Different answers that a question before a verdict names."""


class Many(LabelReader):
    """Marks, and verdicts for all that is marked."""

    @abstractmethod
    def write(self, work: Callable[[Workspace], Any], done: Callable[[Any], None]) -> None:
        """Have something written, in the order of what was asked for."""

    @property
    def marked(self) -> set[str]:
        """The ids of what is marked."""
        return self._queue.marked if self._queue is not None else set()

    @property
    def is_many(self) -> bool:
        """Whether a verdict is for what is marked, not for the item under the cursor."""
        return bool(self.marked)

    def do_mark(self) -> None:
        """Mark the item under the cursor, or take its mark away, and go on."""
        row = self.table.current
        if row is not None and row.id:
            self.marked.symmetric_difference_update({row.id})
            self.table.remake()
            self.table.action_move(1)
            self._paint_progress()

    def do_mark_all(self) -> None:
        """Mark everything that the list holds, or nothing."""
        queue = self._queue
        if queue is None:
            return
        if self.is_many:
            self.unmark()
            return
        self.run_in_background(lambda workspace: queue.source.ids(MOST), self._marked_more, group="mark")

    def do_mark_group(self) -> None:
        """Mark the near-duplicates of the item under the cursor."""
        view, work = self._view, self._work
        if view is None or work is None:
            return
        group = next((hint.group_key for hint in view.hints if hint.group_key), "")
        if not group:
            self.ontos.tell("Nothing is known to be a near-duplicate of this one. L looks for them.")
            return
        self.run_in_background(
            lambda workspace: workspace.label.hints.members(work.id, group), self._marked_more, group="mark"
        )

    def _marked_more(self, ids: Sequence[str]) -> None:
        self.marked.update(ids)
        if len(self.marked) >= MOST:
            self.ontos.tell(f"The first {MOST:,} are marked: so many are decided at once.")
        self.table.remake()
        self._paint_progress()

    def unmark(self) -> None:
        """Nothing is marked any more."""
        self.marked.clear()
        self.table.remake()
        self._paint_progress()

    def decide_many(self, verdict: Verdict, answer: dict[str, Any] | None = None, reason: str = "") -> None:
        """Say first what the verdict would do to what is marked, then do it."""
        work, ids = self._work, sorted(self.marked)
        if work is None:
            return

        def ask(pairs: Sequence[Decidable]) -> None:
            fit = [pair for pair in pairs if verdict is not Verdict.APPROVE or (pair.answer or pair.proposal)]
            if not fit:
                self.ontos.tell("None of the marked ones has an answer to approve. Press e to give them one.")
                return
            question = _question(verdict, answer, fit, left_out=len(pairs) - len(fit))
            decisions = [
                Decision(
                    pair.id, verdict, answer=answer, reason=reason, version=pair.version, blind=work.is_blind(pair)
                )
                for pair in fit
            ]
            self.app.push_screen(ConfirmDialog(f"{len(fit):,} at once", question), lambda yes: self._do(decisions, yes))

        self.run_in_background(lambda workspace: work.service(workspace).pairs(ids), ask, group="many")

    def _do(self, decisions: Sequence[Decision], yes: bool | None) -> None:
        work = self._work
        if not yes or work is None:
            return

        def done(batch: Batch[Decidable]) -> None:
            self.ontos.busy(-1)
            queue = self._queue
            if queue is not None:
                queue.marked.clear()
                queue.written(batch.pairs)
                self._last = batch.description
                self._shown = NOTHING
                self.table.remake()
                self._look()

        self.write(lambda workspace: work.service(workspace).decide(decisions), done)


def _question(verdict: Verdict, answer: dict[str, Any] | None, pairs: Sequence[Decidable], left_out: int) -> str:
    """What would happen, in words."""
    count = f"{len(pairs):,} items"
    if verdict is Verdict.APPROVE:
        kinds = Counter(summary(pair.answer or pair.proposal) for pair in pairs)
        told = "; ".join(f"{n:,} × {kind}" for kind, n in kinds.most_common(KINDS))
        more = f"; and {len(kinds) - KINDS:,} other answers" if len(kinds) > KINDS else ""
        what = f"Approve {count} as they stand: {told}{more}."
    elif verdict is Verdict.EDIT:
        what = f"Give {count} the answer: {summary(answer)}."
    else:
        what = {Verdict.REJECT: f"Reject {count}.", Verdict.FLAG: f"Flag {count}."}[verdict]
    decided = sum(pair.status.value != "unlabeled" for pair in pairs)
    notes = [f"{decided:,} of them are decided already and would be decided anew."] if decided else []
    if left_out:
        notes.append(f"{left_out:,} more have no answer and are left as they are.")
    return " ".join([what, *notes, "One u takes all of it back."])
