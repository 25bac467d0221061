"""What one can do with feedback: convert, dismiss and flag it, one piece or all that is listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.records.improve import FeedbackFilter
from ontos_tui.domain.rules.states import FeedbackStatus
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.stages.base import Page

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.services.improve.service import BulkReport, Conversion
    from ontos_tui.workspace import Workspace

ACTIONS = ("convert", "dismiss", "flag", "unflag")
CHOICES = [
    ("Convert", "training pairs from all not yet converted"),
    ("Dismiss", "not useful for training"),
    ("Flag", "for a second look"),
    ("Remove flags", "from all of them"),
]


class FeedbackCommands:
    """Changes feedback in the background; the host then reads it again."""

    def __init__(self, host: Page) -> None:
        self._host = host

    def convert(self, item: FeedbackItem) -> None:
        """A training pair from this feedback."""
        self._host.run_in_background(
            lambda workspace: [workspace.improve.feedback.convert(item.id)], self._converted, group="do"
        )

    def convert_all(self) -> None:
        """Training pairs from all new feedback."""
        self._bulk("convert", FeedbackFilter(status=FeedbackStatus.NEW))

    def dismiss(self, item: FeedbackItem) -> None:
        """This feedback is not useful for training."""
        self._host.run_in_background(
            lambda workspace: workspace.improve.feedback.dismiss(item.id),
            lambda _: self._changed("Dismissed. c: create a training pair anyway"),
            group="do",
        )

    def flag(self, item: FeedbackItem) -> None:
        """Flag this feedback, or remove its flag."""
        message = "No longer flagged." if item.flagged else "Flagged. /: filter by flag"
        self._host.run_in_background(
            lambda workspace: workspace.improve.feedback.flag(item.id, not item.flagged),
            lambda _: self._changed(message),
            group="do",
        )

    def choose_for_all(self, feedback_filter: FeedbackFilter, count: int) -> None:
        """Ask what to do with all `count` pieces that match the filter, and do it."""

        def done(place: int | None) -> None:
            if place is not None:
                self._bulk(ACTIONS[place], feedback_filter)

        self._host.app.push_screen(ChooseDialog(f"All {count:,} listed", CHOICES), done)

    def _bulk(self, action: str, feedback_filter: FeedbackFilter) -> None:
        def work(workspace: Workspace) -> BulkReport:
            from ontos_tui.services.improve.service import BulkAction

            ids = [item.id for item in workspace.improve.feedback.feedback(filter=feedback_filter)]
            return workspace.improve.feedback.bulk(BulkAction(action), ids)

        self._host.run_in_background(work, self._did, group="do")

    def _did(self, report: BulkReport) -> None:
        if report.refused:
            reason = next(iter(report.refused.values()))
            self._host.ontos.show_error(ConflictError(f"{len(report.refused):,} failed: {reason}"))
        if report.conversions:
            self._converted(report.conversions)
        else:
            self._changed(f"{report.action.value}: {len(report.done):,} done, {report.unchanged:,} unchanged.")

    def _converted(self, conversions: Sequence[Conversion]) -> None:
        if conversions:
            self._host.session.training_sheet_id = conversions[0].training_sheet_id
            self._host.session.pair_id = conversions[0].curation_item_id
        count = len({one.curation_item_id for one in conversions})
        pairs = "1 training pair is" if count == 1 else f"{count:,} training pairs are"
        self._changed(f"{pairs} now in the queue. Decide: 3, then enter")

    def _changed(self, message: str) -> None:
        self._host.ontos.show_message(message)
        self._host.reload()
        self._host.ontos.refresh_overview()
