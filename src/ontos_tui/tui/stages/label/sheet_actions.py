"""What one does with a whole training sheet besides labeling it: look again, hide proposals, take it out and in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.forms.answer_form import read_fraction
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.list_filter import HINT_WORDS

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import TrainingSheet
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.label.hints.service import HintReport
    from ontos_tui.workspace import Workspace


def look_again(asker: BackgroundMixin, sheet: TrainingSheet) -> None:
    """Have engines look for pairs that deserve a look, at once or as a job, and say what they found."""

    def work(workspace: Workspace) -> HintReport | Job:
        hints = workspace.label.hints
        return hints.submit(sheet.id) if hints.is_large(sheet.id) else hints.compute(sheet.id)

    def show(outcome: HintReport | Job) -> None:
        from ontos_tui.services.label.hints.service import HintReport

        if isinstance(outcome, HintReport):
            asker.ontos.show_message("\n".join(_report_lines(outcome)), title=f"Hints for {sheet.name}")
        else:
            asker.ontos.show_message(f"{outcome.title} runs as a job. J: show jobs")

    asker.run_in_background(work, show, group="hints")


def _report_lines(report: HintReport) -> Iterator[str]:
    for kind, count in report.counts.items():
        reason = report.skipped.get(kind)
        yield f"{HINT_WORDS[kind]}: {reason or f'{count:,}'}"
    if any(report.counts.values()):
        yield "In the queue: o lists them first, F lists only them."


def ask_blind_share(asker: BackgroundMixin, sheet: TrainingSheet) -> None:
    """Ask for the share of pairs whose proposal is hidden."""

    def done(values: Values | None) -> None:
        if values is not None:
            share = values["share"] or 0.0
            asker.run_in_background(
                lambda workspace: workspace.label.queue.hide_proposals(sheet.id, share),
                lambda changed: asker.ontos.show_message(
                    f"The proposals of {changed.blind_share:.0%} of the pairs are hidden."
                ),
                group="blind",
            )

    about = "Proposals influence people. Hide some to measure how much (w compares both). Usual: 10 %."
    field = FormField(
        "share", "Share", f"{sheet.blind_share:.0%}", hint="such as 10 %; 0 hides nothing", read=read_fraction
    )
    asker.app.push_screen(FormDialog(f"Hide proposals · {sheet.name}", (field,), about=about, verb="Hide"), done)
