"""Step 6: training, with its estimated time and cost before, and the model's quality after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.guide.wizard import Step, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.verdict import verdict_of
from ontos_tui.tui.stages.job_state import POLL_SECONDS, JobState, progress_lines
from ontos_tui.tui.stages.train.choices import chosen_params, parameter_dialog, split_dialog
from ontos_tui.tui.stages.train.lines import Standing, choice_lines, model_lines
from ontos_tui.tui.stages.train.standing import options_to_split, standing_of
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, Span, line, span, wrap
from ontos_tui.tui.wizard.step import WizardStep

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job, ModelVersion
    from ontos_tui.services.records.splits import SplitOption
    from ontos_tui.tui.dialogs.forms.form import Values
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Outlook:
    """What would be trained, why, what it takes, and the training that runs or ran last."""

    standing: Standing
    model: ModelVersion | None

    @property
    def last(self) -> JobState | None:
        """The training that runs, or the last one."""
        return self.standing.last

    @property
    def is_newest(self) -> bool:
        """Whether the model has learned from as many pairs, split the same way, as a training would now."""
        plan = self.standing.plan
        return self.model is not None and not isinstance(plan, OntosError) and self.model.train_count == plan.train


class TrainStep(WizardStep):
    """One page to read, one key to press."""

    STEP = Step.TRAIN
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("wizard.train.go_on", "enter", "Train", "Train the model; when it is up to date, go on to deploy it"),
        Command("wizard.train.train", "t", "Train again", "Train the model in any case; runs as a background job"),
        Command("wizard.train.advanced", "a", "Advanced", "Choose another base model than the recommended one"),
        Command("wizard.train.split", "g", "Groups", "Confirm or change which pairs belong together"),
        Command("wizard.train.parameters", "p", "Parameters", "Every parameter of the base model, with its default"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._outlook: Outlook | None = None
        self._waits = False
        self._looking = False
        self._typed_ahead = False
        self._params: dict[str, Any] = {}
        self._changed = False

    def compose(self) -> ComposeResult:
        yield Panel(id="outlook")

    def focus_first(self) -> None:
        self.query_one("#outlook").focus()

    def watch_state(self, state: WizardState) -> None:
        training = state.training
        if training is not None:
            key, params = state.chosen.base_model, dict(self._params)
            self.run_in_background(
                lambda workspace: _outlook(workspace, training.sheet.id, key, params),
                self._show,
                failed=self._show_error,
            )

    def _show(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self.query_one("#outlook", Panel).show(lambda width: _lines(outlook, width), keep_place=True)
        self.commands_changed()
        if self._typed_ahead:
            self._typed_ahead = False
            # What costs money is read before it is begun.
            estimate = outlook.standing.estimate
            if estimate is not None and estimate.cost is None:
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

    @property
    def _is_done(self) -> bool:
        """Whether a training now would learn from nothing else than the last one did."""
        return self._outlook is not None and self._outlook.is_newest and not self._changed

    def possible_commands(self) -> list[Command]:
        """The footer says what enter does now."""
        has_model = self._outlook is not None and self._outlook.model is not None
        label = "Deploy" if self._is_done else "Train again" if has_model else "Train"
        return [
            replace(command, label=label) if command.name == "go_on" else command
            for command in super().possible_commands()
        ]

    def possible(self, command: str) -> bool:
        outlook = self._outlook
        if outlook is None:
            return command in ("go_on", "train")
        if command == "train" and outlook.model is None:
            return False
        return not (outlook.last is not None and outlook.last.active)

    def action_go_on(self) -> None:
        if self._is_done:
            self.post_message(self.GoOn())
        else:
            self.action_train()

    def action_train(self) -> None:
        outlook = self._outlook
        if outlook is None:
            # On a slow line the key comes before the page.
            self._typed_ahead = True
            return
        if not self.possible("go_on"):
            return
        standing = outlook.standing
        sheet, key, params = standing.readiness.training_sheet.id, standing.base_model.key, standing.params

        def submitted(job: Job) -> None:
            self._waits, self._changed = True, False
            self.post_message(self.Outdated())

        self.run_in_background(
            lambda workspace: workspace.train.models.submit(sheet, base_model=key, params=params),
            submitted,
            group="train",
        )

    def action_advanced(self) -> None:
        outlook = self._outlook
        if outlook is None:
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                self._params, self._changed = {}, True
                key = models[index].key
                self.post_message(self.Decided(replace(self.state.chosen, base_model=key), go_on=False))

        models = outlook.standing.base_models
        choices = [(one.title, one.description) for one in models]
        cursor = models.index(outlook.standing.base_model)
        self.app.push_screen(ChooseDialog("Which base model?", choices, cursor), chosen)

    def action_split(self) -> None:
        outlook = self._outlook
        if outlook is not None:
            sheet = outlook.standing.readiness.training_sheet.id
            self.run_in_background(
                lambda workspace: options_to_split(workspace, sheet),
                lambda options: self._choose_split(sheet, *options),
                group="choose",
            )

    def _choose_split(self, sheet: str, options: Sequence[SplitOption], now: int) -> None:
        def chosen(index: int | None) -> None:
            if index is not None:
                one = options[index]
                self._changed = self._changed or index != now
                self.run_in_background(
                    lambda workspace: workspace.train.models.confirm_split(
                        sheet, one.by, one.group_column, one.order_column
                    ),
                    lambda split: self.post_message(self.Outdated()),
                    group="split",
                )

        self.app.push_screen(split_dialog(options, now), chosen)

    def action_parameters(self) -> None:
        outlook = self._outlook
        if outlook is None:
            return

        def changed(values: Values | None) -> None:
            if values is not None:
                self._params, self._changed = chosen_params(values), True
                self.post_message(self.Outdated())

        standing = outlook.standing
        self.app.push_screen(parameter_dialog(standing.base_model, standing.params), changed)


def _outlook(workspace: Workspace, sheet_id: str, key: str, params: dict[str, Any]) -> Outlook:
    standing = standing_of(workspace, sheet_id, key, params)
    model = next((one for one in workspace.train.models.models() if one.training_sheet_id == sheet_id), None)
    return Outlook(standing, model)


def _lines(outlook: Outlook, width: int) -> Iterator[Line]:
    standing, last = outlook.standing, outlook.last
    ready = standing.readiness
    if last is not None and (last.active or last.ended_early):
        yield from progress_lines(last, width)
        yield EMPTY
    elif outlook.model is None:
        yield line(span("enter", "key"), " trains the model in the background; you may leave meanwhile")
        yield EMPTY
    else:
        yield line(span("✓ trained. ", "good"), *_next_key(outlook))
        yield EMPTY
    if outlook.model is not None:
        yield from _advice(outlook.model, width)
        yield from model_lines(outlook.model, None, width)
        yield EMPTY
    yield from choice_lines(standing, width)
    if excluded := ready.excluded():
        yield from wrap(f"not used: {excluded}", width, "muted")


def _next_key(outlook: Outlook) -> tuple[Span, Span]:
    """What enter does now: on to deploying, unless there is more to learn from."""
    if outlook.is_newest:
        return span("enter", "key"), span(" or > goes on to deploy and try it")
    return span("enter", "key"), span(" trains again, with what was labeled since; > goes on to deploy this model")


def _advice(model: ModelVersion, width: int) -> Iterator[Line]:
    """What to do when the model is not better for certain than one constant answer, or only in part."""
    verdict = verdict_of(model)
    if verdict.sign == "✓":
        return
    advice = (
        f"{verdict.sign} More labels are needed: < goes back to labeling, o there puts the least confident first. "
        "Then train again. You can still deploy and try this model."
    )
    yield from wrap(advice, width, "warn")
    yield EMPTY
