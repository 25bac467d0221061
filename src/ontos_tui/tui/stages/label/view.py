"""LABEL: pick a training sheet, then decide its pairs, one key a decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.label.desk.desk import LabelDesk
from ontos_tui.tui.stages.label.page import LabelPage
from ontos_tui.tui.stages.label.work import Work, work_of_sheet
from ontos_tui.tui.stages.pages import PagedView, StagePage
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.label.service import TrainingSheetView
    from ontos_tui.workspace import Workspace


class LabelView(PagedView):
    """The training sheets, and the desk where one of them is labeled."""

    STAGE = Stage.LABEL
    ABOUT = (
        "Every pair is one item with a question and a proposed answer; you decide what is right. "
        "What you approve becomes the canonical label of the item and is reused by every template with the same "
        "label type."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("label.open_queue", "o", "Label", "Open the queue of this training sheet (enter does it too)"),
        Command("label.guidelines", "h", "Guidelines", "How to decide, as the template says"),
        Command(
            "label.jobs",
            "t",
            "Tasks",
            "Labeling jobs: split work into tasks, claim, review, agreement",
            action="page('jobs')",
        ),
        Command(
            "label.labelsets",
            "l",
            "Labelsets",
            "Classes with their names, keys and meaning; coverage",
            action="page('labelsets')",
        ),
        Command(
            "label.labels",
            "c",
            "Labels",
            "Canonical labels: browse, correct, label without pairs",
            action="page('labels')",
        ),
        Command(
            "label.hints",
            "L",
            "Find label errors",
            "Find likely label errors, unsure answers and near-duplicates",
            shown=False,
        ),
        Command(
            "label.blind",
            "B",
            "Blind share",
            "Hide some proposals to measure how much they influence people",
            shown=False,
        ),
        Command("label.pace", "w", "Labelers", "Decisions, pace and agreement of each labeler", shown=False),
        Command("label.export", "E", "Export", "Write these pairs into a file", shown=False),
        Command("label.import", "I", "Import", "Read decisions or labels from a file", shown=False),
    )
    DEFAULT_CSS = """
    LabelView #about-sheet { width: 100%; }
    LabelView LabelDesk { display: none; }
    LabelView.labeling #pick, LabelView.paged #pick { display: none; }
    LabelView LabelPage { display: none; }
    LabelView LabelPage.shown { display: block; }
    LabelView.labeling LabelPage { display: none; }
    LabelView.labeling LabelDesk { display: block; }
    """

    def compose(self) -> ComposeResult:
        with Horizontal(id="pick", classes="row"):
            yield Table["TrainingSheetView"](
                [ColumnSpec("training sheet", 0), ColumnSpec("labeled", 0, right=True)],
                _cells,
                empty="Loading…",
                id="training-sheets",
                classes="side",
            )
            with Vertical(classes="main"):
                yield Panel(id="about-sheet")
        yield LabelDesk()

    @property
    def desk(self) -> LabelDesk:
        """Where the labeling happens."""
        return self.query_one(LabelDesk)

    @property
    def labeling(self) -> bool:
        """Whether the queue is open; number keys choose classes then."""
        return self.has_class("labeling")

    def focus_first(self) -> None:
        page = self.page
        if self.labeling:
            self.desk.focus_queue()
        elif page is not None:
            page.focus_first()
        else:
            self.focus_first_view()

    def reload(self) -> None:
        self.run_in_background(
            lambda workspace: workspace.label.queue.training_sheets(),
            self._show_sheets,
            failed=self._show_error,
        )
        if self.labeling:
            self.desk.others_changed()
        elif self.page is not None:
            self.page.reload()

    def _show_sheets(self, views: Sequence[TrainingSheetView]) -> None:
        table: Table[TrainingSheetView] = self.query_one("#training-sheets", Table)
        table.set_empty_text("No training sheet yet.\nPress 2, then g to generate pairs from a sheet.")
        cursor = next((i for i, v in enumerate(views) if v.sheet.id == self.session.training_sheet_id), None)
        table.show(views, cursor=cursor)
        self._show_current()

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#about-sheet", Panel).show(lambda width: error_lines(error, width))

    @property
    def current(self) -> TrainingSheetView | None:
        """The training sheet under the cursor."""
        view: TrainingSheetView | None = self.query_one("#training-sheets", Table).current
        return view

    def _show_current(self) -> None:
        view = self.current
        self.commands_changed()
        if view is None:
            self.query_one("#about-sheet", Panel).show(lambda width: ())
            return
        self.session.training_sheet_id = view.sheet.id
        self.query_one("#about-sheet", Panel).show(lambda width: _about(view, width))

    def on_table_moved(self, event: Table.Moved) -> None:
        if event.table.id == "training-sheets":
            self._show_current()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        if event.table.id == "training-sheets":
            self.action_open_queue()

    def possible(self, command: str) -> bool:
        if not self.is_mounted or self.labeling or self.page is not None:
            return False
        return command in ("jobs", "labelsets", "labels") or self.current is not None

    def action_open_queue(self) -> None:
        view = self.current
        if view is not None:
            sheet = view.sheet
            self.label(lambda workspace: work_of_sheet(workspace, sheet))

    def label(self, find: Callable[[Workspace], Work]) -> None:
        """Open the desk for some work."""
        self.add_class("labeling")
        self.desk.open(find)
        self.commands_changed()

    def on_label_page_labeling(self, event: LabelPage.Labeling) -> None:
        self.label(event.find)

    def on_label_desk_left(self, event: LabelDesk.Left) -> None:
        """Back to where the desk was opened, where the number keys lead to the stages again."""
        self.remove_class("labeling")
        page = self.page
        if isinstance(page, LabelPage):
            page.came_back(event.work_id)
        else:
            self.reload()
        self.focus_first()
        self.ontos.refresh_overview()
        self.commands_changed()

    def focus_first_view(self) -> None:
        self.query_one("#training-sheets").focus()

    def make_page(self, name: str) -> StagePage:
        if name == "labelsets":
            from ontos_tui.tui.stages.label.labelsets.page import LabelsetsPage

            return LabelsetsPage()
        if name == "labels":
            from ontos_tui.tui.stages.label.canonical_labels.page import CanonicalPage

            return CanonicalPage()
        from ontos_tui.tui.stages.label.labeling_jobs.page import JobsPage

        return JobsPage()

    def action_hints(self) -> None:
        from ontos_tui.tui.stages.label.sheet_actions import look_again

        if self.current is not None:
            look_again(self, self.current.sheet)

    def action_blind(self) -> None:
        from ontos_tui.tui.stages.label.sheet_actions import ask_blind_share

        if self.current is not None:
            ask_blind_share(self, self.current.sheet)

    def action_pace(self) -> None:
        from ontos_tui.tui.stages.label.labeling_jobs.labeler_stats import LabelersDialog

        if self.current is not None:
            sheet = self.current.sheet
            self.app.push_screen(
                LabelersDialog(sheet.name, lambda workspace: workspace.label.labelers.of_sheet(sheet.id))
            )

    def action_export(self) -> None:
        from ontos_tui.tui.stages.label.import_export import ask_export

        if self.current is not None:
            ask_export(self, self.current.sheet, lambda report: None)

    def action_import(self) -> None:
        from ontos_tui.tui.stages.label.import_files import ask_import

        if self.current is not None:
            ask_import(self, self.current.sheet, lambda report: self.reload())

    def action_guidelines(self) -> None:
        from ontos_tui.tui.dialogs.text import TextDialog

        view = self.current
        if view is not None:
            text = str(view.sheet.template_snapshot.get("guidelines") or "This template has no guidelines.")
            self.app.push_screen(TextDialog(f"Guidelines · {view.sheet.name}", text))


def _cells(view: TrainingSheetView) -> Sequence[object]:
    return view.sheet.name, span(f"{view.counts.labeled:,}/{view.counts.total:,}", "muted")


def _about(view: TrainingSheetView, width: int) -> list[Line]:
    counts = view.counts
    return [
        line(span(view.sheet.name, "title")),
        *wrap(f"answers: {view.sheet.model_used or view.sheet.generation_mode.value}", width, "muted"),
        EMPTY,
        line(span("○ ", "muted"), f"{counts.unlabeled:,} to decide"),
        line(span("✓ ", "good"), f"{counts.labeled:,} labeled"),
        line(span("  ", "muted"), span(f"  {counts.auto_approved:,} of them are reused labels", "muted")),
        line(span("⚑ ", "warn"), f"{counts.flagged:,} flagged"),
        line(span("✗ ", "bad"), f"{counts.rejected:,} rejected"),
        EMPTY,
        line(span("enter", "key"), ": open the queue"),
        *wrap("There, number keys choose classes; esc comes back here.", width, "muted"),
    ]
