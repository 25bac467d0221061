"""The item's picture, or its series as charts, under the evidence; painted when the keys rest, never on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical

from ontos_tui.tui.dialogs.record import LARGEST, series_line
from ontos_tui.tui.widgets.chart import Chart
from ontos_tui.tui.widgets.lines import OneLine, line, span
from ontos_tui.tui.widgets.picture import PictureView, choose_picture_mode
from ontos_tui.tui.widgets.plotting import Curve, Drawing, is_number

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.services.data.images import Picture
    from ontos_tui.tui.core.background import BackgroundMixin

MOST_SERIES = 3
"""Series of an item that are drawn."""


class VisualPane(Vertical):
    """Nothing, one picture, or up to three charts."""

    DEFAULT_CSS = """
    VisualPane { height: 1fr; display: none; padding: 0 1; }
    VisualPane PictureView { height: 1fr; }
    VisualPane Chart { height: 1fr; }
    """

    def __init__(self, host: BackgroundMixin) -> None:
        super().__init__(id="visual")
        self._host = host
        self._pair_id = ""

    def compose(self) -> ComposeResult:
        mode = choose_picture_mode(self._host.ontos.workspace.settings.images, colors=not self.app.no_color)
        # In cells: a picture of the terminal's own would lie over dialogs.
        yield OneLine(id="visual-caption")
        yield PictureView("cells" if mode in ("kitty", "sixel") else mode, id="visual-picture")
        for number in range(MOST_SERIES):
            yield Chart(id=f"visual-series-{number}")

    def on_mount(self) -> None:
        for chart in self.query(Chart):
            chart.can_focus = False

    def show_item(self, pair: Decidable | None) -> None:
        """Show what there is to see of this item."""
        series = series_of(pair.source_data) if pair is not None else {}
        self._pair_id = "" if pair is None else pair.id
        if pair is None:
            self.display = False
        elif series:
            self._show_series(series)
        else:
            fields, sheet_id, pair_id = pair.source_data, pair.sheet_id, pair.id
            self._host.run_in_background(
                lambda workspace: workspace.data.images.pictures(sheet_id, fields),
                lambda pictures: self._show_pictures(pair_id, pair.item_ref, pictures),
                group="visual",
                failed=lambda error: None,  # `i` says why
            )

    def _show_series(self, series: Mapping[str, Sequence[float | None]]) -> None:
        self._arrange(pictures=False, charts=len(series))
        for number, (name, values) in enumerate(series.items()):
            chart = self.query_one(f"#visual-series-{number}", Chart)
            heading = line(span(f" {name}", "strong"), span(f"  {len(values):,} values", "muted"))
            chart.show_now(series_drawing(values), lambda width, heading=heading: heading)  # type: ignore[misc]

    def _show_pictures(self, pair_id: str, item_ref: str, pictures: Sequence[Picture]) -> None:
        if pair_id != self._pair_id:
            return  # the user is elsewhere by now
        one = next((picture for picture in pictures if picture.image is not None or picture.problem), None)
        if one is None:
            self.display = False
            return
        self._arrange(pictures=True, charts=0)
        caption = line(span(f"{item_ref} · {one.column}", "strong"), span("  i larger", "muted"))
        self.query_one("#visual-caption", OneLine).show(lambda width: caption)
        self.query_one("#visual-picture", PictureView).show(one.image, one.problem)

    def _arrange(self, *, pictures: bool, charts: int) -> None:
        self.display = True
        for id in ("#visual-caption", "#visual-picture"):
            self.query_one(id).display = pictures
        for number in range(MOST_SERIES):
            self.query_one(f"#visual-series-{number}").display = number < charts


def series_of(fields: Mapping[str, Any]) -> dict[str, Sequence[float | None]]:
    """The first series of numbers among the fields."""
    named = [(name, value) for name, value in fields.items() if series_line(value, 40)]
    return dict(named[:MOST_SERIES])


def series_drawing(values: Sequence[float | None]) -> Drawing:
    """A series by its place, from its lowest to its highest value."""
    there = [float(value) for value in values if value is not None and is_number(value) and abs(value) < LARGEST]
    low, high = min(there), max(there)
    margin = (high - low or abs(high) or 1.0) * 0.05
    curve = Curve("braille", tuple(range(len(values))), tuple(values))
    last = max(1.0, len(values) - 1.0)
    return Drawing((curve,), 0.0, last, low - margin, high + margin, lambda place: f"{place:.0f}", "")
