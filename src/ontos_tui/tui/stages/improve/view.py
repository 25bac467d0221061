"""IMPROVE: what people said becomes training pairs, and a retraining shows what they were worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.improve import FeedbackFilter
from ontos_tui.domain.records.training import JobKind
from ontos_tui.domain.rules.states import FeedbackStatus
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.forms.form import FormDialog, Values
from ontos_tui.tui.stages.improve.display import THREE_FROM, ImproveDisplay
from ontos_tui.tui.stages.improve.feedback_commands import FeedbackCommands
from ontos_tui.tui.stages.improve.lines import filled_filter, filter_fields
from ontos_tui.tui.stages.improve.retraining_commands import RetrainingCommands
from ontos_tui.tui.stages.improve.state import Detail, ImproveState, Listed
from ontos_tui.tui.stages.pages import PagedView, StagePage

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.services.improve.retraining import RetrainingOutlook
    from ontos_tui.workspace import Workspace


class ImproveView(PagedView):
    """Feedback on the left, the piece under the cursor on the right, and below what retraining would bring."""

    STAGE = Stage.IMPROVE
    ABOUT = (
        "Feedback about a prediction can become a training pair; you decide about it in the labeling queue. "
        "Retraining then compares the old and the new model on the same held-out pairs."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "improve.convert", "c", "Convert", "Create a training pair from this feedback; decide about it in the queue"
        ),
        Command("improve.convert_all", "C", "Convert all", "Create training pairs from all new feedback"),
        Command("improve.retrain", "r", "Retrain", "Train again with the same settings and the new pairs"),
        Command("improve.deploy", "d", "Deploy newest", "Deploy the newest version to this endpoint"),
        Command(
            "improve.gaps",
            "g",
            "Gaps",
            "Where the model is weak, with the evidence",
            action="page('gaps')",
        ),
        Command(
            "improve.tasks", "t", "Tasks", "Annotation tasks: the labeling that closes gaps", action="page('tasks')"
        ),
        Command(
            "improve.curve",
            "v",
            "Versions",
            "The score of every version",
            action="page('curve')",
        ),
        Command("improve.status", "s", "Status", "All, new, converted or dismissed feedback"),
        Command("improve.roll_back", "b", "Roll back", "Deploy the previous version to this endpoint", shown=False),
        Command("improve.filter", "slash", "Filter", "By rating, flag, correction, endpoint or text", shown=False),
        Command("improve.flag", "f", "Flag", "Flag for a second look, or remove the flag", shown=False),
        Command("improve.many", "m", "All listed", "Convert, dismiss or flag all that is listed", shown=False),
        Command("improve.dismiss", "D", "Dismiss", "Mark as not useful for training", shown=False),
    )
    DEFAULT_CSS = """
    ImproveView #said { height: 1fr; }
    ImproveView #feedback { height: 1fr; }
    ImproveView #outlook { height: 3; padding: 0 1; }
    ImproveView.three #said { layout: horizontal; }
    ImproveView.three .row { width: 9fr; }
    ImproveView.three #outlook { width: 4fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = ImproveState()
        self._display = ImproveDisplay()
        self._feedback = FeedbackCommands(self)
        self._retraining = RetrainingCommands(self)
        self._retrain_next = False  # `r` came while the new labels were counted

    def compose(self) -> ComposeResult:
        with Vertical(id="said", classes="first"):
            with Horizontal(classes="row"):
                with Vertical(classes="side"):
                    yield self._display.heading
                    yield self._display.table
                yield self._display.details
            yield self._display.outlook

    def focus_first(self) -> None:
        self._state = replace(self._state, is_outlook_old=True)
        if self.page is not None:
            self.page.focus_first()
        else:
            self.focus_first_view()

    def focus_first_view(self) -> None:
        self._display.table.focus()

    def make_page(self, name: str) -> StagePage:
        if name == "gaps":
            from ontos_tui.tui.stages.improve.gaps.page import GapsPage

            return GapsPage()
        if name == "tasks":
            from ontos_tui.tui.stages.improve.tasks.page import TasksPage

            return TasksPage()
        from ontos_tui.tui.stages.improve.learning_curve import CurvePage

        return CurvePage()

    # The state, and what it is read from

    def _change(self, **changes: Any) -> None:
        """Show another state."""
        self._state = replace(self._state, **changes)
        self._state = replace(self._state, is_training=self._is_training(self._state.outlook))
        self._display.paint(self._state)
        self.commands_changed()

    def _is_training(self, outlook: RetrainingOutlook | None) -> bool:
        """Whether a training on these pairs is under way."""
        overview = self.ontos.overview
        if outlook is None or overview is None:
            return False
        sheet = outlook.preview.model.training_sheet_id
        return any(
            job.params.get("training_sheet_id") == sheet for job in overview.running if job.kind is JobKind.TRAIN
        )

    def reload(self) -> None:
        feedback_filter = self._state.feedback_filter
        self.run_in_background(
            lambda workspace: _listed(workspace, feedback_filter),
            self._show_listed,
            failed=lambda error: self._change(error=error),
        )
        if self.page is not None:
            self.page.reload()

    def _show_listed(self, listed: Listed) -> None:
        self._change(listed=listed, error=None)
        self._read_detail()
        self._read_outlook()

    def _read_detail(self) -> None:
        item = self._display.current
        if item is None:
            self._change(detail=None)
            return
        pair_id = item.qa_pair_id
        self.run_in_background(
            lambda workspace: workspace.label.queue.pair(pair_id) if pair_id else None,
            lambda pair: self._change(detail=Detail(item, pair)),
            group="pair",
        )

    def _read_outlook(self) -> None:
        item = self._display.current
        endpoint = item.endpoint if item is not None else self.session.endpoint
        self.run_in_background(
            lambda workspace: workspace.improve.retraining.outlook(endpoint),
            self._show_outlook,
            group="outlook",
            failed=self._no_outlook,
        )

    def _show_outlook(self, outlook: RetrainingOutlook | None) -> None:
        self._change(outlook=outlook, outlook_error=None, is_outlook_old=False)
        retrain, self._retrain_next = self._retrain_next, False
        if retrain and self.possible("retrain"):
            self.action_retrain()
        elif retrain:
            self.ontos.show_message("There is nothing to retrain with yet; the panel on retraining says why.")

    def _no_outlook(self, error: OntosError) -> None:
        self._retrain_next = False
        self._change(outlook=None, outlook_error=error, is_outlook_old=False)

    def on_resize(self) -> None:
        self.set_class(self.size.width >= THREE_FROM, "three")
        self._display.fit(self.size.width, self.app.size.height, self._state)

    def on_table_moved(self) -> None:
        self.commands_changed()
        self._read_detail()
        item, outlook = self._display.current, self._state.outlook
        if item is not None and outlook is not None and item.endpoint != outlook.endpoint:
            self._read_outlook()

    def on_table_chosen(self) -> None:
        self._display.details.focus()

    # The filter

    def action_status(self) -> None:
        order = [None, *FeedbackStatus]
        feedback_filter = self._state.feedback_filter
        status = order[(order.index(feedback_filter.status) + 1) % len(order)]
        self._filter_by(replace(feedback_filter, status=status))

    def action_filter(self) -> None:
        self.run_in_background(
            lambda workspace: [view.endpoint.name for view in workspace.deploy.endpoints.endpoints()],
            self._ask_filter,
            group="form",
        )

    def _ask_filter(self, endpoints: Sequence[str]) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                self._filter_by(filled_filter(values))

        fields = filter_fields(self._state.feedback_filter, endpoints)
        self.app.push_screen(FormDialog("Filter", fields, about="Empty fields do not filter.", verb="Filter"), done)

    def _filter_by(self, feedback_filter: FeedbackFilter) -> None:
        self._state = replace(self._state, feedback_filter=feedback_filter)
        self.reload()

    # Commands

    def possible(self, command: str) -> bool:
        if not self.is_mounted or self.page is not None:
            return False
        item, outlook = self._display.current, self._state.outlook
        if command in ("flag", "many"):
            return item is not None
        if command == "roll_back":
            return outlook is not None and outlook.previous is not None
        if command == "convert":
            return item is not None and item.status is not FeedbackStatus.CONVERTED
        if command == "dismiss":
            return item is not None and item.status is FeedbackStatus.NEW
        if command == "convert_all":
            return any(one.status is FeedbackStatus.NEW for one in self._display.table.rows)
        if command == "deploy":
            return outlook is not None and outlook.is_newer
        if command == "retrain" and self._state.is_outlook_old:
            return not self._is_training(outlook)
        if command == "retrain":
            ready = outlook is not None and outlook.has_changes and outlook.preview.readiness.ready
            return ready and not self._is_training(outlook)
        return True

    def _with_item(self, act: Callable[[FeedbackItem], None]) -> None:
        if (item := self._display.current) is not None:
            act(item)

    def _with_outlook(self, act: Callable[[RetrainingOutlook], None]) -> None:
        if self._state.outlook is not None:
            act(self._state.outlook)

    def action_convert(self) -> None:
        self._with_item(self._feedback.convert)

    def action_convert_all(self) -> None:
        self._feedback.convert_all()

    def action_dismiss(self) -> None:
        self._with_item(self._feedback.dismiss)

    def action_flag(self) -> None:
        self._with_item(self._feedback.flag)

    def action_many(self) -> None:
        self._feedback.choose_for_all(self._state.feedback_filter, len(self._display.table.rows))

    def action_retrain(self) -> None:
        if self._state.is_outlook_old:
            self._retrain_next = True
            self.ontos.show_message("Retraining begins when the new labels are counted.")
            return
        self._with_outlook(self._retraining.retrain)

    def action_deploy(self) -> None:
        self._with_outlook(self._retraining.deploy_newest)

    def action_roll_back(self) -> None:
        self._with_outlook(self._retraining.roll_back)


def _listed(workspace: Workspace, feedback_filter: FeedbackFilter) -> Listed:
    return Listed(
        tuple(workspace.improve.feedback.feedback(filter=feedback_filter)),
        workspace.improve.feedback.stats(feedback_filter.endpoint),
    )
