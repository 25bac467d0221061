"""The private members of Textual that the app relies on: an upgrade that changes one fails here first."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

from rich.color import Color as RichColor
from rich.console import Console
from textual.app import App, ComposeResult
from textual.driver import Driver
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region
from textual.widgets import Static

from ontos_tui.tui.terminal import textual_internals

PACKAGE = Path(sys.modules["ontos_tui"].__path__[0]) / "tui"
ADAPTER = Path(textual_internals.__file__)


class Small(App[None]):
    """An app with one widget."""

    CSS = "Static { background: #101010; & .part { color: #00ff00; } }"

    def compose(self) -> ComposeResult:
        yield Static("text")


async def test_every_member_is_there_and_does_what_the_app_takes_it_for() -> None:
    async with (app := Small()).run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        widget = app.query_one(Static)
        assert isinstance(textual_internals.driver_of(app), Driver)
        assert textual_internals.can_paint_directly(app)
        part = textual_internals.style_of_class(widget, "part")
        assert (part.color, part.bgcolor) == (RichColor.parse("#00ff00"), RichColor.parse("#101010"))
        with app.batch_update():
            assert not textual_internals.can_paint_directly(app)
        app.notify("something")
        await pilot.pause()
        assert not textual_internals.can_paint_directly(app)
        assert not textual_internals.needs_layout(app.screen)
        widget.refresh(layout=True)
        app.screen.refresh(layout=True)
        assert textual_internals.needs_layout(app.screen)
        await pilot.pause()
        assert textual_internals.visible_region(widget) == (Region(0, 0, 20, 1), Region(0, 0, 20, 5))
        textual_internals.forget_painted_row(widget, 0)
        assert widget._styles_cache.is_dirty(0)
        assert textual_internals.color_system(app) is not None
        assert textual_internals.fatal_exception(app) is None


def test_the_driver_writes_to_a_file_and_decodes_by_a_function_of_its_module() -> None:
    assert "self._file" in inspect.getsource(LinuxDriver.__init__)
    assert hasattr(linux_driver, "getincrementaldecoder")
    assert "getincrementaldecoder(" in inspect.getsource(LinuxDriver.run_input_thread)


async def test_no_other_module_reaches_into_textual() -> None:
    async with (app := Small()).run_test() as pilot:
        await pilot.pause()
        owners = (app, app.screen, app.query_one(Static), Console())
        private = {name for one in owners for name in dir(one) if name.startswith("_") and not name.startswith("__")}
    reached: list[str] = []
    for path in PACKAGE.rglob("*.py"):
        if path != ADAPTER:
            for node in ast.walk(ast.parse(path.read_text())):
                of_another = isinstance(node, ast.Attribute) and ast.unparse(node.value) not in ("self", "cls", "os")
                if isinstance(node, ast.Attribute) and of_another and node.attr in private:
                    reached.append(f"{path.relative_to(PACKAGE)}:{node.lineno} {ast.unparse(node)}")
    assert not reached, "\n".join(reached)
