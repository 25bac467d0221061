"""What a person decides before a training: which pairs belong together, and the parameters of the base model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.domain.learning import BaseModel, Parameter
    from ontos_tui.services.records.splits import SplitOption


def split_dialog(options: Sequence[SplitOption], now: int) -> ChooseDialog:
    """The ways to split with their reasons, the cursor on how it is now; enter confirms it, or changes it."""
    choices = [(one.name, f"{one.reason} · now" if place == now else one.reason) for place, one in enumerate(options)]
    return ChooseDialog("Which pairs belong together, and which are tested?", choices, now)


def parameter_dialog(model: BaseModel, given: Mapping[str, Any]) -> FormDialog:
    """A form over every parameter of a base model; empty means its default."""
    from ontos_tui.learning.models.families import allowed_values, checked_params, shown_default

    def problems(values: Values) -> Sequence[str]:
        from ontos_tui.domain.errors import InvalidInputError

        try:
            checked_params(model.key, chosen_params(values))
        except InvalidInputError as error:
            return [error.what]
        return []

    def field(one: Parameter) -> FormField:
        hint = f"{one.meaning}; {allowed_values(one)}, else {shown_default(one)}"
        return FormField(one.name, one.name, given.get(one.name), hint=hint)

    about = "Empty means the default." if model.parameters else "This base model has no parameters."
    fields = [field(one) for one in model.parameters]
    return FormDialog(f"Parameters of {model.title}", fields, about=about, check=problems, verb="Set")


def chosen_params(values: Values) -> dict[str, Any]:
    """The parameters that were given, without those that are left at their default."""
    return {name: value for name, value in values.items() if value is not None}
