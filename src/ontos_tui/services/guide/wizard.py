"""The guided way from "I have data" to "I have a model": seven steps over the same services as everything else.

The wizard stores only the choices; the progress is read from the records. So one can leave at any point, do something
in the stages, and come back to a wizard that shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import ConflictError, NotFoundError, NothingToProposeError
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.states import TemplateStatus

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Sheet
    from ontos_tui.domain.records.serving import Endpoint
    from ontos_tui.domain.records.template import Template
    from ontos_tui.domain.records.training import ModelVersion
    from ontos_tui.services.data.sheets import SheetService
    from ontos_tui.services.deploy.service import DeployService
    from ontos_tui.services.generate.service import GenerateService, PreviewPair
    from ontos_tui.services.guide.onboarding import OnboardingService
    from ontos_tui.services.label.service import LabelService, TrainingSheetView
    from ontos_tui.services.templates.service import TemplateService
    from ontos_tui.services.train.service import Readiness, TrainService

OWN_DATA = "own_data"
"""The use case key for a user's own data."""

ADAPTABLE = ("system_prompt", "user_prompt", "guidelines")
"""The fields of a template that can be changed in the wizard."""


class Step(IntEnum):
    """The steps, by their number on the screen."""

    USE_CASE = 1
    DATA = 2
    TEMPLATE = 3
    GENERATE = 4
    LABEL = 5
    TRAIN = 6
    DEPLOY = 7

    @property
    def title(self) -> str:
        """As it stands in the line of steps."""
        return self.name.capitalize().replace("_", " ")


@dataclass(frozen=True)
class WizardChoices:
    """The choices so far: a use case, then the ids of the records created for it."""

    use_case: str = ""
    sheet_id: str = ""
    template_id: str = ""
    training_sheet_id: str = ""
    base_model: str = ""
    model_id: str = ""
    endpoint: str = ""
    step: int = 1

    @classmethod
    def of(cls, stored: Any) -> WizardChoices:
        """The choices that `as_json` stored; the first step when they cannot be read."""
        if not isinstance(stored, Mapping):
            return cls()
        valid = (one.name for one in fields(cls) if isinstance(stored.get(one.name), type(one.default)))
        known = {name: stored[name] for name in valid}
        step = known.get("step", 1)
        return cls(**{**known, "step": step if 1 <= step <= len(Step) else 1})

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class WizardState:
    """The records of the choices. `chosen` no longer names records that are gone."""

    chosen: WizardChoices
    sheet: Sheet | None = None
    template: Template | None = None
    training: TrainingSheetView | None = None
    readiness: Readiness | None = None
    model: ModelVersion | None = None
    endpoint: Endpoint | None = None

    @property
    def own_labels(self) -> int:
        """Pairs that were decided here, and not by a label that their item had before."""
        return 0 if self.training is None else self.training.counts.labeled - self.training.counts.auto_approved

    @property
    def supplied(self) -> int:
        """Pairs that a training may use without a decision of one's own: their items were labeled before."""
        return 0 if self.readiness is None else max(0, self.readiness.eligible - self.own_labels)

    @property
    def reached(self) -> Step:
        """The furthest step that can be entered."""
        if self.model is not None:
            return Step.DEPLOY
        if self.readiness is not None and self.readiness.ready:
            return Step.TRAIN
        if self.training is not None and self.training.counts.total:
            return Step.LABEL
        if self.sheet is not None and self.template is not None:
            return Step.GENERATE if self.template.status is TemplateStatus.PUBLISHED else Step.TEMPLATE
        if self.sheet is not None:
            return Step.TEMPLATE
        return Step.DATA if self.chosen.use_case else Step.USE_CASE

    def missing(self, step: Step) -> str:
        """What is still to do before the step after `step`; empty when nothing."""
        if step < self.reached:
            return ""
        if step is Step.LABEL and self.readiness is not None:
            return f"{self.readiness.missing} more labels are needed for a training."
        return {
            Step.USE_CASE: "Choose a use case: enter selects the one under the cursor.",
            Step.DATA: "Choose the data: enter selects the row under the cursor.",
            Step.TEMPLATE: "The template is a draft. Enter publishes it.",
            Step.GENERATE: "Press enter to create the pairs.",
            Step.TRAIN: "Press enter to train a model.",
        }.get(step, "")


