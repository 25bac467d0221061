"""Line widgets: only what changed is repainted, only what is in view is formatted, and nothing leaves its cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.containers import Vertical

from ontos_tui.tui.core.keys.type_ahead import TypeAhead
from ontos_tui.tui.dialogs.forms.answer_form import read_integer
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField
from ontos_tui.tui.widgets.data_grid import DataGrid, value_text
from ontos_tui.tui.widgets.lines import LineView, OneLine, Panel, fit, line, span, wrap
from ontos_tui.tui.widgets.names import fit_ends
from ontos_tui.tui.widgets.table import ColumnSpec, Table
from tiers import DEEP

HOSTILE = "\x1b]52;c;aGk=\x07[/nope][@click=app.quit]x[/]\u202e\x9b2J\ud800"


class Million(Sequence[int]):
    """A million rows that notes which ones were looked at."""

    def __init__(self) -> None:
        self.seen: set[int] = set()

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, index: int) -> int:  # type: ignore[override]
        self.seen.add(index)
        return index


class Shown(App[None]):
    """Something to look at."""

    def __init__(self, *widgets: object) -> None:
        super().__init__()
        self._shown_widgets = widgets
        self.type_ahead = TypeAhead(self, super().on_event, lambda _: None)

    def compose(self) -> ComposeResult:
        yield from self._shown_widgets  # type: ignore[misc]

    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.screen._compositor.render_strips())


async def test_a_table_of_a_million_rows_looks_at_those_in_view() -> None:
    rows = Million()
    table: Table[int] = Table([ColumnSpec("number", 0)], lambda row: [row])
    async with Shown(table).run_test(size=(40, 10)) as pilot:
        table.show(rows)
        table.focus()
        await pilot.press("end")
        await pilot.pause()
        assert table.cursor == 999_999
        assert "999999" in pilot.app.text()  # type: ignore[attr-defined]
        assert len(rows.seen) < 50


async def test_moving_the_cursor_repaints_two_rows() -> None:
    table: Table[int] = Table([ColumnSpec("number", 0)], lambda row: [row])
    async with Shown(table).run_test(size=(40, 10)) as pilot:
        table.show(range(100))
        table.focus()
        await pilot.pause()
        painted: list[int] = []
        make = table._strip
        table._strip = lambda content, marked, width: painted.append(1) or make(content, marked, width)  # type: ignore[method-assign, func-returns-value]
        await pilot.press("down")
        await pilot.pause()
        # The row that was left, the row that was reached, and the heading with the position.
        assert 2 <= len(painted) <= 3


def _tell(widget: LineView, text: str) -> None:
    if isinstance(widget, Table):
        widget.show([text])
    else:
        assert isinstance(widget, OneLine | Panel)
        widget.show(lambda width: line(text) if isinstance(widget, OneLine) else [line(text)])  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    "widget",
    [OneLine, Panel, lambda: Table([ColumnSpec("text", 0)], lambda row: [row])],
    ids=["line", "panel", "table"],
)
async def test_what_was_said_on_a_hidden_page_is_there_when_it_comes_back(widget: Callable[[], LineView]) -> None:
    view = widget()
    page = Vertical(view)
    app = Shown(page)
    async with app.run_test(size=(40, 10)) as pilot:
        _tell(view, "before")
        await pilot.pause()
        assert "before" in app.text()
        page.display = False
        await pilot.pause()
        assert "before" not in app.text()
        _tell(view, "after")
        await pilot.pause()
        page.display = True
        await pilot.pause()
        assert "after" in app.text()


async def test_an_empty_table_says_what_to_do() -> None:
    table: Table[int] = Table([ColumnSpec("number", 0)], lambda row: [row], empty="Nothing here. Press a to add.")
    async with Shown(table).run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        assert "Press a to add." in pilot.app.text()  # type: ignore[attr-defined]


async def test_hostile_data_is_shown_and_not_interpreted() -> None:
    grid = DataGrid()
    panel = Panel()
    app = Shown(grid, panel)
    async with app.run_test(size=(200, 20)) as pilot:
        grid.show_rows(["a", HOSTILE], [{"a": HOSTILE, HOSTILE: 1.5}])
        panel.show(lambda width: [line(HOSTILE), *wrap(HOSTILE, width)])
        await pilot.pause()
        text = app.text()
        assert "[/nope]" in text
        assert "␛]52" in text
        assert not any(character in text for character in "\x1b\x07\x9b\u202e\ud800")


@given(st.text(max_size=40), st.integers(0, 30))
def test_fit_fills_exactly_its_cells(text: str, width: int) -> None:
    assert cell_len(span(text, width=width).text) == width
    assert cell_len(fit("plain text", width)) == width


@given(st.text(max_size=200), st.integers(8, 60))
def test_wrapped_lines_stay_inside(text: str, width: int) -> None:
    for part in wrap(text, width):
        assert sum(cell_len(piece.text) for piece in part) <= width


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=100), st.integers(8, 40))
def test_wrapping_loses_no_word(text: str, width: int) -> None:
    shown = "".join("".join(piece.text for piece in part) for part in wrap(text, width))
    assert shown.replace(" ", "") == text.replace(" ", "")


async def test_a_form_is_filled_by_keys_and_checked() -> None:
    got: list[object] = []
    fields = [
        FormField("kind", "Kind", choices=("one", "two", "three"), required=True),
        FormField("size", "Size", required=True, read=read_integer),
        FormField("note", "Note"),
    ]
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(FormDialog("A form", fields), got.append)
        await pilot.pause()
        await pilot.press("2", "tab", "x", "ctrl+s")
        await pilot.pause()
        assert "'x' is not a whole number" in app.text()
        assert got == []
        await pilot.press("backspace", "7", "ctrl+s")
        await pilot.pause()
        assert got == [{"kind": "two", "size": 7, "note": None}]


@pytest.mark.parametrize("key", ["escape"])
async def test_a_form_can_be_left(key: str) -> None:
    got: list[object] = []
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(FormDialog("A form", [FormField("a", "A")]), got.append)
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert got == [None]


@pytest.mark.parametrize("count", [2, 12, 60 if DEEP else 25])
async def test_a_form_of_any_length_keeps_its_keys_in_sight(count: int) -> None:
    class Asking(Shown):
        def on_mount(self) -> None:
            fields = [FormField(f"f{n}", f"Field {n}", required=True) for n in range(count)]
            self.push_screen(FormDialog("Many", fields, about="what it is about"))

    app = Asking()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        shown = app.text()
        assert "^s Save" in shown
        assert "is required" in shown
        assert "╰" in shown
        for _ in range(count - 1):
            await pilot.press("tab")
        await pilot.pause()
        assert f"Field {count - 1}" in app.text(), "the form scrolls to the field that one is in"


@given(st.text(max_size=40), st.integers(1, 30))
def test_what_is_cut_from_the_middle_fills_its_cells(text: str, width: int) -> None:
    assert cell_len(fit_ends(span(text).text, width)) == width


def test_names_that_begin_alike_are_told_apart() -> None:
    assert fit_ends("MON-0001@2025-05-03T00:00:00", 16) == "MON-0…3T00:00:00"
    assert fit_ends("INS-00001", 16) == "INS-00001       "
    assert fit_ends("日本の部品検査第一工場の三号機", 16) == "日本…場の三号機 "
    assert fit_ends("a" * 20 + "e\u0301" * 20, 16) == "aaaaa…" + "e\u0301" * 10, "no mark stands alone"


def test_spans_are_told_by_what_they_mark() -> None:
    assert value_text([{"start": 0, "end": 4, "label": "company", "text": "Acme"}]) == 'company "Acme"'
    assert value_text([{"start": 0, "end": 4, "label": "company"}]) == "company 0–4"
    assert value_text([1, 2]) == "[1, 2]"
