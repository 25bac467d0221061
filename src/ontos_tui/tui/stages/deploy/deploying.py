"""Which model answers under a name: another version, a new name, the version before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.forms.deployment_gate import deploy_checked
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.dialogs.verdict import verdict_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.serving import Endpoint, Platform
    from ontos_tui.domain.records.training import Job, ModelVersion
    from ontos_tui.services.deploy.service import EndpointView
    from ontos_tui.tui.stages.base import StageView


class Deploying:
    """Asks and deploys in the background. `deployed` gets the endpoint or the job and the model's name."""

    def __init__(self, host: StageView, deployed: Callable[[Endpoint | Job, str], None]) -> None:
        self._host = host
        self._deployed = deployed

    def choose_model(self, view: EndpointView, models: Sequence[ModelVersion]) -> None:
        """Which model should this endpoint answer with from now on?"""
        name, current, previous = view.endpoint.name, view.model.id, view.endpoint.previous_model_id
        # Versions of the same model first: that is what an endpoint is for.
        models = sorted(models, key=lambda model: model.name != view.model.name)
        marks = {current: "answers now · ", previous: "before · "}
        choices = [(model.label(), f"{marks.get(model.id, '')}{verdict_line(model)}") for model in models]

        def chosen(index: int | None) -> None:
            if index is not None:
                self._deploy(models[index], name)

        cursor = next((i for i, model in enumerate(models) if model.id != current), 0)
        self._host.app.push_screen(ChooseDialog(f"Which model should {name} answer with?", choices, cursor), chosen)

    def name_endpoint(self, model: ModelVersion, name: str = "", on: Platform | None = None) -> None:
        """Ask under which name it should answer."""
        from ontos_tui.services.deploy.service import dns_name

        def problems(values: Values) -> list[str]:
            name = values["name"]
            return [] if dns_name(name) == name else [f"{name} cannot be part of an address; use {dns_name(name)}"]

        def done(values: Values | None) -> None:
            if values is not None:
                self._deploy(model, values["name"], on)

        about = f"{verdict_line(model)}. If the endpoint exists, it switches to this version immediately."
        if on is not None:
            about = "A job of some minutes; the endpoint costs money while it is awake."
        name = name or dns_name(model.name)
        field = FormField("name", "Endpoint", name, required=True, hint="lower case letters, digits, -")
        where = "" if on is None else " on Databricks"
        form = FormDialog(f"Deploy {model.label()}{where}", [field], about=about, check=problems, verb="Deploy")
        self._host.app.push_screen(form, done)

    def _deploy(self, model: ModelVersion, name: str, on: Platform | None = None) -> None:
        deploy_checked(
            self._host,
            lambda workspace, reason: workspace.deploy.endpoints.begin(model.id, name, despite=reason, on=on),
            lambda begun: self._deployed(begun, model.label()),
            group="do",
        )

    def roll_back(self, view: EndpointView, models: Mapping[str, ModelVersion]) -> None:
        """Let the version before answer again, once the user has confirmed it."""
        name, previous = view.endpoint.name, models.get(view.endpoint.previous_model_id or "")
        what = previous.label() if previous is not None else "the version before"

        def answered(sure: bool | None) -> None:
            if sure:
                self._host.run_in_background(
                    lambda workspace: workspace.deploy.endpoints.begin_roll_back(name),
                    lambda begun: self._deployed(begun, what),
                    group="do",
                )

        question = f"{name} answers with {what} again, from the next request on. Rolling back twice undoes it."
        self._host.app.push_screen(ConfirmDialog("Roll back?", question), answered)
