"""TRAIN: the two gates, what can be trained, and how good every model turned out to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import NotFoundError, OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.stages.base import StageView, error_lines
from ontos_tui.tui.stages.train_lines import gate_lines, model_lines, score_text
from ontos_tui.tui.widgets.lines import Panel, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.training import Job, ModelVersion
    from ontos_tui.platforms.base import BaseModel, Estimate
    from ontos_tui.services.compare import Comparison
    from ontos_tui.services.label import TrainingSheetView
    from ontos_tui.services.train import Readiness
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Standing:
    """A training sheet before the gates, and what a training on it would be."""

    readiness: Readiness
    base_models: tuple[BaseModel, ...]
    base_model: BaseModel
    estimate: Estimate | None


@dataclass(frozen=True)
class Entry:
    """A line of the list: the training to come, or a model that is there."""

    model: ModelVersion | None = None


class TrainView(StageView):
    """The training to come and the models on the left; on the right the gates, or how good a model is."""

    STAGE = Stage.TRAIN
    ABOUT = (
        "A model learns from the pairs that are labeled and allowed for training, and is tested on pairs it never saw. "
        "Beside its score stands what you would get by always giving the most frequent answer."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("train", "t", "Train", "Train a model on this training sheet; it runs as a job"),
        Command("base_model", "b", "Base model", "Choose what is trained"),
        Command("training_sheet", "s", "Training sheet", "Choose the training sheet"),
        Command("compare", "c", "Compare", "Compare this model with another version on the same held-out pairs"),
        Command("lineage", "l", "Lineage", "The exact pairs this model learned from, and who approved them"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._base_model = ""
        self._standing: Standing | None = None
        self._problem: OntosError | None = None
        self._newest = ""
        self._comparison: tuple[str, Comparison] | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Table[Entry](
                [ColumnSpec("model", 0), ColumnSpec("held-out score", 15, right=True)],
                _cells,
                empty="Loading…",
                id="models",
                classes="side",
            )
            yield Panel(id="details", classes="main")

    def focus_first(self) -> None:
        self.query_one("#models").focus()

    def reload(self) -> None:
        wanted = (self.session.training_sheet_id, self._base_model)
        self.ask(lambda workspace: _standing(workspace, *wanted), self._show_standing, failed=self._no_standing)
        self.ask(lambda workspace: workspace.train.models(), self._show_models, group="models")

    def _show_standing(self, standing: Standing) -> None:
        self._standing, self._problem = standing, None
        self.session.training_sheet_id = standing.readiness.training_sheet.id
        self._show_current(keep_place=True)

    def _no_standing(self, error: OntosError) -> None:
        self._standing, self._problem = None, error
        self._show_current()

    def _show_models(self, models: Sequence[ModelVersion]) -> None:
        table: Table[Entry] = self.query_one("#models", Table)
        entries = [Entry(), *(Entry(model) for model in models)]
        current = table.current.model if table.current is not None else None
        cursor = next((i for i, e in enumerate(entries) if e.model and current and e.model.id == current.id), None)
        if models and self._newest and models[0].id != self._newest:
            cursor = 1
        self._newest = models[0].id if models else "none"
        table.show(entries, cursor=cursor)
        self._show_current(keep_place=True)

    @property
    def _model(self) -> ModelVersion | None:
        entry: Entry | None = self.query_one("#models", Table).current
        return entry.model if entry is not None else None

    def _show_current(self, *, keep_place: bool = False) -> None:
        self.commands_changed()
        panel, model, standing = self.query_one("#details", Panel), self._model, self._standing
        if model is not None:
            self.session.model_id = model.id
            comparison = self._comparison[1] if self._comparison and self._comparison[0] == model.id else None
            panel.show(lambda width: model_lines(model, comparison, width), keep_place=keep_place)
            if comparison is None and model.version > 1:
                self._compare_with(model, f"{model.name} v{model.version - 1}")
        elif standing is not None:
            panel.show(lambda width: gate_lines(standing, width), keep_place=keep_place)
        elif self._problem is not None:
            problem = self._problem
            panel.show(lambda width: error_lines(problem, width))

    def on_table_moved(self) -> None:
        self._show_current()

    def on_table_chosen(self) -> None:
        self.query_one("#details").focus()

    def possible(self, command: str) -> bool:
        if not self.is_mounted:
            return False
        if command in ("compare", "lineage"):
            return self._model is not None
        return self._standing is not None

    def action_train(self) -> None:
        standing = self._standing
        if standing is not None:
            sheet, key = standing.readiness.training_sheet.id, standing.base_model.key
            self.ask(
                lambda workspace: workspace.train.submit(sheet, base_model=key),
                self._submitted,
                group="do",
                failed=self._refused,
            )

    def _submitted(self, job: Job) -> None:
        self.ontos.tell(f"{job.title}: under way. You may leave; it goes on by itself.")
        self.ontos.refresh_overview()

    def _refused(self, error: OntosError) -> None:
        self.query_one("#models", Table).move_to(0)
        self.query_one("#details", Panel).show(lambda width: error_lines(error, width))
        self.ontos.tell_error(error)

    def action_base_model(self) -> None:
        standing = self._standing
        if standing is None:
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                self._base_model = standing.base_models[index].key
                self.reload()

        choices = [(one.title, one.description) for one in standing.base_models]
        cursor = standing.base_models.index(standing.base_model)
        self.app.push_screen(ChooseDialog("What should be trained?", choices, cursor), chosen)

    def action_training_sheet(self) -> None:
        self.ask(lambda workspace: workspace.label.training_sheets(), self._choose_training_sheet, group="do")

    def _choose_training_sheet(self, views: Sequence[TrainingSheetView]) -> None:
        def chosen(index: int | None) -> None:
            if index is not None:
                self.session.training_sheet_id = views[index].sheet.id
                self.query_one("#models", Table).move_to(0)
                self.reload()

        choices = [(view.sheet.name, f"{view.counts.labeled:,} of {view.counts.total:,} labeled") for view in views]
        self.app.push_screen(ChooseDialog("Which training sheet?", choices), chosen)

    def action_compare(self) -> None:
        model = self._model
        if model is not None:
            self.ask(
                lambda workspace: workspace.train.models(model.name),
                lambda versions: self._choose_other(model, versions),
                group="do",
            )

    def _choose_other(self, model: ModelVersion, versions: Sequence[ModelVersion]) -> None:
        others = [version for version in versions if version.id != model.id]
        if not others:
            self.ontos.tell(f"{model.label()} is the only version so far.")
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                self._compare_with(model, others[index].label())

        choices = [(version.label(), score_text(version)) for version in others]
        self.app.push_screen(ChooseDialog(f"Compare {model.label()} with which version?", choices), chosen)

    def _compare_with(self, model: ModelVersion, other: str) -> None:
        def compare(workspace: Workspace) -> Comparison:
            older, newer = sorted((workspace.train.model(other), model), key=lambda one: one.version)
            return workspace.train.compare(older, newer)

        def show(comparison: Comparison) -> None:
            self._comparison = (model.id, comparison)
            if self._model is not None and self._model.id == model.id:
                self.query_one("#details", Panel).show(lambda width: model_lines(model, comparison, width))

        self.ask(compare, show, group="compare")

    def action_lineage(self) -> None:
        from ontos_tui.tui.dialogs.lineage import LineageDialog

        if self._model is not None:
            self.app.push_screen(LineageDialog(self._model))


def _standing(workspace: Workspace, training_sheet_id: str, base_model: str) -> Standing:
    """Where the session's training sheet stands, or the newest one's. Raises NotFoundError with the key to press."""
    views = workspace.label.training_sheets()
    if not views:
        raise NotFoundError("There is no training sheet yet.", "Press 2 and then g to make pairs from a sheet.")
    newest = max((view.sheet for view in views), key=lambda sheet: sheet.created_at)
    sheet = next((view.sheet for view in views if view.sheet.id == training_sheet_id), newest)
    readiness = workspace.train.readiness(sheet.id)
    models = workspace.train.base_models()
    chosen = next((one for one in models if one.key == base_model), models[0])
    estimate = workspace.train.estimate(sheet.id, chosen.key) if readiness.eligible else None
    return Standing(readiness, models, chosen, estimate)


def _cells(entry: Entry) -> Sequence[object]:
    if entry.model is None:
        return span("train a new model", "accent"), ""
    return entry.model.label(), span(score_text(entry.model), "muted")
