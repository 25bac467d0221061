"""What made a model: every pair, what it was to the model, and who approved it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.gateway import ServiceUser
from ontos_tui.tui.widgets.lines import OneLine, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.training import ModelPair, ModelVersion
    from ontos_tui.workspace import Workspace


class LineageDialog(Dialog[None], ServiceUser):
    """The pairs of a model version."""

    DEFAULT_CSS = """
    LineageDialog > #box { height: 80%; }
    LineageDialog Table { height: 1fr; }
    """

    def __init__(self, model: ModelVersion) -> None:
        super().__init__(f"Lineage of {model.label()}")
        self._model = model
        self._names: dict[str, str] = {}

    def compose_body(self) -> ComposeResult:
        model = self._model
        yield OneLine(lambda width: line(span(f"template {model.template_version} · {model.engine}", "muted")))
        columns = [ColumnSpec("item", 0), ColumnSpec("was", 9), ColumnSpec("approved by", 16), ColumnSpec("when", 16)]
        yield Table["ModelPair"](columns, self._cells, empty="Loading…")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.ask(self._load, self._show)

    def _load(self, workspace: Workspace) -> tuple[list[ModelPair], dict[str, str]]:
        pairs = workspace.train.lineage(self._model.id)
        found = workspace.label.pairs([pair.pair_id for pair in pairs])
        return pairs, {pair.id: pair.item_ref for pair in found}

    def _show(self, loaded: tuple[list[ModelPair], dict[str, str]]) -> None:
        pairs, self._names = loaded
        self.query_one(Table).show(pairs)

    def _cells(self, pair: ModelPair) -> Sequence[object]:
        role = span("trained", "good") if pair.role.value == "train" else span("held out", "accent")
        when = pair.approved_at.astimezone().strftime("%Y-%m-%d %H:%M") if pair.approved_at else ""
        return self._names.get(pair.pair_id, pair.pair_id[:8]), role, pair.approved_by, when
