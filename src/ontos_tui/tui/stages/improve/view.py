"""IMPROVE: what people said becomes training pairs, and a retraining shows what they were worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import ConflictError, NotFoundError, NotReadyError, OntosError
from ontos_tui.domain.records.improve import FeedbackFilter
from ontos_tui.domain.records.training import JobKind
from ontos_tui.domain.rules.states import FeedbackStatus
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.feedback import rating_span
from ontos_tui.tui.dialogs.form import FormDialog, Values
from ontos_tui.tui.stages.improve.lines import (
    Outlook,
    filled_filter,
    filter_fields,
    filter_words,
    item_lines,
    outlook_lines,
    state_span,
    stats_text,
    verdict,
)
from ontos_tui.tui.stages.pages import PagedView, StagePage
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.pairs import QAPair
    from ontos_tui.domain.records.serving import Endpoint
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.improve.service import BulkReport, Conversion, FeedbackStats
    from ontos_tui.services.train.comparison import Comparison
    from ontos_tui.workspace import Workspace

MOST_LINES = 8
"""The highest that the panel about retraining becomes."""
WIDE = 100


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
    """

    def __init__(self) -> None:
        super().__init__()
        self._feedback_filter = FeedbackFilter()
        self._outlook: Outlook | None = None
        self._compared: dict[tuple[str, str, str], Comparison] = {}
        self._shown_item = ""
        self._wide = False

    def compose(self) -> ComposeResult:
        with Vertical(id="said", classes="first"):
            with Horizontal(classes="row"):
                with Vertical(classes="side"):
                    yield OneLine(id="which")
                    yield Table["FeedbackItem"]((), self._cells, empty="Loading…", id="feedback")
                yield Panel(id="details", classes="main")
            yield Panel(id="outlook")

    def on_mount(self) -> None:
        self.query_one("#outlook").can_focus = False

    def focus_first(self) -> None:
        if self.page is not None:
            self.page.focus_first()
        else:
            self.focus_first_view()

    def focus_first_view(self) -> None:
        self.query_one("#feedback").focus()

    def make_page(self, name: str) -> StagePage:
        if name == "gaps":
            from ontos_tui.tui.stages.improve.gaps import GapsPage

            return GapsPage()
        if name == "tasks":
            from ontos_tui.tui.stages.improve.tasks import TasksPage

            return TasksPage()
        from ontos_tui.tui.stages.improve.learning_curve import CurvePage

        return CurvePage()

    # The feedback

    def reload(self) -> None:
        feedback_filter = self._feedback_filter
        self.run_in_background(
            lambda workspace: _listed(workspace, feedback_filter), self._show, failed=self._show_error
        )
        if self.page is not None:
            self.page.reload()

    def _show(self, listed: Listed) -> None:
        items = listed.items
        table: Table[FeedbackItem] = self.query_one("#feedback", Table)
        before = table.current.id if table.current is not None else ""
        status = self._feedback_filter.status
        if replace(self._feedback_filter, status=None) != FeedbackFilter():
            empty = "No feedback matches the filter.\nPress / to change it."
        elif status is not None:
            empty = f"No feedback is {status}.\nPress s for another status."
        else:
            empty = "No feedback yet.\nGive feedback in the playground (5, then p) or on a request (6, then f)."
        table.set_empty_text(empty)
        count = f"{len(items):,} {status or 'in all'}"
        about = filter_words(self._feedback_filter)
        self.query_one("#which", OneLine).show(
            lambda width: line(
                span(" feedback: ", "muted"),
                count,
                span(f" {about}", "warn"),
                span(f" · {stats_text(listed.stats)}", "muted"),
            )
        )
        cursor = next((i for i, item in enumerate(items) if item.id == before), None)
        table.show(items, cursor, self._columns())
        self._show_current()
        self._load_outlook()

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#details", Panel).show(lambda width: error_lines(error, width))

    def on_resize(self) -> None:
        """More columns where there is room for them."""
        table = self.query_one("#feedback", Table)
        table.show(table.rows, columns=self._columns())

    def _columns(self) -> list[ColumnSpec]:
        self._wide = self.size.width >= WIDE
        if not self._wide:
            return [ColumnSpec("when", 11), ColumnSpec("rated", 5), ColumnSpec("state", 0)]
        fixed = [ColumnSpec("rated", 5), ColumnSpec("fix", 3), ColumnSpec("state", 11)]
        return [ColumnSpec("when", 11), ColumnSpec("endpoint", 0), *fixed]

    def _cells(self, item: FeedbackItem) -> Sequence[object]:
        when = f"{item.created_at.astimezone():%m-%d %H:%M}"
        if not self._wide:
            return when, rating_span(item), state_span(item)
        corrected = "yes" if item.correction is not None else span("no", "muted")
        return when, item.endpoint, rating_span(item), corrected, state_span(item)

    @property
    def _current(self) -> FeedbackItem | None:
        item: FeedbackItem | None = self.query_one("#feedback", Table).current
        return item

    def _show_current(self) -> None:
        self.commands_changed()
        item = self._current
        if item is None:
            self._shown_item = ""
            self.query_one("#details", Panel).show(lambda width: ())
            return
        pair_id = item.qa_pair_id
        self.run_in_background(
            lambda workspace: workspace.label.queue.pair(pair_id) if pair_id else None,
            lambda pair: self._show_item(item, pair),
            group="pair",
        )

    def _show_item(self, item: FeedbackItem, pair: QAPair | None) -> None:
        same, self._shown_item = item.id == self._shown_item, item.id
        self.query_one("#details", Panel).show(lambda width: item_lines(item, pair, width), keep_place=same)

    def on_table_moved(self) -> None:
        self._show_current()
        item = self._current
        if item is not None and self._outlook is not None and item.endpoint != self._outlook.endpoint:
            self._load_outlook()

    def on_table_chosen(self) -> None:
        self.query_one("#details").focus()

    # What retraining brings

    def _load_outlook(self) -> None:
        item = self._current
        endpoint = item.endpoint if item is not None else self.session.endpoint
        compared = self._compared
        self.run_in_background(
            lambda workspace: _outlook(workspace, endpoint, compared),
            self._show_outlook,
            group="outlook",
            failed=self._no_outlook,
        )

    def _show_outlook(self, outlook: Outlook) -> None:
        self._outlook = outlook
        panel, training = self.query_one("#outlook", Panel), self._training
        lines = len(list(outlook_lines(outlook, training, max(20, self.size.width - 2))))
        panel.styles.height = min(MOST_LINES, lines)
        panel.show(lambda width: outlook_lines(outlook, training, width))
        self.commands_changed()

    def _no_outlook(self, error: OntosError) -> None:
        self._outlook = None
        self.query_one("#outlook", Panel).show(lambda width: wrap(f"{error.what} {error.todo}", width, "muted"))
        self.commands_changed()

    @property
    def _training(self) -> bool:
        """Whether a training on these pairs is under way."""
        outlook, overview = self._outlook, self.ontos.overview
        if outlook is None or overview is None:
            return False
        sheet = outlook.preview.model.training_sheet_id
        return any(
            job.params.get("training_sheet_id") == sheet for job in overview.running if job.kind is JobKind.TRAIN
        )

    # Commands

    def possible(self, command: str) -> bool:
        if not self.is_mounted or self.page is not None:
            return False
        item, outlook = self._current, self._outlook
        if command in ("flag", "many"):
            return item is not None
        if command == "roll_back":
            return outlook is not None and outlook.previous is not None
        if command == "convert":
            return item is not None and item.status is not FeedbackStatus.CONVERTED
        if command == "dismiss":
            return item is not None and item.status is FeedbackStatus.NEW
        if command == "convert_all":
            rows: Sequence[FeedbackItem] = self.query_one("#feedback", Table).rows
            return any(one.status is FeedbackStatus.NEW for one in rows)
        if command == "deploy":
            return outlook is not None and outlook.is_newer
        if command == "retrain":
            ready = outlook is not None and outlook.has_changes and outlook.preview.readiness.ready
            return ready and not self._training
        return True

    def action_convert(self) -> None:
        item = self._current
        if item is not None:
            self.run_in_background(
                lambda workspace: [workspace.improve.feedback.convert(item.id)], self._converted, group="do"
            )

    def action_convert_all(self) -> None:
        self._bulk("convert", FeedbackFilter(status=FeedbackStatus.NEW))

    def _bulk(self, action: str, feedback_filter: FeedbackFilter) -> None:
        def work(workspace: Workspace) -> BulkReport:
            from ontos_tui.services.improve.service import BulkAction

            ids = [item.id for item in workspace.improve.feedback.feedback(filter=feedback_filter)]
            return workspace.improve.feedback.bulk(BulkAction(action), ids)

        self.run_in_background(work, self._did, group="do")

    def _did(self, report: BulkReport) -> None:
        if report.refused:
            reason = next(iter(report.refused.values()))
            self.ontos.show_error(ConflictError(f"{len(report.refused):,} failed: {reason}"))
        if report.conversions:
            self._converted(report.conversions)
            return
        self.ontos.show_message(f"{report.action.value}: {len(report.done):,} done, {report.unchanged:,} unchanged.")
        self.reload()
        self.ontos.refresh_overview()

    def _converted(self, conversions: Sequence[Conversion]) -> None:
        if conversions:
            self.session.training_sheet_id = conversions[0].training_sheet_id
            self.session.pair_id = conversions[0].curation_item_id
        created = sum(one.status == "created" for one in conversions)
        pairs = "1 training pair is" if created == 1 else f"{created:,} training pairs are"
        self.ontos.show_message(f"{pairs} now in the queue. Decide: 3, then enter")
        self.reload()
        self.ontos.refresh_overview()

    def action_dismiss(self) -> None:
        item = self._current
        if item is not None:
            self.run_in_background(
                lambda workspace: workspace.improve.feedback.dismiss(item.id), self._dismissed, group="do"
            )

    def _dismissed(self, item: FeedbackItem) -> None:
        self.ontos.show_message("Dismissed. c: create a training pair anyway")
        self.reload()
        self.ontos.refresh_overview()

    def action_status(self) -> None:
        order = [None, *FeedbackStatus]
        status = order[(order.index(self._feedback_filter.status) + 1) % len(order)]
        self._feedback_filter = replace(self._feedback_filter, status=status)
        self.reload()

    def action_filter(self) -> None:
        self.run_in_background(
            lambda workspace: [view.endpoint.name for view in workspace.deploy.endpoints.endpoints()],
            self._ask_filter,
            group="form",
        )

    def _ask_filter(self, endpoints: Sequence[str]) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                self._feedback_filter = filled_filter(values)
                self.reload()

        form = FormDialog(
            "Filter", filter_fields(self._feedback_filter, endpoints), about="Empty fields do not filter."
        )
        self.app.push_screen(form, done)

    def action_flag(self) -> None:
        item = self._current
        if item is not None:
            message = "No longer flagged." if item.flagged else "Flagged. /: filter by flag"

            def flagged(_item: FeedbackItem) -> None:
                self.ontos.show_message(message)
                self.reload()

            self.run_in_background(
                lambda workspace: workspace.improve.feedback.flag(item.id, not item.flagged), flagged, group="do"
            )

    def action_many(self) -> None:
        count, feedback_filter = len(self.query_one("#feedback", Table).rows), self._feedback_filter
        actions = ("convert", "dismiss", "flag", "unflag")
        choices = [
            ("Convert", "training pairs from all not yet converted"),
            ("Dismiss", "not useful for training"),
            ("Flag", "for a second look"),
            ("Remove flags", "from all of them"),
        ]

        def done(place: int | None) -> None:
            if place is not None:
                self._bulk(actions[place], feedback_filter)

        self.app.push_screen(ChooseDialog(f"All {count:,} listed", choices), done)

    def action_roll_back(self) -> None:
        outlook = self._outlook
        if outlook is None or outlook.previous is None:
            return
        name, model, now = outlook.endpoint, outlook.previous, outlook.preview.model

        def answered(sure: bool | None) -> None:
            if sure:
                self.run_in_background(
                    lambda workspace: workspace.deploy.endpoints.roll_back(name), self._rolled_back, group="do"
                )

        question = f"{name} answers with {model.label()} instead of {now.label()} from the next request on."
        self.app.push_screen(ConfirmDialog(f"Roll back to {model.label()}?", question), answered)

    def _rolled_back(self, endpoint: Endpoint) -> None:
        self.ontos.show_message(f"{endpoint.name} answers with the previous version.")
        self.reload()
        self.ontos.refresh_overview()

    def action_retrain(self) -> None:
        outlook = self._outlook
        if outlook is not None:
            name = outlook.endpoint
            self.run_in_background(
                lambda workspace: workspace.improve.feedback.retrain(name), self._submitted, group="do"
            )

    def _submitted(self, job: Job) -> None:
        self.ontos.show_message(f"{job.title}: running. The comparison is shown here when it is done.")
        self.ontos.refresh_overview()

    def action_deploy(self) -> None:
        outlook = self._outlook
        if outlook is None:
            return
        model, name = outlook.newest, outlook.endpoint

        def answered(sure: bool | None) -> None:
            if sure:
                self.run_in_background(
                    lambda workspace: workspace.deploy.endpoints.deploy(model.id, name), self._deployed, group="do"
                )

        result = f"Not compared: {outlook.no_comparison}"
        if outlook.comparison is not None:
            result = f"{verdict(outlook.comparison)[0]}: {outlook.comparison.summary}"
        question = f"{result}\n\n{name} answers with {model.label()} from the next request on; b: roll back"
        self.app.push_screen(ConfirmDialog(f"Deploy {model.label()}?", question), answered)

    def _deployed(self, endpoint: Endpoint) -> None:
        self.ontos.show_message(f"{endpoint.name} answers with the new version.")
        self.reload()
        self.ontos.refresh_overview()


