"""Each model beside another version of it, on the same held-out pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.verdict import verdict_line
from ontos_tui.tui.stages.train.lines import Compared

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import ModelVersion
    from ontos_tui.services.train.comparison import Comparison
    from ontos_tui.tui.stages.base import StageView
    from ontos_tui.workspace import Workspace


class Comparisons:
    """What was compared in this visit of the stage. `show` is called when there is another comparison."""

    def __init__(self, host: StageView, show: Callable[[], None]) -> None:
        self._host = host
        self._show = show
        self._other: dict[str, str] = {}
        self._compared: dict[str, Compared] = {}
        self._comparing: set[str] = set()

    def forget(self) -> None:
        """Compare anew: versions or pairs may have changed."""
        self._compared.clear()

    def of(self, model: ModelVersion) -> Compared | None:
        """The model beside the version that was chosen, else the one before; begun when it is looked at first."""
        compared = self._compared.get(model.id)
        if compared is None and (model.id in self._other or model.version > 1):
            self._compare(model)
        return compared

    def ask_other(self, model: ModelVersion) -> None:
        """Ask with which version it is compared."""
        self._host.run_in_background(
            lambda workspace: workspace.train.models.models(),
            lambda models: self._choose_other(model, models),
            group="choose",
        )

    def _choose_other(self, model: ModelVersion, models: Sequence[ModelVersion]) -> None:
        others = [one for one in models if one.id != model.id and one.name == model.name]
        if not others:
            self._host.ontos.show_message(f"{model.label()} is the only version so far.")
            return

        def chosen(index: int | None) -> None:
            if index is not None:
                self._other[model.id] = others[index].label()
                self._compared.pop(model.id, None)
                self._show()

        choices = [(version.label(), verdict_line(version)) for version in others]
        self._host.app.push_screen(ChooseDialog(f"Compare {model.label()} with which version?", choices), chosen)

    def _compare(self, model: ModelVersion) -> None:
        if model.id in self._comparing:
            return
        self._comparing.add(model.id)
        other = self._other.get(model.id, f"{model.name} v{model.version - 1}")

        def compare(workspace: Workspace) -> Comparison:
            older, newer = sorted((workspace.train.models.model(other), model), key=lambda one: one.version)
            return workspace.train.models.compare(older, newer)

        def show(outcome: Comparison | OntosError) -> None:
            self._comparing.discard(model.id)
            self._compared[model.id] = Compared(other, outcome)
            self._show()

        self._host.run_in_background(compare, show, group=f"compare {model.id}", failed=show)
