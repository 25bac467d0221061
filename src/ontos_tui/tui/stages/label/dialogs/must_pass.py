"""A pair becomes a must-pass case, or is one no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.schema import FieldKind
from ontos_tui.domain.text.numbers import parse_number
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.domain.records.gate import MustPassCase
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.domain.schema import AnswerField
    from ontos_tui.workspace import Workspace


class MustPass:
    """What the key `T` of the label desk opens."""

    def __init__(self, host: BackgroundMixin, pair: Decidable, fields: Sequence[AnswerField]) -> None:
        self._host, self._pair = host, pair
        answer = pair.answer or {}
        self._fields = [field for field in fields if field.name in answer]
        self._numbers = [f.name for f in self._fields if f.kind in (FieldKind.NUMBER, FieldKind.INTEGER)]

    def open(self) -> None:
        """Ask what is expected, or whether the case shall go."""
        pair_id = self._pair.id
        self._host.run_in_background(lambda workspace: workspace.deploy.cases.of_pair(pair_id), self._ask, group="case")

    def _ask(self, case: MustPassCase | None) -> None:
        if case is not None:
            self._ask_remove(case)
        elif not self._fields:
            self._host.ontos.show_message("Decide this pair first: its answer is what is expected.")
        else:
            self._ask_new()

    def _ask_new(self) -> None:
        def done(values: Values | None) -> None:
            if values is not None:
                self._add(values)

        names = [field.name for field in self._fields]
        form = [FormField("note", "Note", hint="why it must be right")]
        if len(names) > 1:
            form.append(FormField("fields", "Fields", ", ".join(names), hint="that are checked"))
        form += [
            FormField(f"within {name}", f"{name} may be off by", hint="empty: the model's own interval", read=_distance)
            for name in self._numbers
        ]
        heading = f"Every new model must answer {self._pair.item_ref} like this"
        self._host.app.push_screen(FormDialog(heading, form, verb="Require"), done)

    def _add(self, values: Values) -> None:
        checked = [name.strip() for name in (values.get("fields") or "").split(",") if name.strip()]
        within = {name: off for name in self._numbers if (off := values[f"within {name}"]) is not None}
        pair_id, note = self._pair.id, values["note"] or ""

        def add(workspace: Workspace) -> MustPassCase:
            return workspace.deploy.cases.add(pair_id, fields=checked, within=within, note=note)

        def added(case: MustPassCase) -> None:
            self._host.ontos.show_message(f"{case.item_ref} is a must-pass case now. T: remove it")

        self._host.run_in_background(add, added, group="case")

    def _ask_remove(self, case: MustPassCase) -> None:
        def answered(sure: bool | None) -> None:
            if sure:
                self._host.run_in_background(
                    lambda workspace: workspace.deploy.cases.remove(case.id),
                    lambda removed: self._host.ontos.show_message(f"{removed.item_ref} is no longer a must-pass case."),
                    group="case",
                )

        question = f"New versions may then answer {case.item_ref} differently. Note: {case.note or 'none'}"
        self._host.app.push_screen(ConfirmDialog("Remove this must-pass case?", question), answered)


def _distance(text: str) -> float:
    value = parse_number(text)
    if value is None or value < 0:
        raise ValueError("a number, 0 or more")
    return float(value)
