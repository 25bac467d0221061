"""Every text can be read in every theme: contrast is measured, not chosen by eye."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.color import BLACK, WHITE, Color

from ontos_tui.tui.core.themes import THEMES
from ontos_tui.tui.widgets.contrast import LEAST, contrast, readable
from ontos_tui.tui.widgets.lines import STYLES, Panel, color

SEEN = 1.2
"""What sets the row under the cursor apart from the others; its text is bold as well."""

CHANNEL = st.integers(0, 255)
COLORS = st.builds(Color, CHANNEL, CHANNEL, CHANNEL)


class Page(App[None]):
    """A panel under a theme."""

    def compose(self) -> ComposeResult:
        yield Panel()


def test_contrast_is_measured_as_the_guidelines_do() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), WHITE) == pytest.approx(4.48, abs=0.01)
    assert contrast(WHITE, WHITE) == 1


@given(COLORS, COLORS)
def test_whatever_is_chosen_can_be_read(front: Color, back: Color) -> None:
    assert contrast(readable(front, back), back) >= LEAST


async def test_every_style_of_every_theme_can_be_read_also_under_the_cursor() -> None:
    app = Page()
    async with app.run_test() as pilot:
        for theme in THEMES:
            app.register_theme(theme)
        panel = app.query_one(Panel)
        assert {"ontos-dark", "ontos-light", "ontos-high-contrast", "ontos-blue-orange"} <= set(app.available_themes)
        for name in app.available_themes:
            if name.startswith("ansi"):
                continue  # the terminal's own colors
            app.theme = name
            await pilot.pause()
            for style in (*STYLES, color("#ffffff"), color("yellow")):
                for marked in (False, True):
                    shown = panel.style_of(style, marked)
                    assert shown.color is not None and shown.bgcolor is not None
                    front, back = Color.from_rich_color(shown.color), Color.from_rich_color(shown.bgcolor)
                    assert contrast(front, back) >= LEAST, f"{style} in {name}"
            grounds = [panel.style_of("text", marked).bgcolor for marked in (False, True)]
            one, other = (Color.from_rich_color(ground) for ground in grounds)
            assert contrast(one, other) >= SEEN, f"the cursor in {name}"


async def test_the_theme_with_high_contrast_has_it() -> None:
    app = Page()
    async with app.run_test() as pilot:
        for theme in THEMES:
            app.register_theme(theme)
        app.theme = "ontos-high-contrast"
        await pilot.pause()
        panel = app.query_one(Panel)
        for style in STYLES:
            shown = panel.style_of(style, False)
            assert shown.color is not None and shown.bgcolor is not None
            assert contrast(Color.from_rich_color(shown.color), Color.from_rich_color(shown.bgcolor)) >= 7, style
