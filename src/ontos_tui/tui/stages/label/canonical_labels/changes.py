"""What is asked before a canonical label is changed: its answer, an earlier version, its uses, its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.pairs import CONFIDENCES
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.forms.answer_form import schema_check, schema_fields, without_empty
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.canonical_labels.lines import answer_text
from ontos_tui.tui.stages.label.dialogs.usage_constraints import ConstraintsDialog, when_changed

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion
    from ontos_tui.tui.stages.label.page import LabelPage


class LabelChanges:
    """Changes labels in the background. `changed` is called afterwards, `refused` when someone else was first."""

    def __init__(
        self, host: LabelPage, changed: Callable[[object], None], refused: Callable[[OntosError], None]
    ) -> None:
        self._host = host
        self._changed = changed
        self._refused = refused

    def edit(self, label: CanonicalLabel) -> None:
        """Ask for the right answer; the one before is stored as a version."""
        self._host.run_in_background(
            lambda workspace: workspace.label.canonical_labels.schema(label.id),
            lambda s: self._ask_answer(label, s),
            group="form",
        )

    def _ask_answer(self, label: CanonicalLabel, schema: dict[str, Any]) -> None:
        fields = (*schema_fields(schema, label.label_data), *_remarks(label.confidence, label.notes))

        def done(values: Values | None) -> None:
            if values is not None:
                answer, confidence, notes = _filled(values)
                self._host.run_in_background(
                    lambda workspace: workspace.label.canonical_labels.edit(
                        label.id, answer=answer, confidence=confidence, notes=notes, expected_version=label.version
                    ),
                    self._changed,
                    group="do",
                    failed=self._refused,
                )

        heading = f"Label of {label.item_ref}"
        self._host.app.push_screen(FormDialog(heading, fields, check=_answer_check(schema)), done)

    def restore(self, label: CanonicalLabel) -> None:
        """Ask which earlier version to restore."""

        def choose(versions: Sequence[CanonicalLabelVersion]) -> None:
            if not versions:
                self._host.ontos.show_message("This label has no earlier version.")
                return
            choices = [
                (f"version {one.version}", f"{answer_text(one.label_data)} · {one.modified_by}") for one in versions
            ]

            def done(index: int | None) -> None:
                if index is not None:
                    number = versions[index].version
                    self._host.run_in_background(
                        lambda workspace: workspace.label.canonical_labels.restore(
                            label.id, number, expected_version=label.version
                        ),
                        self._changed,
                        group="do",
                        failed=self._refused,
                    )

            self._host.app.push_screen(ChooseDialog(f"Restore a version of {label.item_ref}", choices), done)

        self._host.run_in_background(
            lambda workspace: workspace.label.canonical_labels.versions(label.id), choose, group="versions"
        )

    def constrain(self, label: CanonicalLabel) -> None:
        """Ask what it and its pairs may be used for."""
        dialog = ConstraintsDialog(label.item_ref, [label])
        write = lambda change: self._host.run_in_background(  # noqa: E731
            lambda workspace: workspace.label.constraints.set_label(label.id, change), self._changed, group="do"
        )
        self._host.app.push_screen(dialog, when_changed(dialog, write))

    def delete(self, label: CanonicalLabel) -> None:
        """Delete it, once the user has confirmed it."""

        def answered(sure: bool | None) -> None:
            if sure:
                self._host.run_in_background(
                    lambda workspace: workspace.label.canonical_labels.delete(label.id, expected_version=label.version),
                    self._changed,
                    group="do",
                    failed=self._refused,
                )

        question = f"The label of {label.item_ref} is deleted, unless something uses it. The log keeps its answer."
        self._host.app.push_screen(ConfirmDialog("Delete this label?", question), answered)


def _remarks(confidence: str, notes: str) -> tuple[FormField, ...]:
    return (
        FormField("label confidence", "Confidence", confidence, CONFIDENCES, required=True),
        FormField("label notes", "Notes", notes or None),
    )


def _filled(values: Values) -> tuple[dict[str, Any], str, str]:
    answer = without_empty({name: value for name, value in values.items() if not name.startswith("label ")})
    return answer, values["label confidence"], values["label notes"] or ""


def _answer_check(schema: dict[str, Any]) -> Any:
    check = schema_check(schema)
    return lambda values: check({name: value for name, value in values.items() if not name.startswith("label ")})
