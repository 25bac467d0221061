"""Step 1: what the model should do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.guide.wizard import OWN_DATA, Step, WizardChoices, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.wizard.cards import Card, CardGrid
from ontos_tui.tui.wizard.step import WizardStep

if TYPE_CHECKING:
    from ontos_tui.services.guide.onboarding import UseCase

OWN = Card(
    "Your own data",
    "A file (CSV, Excel, JSON, Parquet), or a folder of pictures, documents or files; with a drafted template.",
)


class UseCaseStep(WizardStep):
    """A card for every use case, and one for data of one's own."""

    STEP = Step.USE_CASE
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("wizard.use_case.take", "enter", "Choose", "Choose this use case; its number does it too"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._cases: Sequence[UseCase] = ()

    def compose(self) -> ComposeResult:
        yield CardGrid(id="cards")

    def focus_first(self) -> None:
        self.query_one(CardGrid).focus()

    def watch_state(self, state: WizardState) -> None:
        self.run_in_background(lambda workspace: workspace.onboarding.use_cases(), self._show_cases, failed=self._none)

    def _show_cases(self, cases: Sequence[UseCase]) -> None:
        self._cases = cases
        cards = [Card(case.title, case.summary, "✓ started" if case.seeded else "") for case in cases]
        keys = [*(case.key for case in cases), OWN_DATA]
        here = self.state.chosen.use_case
        self.query_one(CardGrid).show([*cards, OWN], cursor=keys.index(here) if here in keys else None)

    def _none(self, error: OntosError) -> None:
        """Without the sample data one can still use one's own."""
        self.ontos.show_error(error)
        self._show_cases(())

    def action_take(self) -> None:
        self.query_one(CardGrid).action_take()

    def on_card_grid_taken(self, event: CardGrid.Taken) -> None:
        key = OWN_DATA if event.index == len(self._cases) else self._cases[event.index].key
        chosen = self.state.chosen
        self.post_message(self.Decided(chosen if chosen.use_case == key else WizardChoices(use_case=key)))