@dataclass(frozen=True)
class Listed:
    """The feedback that matches the filter, and the statistics of all."""

    items: Sequence[FeedbackItem]
    stats: FeedbackStats


def _listed(workspace: Workspace, feedback_filter: FeedbackFilter) -> Listed:
    return Listed(
        workspace.improve.feedback.feedback(filter=feedback_filter),
        workspace.improve.feedback.stats(feedback_filter.endpoint),
    )


def _outlook(workspace: Workspace, endpoint: str, compared: dict[tuple[str, str, str], Comparison]) -> Outlook:
    """What retraining would bring for this endpoint, or for the one changed last. Raises NotFoundError without one.

    A comparison runs two models over all held-out pairs; it is kept in `compared` until a pair changes.
    """
    views = workspace.deploy.endpoints.endpoints()
    if not views:
        raise NotFoundError("There is no endpoint yet.", "Press 5, then d to deploy a model.")
    last = max(views, key=lambda one: one.endpoint.updated_at)
    view = next((one for one in views if one.endpoint.name == endpoint), last)
    model, newest = view.model, max(workspace.train.models.models(view.model.name), key=lambda one: one.version)
    preview = workspace.improve.feedback.retrain_preview(view.endpoint.name)
    before = view.endpoint.previous_model_id
    previous = next((one for one in workspace.train.models.models() if one.id == before), None)
    since = preview.changes if newest.id == model.id else workspace.train.models.changes_since(newest)
    outlook = Outlook(view.endpoint.name, preview, newest, since, previous=previous)
    if not outlook.is_newer:
        return outlook
    key = (model.id, newest.id, str(since))
    try:
        if key not in compared:
            compared[key] = workspace.train.models.compare(model, newest)
    except (NotReadyError, ConflictError) as error:
        return Outlook(view.endpoint.name, preview, newest, since, no_comparison=str(error), previous=previous)
    return Outlook(view.endpoint.name, preview, newest, since, compared[key], previous=previous)