class WizardService:
    """Reads the progress, and does what a step needs that no single other service does."""

    def __init__(
        self,
        onboarding: OnboardingService,
        sheets: SheetService,
        templates: TemplateService,
        generate: GenerateService,
        label: LabelService,
        train: TrainService,
        deploy: DeployService,
    ) -> None:
        self._onboarding = onboarding
        self._sheets = sheets
        self._templates = templates
        self._generate = generate
        self._label = label
        self._train = train
        self._deploy = deploy

    def state_of(self, chosen: WizardChoices) -> WizardState:
        """The records of the choices; what was removed meanwhile is no longer chosen."""
        sheet = next((one for one in self._sheets.sheets() if one.id == chosen.sheet_id), None)
        if sheet is None:
            choices = replace(WizardChoices(), use_case=chosen.use_case, step=min(chosen.step, Step.DATA))
            return WizardState(choices if chosen.use_case else WizardChoices())
        template = next((one for one in self._templates.list() if one.id == chosen.template_id), None)
        if template is None:
            return WizardState(
                replace(WizardChoices(), use_case=chosen.use_case, sheet_id=sheet.id, step=chosen.step), sheet
            )
        views = self._label.training_sheets()
        ours = (sheet.id, template.id)
        training = next((one for one in views if (one.sheet.sheet_id, one.sheet.template_id) == ours), None)
        if training is None:
            return WizardState(replace(chosen, training_sheet_id="", model_id="", endpoint=""), sheet, template)
        readiness = self._train.readiness(training.sheet.id)
        models = self._train.models()
        model = next((one for one in models if one.training_sheet_id == training.sheet.id), None)
        views_of = self._deploy.endpoints()
        endpoint = next((one.endpoint for one in views_of if model and one.model.id == model.id), None)
        current = replace(
            chosen,
            training_sheet_id=training.sheet.id,
            model_id=model.id if model is not None else "",
            endpoint=endpoint.name if endpoint is not None else "",
        )
        return WizardState(current, sheet, template, training, readiness, model, endpoint)

    def take_samples(self, chosen: WizardChoices) -> WizardChoices:
        """The sample data of the use case, with its template; loaded if it is not here yet."""
        report = self._onboarding.seed(chosen.use_case, supplied=True)
        return replace(chosen, sheet_id=report.sheet.id, template_id=report.template.id)

    def take_sheet(self, chosen: WizardChoices, sheet_id: str) -> WizardChoices:
        """A sheet that is here already; its template is still to be chosen, unless the use case has one that fits."""
        return replace(WizardChoices(), use_case=chosen.use_case, sheet_id=sheet_id, step=chosen.step)

    def take_table(self, chosen: WizardChoices, address: str, name: str = "") -> WizardChoices:
        """A table, also one of the team's catalog, as a sheet. The same table again is the same sheet."""
        known = next((one for one in self._sheets.sheets() if one.source_table == address), None)
        sheet = known or self._sheets.create_sheet(self._free_name(name or address.rpartition(".")[2]), address)
        return self.take_sheet(chosen, sheet.id)

    def _free_name(self, base: str) -> str:
        """The name, with a number where another sheet has it."""
        taken = {one.name for one in self._sheets.sheets()}
        names = (base, *(f"{base} {number}" for number in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)

    def adapt(self, template_id: str, **changes: str) -> Template:
        """The template with other texts: a draft is changed; of a published one a new version is created and published.

        Raises InvalidTemplateError when the prompt cannot work; nothing is left behind then.
        """
        unknown = set(changes) - set(ADAPTABLE)
        if unknown:
            raise ConflictError(f"{', '.join(sorted(unknown))} cannot be changed here.", "Change it in GENERATE.")
        template = self._templates.get(template_id)
        if all(getattr(template, name) == value for name, value in changes.items()):
            return template
        if template.status is TemplateStatus.DRAFT:
            return self._templates.save(template.id, **changes)
        draft = self._templates.new_version(template.id)
        try:
            return self._templates.publish(self._templates.edit(draft.id, **changes).id)
        except Exception:
            self._templates.delete(draft.id)
            raise

    def publish(self, template_id: str) -> Template:
        """The template, published."""
        template = self._templates.get(template_id)
        return self._templates.publish(template.id) if template.status is TemplateStatus.DRAFT else template

    def preview(self, sheet_id: str, template_id: str, count: int = 5) -> tuple[GenerationMode, list[PreviewPair]]:
        """The first few pairs as they would be created, and where their answers come from.

        An answer column that the template names comes first, then the model or the nearest examples; where neither has
        anything to propose yet, people give every answer. Raises what `GenerateService.preview` does, such as
        PlatformError for a model that is not reachable, so that the user learns why there are no proposals.
        """
        template = self._templates.get(template_id)
        if template.answer_columns:
            return GenerationMode.COLUMN, self._generate.preview(sheet_id, template_id, GenerationMode.COLUMN, count)
        try:
            pairs = self._generate.preview(sheet_id, template_id, GenerationMode.AI, count)
        except NothingToProposeError:
            return GenerationMode.MANUAL, self._generate.preview(sheet_id, template_id, GenerationMode.MANUAL, count)
        if pairs and all(one.proposal is None for one in pairs):
            return GenerationMode.MANUAL, self._generate.preview(sheet_id, template_id, GenerationMode.MANUAL, count)
        return GenerationMode.AI, pairs

    def templates_for(self, chosen: WizardChoices) -> list[Template]:
        """The templates that can be used: those of the use case first, none that is archived."""
        usable = [one for one in self._templates.list() if one.status is not TemplateStatus.ARCHIVED]
        return sorted(usable, key=lambda one: one.use_case != chosen.use_case)

    def title(self, chosen: WizardChoices) -> str:
        """What the use case is called."""
        if chosen.use_case == OWN_DATA:
            return "Your own data"
        try:
            cases = self._onboarding.use_cases()
        except NotFoundError:
            return chosen.use_case
        return next((one.title for one in cases if one.key == chosen.use_case), chosen.use_case)
