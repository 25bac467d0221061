"""Sixteen colors, and the consoles that have no more: every style can be read, and the cursor is seen."""

from __future__ import annotations

import pytest
from rich.color import ColorSystem
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color

from ontos_tui.tui.core.themes import THEMES
from ontos_tui.tui.terminal.charset import has_few_glyphs, translator
from ontos_tui.tui.widgets.contrast import LEAST, contrast
from ontos_tui.tui.widgets.lines import STYLES, Panel

VGA = [
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
    (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255),
    (255, 255, 255),
]  # fmt: skip
"""What the sixteen colors look like on a console."""


class Page(App[None]):
    def compose(self) -> ComposeResult:
        yield Panel()


def seen(style: Style) -> tuple[Color, Color]:
    """Foreground and background in sixteen colors."""
    assert style.color is not None and style.bgcolor is not None
    numbers = [one.downgrade(ColorSystem.STANDARD).number or 0 for one in (style.color, style.bgcolor)]
    front, back = (Color(*VGA[number]) for number in numbers)
    return (back, front) if style.reverse else (front, back)


async def test_every_style_of_our_themes_can_be_read_in_sixteen_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page()
    async with app.run_test() as pilot:
        panel = app.query_one(Panel)
        for theme in THEMES:
            app.register_theme(theme)
            app.theme = theme.name
            await pilot.pause()
            for terminal in ("xterm", "linux"):
                monkeypatch.setenv("TERM", terminal)
                for name in STYLES:
                    for marked in (False, True):
                        assert contrast(*seen(panel.style_of(name, marked))) >= LEAST, (theme.name, terminal, name)
                grounds = [seen(panel.style_of("text", marked))[1] for marked in (False, True)]
                assert contrast(*grounds) > 1.5, f"the cursor in {theme.name}"


def test_a_console_gets_what_its_font_has() -> None:
    fit = translator("utf-8", "linux")
    assert fit is not None
    shown = fit("✓ ✗ ● ○ ◐ ▐Label▌ │└┬┤█▓▒░ • … → ↓ ▁▔ ⠒⡠ ▗▖ 漢 µ ü −")
    assert len(fit("漢")) == 2, "as many cells"
    for character in shown:
        assert character in "•↑↓→←↔↕▲▼►◄♦" or character.encode("cp437"), character
    assert translator("utf-8", "xterm-256color") is None
    assert has_few_glyphs({"TERM": "linux"}) and not has_few_glyphs({"TERM": "xterm", "LANG": "C.UTF-8"})
