"""Where people gave different answers to the same item: the votes, and the decision which is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.answer_form import schema_check, schema_fields, without_empty
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.labeling_jobs.lines import describe_agreement
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import LabelingJob
    from ontos_tui.services.label.labeling_jobs.adjudication import Undone
    from ontos_tui.services.label.labeling_jobs.agreement import Disagreement, JobAgreement
    from ontos_tui.workspace import Workspace

NOTES = "adjudication notes"
NAME = 22


class DisagreementsDialog(Dialog[None], BackgroundMixin):
    """The disputed items of a job on top, the votes about the one under the cursor below."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "label.disagreements.decide", "enter,e", "Decide", "Enter the right answer; it becomes the canonical label"
        ),
        Command("label.disagreements.undo", "u", "Undo", "Take back your last decision here, with the pairs"),
        Command("label.disagreements.all", "v", "All", "All disputed items, or only the undecided ones"),
    )
    DEFAULT_CSS = """
    DisagreementsDialog > #box { height: 90%; max-width: 140; }
    DisagreementsDialog Table { height: 2fr; }
    DisagreementsDialog #votes { height: 3fr; }
    """

    def __init__(self, job: LabelingJob) -> None:
        super().__init__(f"Disputed · {job.name}")
        self._job = job
        self._all = False

    def compose_body(self) -> ComposeResult:
        yield OneLine(id="agreement")
        columns = [ColumnSpec("", 1), ColumnSpec("item", 18), ColumnSpec("answers", 0), ColumnSpec("differ in", 20)]
        yield Table["Disagreement"](columns, _cells, empty="Loading…", id="disputed")
        yield Panel(id="votes")

    @property
    def table(self) -> Table[Disagreement]:
        """The disputed items."""
        return self.query_one("#disputed", Table)

    def on_mount(self) -> None:
        self.table.focus()
        self._load()

    def _load(self) -> None:
        everything = self._all
        self.run_in_background(
            lambda workspace: _read(workspace, self._job.id, everything), self._show, failed=self._say
        )

    def _show(self, result: tuple[JobAgreement, Sequence[Disagreement]]) -> None:
        agreement, disputed = result
        parts = [describe_agreement(agreement.whole), *(_short(name, one) for name, one in agreement.fields.items())]
        self.query_one("#agreement", OneLine).show(lambda width: line(span(" · ".join(parts), "muted")))
        self.table.set_empty_text("No disagreements." if self._all else "Nothing left to decide. v: show all")
        self.table.show(disputed)
        self._look()

    def _say(self, error: OntosError) -> None:
        self.query_one("#votes", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._look()

    def _look(self) -> None:
        one = self.table.current
        self.query_one("#votes", Panel).show(lambda width: _lines(one, width) if one is not None else ())

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_decide()

    def action_all(self) -> None:
        self._all = not self._all
        self._load()

    def action_decide(self) -> None:
        one = self.table.current
        if one is None:
            return
        schema = self._job.response_schema
        version = 0 if one.label is None else one.label.version

        def done(values: Values | None) -> None:
            if values is not None:
                notes = values[NOTES] or ""
                answer = without_empty(_answer(values))
                self.run_in_background(
                    lambda workspace: workspace.label.agreement.adjudicate(
                        self._job.id, one.item_ref, answer, notes, expected_version=version
                    ),
                    lambda _: self._load(),
                    group="do",
                    failed=self._refused,
                )

        fields = (*schema_fields(schema, _favored(one)), FormField(NOTES, "Reason", None, hint="stored with the label"))
        check = schema_check(schema)
        form = FormDialog(
            f"Right answer for {one.item_ref}", fields, check=lambda values: check(_answer(values)), verb="Decide"
        )
        self.app.push_screen(form, done)

    def action_undo(self) -> None:
        def done(undone: Undone | None) -> None:
            if undone is None:
                self.ontos.show_message("You have decided nothing here that can be undone.")
                return
            self.ontos.show_message("; ".join([f"undo: {undone.item_ref}", *undone.notes]))
            self._load()

        self.run_in_background(
            lambda workspace: workspace.label.agreement.undo_adjudication(self._job.id),
            done,
            group="do",
            failed=self._refused,
        )

    def _refused(self, error: OntosError) -> None:
        """Say who decided meanwhile, and show what is there now."""
        self.ontos.show_error(error)
        self._load()


def _read(workspace: Workspace, job_id: str, everything: bool) -> tuple[JobAgreement, Sequence[Disagreement]]:
    service = workspace.label.agreement
    return service.of_job(job_id), service.disagreements(job_id, resolved=everything)


def _answer(values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != NOTES}


def _favored(one: Disagreement) -> Mapping[str, Any] | None:
    """What it was decided to be before; else, field by field, what more than half of the votes say."""
    if one.label is not None:
        return one.label.label_data
    answers = [vote.answer for vote in one.votes if vote.answer is not None]
    favored: dict[str, Any] = {}
    for name in dict.fromkeys(name for answer in answers for name in answer):
        values = [answer.get(name) for answer in answers]
        text, count = Counter(value_text(value) for value in values).most_common(1)[0]
        if count * 2 > len(one.votes):
            favored[name] = next(value for value in values if value_text(value) == text)
    return favored


def _short(name: str, agreement: Any) -> str:
    return f"{name} {agreement.value:.2f}" if agreement.value is not None else f"{name} –"


def _cells(one: Disagreement) -> Sequence[object]:
    mark = span("✓", "good") if one.resolved else span("⚑", "warn")
    counts = Counter(_answer_text(vote.answer, vote.status.value) for vote in one.votes)
    answers = "; ".join(f"{count} × {answer}" for answer, count in counts.most_common())
    return mark, one.item_ref, answers, span(", ".join(one.fields), "muted")


def _answer_text(answer: Mapping[str, Any] | None, status: str) -> str:
    return status if answer is None else " · ".join(value_text(value) for value in answer.values())


def _lines(one: Disagreement, width: int) -> Iterator[Line]:
    for vote in one.votes:
        yield line(span(vote.actor, "strong", NAME), _answer_text(vote.answer, vote.status.value))
        if vote.notes:
            yield from wrap(vote.notes, width, "muted", indent="    ")
    if one.label is not None:
        answer = _answer_text(one.label.label_data, "")
        yield line(span("decided", "good", NAME), answer, span(f"  by {one.label.updated_by}", "muted"))
    yield EMPTY
    for name, value in one.source_data.items():
        yield from wrap(f"{name}: {value_text(value)}", width, "muted")
