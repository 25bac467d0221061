"""IMPROVE: what people said becomes training pairs, and a retraining shows what they were worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import NotFoundError, OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.commands import Command
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.dialogs.feedback import rating_span
from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.stages.base import StageView, error_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.improve import FeedbackItem
    from ontos_tui.domain.pairs import QAPair
    from ontos_tui.domain.serving import Endpoint
    from ontos_tui.domain.training import Job, ModelVersion
    from ontos_tui.services.compare import Comparison
    from ontos_tui.services.improve import Conversion, RetrainPreview
    from ontos_tui.workspace import Workspace

STATUSES = (None, "new", "converted", "dismissed")


@dataclass(frozen=True)
class Outlook:
    """What a retraining of an endpoint's model would bring, or has brought."""

    endpoint: str
    preview: RetrainPreview
    newest: ModelVersion
    comparison: Comparison | None


class ImproveView(StageView):
    """Feedback on the left, the piece under the cursor on the right, and below what retraining would bring."""

    STAGE = Stage.IMPROVE
    ABOUT = (
        "What somebody said about a prediction can become a training pair; you decide about it in the labeling queue. "
        "A retraining then shows old and new side by side, on the same pairs that neither has seen."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("convert", "c", "Convert", "Make a training pair of this feedback; it waits in the queue"),
        Command("convert_all", "C", "Convert all", "Make pairs of all new feedback"),
        Command("retrain", "r", "Retrain", "Train again, with the same settings and what is new"),
        Command("deploy", "d", "Deploy newest", "Let the endpoint answer with the newest version"),
        Command("status", "s", "Status", "All, new, converted or dismissed feedback"),
        Command("dismiss", "D", "Dismiss", "This feedback will not be used", shown=False),
    )
    DEFAULT_CSS = """
    ImproveView #outlook { height: 8; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._status: str | None = None
        self._outlook: Outlook | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Table["FeedbackItem"](
                [ColumnSpec("feedback", 0), ColumnSpec("rated", 5), ColumnSpec("state", 9)],
                _cells,
                empty="Loading…",
                id="feedback",
                classes="side",
            )
            yield Panel(id="details", classes="main")
        yield Panel(id="outlook")

    def focus_first(self) -> None:
        self.query_one("#feedback").focus()

    def reload(self) -> None:
        status, endpoint = self._status, self.session.endpoint
        self.ask(lambda workspace: _feedback(workspace, status), self._show, failed=self._show_error)
        self.ask(lambda workspace: _outlook(workspace, endpoint), self._show_outlook, group="outlook",
                 failed=self._no_outlook)  # fmt: skip

    def _show(self, items: Sequence[FeedbackItem]) -> None:
        table: Table[FeedbackItem] = self.query_one("#feedback", Table)
        table.say(
            "No feedback yet. In the playground (5, p) or on a request (6, f) you say what was wrong."
            if self._status is None
            else f"No feedback is {self._status}. Press s for another status."
        )
        table.show(items)
        self._show_current()

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#details", Panel).show(lambda width: error_lines(error, width))

    @property
    def _current(self) -> FeedbackItem | None:
        item: FeedbackItem | None = self.query_one("#feedback", Table).current
        return item

    def _show_current(self) -> None:
        self.commands_changed()
        item = self._current
        if item is None:
            self.query_one("#details", Panel).show(lambda width: ())
            return
        self.ask(
            lambda workspace: workspace.label.pair(item.qa_pair_id) if item.qa_pair_id else None,
            lambda pair: self.query_one("#details", Panel).show(lambda width: _item_lines(item, pair, width)),
            group="pair",
        )

    def _show_outlook(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self.query_one("#outlook", Panel).show(lambda width: _outlook_lines(outlook, width))
        self.commands_changed()

    def _no_outlook(self, error: OntosError) -> None:
        self._outlook = None
        self.query_one("#outlook", Panel).show(lambda width: wrap(f"{error.what} {error.todo}", width, "muted"))
        self.commands_changed()

    def on_table_moved(self) -> None:
        self._show_current()

    def on_table_chosen(self) -> None:
        self.query_one("#details").focus()

    def possible(self, command: str) -> bool:
        if not self.is_mounted or command == "status":
            return self.is_mounted
        item, outlook = self._current, self._outlook
        if command in ("convert", "dismiss"):
            return item is not None and item.status.value == "new"
        if command == "convert_all":
            rows: Sequence[FeedbackItem] = self.query_one("#feedback", Table).rows
            return any(one.status.value == "new" for one in rows)
        if command == "deploy":
            return outlook is not None and outlook.newest.id != outlook.preview.model.id
        return outlook is not None

    def action_convert(self) -> None:
        item = self._current
        if item is not None:
            self.ask(lambda workspace: [workspace.improve.convert(item.id)], self._converted, group="do")

    def action_convert_all(self) -> None:
        def convert(workspace: Workspace) -> list[Conversion]:
            return [workspace.improve.convert(item.id) for item in _feedback(workspace, "new")]

        self.ask(convert, self._converted, group="do")

    def _converted(self, conversions: Sequence[Conversion]) -> None:
        if conversions:
            self.session.training_sheet_id = conversions[-1].training_sheet_id
            self.session.pair_id = conversions[-1].curation_item_id
        pairs = "1 training pair waits" if len(conversions) == 1 else f"{len(conversions)} training pairs wait"
        self.ontos.tell(f"{pairs} in the queue. Press 3 and enter to decide.")
        self.reload()
        self.ontos.refresh_overview()

    def action_dismiss(self) -> None:
        item = self._current
        if item is not None:
            self.ask(lambda workspace: workspace.improve.dismiss(item.id), lambda _: self.reload(), group="do")

    def action_status(self) -> None:
        self._status = STATUSES[(STATUSES.index(self._status) + 1) % len(STATUSES)]
        self.reload()

    def action_retrain(self) -> None:
        outlook = self._outlook
        if outlook is not None:
            name = outlook.endpoint
            self.ask(lambda workspace: workspace.improve.retrain(name), self._submitted, group="do")

    def _submitted(self, job: Job) -> None:
        self.ontos.tell(f"{job.title}: under way. What changed is shown here when it is done.")
        self.ontos.refresh_overview()

    def action_deploy(self) -> None:
        outlook = self._outlook
        if outlook is None:
            return
        model, name = outlook.newest, outlook.endpoint

        def answered(sure: bool | None) -> None:
            if sure:
                self.ask(lambda workspace: workspace.deploy.deploy(model.id, name), self._deployed, group="do")

        changed = f"{outlook.comparison.summary}\n\n" if outlook.comparison else ""
        question = f"{changed}{name} answers with {model.label()} from the next request on; b in Deploy rolls back."
        self.app.push_screen(ConfirmDialog(f"Deploy {model.label()}?", question), answered)

    def _deployed(self, endpoint: Endpoint) -> None:
        self.ontos.tell(f"{endpoint.name} answers with the new version.")
        self.reload()
        self.ontos.refresh_overview()


def _feedback(workspace: Workspace, status: str | None) -> list[FeedbackItem]:
    from ontos_tui.domain.states import FeedbackStatus

    return workspace.improve.feedback(status=None if status is None else FeedbackStatus(status))


def _outlook(workspace: Workspace, endpoint: str) -> Outlook:
    """What retraining would bring for the session's endpoint, or for the newest. Raises NotFoundError without one."""
    views = workspace.deploy.endpoints()
    if not views:
        raise NotFoundError("There is no endpoint yet.", "Press 5 and then d to deploy a model.")
    newest = max(views, key=lambda one: one.endpoint.updated_at)
    view = next((one for one in views if one.endpoint.name == endpoint), newest)
    latest = workspace.train.models(view.model.name)[0]
    comparison = workspace.train.compare(view.model, latest) if latest.version > view.model.version else None
    return Outlook(view.endpoint.name, workspace.improve.retrain_preview(view.endpoint.name), latest, comparison)


