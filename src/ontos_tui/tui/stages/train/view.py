"""TRAIN: the two gates, what can be trained, and how good every model turned out to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.verdict import score_cell
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.stages.job_state import POLL_SECONDS, JobState, event_lines, progress_lines
from ontos_tui.tui.stages.train.comparisons import Comparisons
from ontos_tui.tui.stages.train.lines import Standing, gate_lines, model_lines
from ontos_tui.tui.stages.train.settings import TrainingSettings
from ontos_tui.tui.stages.train.standing import standing_of
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job, ModelVersion

ROOM_FOR_TIMES = 44
"""Width of the list from which on it also says when a model was made."""
JOB_ROWS = 9


@dataclass(frozen=True)
class Entry:
    """A line of the list: the training to come, or a model that is there."""

    model: ModelVersion | None = None


class TrainView(StageView):
    """The training to come and the models on the left; on the right the gates, or how good a model is."""

    STAGE = Stage.TRAIN
    ABOUT = (
        "A model learns from the pairs that are labeled and allowed for training, and is tested on pairs that it has "
        "never seen. "
        "Beside its score stands what always giving the same answer would reach on the same pairs. ✓ is better than "
        "that for certain, ◐ perhaps or in part, ✗ not usable yet. In the list: right answers of those tested, or how "
        "far a number is off on average, in the unit of the answer."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("train.train", "t", "Train", "Train a model on this training sheet; runs as a job"),
        Command("train.compare", "c", "Compare", "Compare this model with another version on the same held-out pairs"),
        Command("train.card", "m", "Card", "The card of this model, or of the training sheet's data", shown=False),
        Command("train.lineage", "l", "Lineage", "The exact pairs this model learned from, and who approved them"),
        Command("train.base_model", "b", "Base model", "Choose the model to train"),
        Command("train.split", "g", "Groups", "Confirm or change which pairs belong together, and which are tested"),
        Command("train.parameters", "p", "Parameters", "Every parameter of the base model, with its default"),
        Command("train.training_sheet", "s", "Sheet", "Choose the training sheet"),
    )
    DEFAULT_CSS = """
    TrainView #models { height: 1fr; width: 100%; }
    TrainView #job { height: 1; display: none; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._base_model = ""
        self._params: dict[str, Any] = {}
        self._standing: Standing | None = None
        self._problem: OntosError | None = None
        self._refused: OntosError | None = None
        self._newest: str | None = None
        self._shown = ""
        self._comparisons = Comparisons(self, self._show_current)
        self._submitting = False
        self._settings = TrainingSettings(self)
        self._train_next = False  # `t` came while the pairs were counted
        self._looking = False
        self._wide = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            with Vertical(classes="side"):
                yield Table[Entry](_columns(False), self._cells, empty="Loading…", id="models")
                yield Panel(id="job")
            yield Panel(id="details", classes="main")

    def focus_first(self) -> None:
        self._comparisons.forget()
        self._table.focus()

    def on_resize(self) -> None:
        self._wide = self.size.width * 2 // 5 >= ROOM_FOR_TIMES
        self._table.show(self._table.rows, columns=_columns(self._wide))
        self._show_job()

    @property
    def _table(self) -> Table[Entry]:
        table: Table[Entry] = self.query_one("#models", Table)
        return table

    @property
    def _model(self) -> ModelVersion | None:
        entry = self._table.current
        return entry.model if entry is not None else None

    # Where things stand

    def reload(self) -> None:
        choice = (self.session.training_sheet_id, self._base_model, dict(self._params))
        self.run_in_background(
            lambda workspace: standing_of(workspace, *choice), self._show_standing, failed=self._no_standing
        )
        self.run_in_background(lambda workspace: workspace.train.models.models(), self._show_models, group="models")

    def _show_standing(self, standing: Standing) -> None:
        before = self._standing
        if before is None or before.readiness != standing.readiness:
            self._refused = None
        self._standing, self._problem = standing, None
        self.session.training_sheet_id = standing.readiness.training_sheet.id
        self._show_job()
        self._show_current()
        if standing.under_way and not self._looking:
            self._looking = True
            self.set_timer(POLL_SECONDS, self._poll)
        if self._train_next and not standing.under_way:
            self._submit(standing)
        self._train_next = False

    def _poll(self) -> None:
        self._looking = False
        if self.display:
            self.reload()

    def _no_standing(self, error: OntosError) -> None:
        self._standing, self._problem, self._train_next = None, error, False
        self._show_job()
        self._show_current()

    def _show_job(self) -> None:
        """The training that runs, or why the last one broke, under the list; whatever the cursor is on."""
        panel = self.query_one("#job", Panel)
        state = self._standing.last if self._standing is not None else None
        if state is None or not (state.active or state.ended_early):
            panel.display = False
            return
        panel.show(lambda width: _job_lines(state, width))
        width = panel.size.width or (self._table.size.width or 40) - 2
        panel.styles.height = min(JOB_ROWS, max(4, self.size.height // 2), sum(1 for _ in _job_lines(state, width)))
        panel.display = True

    def _show_models(self, models: Sequence[ModelVersion]) -> None:
        current = self._model
        entries = [Entry(), *(Entry(model) for model in models)]
        cursor = next((i for i, e in enumerate(entries) if e.model and current and e.model.id == current.id), None)
        newest = models[0].id if models else ""
        if newest and self._newest is not None and newest != self._newest:
            cursor = 1  # What was just trained is what one wants to see.
        self._newest = newest
        self._table.show(entries, cursor=cursor)
        self._show_current()

    def _show_current(self) -> None:
        self.commands_changed()
        panel, model, standing, refused = self.query_one("#details", Panel), self._model, self._standing, self._refused
        shown = model.id if model is not None else "gates"
        same, self._shown = shown == self._shown, shown
        if model is not None:
            self.session.model_id = model.id
            compared = self._comparisons.of(model)
            panel.show(lambda width: model_lines(model, compared, width), keep_place=same)
        elif standing is not None:
            panel.show(lambda width: gate_lines(standing, refused, width), keep_place=same)
        elif self._problem is not None:
            problem = self._problem
            panel.show(lambda width: error_lines(problem, width))
        else:
            panel.show(lambda width: [line(span("Counting the labeled pairs…", "muted"))])

    def on_table_moved(self) -> None:
        self._show_current()

    def on_table_chosen(self) -> None:
        self.query_one("#details").focus()

    def _cells(self, entry: Entry) -> Sequence[object]:
        model = entry.model
        if model is None:
            cells: list[object] = [span("+ new model", "accent"), "", "", ""]
        else:
            when = model.created_at.astimezone().strftime("%m-%d %H:%M")
            cells = [model.name, span(f"v{model.version}", "strong"), score_cell(model), span(when, "muted")]
        return cells[: len(_columns(self._wide))]

    # Commands

    def possible(self, command: str) -> bool:
        if not self.is_mounted:
            return False
        if command in ("compare", "lineage"):
            return self._model is not None
        if command == "train":  # without anything to train it says so
            return self._standing is None or not self._standing.under_way
        return self._standing is not None

    def action_train(self) -> None:
        if self._standing is not None:
            self._submit(self._standing)
        elif self._problem is not None:
            self.ontos.show_error(self._problem)
        else:
            self._train_next = True
            self.ontos.show_message("Training begins when the labeled pairs are counted.")

    def _submit(self, standing: Standing) -> None:
        if self._submitting:
            return
        self._submitting = True
        sheet, key, params = standing.readiness.training_sheet.id, standing.base_model.key, standing.params
        self.run_in_background(
            lambda workspace: workspace.train.models.submit(sheet, base_model=key, params=params),
            self._submitted,
            group="train",
            failed=self._not_submitted,
        )

    def _submitted(self, job: Job) -> None:
        self._submitting, self._refused = False, None
        self.ontos.show_message(f"{job.title}: running. You can leave the app; the job continues.")
        self.reload()
        self.ontos.refresh_overview()

    def _not_submitted(self, error: OntosError) -> None:
        self._submitting, self._refused = False, error
        self.ontos.show_error(error)  # the lines may be below the edge of a small screen
        self._table.move_to(0)
        self._show_current()

    def _use(self, base_model: str, params: dict[str, Any]) -> None:
        """Train with other settings from now on."""
        self._base_model, self._params = base_model, params
        self._to_new_model()

    def _to_new_model(self) -> None:
        self._table.move_to(0)
        self.reload()

    def action_base_model(self) -> None:
        if (standing := self._standing) is not None:
            self._settings.ask_base_model(standing, lambda key: self._use(key, {}))

    def action_split(self) -> None:
        if self._standing is not None:
            self._settings.ask_split(self._standing.readiness.training_sheet.id, self._to_new_model)

    def action_parameters(self) -> None:
        if (standing := self._standing) is not None:
            self._settings.ask_parameters(standing, lambda params: self._use(self._base_model, params))

    def action_training_sheet(self) -> None:
        self._settings.ask_training_sheet(self._to_new_model)

    def action_compare(self) -> None:
        if self._model is not None:
            self._comparisons.ask_other(self._model)

    def action_card(self) -> None:
        from ontos_tui.tui.stages.train.card import show_card

        sheet = self._standing.readiness.training_sheet if self._standing is not None else None
        show_card(self, self._model, sheet)

    def action_lineage(self) -> None:
        from ontos_tui.tui.stages.train.lineage import LineageDialog

        if self._model is not None:
            self.app.push_screen(LineageDialog(self._model))


def _columns(wide: bool) -> list[ColumnSpec]:
    """As much about each model as the list has room for."""
    columns = [ColumnSpec("model", 0), ColumnSpec("", 3), ColumnSpec("score", 12, right=True)]
    return [*columns, ColumnSpec("made", 11)] if wide else columns


def _job_lines(state: JobState, width: int) -> Iterator[Line]:
    yield line(span(state.job.title, "title"))
    yield from progress_lines(state, width)
    yield from event_lines(state, width)
