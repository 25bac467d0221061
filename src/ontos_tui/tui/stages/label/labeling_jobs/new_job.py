"""A new labeling job: what is to be labeled, then how it is shared out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.answer_form import read_fraction, read_integer
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import LabelingJob
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Source:
    """Something that a job can be made of: its name, what it is, and the arguments for the service."""

    name: str
    remark: str
    given: Mapping[str, Any]


def sources(workspace: Workspace) -> list[Source]:
    """The open pairs of every training sheet, and the items of every sheet with each published labelset."""
    result = []
    labelsets = [one for one in workspace.label.labelsets.all() if one.status is TemplateStatus.PUBLISHED]
    for view in workspace.label.queue.training_sheets():
        sheet = view.sheet
        given: dict[str, Any] = {"training_sheet": sheet.id}
        fit = next((one for one in labelsets if one.label_type == sheet.label_type), None)
        if fit is not None:
            given["labelset"] = fit.id
        remark = f"{view.counts.unlabeled:,} pairs to decide" + (f", for {fit.name} {fit.version}" if fit else "")
        result.append(Source(sheet.name, remark, given))
    for sheet_view in workspace.data.sheets.sheets():
        for one in labelsets:
            given = {"sheet": sheet_view.id, "labelset": one.id}
            result.append(Source(sheet_view.name, f"its items, for {one.name} {one.version}", given))
    return result


def ask_job(asker: BackgroundMixin, choices: Sequence[Source], then: Callable[[LabelingJob], Any]) -> None:
    """Ask for all of it and have the job made, as a draft."""
    if not choices:
        asker.ontos.show_message(
            "This needs a training sheet (2, then g), or a sheet and a published labelset (esc, then l)."
        )
        return

    def chosen(index: int | None) -> None:
        if index is not None:
            _ask_how(asker, choices[index], then)

    asker.app.push_screen(ChooseDialog("What should be labeled?", [(one.name, one.remark) for one in choices]), chosen)


def _ask_how(asker: BackgroundMixin, source: Source, then: Callable[[LabelingJob], Any]) -> None:
    fields = (
        FormField("name", "Name", source.name, required=True),
        FormField("batch_size", "Items per task", "50", required=True, hint="1 to 500", read=read_integer),
        FormField(
            "overlap", "People per item", "1", required=True, hint="2 or more to measure agreement", read=read_integer
        ),
        FormField("needs_review", "Reviewed", False, (True, False), required=True, hint="a second person approves"),
        FormField(
            "blind_share", "Hidden proposals", "0 %", hint="such as 10 %: shows their influence", read=read_fraction
        ),
        FormField("gold_share", "Gold", "0 %", hint="such as 5 %: items with a known answer", read=read_fraction),
        FormField("instructions", "Instructions", None, hint="shown with g; empty: those of the template"),
    )

    def done(values: Values | None) -> None:
        if values is not None:
            settings = {name: value for name, value in values.items() if value is not None}
            asker.run_in_background(
                lambda workspace: workspace.label.jobs.create(**settings, **source.given),
                then,
                group="do",
            )

    asker.app.push_screen(FormDialog("New labeling job", fields, verb="Create"), done)
