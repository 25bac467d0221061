"""`ontos --plain`: the app as lines for a screen reader, over a real pty."""

from __future__ import annotations

from pathlib import Path

from builders.severity import unlabeled_sheet
from ontos_tui.tui.plain import spoken
from ontos_tui.workspace import Workspace
from terminal import Terminal, ontos
from tiers import deep


def test_drawing_is_left_out_and_what_is_chosen_has_brackets() -> None:
    assert spoken("▌  ○ …003 none · release ▌") == "○ …003 none · release"
    assert spoken(" ▸severity   1 none ▌2 minor▐ 3 major") == "▸severity  1 none  [2 minor]  3 major"
    assert spoken("leakage   2.682  ▕·············●··▏   high") == "leakage  2.682  high"
    assert spoken("╭──────╮") == ""


class Listener:
    """Hears what was written since it listened last."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._heard = 0

    def press(self, keys: str, *expected: str) -> str:
        self._heard = len(self.terminal.output)
        self.terminal.send(keys)
        self.terminal.until(lambda: all(text in self.text for text in expected), f"hearing {expected}")
        return self.text

    @property
    def text(self) -> str:
        return self.terminal.output[self._heard :].decode(errors="replace")


def _opened(home: Path) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=3)


@deep
def test_labeling_with_a_screen_reader(tmp_path: Path) -> None:
    _opened(tmp_path)
    with Terminal(ontos("--home", str(tmp_path), "--plain"), (80, 24)) as terminal:
        user = Listener(terminal)
        user.press("", "plates")
        user.press("3", "3 to decide")
        user.press("\r", "item-1", "[2 minor]", "torque")
        said = user.press("a", "1/3 decided", "item-2")
        assert "evidence" not in said, "what has not changed is not read again"
        user.press("?", "Help · Label", "Approve.")
        user.press("\x1b", "item-2")
        said = user.press("/", ">")
        user.press("it", "> it")
        user.press("\x1b", "item-2")
        user.press("\x1b", "to decide")
        user.press("4", "ready")
        user.press("q")
        assert terminal.ended() == 0
        output = terminal.output
    # Nothing was drawn: no second screen, no place on the screen, no color, no mouse.
    for code in (b"\x1b[?1049h", b"\x1b[H", b"\x1b[38;", b"\x1b[?1000h", b"\x1b[2J"):
        assert code not in output, code
    with Workspace(tmp_path) as workspace:
        assert workspace.label.queue.training_sheets()[0].counts.labeled == 1


@deep
def test_the_cursor_is_on_the_active_line(tmp_path: Path) -> None:
    _opened(tmp_path)
    with Terminal(ontos("--home", str(tmp_path), "--plain"), (80, 24)) as terminal:
        user = Listener(terminal)
        user.press("3", "3 to decide")
        user.press("\r", "item-1", "torque")
        for key, item in (("j", "item-2"), ("j", "item-3"), ("k", "item-2")):
            user.press(key, item)
            terminal.until(lambda item=item: item in terminal.screen.display[terminal.screen.cursor.y], item)  # type: ignore[misc]
            assert terminal.screen.cursor.x == 0
