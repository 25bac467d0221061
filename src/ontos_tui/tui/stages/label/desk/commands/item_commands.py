"""The keys that show more of the item under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ontos_tui.tui.stages.label.desk.state.item import Side
from ontos_tui.tui.stages.label.spans.document import marked

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.services.data.folder_tables.page_places import TextPlaces
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.tui.stages.label.desk.panes.display import DeskDisplay
    from ontos_tui.tui.stages.label.desk.queue_reader import QueueReader
    from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
    from ontos_tui.workspace import Workspace


class ItemCommands:
    """One method a key."""

    def __init__(self, host: BackgroundMixin, state: DeskState, display: DeskDisplay, reader: QueueReader) -> None:
        self._host, self._state, self._display, self._reader = host, state, display, reader

    def show_pictures(self) -> None:
        """The pictures of this item."""
        from ontos_tui.tui.dialogs.picture import PictureDialog

        if (item := self._display.item) is not None:
            pair = item.pair
            places = self._places(pair)
            self._host.app.push_screen(PictureDialog(pair.item_ref, pair.sheet_id, pair.source_data, places))

    def _places(self, pair: Decidable) -> TextPlaces | None:
        """Where the answer stands in the item's text, to be lit on the page that it comes from."""
        from ontos_tui.services.data.folder_tables.page_places import TextPlaces

        work, draft = self._state.work, self._state.draft
        document = marked(pair.source_data, work.fields, draft.answer) if work is not None else None
        if document is None:
            return None
        places = tuple((mark.start, mark.end) for mark in document.marks)
        active = tuple((mark.start, mark.end) for mark in document.marks if mark.field == draft.active_field)
        return TextPlaces(document.name, places, active if draft.active_field else ())

    def show_prompt(self) -> None:
        """The document with the answer's places, where there is one, then the prompt, then the fields again."""
        state, item = self._state, self._display.item
        has_document = (
            item is not None
            and state.work is not None
            and marked(item.pair.source_data, state.work.fields, state.draft.answer) is not None
        )
        self._toggle(Side.DOCUMENT if has_document and state.side is Side.FIELDS else Side.PROMPT)

    def show_guidelines(self) -> None:
        """The guidelines, or the fields again."""
        self._toggle(Side.GUIDELINES)

    def _toggle(self, side: Side) -> None:
        self._state.side = Side.FIELDS if self._state.side is side else side
        self._display.paint()

    def dismiss_hints(self) -> None:
        """The hints about this item are no longer shown."""
        item = self._display.item
        if item is None or not item.hints:
            self._host.ontos.show_message("There are no hints about this one. Find label errors: esc, then L")
            return
        pair_id, kinds = item.pair.id, [hint.kind for hint in item.hints]

        def work(workspace: Workspace) -> None:
            for kind in kinds:
                workspace.label.hints.dismiss(pair_id, kind)

        def done(_: None) -> None:
            if self._state.queue is not None:
                self._state.queue.forget(pair_id)
                self._reader.show_current()

        self._host.run_in_background(work, done, group="dismiss")

    def show_similar(self) -> None:
        """How similar items were decided."""
        from ontos_tui.tui.dialogs.similar_items import SimilarItemsDialog

        if (item := self._display.item) is not None:
            self._host.app.push_screen(SimilarItemsDialog(item.pair))

    def correct_reading(self) -> None:
        """Where the reading of a value that is wrong is decided."""
        from ontos_tui.tui.stages.label.dialogs.wrong_value import WrongValue

        if (item := self._display.item) is not None:
            WrongValue(self._host, item.pair).open()

    def set_must_pass(self) -> None:
        """Make this pair a must-pass case, or one no more."""
        from ontos_tui.tui.stages.label.dialogs.must_pass import MustPass

        item, work = self._display.item, self._state.work
        if item is None or work is None:
            return
        if not work.is_shared:
            self._host.ontos.show_message("Only pairs of training sheets can be must-pass cases; this is a task.")
            return
        MustPass(self._host, item.pair, work.fields).open()

    def show_history(self) -> None:
        """Every change of this pair."""
        from ontos_tui.tui.stages.label.dialogs.history import HistoryDialog

        item, work = self._display.item, self._state.work
        if item is not None and work is not None:
            self._host.app.push_screen(HistoryDialog(item.pair.id, item.pair.item_ref, work.service))
