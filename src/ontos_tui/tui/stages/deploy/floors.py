"""Floors of an endpoint or a model: listed, set in a form, removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.records.gate import DeploymentFloor, Measure
from ontos_tui.domain.text.numbers import parse_number
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import ModelVersion

NEW = ("+ new floor", "the least score, or the greatest error, that a new version may have")
CHOICES = {measure.words: measure for measure in Measure}


class Floors:
    """What the key `f` of DEPLOY opens."""

    def __init__(self, host: BackgroundMixin, name: str, model: ModelVersion) -> None:
        """The floors of the endpoint or model `name`; `model` tells which fields and classes there are."""
        self._host, self._name, self._model = host, name, model

    def open(self) -> None:
        """List the floors; choosing one removes it, the last line sets a new one."""
        self._host.run_in_background(
            lambda workspace: workspace.deploy.floors.floors(self._name), self._choose, group="floors"
        )

    def _choose(self, floors: Sequence[DeploymentFloor]) -> None:
        def chosen(index: int | None) -> None:
            if index is not None and index < len(floors):
                self._ask_remove(floors[index])
            elif index is not None:
                self._ask_new()

        if not floors:
            self._ask_new()
            return
        choices = [(floor.text(), f"set by {floor.updated_by}; enter removes it") for floor in floors]
        self._host.app.push_screen(ChooseDialog(f"Floors of {self._name}", [*choices, NEW], len(floors)), chosen)

    def _ask_remove(self, floor: DeploymentFloor) -> None:
        def answered(sure: bool | None) -> None:
            if sure:
                self._host.run_in_background(
                    lambda workspace: workspace.deploy.floors.remove(
                        floor.name, floor.measure, field=floor.field, class_name=floor.class_name
                    ),
                    lambda removed: self._host.ontos.show_message(f"{removed.name}: {removed.text()} is removed."),
                    group="do",
                )

        question = f"New versions of {self._name} are then deployed whatever their {floor.measure.words} is."
        self._host.app.push_screen(ConfirmDialog(f"Remove {floor.text()}?", question), answered)

    def _ask_new(self) -> None:
        from ontos_tui.domain.records.template import Template

        fields = Template.model_validate(self._model.template_snapshot).fields()
        classes = ", ".join(str(choice) for choice in fields[0].classes)

        def done(values: Values | None) -> None:
            if values is not None:
                self._set(values)

        form = [
            FormField("measure", "Measure", next(iter(CHOICES)), tuple(CHOICES), required=True),
            FormField("class", "Class", hint=f"for recall, precision and F1: {classes}" if classes else "no classes"),
            FormField("bound", "Bound", required=True, hint="least score 0–1; for MAE the greatest", read=_number),
            FormField("field", "Field", fields[0].name, hint=", ".join(field.name for field in fields)),
        ]
        self._host.app.push_screen(FormDialog(f"Floor of {self._name}", form, check=_problems, verb="Set"), done)

    def _set(self, values: Values) -> None:
        measure, name = CHOICES[values["measure"]], self._name
        self._host.run_in_background(
            lambda workspace: workspace.deploy.floors.set(
                name, measure, values["bound"], field=values["field"] or "", class_name=values["class"] or ""
            ),
            lambda floor: self._host.ontos.show_message(f"{name}: a new version needs {floor.text()}"),
            group="do",
        )


def _number(text: str) -> float:
    value = parse_number(text)
    if value is None:
        raise ValueError("not a number")
    return float(value)


def _problems(values: Values) -> list[str]:
    measure = CHOICES[values["measure"]]
    if measure.of_class and not values["class"]:
        return [f"{measure.words} is of one class: name it"]
    if values["class"] and not measure.of_class:
        return [f"{measure.words} is of the whole field: leave the class empty"]
    return []
