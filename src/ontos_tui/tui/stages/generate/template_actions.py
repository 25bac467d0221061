"""What GENERATE does with templates: edit, version, compare, publish, archive, delete and draft them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.stages.generate.template_dialogs import BACK, SAVE, ComparisonDialog, TrialDialog
from ontos_tui.tui.stages.generate.template_form import changes_of, template_form

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Sheet
    from ontos_tui.domain.records.template import Template
    from ontos_tui.services.templates.drafts import Target
    from ontos_tui.services.templates.trial import TemplateTrial
    from ontos_tui.tui.dialogs.forms.form import Values
    from ontos_tui.tui.stages.base import Page
    from ontos_tui.workspace import Workspace

EDIT_TEMPLATE = Command(
    "generate.edit_template", "e", "Edit", "Change the template, and try it on five rows before it is saved"
)
MORE_TEMPLATE_COMMANDS = (
    Command(
        "generate.new_template", "n", "New template", "Draft a template from the columns of the sheet", shown=False
    ),
    Command("generate.compare", "d", "Compare", "Two versions of the template side by side", shown=False),
    Command("generate.publish", "P", "Publish", "Publish the template; from then on it cannot be changed", shown=False),
    Command("generate.archive", "A", "Archive", "Take the template out of use; its pairs stay", shown=False),
    Command("generate.delete", "D", "Delete", "Delete a draft that no training sheet uses", shown=False),
)


class TemplateActions:
    """Asks, does it, and calls `use` with the template that is to be used from then on."""

    def __init__(self, host: Page, use: Callable[[Template], None]) -> None:
        self._host = host
        self._use = use

    # Editing

    def edit(self, template: Template, sheet: Sheet, typed: Values | None = None) -> None:
        """The form, with what was `typed` before; then the template on real rows; then it is saved."""
        service = self._host.ontos.workspace.generate.templates

        def check(changes: Mapping[str, Any]) -> Template:
            return service.edited(template, changes)

        def done(values: Values | None) -> None:
            if values is not None:
                self._try(template, sheet, values, check(changes_of(template, values)))

        about = "A version that has pairs, or is published, stays as it is: a new version is saved."
        heading = f"Template {template.name} {template.version}"
        self._host.app.push_screen(template_form(template, heading, about, check, typed), done)

    def _try(self, template: Template, sheet: Sheet, values: Values, edited: Template) -> None:
        def show(trial: TemplateTrial) -> None:
            def answered(answer: str | None) -> None:
                if answer == BACK:
                    self.edit(template, sheet, values)
                elif answer == SAVE:
                    self._save(template, sheet, values)

            self._host.app.push_screen(TrialDialog(trial, "s: save it"), answered)

        self._host.run_in_background(
            lambda workspace: workspace.generate.trials.of(edited, sheet.id), show, group="try"
        )

    def _save(self, template: Template, sheet: Sheet, values: Values) -> None:
        def saved(result: Template) -> None:
            new = result.id != template.id
            what = f"saved as version {result.version}, a draft" if new else "saved"
            self._host.ontos.show_message(f"{result.name} is {what}.")
            self._use(result)

        def again(error: OntosError) -> None:
            self._host.ontos.show_error(error)
            self.edit(template, sheet, values)

        self._host.run_in_background(
            lambda workspace: workspace.generate.templates.save(template.id, **changes_of(template, values)),
            saved,
            group="save",
            failed=again,
        )

    # New ones, and versions

    def draft(self, sheet: Sheet) -> None:
        """A draft from the columns of the sheet; which one holds the answer is asked."""

        def choose(targets: Sequence[Target]) -> None:
            def chosen(index: int | None) -> None:
                if index is not None:
                    column = targets[index].column
                    self._host.run_in_background(
                        lambda workspace: workspace.drafts.draft(sheet.id, column), self._use, group="draft"
                    )

            choices = [(one.column or "None of them", one.reason) for one in targets]
            self._host.app.push_screen(ChooseDialog("Which column holds the answer?", choices), chosen)

        self._host.run_in_background(lambda workspace: workspace.drafts.targets(sheet.id), choose, group="targets")

    def compare(self, template: Template) -> None:
        """Another version of the template beside this one; which is asked where there are several."""

        def choose(versions: Sequence[Template]) -> None:
            others = [one for one in versions if one.id != template.id]
            if not others:
                self._host.ontos.show_message(f"{template.name} has one version only. e: edit it")
                return

            def chosen(index: int | None) -> None:
                if index is not None:
                    self._compare(template, others[index])

            if len(others) == 1:
                chosen(0)
                return
            choices = [(one.version, f"{one.status.value} · {one.updated_at:%Y-%m-%d %H:%M}") for one in others]
            self._host.app.push_screen(ChooseDialog(f"Compare {template.version} with which version?", choices), chosen)

        self._host.run_in_background(
            lambda workspace: workspace.generate.templates.versions(template.id), choose, group="versions"
        )

    def _compare(self, one: Template, other: Template) -> None:
        older, newer = sorted((one, other), key=lambda template: template.created_at)
        service = self._host.ontos.workspace.generate.templates
        self._host.app.push_screen(ComparisonDialog(service.compare(older, newer)))

    # Its state

    def publish(self, template: Template) -> None:
        """Publish a draft."""
        self._do(lambda workspace: workspace.generate.templates.publish(template.id), "is published", self._use)

    def archive(self, template: Template) -> None:
        """Take the template out of use."""

        def answered(sure: bool | None) -> None:
            if sure:
                self._do(lambda workspace: workspace.generate.templates.archive(template.id), "is archived", self._gone)

        question = (
            f"{template.name} {template.version} then generates no more pairs. Its training sheets and pairs stay."
        )
        self._host.app.push_screen(ConfirmDialog("Archive this template?", question), answered)

    def delete(self, template: Template) -> None:
        """Delete a draft."""

        def answered(sure: bool | None) -> None:
            if sure:
                self._do(lambda workspace: workspace.generate.templates.delete(template.id), "is deleted", self._gone)

        question = f"The draft {template.name} {template.version} is deleted, unless a training sheet uses it."
        self._host.app.push_screen(ConfirmDialog("Delete this template?", question), answered)

    def possible(self, command: str, template: Template) -> bool:
        """Whether a command makes sense for the template."""
        is_draft = template.status is TemplateStatus.DRAFT
        return {
            "publish": is_draft,
            "delete": is_draft,
            "archive": template.status is not TemplateStatus.ARCHIVED,
        }.get(command, True)

    def _do(self, work: Callable[[Workspace], Template], what: str, then: Callable[[Template], None]) -> None:
        def done(template: Template) -> None:
            self._host.ontos.show_message(f"{template.name} {template.version} {what}.")
            then(template)

        self._host.run_in_background(work, done, group="do")

    def _gone(self, template: Template) -> None:
        """Another template is used where this one was."""
        chosen = self._host.session.extra.get("template_of")
        if isinstance(chosen, dict):
            for sheet_id in [key for key, value in chosen.items() if value == template.id]:
                del chosen[sheet_id]
        self._host.session.template_id = ""
        self._host.reload()
        self._host.ontos.refresh_overview()
