"""What something may be used for: a form over its allowed and prohibited uses, the reason and the classification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.governance import ALL_USES, Classification, constraints_of
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.domain.rules.governance import Constrained
    from ontos_tui.services.records.usage_constraints import UsageChange


class ConstraintsDialog(FormDialog):
    """The constraints of one thing, or of many at once; what is left as it is stays as each has it."""

    def __init__(self, what: str, records: Sequence[Constrained]) -> None:
        first = constraints_of(records[0])
        self._given = {
            "allowed": ", ".join(first.allowed_uses),
            "prohibited": ", ".join(first.prohibited_uses),
            "reason": first.usage_reason,
            "classification": first.data_classification,
        }
        uses = f"of {', '.join(ALL_USES)}"
        fields = (
            FormField("allowed", "Allowed uses", self._given["allowed"] or None, hint=uses, read=read_uses),
            FormField("prohibited", "Prohibited uses", self._given["prohibited"] or None, hint="wins", read=read_uses),
            FormField("reason", "Reason", self._given["reason"] or None, hint="such as: under embargo until May"),
            FormField(
                "classification", "Classification", first.data_classification, tuple(Classification), required=True
            ),
        )
        about = f"May be used for: {', '.join(first.effective) or 'nothing'}. The sheet's tags also apply."
        super().__init__(f"Uses of {what}", fields, about=about)

    def change(self, values: Values) -> UsageChange:
        """What was changed in the form."""
        from ontos_tui.services.records.usage_constraints import UsageChange

        texts = {name: ", ".join(values[name]) if isinstance(values[name], tuple) else values[name] for name in values}
        changed = {name for name, value in texts.items() if (value or "") != self._given[name]}
        return UsageChange(
            allowed=(values["allowed"] or ()) if "allowed" in changed else None,
            prohibited=(values["prohibited"] or ()) if "prohibited" in changed else None,
            reason=(values["reason"] or "") if "reason" in changed else None,
            classification=values["classification"] if "classification" in changed else None,
        )


def read_uses(text: str) -> tuple[str, ...]:
    """Uses as typed, separated by commas. Raises ValueError naming one that there is not."""
    named = [part.strip().lower().replace("-", "_") for part in text.split(",") if part.strip()]
    unknown = [use for use in named if use not in ALL_USES]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a use; the uses are {', '.join(ALL_USES)}")
    return tuple(use for use in ALL_USES if use in named)


def when_changed(dialog: ConstraintsDialog, then: Callable[[UsageChange], None]) -> Callable[[Values | None], None]:
    """What to do when the dialog is left: nothing, or `then` with what was changed."""

    def done(values: Values | None) -> None:
        if values is not None:
            then(dialog.change(values))

    return done
