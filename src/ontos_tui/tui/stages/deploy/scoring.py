"""Scoring a table from DEPLOY: which rows, where the answers go, and how far the job is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.records.data import LOCAL, identifier_from
from ontos_tui.services.deploy.scoring.targets import in_warehouse
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.base import Page
from ontos_tui.tui.stages.job_state import JobState, progress_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job, ModelVersion
    from ontos_tui.workspace import Workspace

A_FILE = "Another file…"


@dataclass(frozen=True)
class Choice:
    """Rows that can be scored: a sheet or a table, and how many there are."""

    ref: str
    name: str
    remark: str


def ask_scoring(view: Page, model: ModelVersion) -> None:
    """Ask which rows `model` shall score and where the answers go, then begin the job."""
    view.run_in_background(_choices, lambda choices: _choose(view, model, choices), group="choose")


def _choices(workspace: Workspace) -> list[Choice]:
    """The sheets and the tables, the newest sheet first."""
    sheets = workspace.data.sheets.sheets()
    tables = [table for table in workspace.data.catalog.tables() if not table.problem]
    return [
        *(Choice(sheet.id, sheet.name, f"sheet · {sheet.item_count:,} items") for sheet in sheets),
        *(Choice(str(one.address), str(one.address), f"table · {one.rows:,} rows") for one in tables),
        Choice("", A_FILE, "CSV, Parquet, JSONL"),
    ]


def _choose(view: Page, model: ModelVersion, choices: list[Choice]) -> None:
    def chosen(index: int | None) -> None:
        if index is not None:
            _ask_target(view, model, choices[index])

    own = next((place for place, one in enumerate(choices) if one.ref == model.sheet_id), 0)
    heading = f"Which rows should {model.label()} score?"
    view.app.push_screen(ChooseDialog(heading, [(one.name, one.remark) for one in choices], own), chosen)


def _ask_target(view: Page, model: ModelVersion, choice: Choice) -> None:
    name = identifier_from(f"{choice.name.rpartition('.')[2]} by {model.name}") if choice.ref else "answers"
    fields = [
        *([] if choice.ref else [FormField("source", "File", required=True, hint="the path of a data file")]),
        FormField(
            "out",
            "Write to",
            f"{LOCAL}.scored.{name}",
            required=True,
            hint="a table, or a file: .csv, .xlsx, .parquet or .jsonl",
        ),
        FormField("with_columns", "Columns of the source, too", False, choices=(True, False), required=True),
    ]

    def done(values: Values | None) -> None:
        if values is not None:
            _begin(view, model, choice.ref or values["source"], values)

    about = f"{choice.name}: {choice.remark}" if choice.ref else "The file is read where it is."
    view.app.push_screen(FormDialog(f"Score by {model.label()}", fields, about=about, verb="Score"), done)


def _begin(view: Page, model: ModelVersion, source: str, values: Values) -> None:
    def begin(workspace: Workspace) -> Job:
        if in_warehouse(str(values["out"])):
            there = workspace.deploy.warehouse_scoring
            return there.submit(there.plan(model.id, source, str(values["out"])))
        service = workspace.deploy.scoring
        plan = service.plan(model.id, source, str(values["out"]), with_columns=bool(values["with_columns"]))
        return service.submit(plan)

    def begun(job: Job) -> None:
        view.ontos.show_message(f"{job.title}: running. J: show progress. You can leave the app.")
        view.ontos.refresh_overview()
        view.reload()

    view.run_in_background(begin, begun, group="do")


def scoring_lines(state: JobState | None, width: int) -> Iterator[Line]:
    """How far the last scoring by a model is, or what it wrote."""
    if state is None:
        return
    yield EMPTY
    yield line(span("last scoring", "title"))
    if state.active or state.ended_early:
        yield from progress_lines(state, width)
    else:
        yield from wrap(state.job.message, width)