def _cells(item: FeedbackItem) -> Sequence[object]:
    answer = " · ".join(value_text(value) for value in (item.output or {}).values())
    return (
        answer or item.endpoint,
        rating_span(item),
        span(item.status.value, "accent" if item.status.value == "new" else "muted"),
    )


def _item_lines(item: FeedbackItem, pair: QAPair | None, width: int) -> Iterator[Line]:
    when = item.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    yield line(span(item.endpoint, "title"), span(f"  rated {item.rating} of 5 by {item.created_by}, {when}", "muted"))
    if item.comment:
        yield from wrap(f"“{item.comment}”", width)
    yield EMPTY
    names = dict.fromkeys([*(item.output or {}), *(item.correction or {})])
    for name in names:
        said = (item.output or {}).get(name)
        right = (item.correction or {}).get(name, said) if item.correction else said
        parts = [span(name, "muted", 18), span(value_text(said), "strong")]
        if item.correction and right != said:
            parts += [span(" → ", "warn"), span(value_text(right), "strong"), span(" ✎ corrected", "warn")]
        yield line(*parts)
    yield EMPTY
    if pair is not None:
        yield line(
            span("training pair: ", "muted"), span(pair.status.value, "strong"), span(f"  {pair.item_ref}", "muted")
        )
    elif item.status.value == "new":
        yield line(span("c", "key"), " makes a training pair of it")
    yield EMPTY
    yield from field_lines(item.input, width)


def _outlook_lines(outlook: Outlook, width: int) -> Iterator[Line]:
    changes, model = outlook.preview.changes, outlook.preview.model
    yield line(span("Retraining ", "title"), span(f"{outlook.endpoint} serves {model.label()}", "muted"))
    told = f"{changes.new} new, {changes.corrected} corrected, {changes.removed} removed since v{model.version}"
    yield line(span(told, "strong"))
    if outlook.comparison is not None:
        yield from wrap(f"{outlook.newest.label()} is trained: {outlook.comparison.summary}", width, "good")
        yield line(span("d", "key"), f" lets {outlook.endpoint} answer with {outlook.newest.label()}")
    elif changes.new or changes.corrected or changes.removed:
        yield line(span("r", "key"), " trains again with it and compares old and new on the same held-out pairs")
    else:
        yield from wrap("Nothing has changed since; convert feedback or label more.", width, "muted")
