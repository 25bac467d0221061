"""Step 6: training, with its estimated time and cost before, and the model's quality after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.guide.wizard import Step, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.stages.job_state import POLL_SECONDS, JobState, duration, newest_job, progress_lines
from ontos_tui.tui.stages.train.lines import model_lines, verdict_of
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.wizard.step import WizardStep

if TYPE_CHECKING:
    from ontos_tui.domain.learning import BaseModel, Estimate
    from ontos_tui.domain.records.training import Job, ModelVersion
    from ontos_tui.services.train.service import Readiness
    from ontos_tui.workspace import Workspace

LABEL = 16


@dataclass(frozen=True)
class Outlook:
    """What would be trained, why, what it takes, and the training that runs or ran last."""

    readiness: Readiness
    base_models: tuple[BaseModel, ...]
    base_model: BaseModel
    estimate: Estimate | None
    last: JobState | None
    model: ModelVersion | None


class TrainStep(WizardStep):
    """One page to read, one key to press."""

    STEP = Step.TRAIN
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("wizard.train.train", "enter,t", "Train", "Train the model; runs as a background job"),
        Command("wizard.train.advanced", "a", "Advanced", "Choose another base model than the recommended one"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._outlook: Outlook | None = None
        self._waits = False
        self._looking = False
        self._typed_ahead = False

    def compose(self) -> ComposeResult:
        yield Panel(id="outlook")

    def focus_first(self) -> None:
        self.query_one("#outlook").focus()

    def watch_state(self, state: WizardState) -> None:
        training = state.training
        if training is not None:
            key = state.chosen.base_model
            self.run_in_background(
                lambda workspace: _outlook(workspace, training.sheet.id, key), self._show, failed=self._show_error
            )

    def _show(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self.query_one("#outlook", Panel).show(lambda width: _lines(outlook, width), keep_place=True)
        self.commands_changed()
        if self._typed_ahead:
            self._typed_ahead = False
            # What costs money is read before it is begun.
            if outlook.estimate is not None and outlook.estimate.cost is None:
                self.action_train()
        last = outlook.last
        if last is not None and last.active:
            self._waits = True
            if not self._looking:
                self._looking = True
                self.set_timer(POLL_SECONDS, self._poll)
        elif self._waits:
            self._waits = False
            self.ontos.refresh_overview()

    def _poll(self) -> None:
        self._looking = False
        self.post_message(self.Outdated())

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#outlook", Panel).show(lambda width: error_lines(error, width))

    def possible(self, command: str) -> bool:
        outlook = self._outlook
        if outlook is None:
            return command == "train"
        return not (outlook.last is not None and outlook.last.active)

    def action_train(self) -> None:
        outlook = self._outlook
        if outlook is None:
            # On a slow line the key comes before the page.
            self._typed_ahead = True
            return
        if not self.possible("train"):
            return
        changed = outlook.model is None or outlook.model.train_count != outlook.readiness.eligible
        if outlook.model is not None and not changed:
            self.post_message(self.GoOn())
            return
        sheet, key = outlook.readiness.training_sheet.id, outlook.base_model.key

        def submitted(job: Job) -> None:
            self._waits = True
            self.post_message(self.Outdated())

        self.run_in_background(
            lambda workspace: workspace.train.models.submit(sheet, base_model=key), submitted, group="train"
        )

    def action_advanced(self) -> None:
        outlook = self._outlook
        if outlook is None:
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                key = outlook.base_models[index].key
                self.post_message(self.Decided(replace(self.state.chosen, base_model=key), go_on=False))

        choices = [(one.title, one.description) for one in outlook.base_models]
        cursor = outlook.base_models.index(outlook.base_model)
        self.app.push_screen(ChooseDialog("Which base model?", choices, cursor), chosen)


def _outlook(workspace: Workspace, sheet_id: str, key: str) -> Outlook:
    from ontos_tui.domain.records.training import JobKind

    train = workspace.train.models
    readiness, models = train.readiness(sheet_id), train.base_models()
    chosen = next((one for one in models if one.key == key), models[0])
    estimate = train.estimate(sheet_id, chosen.key) if readiness.eligible else None
    last = newest_job(workspace, JobKind.TRAIN, lambda params: params.get("training_sheet_id") == sheet_id)
    model = next((one for one in train.models() if one.training_sheet_id == sheet_id), None)
    return Outlook(readiness, models, chosen, estimate, last, model)


def _lines(outlook: Outlook, width: int) -> Iterator[Line]:
    ready, last = outlook.readiness, outlook.last
    if last is not None and (last.active or last.ended_early):
        yield from progress_lines(last, width)
        yield EMPTY
    elif outlook.model is None:
        yield line(span("enter", "key"), " trains the model in the background; you may leave meanwhile")
        yield EMPTY
    else:
        yield line(span("✓ trained. ", "good"), span(">", "key"), " to deploy and try it")
        yield EMPTY
    if outlook.model is not None:
        yield from _advice(outlook.model, width)
        yield from model_lines(outlook.model, None, width)
        yield EMPTY
    yield from _fact("model", outlook.base_model.title, width, "strong")
    yield from _fact("", outlook.base_model.description, width)
    why = outlook.base_model.why
    reason = f"recommended: {why}" if why else "chosen by you; choose another one: a"
    yield from _fact("", reason, width, "muted")
    yield from _fact("learns from", f"{ready.eligible:,} answers you approved", width)
    if excluded := ready.excluded():
        yield from _fact("", f"not: {excluded}", width, "muted")
    yield from _fact("test", ready.split, width)
    if outlook.estimate is not None:
        estimate = outlook.estimate
        cost = "no cost, runs on this machine"
        if estimate.cost is not None:
            cost = f"{estimate.cost:.2f} {estimate.currency}"
        yield from _fact("takes", f"about {duration(estimate.seconds)} (an estimate), {cost}", width, "strong")
        yield from _fact("", estimate.basis, width, "muted")


def _advice(model: ModelVersion, width: int) -> Iterator[Line]:
    """What to do when the model does not beat its baseline for certain."""
    from ontos_tui.domain.records.training import Evaluation

    headline = Evaluation.model_validate(model.evaluation).headline()
    mark, words, style = verdict_of(headline)
    if style == "good":
        return
    advice = (
        f"{mark} For {headline.field} it is {words} the baseline: more labels are needed. Label more "
        "(< goes back; o there puts the least confident first), then train again. You can still deploy and try it."
    )
    yield from wrap(advice, width, "warn")
    yield EMPTY


def _fact(name: str, text: str, width: int, style: str = "text") -> Iterator[Line]:
    for number, part in enumerate(wrap(text, max(20, width - LABEL), style)):
        yield line(span(name if number == 0 else "", "muted", LABEL), *part)
