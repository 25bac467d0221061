"""What a training is set to, each asked for in a dialog: base model, parameters, groups, training sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.stages.train.choices import chosen_params, parameter_dialog, split_dialog
from ontos_tui.tui.stages.train.standing import options_to_split

if TYPE_CHECKING:
    from ontos_tui.domain.rules.split import Split
    from ontos_tui.services.label.service import TrainingSheetView
    from ontos_tui.services.records.splits import SplitOption
    from ontos_tui.tui.dialogs.forms.form import Values
    from ontos_tui.tui.stages.base import StageView
    from ontos_tui.tui.stages.train.lines import Standing


class TrainingSettings:
    """Asks over the host. What is given to a method is called with what was chosen."""

    def __init__(self, host: StageView) -> None:
        self._host = host

    def ask_base_model(self, standing: Standing, use: Callable[[str], None]) -> None:
        """Which model is trained."""

        def chosen(index: int | None) -> None:
            if index is not None:
                use(standing.base_models[index].key)

        choices = [(one.title, one.description) for one in standing.base_models]
        cursor = standing.base_models.index(standing.base_model)
        self._host.app.push_screen(ChooseDialog("Which base model?", choices, cursor), chosen)

    def ask_parameters(self, standing: Standing, use: Callable[[dict[str, Any]], None]) -> None:
        """The parameters of the base model."""

        def changed(values: Values | None) -> None:
            if values is not None:
                use(chosen_params(values))

        self._host.app.push_screen(parameter_dialog(standing.base_model, standing.params), changed)

    def ask_split(self, sheet_id: str, changed: Callable[[], None]) -> None:
        """Which pairs belong together, and which are kept back for testing."""
        self._host.run_in_background(
            lambda workspace: options_to_split(workspace, sheet_id),
            lambda options: self._choose_split(sheet_id, options, changed),
            group="choose",
        )

    def _choose_split(
        self, sheet_id: str, offered: tuple[Sequence[SplitOption], int], changed: Callable[[], None]
    ) -> None:
        options, now = offered

        def confirmed(split: Split) -> None:
            self._host.ontos.show_message(f"Saved for this training sheet: {split.in_words()}.")
            changed()

        def chosen(index: int | None) -> None:
            if index is not None:
                one = options[index]
                self._host.run_in_background(
                    lambda workspace: workspace.train.models.confirm_split(
                        sheet_id, one.by, one.group_column, one.order_column
                    ),
                    confirmed,
                    group="split",
                )

        self._host.app.push_screen(split_dialog(options, now), chosen)

    def ask_training_sheet(self, changed: Callable[[], None]) -> None:
        """The training sheet whose pairs are learned; every stage then works with it."""

        def show(views: Sequence[TrainingSheetView]) -> None:
            def chosen(index: int | None) -> None:
                if index is not None:
                    self._host.session.training_sheet_id = views[index].sheet.id
                    changed()

            choices = [(view.sheet.name, f"{view.counts.labeled:,} of {view.counts.total:,} labeled") for view in views]
            now = self._host.session.training_sheet_id
            cursor = next((i for i, view in enumerate(views) if view.sheet.id == now), 0)
            self._host.app.push_screen(ChooseDialog("Which training sheet?", choices, cursor), chosen)

        self._host.run_in_background(lambda workspace: workspace.label.queue.training_sheets(), show, group="choose")
