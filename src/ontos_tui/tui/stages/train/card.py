"""The card of a model, or of a training sheet's data: written into the workspace and shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.text import TextDialog

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import TrainingSheet
    from ontos_tui.domain.records.training import ModelVersion
    from ontos_tui.workspace import Workspace

FOLDER = "cards"
"""Where cards are written, in the workspace."""


def show_card(host: BackgroundMixin, model: ModelVersion | None, sheet: TrainingSheet | None) -> None:
    """Write and show the card of the model, without one that of the training sheet; nothing without either."""
    if model is None and sheet is None:
        return

    def write(workspace: Workspace) -> tuple[Path, str]:
        from ontos_tui.replacing import write_text

        if model is not None:
            name, text = f"{model.name}-v{model.version}", workspace.train.cards.model_card(model.id)
        else:
            assert sheet is not None
            name, text = f"data-{sheet.id[:8]}", workspace.train.cards.data_card(sheet.id)
        return write_text(workspace.home / FOLDER / f"{name}.md", text), text

    def show(written: tuple[Path, str]) -> None:
        path, text = written
        host.app.push_screen(TextDialog(f"{FOLDER}/{path.name} in the workspace", text))

    host.run_in_background(write, show, group="card")
