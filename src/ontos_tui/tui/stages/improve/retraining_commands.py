"""What one can do with an endpoint's model: train it again, deploy its newest version, roll back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.dialogs.forms.deployment_gate import deploy_checked
from ontos_tui.tui.stages.base import Page
from ontos_tui.tui.stages.improve.lines import verdict

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.domain.records.serving import Endpoint
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.improve.retraining import RetrainingOutlook


class RetrainingCommands:
    """Changes endpoints and starts trainings in the background; the host then reads them again."""

    def __init__(self, host: Page) -> None:
        self._host = host
        self._submitting = False

    def retrain(self, outlook: RetrainingOutlook) -> None:
        """Train again with the same settings and the new pairs; once, however often the key is pressed meanwhile."""
        if self._submitting:
            return
        self._submitting = True
        self._host.ontos.show_message("Retraining is being started…")
        self._host.run_in_background(
            lambda workspace: workspace.improve.feedback.retrain(outlook.endpoint),
            self._submitted,
            group="retrain",
            failed=self._not_submitted,
        )

    def _not_submitted(self, error: OntosError) -> None:
        self._submitting = False
        self._host.ontos.show_error(error)

    def _submitted(self, job: Job) -> None:
        self._submitting = False
        self._host.ontos.show_message(f"{job.title}: running. The comparison is shown here when it is done.")
        self._host.ontos.refresh_overview()

    def deploy_newest(self, outlook: RetrainingOutlook) -> None:
        """Deploy the newest version, once the user has confirmed it."""
        model, name = outlook.newest, outlook.endpoint

        def answered(sure: bool | None) -> None:
            if sure:
                deploy_checked(
                    self._host,
                    lambda workspace, reason: workspace.deploy.endpoints.begin(model.id, name, despite=reason),
                    lambda begun: self._changed(f"{name} answers with the new version.", begun),
                    group="do",
                )

        result = f"Not compared: {outlook.no_comparison}"
        if outlook.comparison is not None:
            result = f"{verdict(outlook.comparison)[0]}: {outlook.comparison.summary}"
        question = f"{result}\n\n{name} answers with {model.label()} from the next request on; b: roll back"
        self._host.app.push_screen(ConfirmDialog(f"Deploy {model.label()}?", question), answered)

    def roll_back(self, outlook: RetrainingOutlook) -> None:
        """Deploy the version before, once the user has confirmed it."""
        name, model, now = outlook.endpoint, outlook.previous, outlook.preview.model
        if model is None:
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self._host.run_in_background(
                    lambda workspace: workspace.deploy.endpoints.begin_roll_back(name),
                    lambda begun: self._changed(f"{name} answers with the previous version.", begun),
                    group="do",
                )

        question = f"{name} answers with {model.label()} instead of {now.label()} from the next request on."
        self._host.app.push_screen(ConfirmDialog(f"Roll back to {model.label()}?", question), answered)

    def _changed(self, message: str, begun: Endpoint | Job) -> None:
        from ontos_tui.domain.records.serving import Endpoint

        there = f"{message} A job on Databricks does it, in some minutes."
        self._host.ontos.show_message(message if isinstance(begun, Endpoint) else there)
        self._host.reload()
        self._host.ontos.refresh_overview()
