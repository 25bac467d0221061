"""Step 4: a preview of five pairs, then all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.guide.wizard import Step, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.generate.lines import pair_lines
from ontos_tui.tui.stages.job_state import POLL_SECONDS, JobState, newest_job, progress_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table
from ontos_tui.tui.wizard.step import WizardStep

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import GenerationMode
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.generate.service import PreviewPair
    from ontos_tui.workspace import Workspace

PREVIEWED = 5


@dataclass(frozen=True)
class Previewed:
    """A preview of five pairs, the source of their answers, and the generation that runs or ran last."""

    pairs: Sequence[PreviewPair]
    mode: GenerationMode
    source: str
    last: JobState | None


class GenerateStep(WizardStep):
    """The preview, and one key that generates all pairs."""

    STEP = Step.GENERATE
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "wizard.generate.generate", "enter,g", "Generate pairs", "One pair for each item; runs as a background job"
        ),
    )
    DEFAULT_CSS = """
    GenerateStep #progress { height: 2; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._previewed: Previewed | None = None
        self._waits = False
        self._looking = False

    def compose(self) -> ComposeResult:
        progress = Panel(id="progress")
        progress.can_focus = False
        yield progress
        with Horizontal(classes="row"):
            yield Table["PreviewPair"](
                [ColumnSpec("preview", 0), ColumnSpec("proposed answer", 0)],
                lambda pair: (pair.item_ref, _proposal_text(pair)),
                empty="Generating five proposals…",
                id="previews",
                classes="side",
            )
            yield Panel(id="pair", classes="main")

    @property
    def table(self) -> Table[PreviewPair]:
        """The previewed pairs."""
        return self.query_one("#previews", Table)

    def focus_first(self) -> None:
        self.table.focus()

    def watch_state(self, state: WizardState) -> None:
        sheet, template = state.sheet, state.template
        if sheet is None or template is None:
            return
        known = self._previewed
        self.run_in_background(
            lambda workspace: _previewed(workspace, sheet.id, template.id, known),
            self._show_previewed,
            failed=self._show_error,
        )

    def _show_previewed(self, previewed: Previewed) -> None:
        fresh = self._previewed is None
        self._previewed = previewed
        if fresh:
            self.table.show(previewed.pairs)
            self._show_current()
        self.query_one("#progress", Panel).show(lambda width: _progress_lines(self.state, previewed, width))
        self.commands_changed()
        last = previewed.last
        if last is not None and last.active:
            if not self._looking:
                self._looking = True
                self.set_timer(POLL_SECONDS, self._poll)
        elif self._waits and last is not None:
            self._waits = False
            if not last.ended_early:
                self.post_message(self.GoOn())

    def _poll(self) -> None:
        self._looking = False
        self.post_message(self.Outdated())

    def _show_error(self, error: OntosError) -> None:
        self.table.set_empty_text("No preview. The reason is on the right.")
        self.query_one("#pair", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._show_current()

    def _show_current(self) -> None:
        pair, place = self.table.current, f"{self.table.cursor + 1} of {len(self.table.rows)}"
        if pair is not None:
            self.query_one("#pair", Panel).show(lambda width: pair_lines(pair, place, width))

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_generate()

    def possible(self, command: str) -> bool:
        last = self._previewed.last if self._previewed is not None else None
        return self._previewed is not None and not (last is not None and last.active)

    def action_generate(self) -> None:
        sheet, template, previewed = self.state.sheet, self.state.template, self._previewed
        if sheet is None or template is None or previewed is None or not self.possible("generate"):
            return
        training = self.state.training
        if training is not None and training.counts.total and training.counts.total >= (sheet.item_count or 0):
            self.post_message(self.GoOn())
            return

        def submitted(job: Job) -> None:
            self._waits = True
            self.post_message(self.Outdated())

        self.run_in_background(
            lambda workspace: workspace.generate.generation.submit(sheet.id, template.id, previewed.mode),
            submitted,
            group="generate",
        )


def _previewed(workspace: Workspace, sheet_id: str, template_id: str, known: Previewed | None) -> Previewed:
    from ontos_tui.domain.records.training import JobKind

    mode, pairs = (
        (known.mode, known.pairs) if known is not None else workspace.wizard.preview(sheet_id, template_id, PREVIEWED)
    )
    sources = (sheet_id, template_id)
    last = newest_job(
        workspace, JobKind.GENERATE, lambda params: (params.get("sheet_ref"), params.get("template_ref")) == sources
    )
    source = {"ai": workspace.engines.chat.name, "column": "the data's own column, approved at once"}.get(mode, "you")
    return Previewed(pairs, mode, source, last)


def _progress_lines(state: WizardState, previewed: Previewed, width: int) -> Iterator[Line]:
    last, training, sheet = previewed.last, state.training, state.sheet
    if last is not None and (last.active or last.ended_early):
        yield from progress_lines(last, width)
    elif training is not None and training.counts.total:
        counts = training.counts
        yield line(
            span(f"✓ {counts.total:,} pairs generated", "good"),
            f", {counts.labeled:,} labeled, {counts.unlabeled:,} to label",
        )
    else:
        items = sheet.item_count if sheet is not None else None
        how_many = f"{items:,} pairs" if items is not None else "pairs"
        yield line(span("enter", "key"), f" generates {how_many}; proposed answers from {previewed.source}")
    if training is not None and training.counts.auto_approved:
        reused = f"{training.counts.auto_approved:,} approved from canonical labels; they need no review"
        yield from wrap(reused, width, "muted")


def _proposal_text(pair: PreviewPair) -> object:
    if pair.error:
        return span("✗ none", "warn")
    return " · ".join(value_text(value) for value in (pair.proposal or {}).values()) or span("none", "muted")
