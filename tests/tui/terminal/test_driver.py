"""The driver sends less, shows the same, and lets nothing through that a terminal would interpret."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.tui.terminal.screen_diff import ScreenMemory

WIDTH, HEIGHT = 30, 6


def _frame(runs: list[tuple[int, int, str, int]]) -> str:
    parts = []
    for row, column, text, color in runs:
        parts.append(f"\x1b[{row};{column}H\x1b[{color}m{text[: WIDTH - column + 1]}\x1b[0m\n")
    return "".join(parts) + "\x1b[1;1H"


runs = st.tuples(
    st.integers(1, HEIGHT),
    st.integers(1, WIDTH),
    st.text(st.sampled_from("ab ü漢😀─"), min_size=1, max_size=8).filter(lambda text: len(text) <= 8),
    st.sampled_from([0, 1, 31, 32]),
).filter(lambda run: run[1] + 2 * len(run[2]) <= WIDTH)


def _screen(frames: list[str]) -> pyte.Screen:
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for frame in frames:
        stream.feed(frame.replace("\n", "\r\n") if "\n" in frame else frame)
    return screen


@given(st.lists(st.lists(runs, max_size=6), max_size=8))
def test_the_screen_is_the_same_as_with_every_run_sent(frames: list[list[tuple[int, int, str, int]]]) -> None:
    memory = ScreenMemory()
    whole = [_frame(frame).replace("\n", "") for frame in frames]
    sent = [memory.changes(frame) for frame in whole]
    assert _visible(_screen(sent)) == _visible(_screen(whole))


@given(st.lists(st.lists(runs, max_size=6), max_size=8))
def test_erasing_instead_of_writing_blanks_shows_the_same(frames: list[list[tuple[int, int, str, int]]]) -> None:
    memory = ScreenMemory(erases=lambda: True)
    blank = "\x1b[{row};1H\x1b[44m" + " " * WIDTH + "\x1b[0m"
    whole = [blank.format(row=1 + number % HEIGHT) + _frame(one).replace("\n", "") for number, one in enumerate(frames)]
    sent = [memory.changes(frame) for frame in whole]
    assert _visible(_screen(sent)) == _visible(_screen(whole))
    assert all("\x1b[30X" in one for one in sent[:HEIGHT])


def _visible(screen: pyte.Screen) -> list[list[object]]:
    """What one sees: the foreground and the weight of a space are not among it."""
    rows = []
    for y in range(HEIGHT):
        cells = [screen.buffer[y][x] for x in range(WIDTH)]
        rows.append([cell._replace(fg="default", bold=False) if cell.data == " " else cell for cell in cells])
    return rows


def test_a_frame_that_is_on_the_screen_already_costs_nothing() -> None:
    memory = ScreenMemory()
    frame = _frame([(1, 1, "hello", 31), (2, 1, "world", 0)])
    assert "hello" in memory.changes(frame)
    assert memory.changes(frame) == ""


def test_only_the_changed_cells_are_sent() -> None:
    memory = ScreenMemory()
    memory.changes(_frame([(1, 1, "hello", 31), (2, 1, "world", 0)]))
    sent = memory.changes(_frame([(1, 1, "hello", 31), (2, 1, "w0rld", 0)]))
    assert sent == "\x1b[2;2H0\x1b[1;1H"


def test_everything_is_sent_again_after_forgetting() -> None:
    memory = ScreenMemory()
    frame = _frame([(1, 1, "hello", 31)])
    memory.changes(frame)
    memory.forget()
    assert "hello" in memory.changes(frame)


HOSTILE = "\x1b]52;c;aGk=\x07 \x9b31m \x00\x7f\x0e\u202e\x1b[2J"


def test_nothing_that_a_terminal_interprets_passes_even_if_a_widget_forgot_the_gate() -> None:
    sent = ScreenMemory().changes(f"\x1b[1;1H\x1b[31m{HOSTILE}\x1b[0m")
    assert "\x1b]" not in sent
    assert "\x1b[2J" not in sent
    assert not any(character in sent for character in "\x07\x9b\x00\x7f\x0e\u202e")
    assert sent.startswith("\x1b[1;1H\x1b[31m")


def test_without_colors_only_weights_are_left() -> None:
    frame = "\x1b[1;1H\x1b[1;38;2;10;20;30;48;5;7mbold\x1b[0m\x1b[31mred\x1b[0m\x1b[7mback\x1b[0m"
    assert ScreenMemory(colors=False).changes(frame) == "\x1b[1;5Hred\x1b[1;1H\x1b[1mbold\x1b[1;8H\x1b[0;7mback\x1b[0m"
