"""What made a model: every pair, what it was to the model, its answer, and who approved it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from ontos_tui.domain.records.training import Role
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import OneLine, Span, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import QAPair
    from ontos_tui.domain.records.training import ModelPair, ModelVersion
    from ontos_tui.workspace import Workspace

AHEAD = 50
"""Pairs that are read beyond those in view."""


@dataclass(frozen=True)
class Row:
    """A pair as the model saw it, and as it is now once that was read."""

    seen: ModelPair
    pair: QAPair | None = None


class LineageDialog(Dialog[None], BackgroundMixin):
    """The pairs of a model version. Their answers are read as they come into view."""

    DEFAULT_CSS = """
    LineageDialog > #box { height: 80%; }
    LineageDialog Table { height: 1fr; }
    """

    def __init__(self, model: ModelVersion) -> None:
        super().__init__(f"Lineage of {model.label()}")
        self._model = model
        self._rows: list[Row] = []

    def compose_body(self) -> ComposeResult:
        model = self._model
        summary = (
            f"{model.train_count:,} trained · {model.held_out_count:,} held out · template {model.template_version}"
        )
        yield OneLine(lambda width: line(span(f"{summary} · {model.engine}", "muted")))
        columns = [
            ColumnSpec("item", 0),
            ColumnSpec("was", 8),
            ColumnSpec("answer", 0),
            ColumnSpec("approved by", 11),
            ColumnSpec("when", 11),
        ]
        yield Table[Row](columns, self._cells, empty="Loading…")

    @property
    def _table(self) -> Table[Row]:
        table: Table[Row] = self.query_one(Table)
        return table

    def on_mount(self) -> None:
        self._table.focus()
        self.run_in_background(lambda workspace: workspace.train.models.lineage(self._model.id), self._show)

    def _show(self, lineage: Sequence[ModelPair]) -> None:
        self._rows = [Row(seen) for seen in lineage]
        self._table.set_empty_text("This version has no lineage; it was trained elsewhere.")
        self._table.show(self._rows)
        self._read_ahead()

    def on_table_moved(self) -> None:
        self._read_ahead()

    def on_resize(self) -> None:
        self._read_ahead()

    def _read_ahead(self) -> None:
        """Ask for the pairs in view that are not known yet, and some more on either side."""
        view = self._table.in_view
        if all(self._rows[index].pair is not None for index in view):
            return
        around = range(max(0, view.start - AHEAD), min(len(self._rows), view.stop + AHEAD))
        missing = {index: self._rows[index].seen.pair_id for index in around if self._rows[index].pair is None}

        def read(workspace: Workspace) -> list[QAPair]:
            return workspace.label.queue.pairs(list(missing.values()))

        def know(pairs: Sequence[QAPair]) -> None:
            for index, pair in zip(missing, pairs, strict=True):
                self._rows[index] = Row(self._rows[index].seen, pair)
            self._table.refresh_rows()  # what is known now may be wider

        self.run_in_background(read, know, group="pairs")

    @staticmethod
    def _cells(row: Row) -> Sequence[object]:
        seen = row.seen
        role = span("trained", "good") if seen.role is Role.TRAIN else span("held out", "accent")
        when = seen.approved_at.astimezone().strftime("%m-%d %H:%M") if seen.approved_at else ""
        name = row.pair.item_ref if row.pair is not None else f"{seen.pair_id[:8]}…"
        return name, role, _answer(row), seen.approved_by, span(when, "muted")


def _answer(row: Row) -> Span:
    """The answer that the model saw. Only its fingerprint is kept, so one that was changed since is marked."""
    from ontos_tui.domain.records.pairs import answer_digest

    if row.pair is None:
        return span("")
    answer = " · ".join(value_text(value) for value in (row.pair.answer or {}).values())
    if row.pair.answer is None:
        return span("≠ answer removed since", "warn")
    if answer_digest(row.pair.answer) != row.seen.answer_digest:
        return span(f"≠ changed since to {answer}", "warn")
    return span(answer)
