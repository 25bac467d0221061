"""The middle of the screen: one stage, or the wizard."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from textual.containers import Container

from ontos_tui.domain.stages import Stage

if TYPE_CHECKING:
    from ontos_tui.tui.stages.base import Page, StageView
    from ontos_tui.tui.wizard.view import WizardView


class StageArea(Container):
    """Shows one stage or the wizard at a time. Each is imported and created on its first visit."""

    def __init__(self) -> None:
        super().__init__(id="stages")
        self._views: dict[Stage, StageView] = {}
        self._wizard: WizardView | None = None

    @property
    def in_wizard(self) -> bool:
        """Whether the wizard is shown in place of the stages."""
        return self._wizard is not None and self._wizard.display

    def page_of(self, stage: Stage) -> Page | None:
        """The wizard while it is shown, otherwise the view of this stage; None before its first visit."""
        return self._wizard if self.in_wizard else self._views.get(stage)

    def show_stage(self, stage: Stage) -> StageView:
        """Show a stage in place of everything else. Its view is returned; a new one has to be mounted here."""
        if self._wizard is not None:
            self._wizard.display = False
        if stage not in self._views:
            self._views[stage] = _create_view(stage)
        for name, view in self._views.items():
            view.display = name is stage
        return self._views[stage]

    async def show_wizard(self) -> WizardView | None:
        """Show the wizard in place of the stages; None when the user went to a stage before it was mounted."""
        for view in self._views.values():
            view.display = False
        if self._wizard is None:
            from ontos_tui.tui.wizard.view import WizardView

            self._wizard = WizardView()
            await self.mount(self._wizard)
            if not self._wizard.display:
                return None
        self._wizard.display = True
        return self._wizard


def _create_view(stage: Stage) -> StageView:
    module = importlib.import_module(f"ontos_tui.tui.stages.{stage.value}.view")
    view: StageView = getattr(module, f"{stage.title}View")()
    return view
