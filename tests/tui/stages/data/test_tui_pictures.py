"""Pictures on the screen: in cells, in shades, by Kitty's graphics, from the queue and from DATA, by keys alone."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from builders.severity import unlabeled_sheet
from harness import SIZES, open_app
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.learning.encoding.images import Pixels, shrink
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.tui.terminal.sixel import sixel_commands
from ontos_tui.tui.widgets.lines import cell_len
from ontos_tui.tui.widgets.picture import CHUNK, cell_lines, choose_picture_mode, kitty_commands, shade_lines
from ontos_tui.workspace import Workspace
from terminal import Terminal, settling


def _workspace(home: Path, folder: Path, pairs: int = 3) -> None:
    """Items whose picture is black above and white below; the second one's is broken, the third has none."""
    folder.mkdir(exist_ok=True)
    gray = np.zeros((64, 64), dtype=np.uint8)
    gray[32:] = 255
    Image.fromarray(gray).save(folder / "whole.png")
    (folder / "broken.png").write_bytes((folder / "whole.png").read_bytes()[:60])
    (folder / "shots.csv").write_text("part,shot,heat\nA,whole.png,41.5\nB,broken.png,42.5\nC,,43.5\n")
    with Workspace(home) as workspace:
        address = workspace.data.files.add_file(folder / "shots.csv").address
        sheet = workspace.data.sheets.create_sheet("Shots", address, item_id_column="part", image_columns=["shot"])
        made = unlabeled_sheet(workspace.store, pairs, sheet, user_prompt="{{ heat }}")
        with workspace.store.write() as connection:
            found = rows.find(connection, QAPair, equal(training_sheet_id=made.id))
            for pair, shot in zip(found, ("whole.png", "broken.png", None), strict=False):
                rows.change(connection, pair, source_data={"shot": shot, "heat": 41.5})


@SIZES
async def test_the_picture_of_an_item_is_shown_beside_its_fields(
    home: Path, tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONTOS_IMAGES", "cells")
    _workspace(home, tmp_path / "data")
    async with open_app(home, size) as user:
        await user.press("3", "enter")
        await user.sees("item-1", "41.5")
        await user.press("i")
        await user.sees("whole.png", "64 × 64", "heat", "41.5", "▀▀▀▀▀▀▀▀")
        await user.press("o")
        await user.sees("No viewer here. The file is", "whole.png")
        await user.press("i")
        await user.until(lambda: "▀▀▀▀" not in user.text(), "the picture is gone")
        await user.press("s", "i")
        await user.sees("image cannot be read", "41.5")
        await user.press("escape", "s", "i")
        await user.sees("This item has no picture")
        await user.press("escape")
        await user.sees("item-3")


@pytest.mark.parametrize("images", ["shades", "off"])
async def test_the_settings_say_how_pictures_are_shown(
    home: Path, tmp_path: Path, images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONTOS_IMAGES", images)
    _workspace(home, tmp_path / "data")
    async with open_app(home) as user:
        await user.press("3", "enter")
        await user.sees("item-1", "41.5")
        await user.press("i")
        await user.sees("████████" if images == "shades" else "turned off in the settings")
        assert "▀▀" not in user.text()


async def test_a_row_of_data_is_shown_with_its_picture(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONTOS_IMAGES", "cells")
    _workspace(home, tmp_path / "data")
    async with open_app(home) as user:
        await user.press("1", "enter", "enter")
        await user.sees("whole.png", "64 × 64", "▀▀▀▀▀▀▀▀")
        await user.press("escape", "j", "enter")
        await user.sees("image cannot be read")


async def test_which_columns_name_pictures_is_said_in_the_form_of_the_sheet(home: Path, tmp_path: Path) -> None:
    _workspace(home, tmp_path / "data")
    async with open_app(home) as user:
        await user.press("1", "e", "tab", "tab", "tab")
        await user.press("ctrl+a", "backspace", "end", *["backspace"] * 8)
        await user.press("ctrl+s")
        await user.settle()
        assert user.app.workspace.data.sheets.sheet("Shots").image_columns == []


def test_kitty_is_sent_the_file_itself_and_takes_it_away_again(home: Path, tmp_path: Path) -> None:
    _workspace(home, tmp_path / "data")
    clean = {"TERM": "xterm-kitty", "ONTOS_IMAGES": "auto", "SSH_CONNECTION": "", "SSH_TTY": "", "TMUX": ""}
    with Terminal(settling("--home", str(home)), (120, 40), clean) as terminal:
        terminal.sees("1 Data", "Shots")
        terminal.send("3")
        terminal.sees("training sheet")
        terminal.send("\r")
        terminal.sees("item-1", "41.5")
        terminal.send("i")
        terminal.until(lambda: b"\x1b_Ga=T" in terminal.output, "the picture is sent")
        terminal.settle()
        sent = len(terminal.output)
        terminal.settle()
        assert len(terminal.output) == sent  # nothing while nothing happens
        parts = re.findall(rb"\x1b_G[^;\x1b]*;([^\x1b]*)\x1b\\", terminal.output)
        assert Image.open(io.BytesIO(base64.b64decode(b"".join(parts)))).size == (64, 64)
        terminal.send("i")
        terminal.until(lambda: b"\x1b_Ga=d" in terminal.output[sent:], "the picture is taken away")
        terminal.send("\x1b")
        terminal.sees("training sheet")


# Painting


@given(st.integers(1, 30), st.integers(1, 30))
def test_every_line_is_as_wide_as_the_picture(width: int, height: int) -> None:
    rgb = np.random.default_rng(width * height).integers(0, 256, 3 * width * height).astype(np.uint8).tobytes()
    pixels = Pixels(width, height, rgb)
    for lines in (list(cell_lines(pixels)), list(shade_lines(pixels))):
        assert len(lines) == (height + 1) // 2
        assert {sum(cell_len(part.text) for part in line) for line in lines} == {width}


def test_half_cells_carry_the_upper_color_on_the_lower() -> None:
    line = next(cell_lines(Pixels(2, 2, bytes([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255]))))
    assert [(part.text, part.style) for part in line] == [("▀▀", "color #ff0000 on #0000ff")]


def test_shades_go_from_the_darkest_to_the_brightest() -> None:
    gray = np.repeat(np.linspace(100, 140, 5).astype(np.uint8), 3)
    (line,) = shade_lines(Pixels(5, 1, gray.tobytes()))
    assert line[0].text == " ░▒▓█"
    (flat,) = shade_lines(Pixels(2, 1, bytes([9] * 6)))
    assert flat[0].text == "  "


@pytest.mark.parametrize(
    ("wanted", "environment", "colors", "way"),
    [
        ("auto", {"TERM": "xterm-256color"}, True, "cells"),
        ("auto", {"TERM": "xterm-256color"}, False, "shades"),
        ("auto", {"TERM": "xterm-256color", "SSH_CONNECTION": "a b"}, True, "shades"),
        ("auto", {"TERM": "xterm-kitty"}, True, "kitty"),
        ("auto", {"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, True, "cells"),
        ("cells", {"SSH_TTY": "/dev/pts/1"}, True, "cells"),
        ("cells", {}, False, "shades"),
        ("kitty", {}, True, "kitty"),
        ("off", {"TERM": "xterm-kitty"}, True, "off"),
    ],
)
def test_the_way_is_told_by_settings_and_environment(
    wanted: str, environment: dict[str, str], colors: bool, way: str
) -> None:
    assert choose_picture_mode(wanted, environment, colors=colors) == way


def test_a_graphics_command_is_no_longer_than_the_protocol_allows() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3)).astype(np.uint8))
    sent = kitty_commands(noise, 3, 5, 20, 10)
    commands = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sent)
    assert len(commands) > 2
    assert all(len(data) <= CHUNK for _, data in commands)
    assert [head.endswith("m=1") for head, _ in commands] == [True] * (len(commands) - 1) + [False]
    assert "c=20,r=10" in commands[0][0]
    assert shrink(noise, 20, 20).width == 20


def _read_sixel(text: str) -> Image.Image:
    """A picture in Sixel as a terminal paints it."""
    body = re.search(r"\x1bP0;1q(.*?)\x1b\\", text, re.DOTALL)
    assert body is not None
    raster, palette, color, x, y = None, {}, 0, 0, 0
    for word in re.finditer(
        r'"1;1;(\d+);(\d+)|#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)', body[1]
    ):
        width, height, number, red, green, blue, chosen, count, repeated, single, back, down = word.groups()
        if width:
            raster = Image.new("RGB", (int(width), int(height)))
        elif number:
            palette[int(number)] = tuple(round(int(value) * 255 / 100) for value in (red, green, blue))
        elif chosen:
            color = int(chosen)
        elif back:
            x = 0
        elif down:
            x, y = 0, y + 6
        else:
            assert raster is not None
            bits, end = ord(repeated or single) - 63, x + int(count or 1)
            for row in range(6):
                if bits >> row & 1:
                    raster.paste(palette[color], (x, y + row, end, y + row + 1))
            x = end
    assert raster is not None
    return raster


def test_sixel_says_every_pixel_of_the_picture() -> None:
    gray = np.zeros((48, 40, 3), dtype=np.uint8)
    gray[24:] = (255, 128, 0)
    sent = sixel_commands(Image.fromarray(gray), 3, 5, 40, 50)
    assert sent.startswith("\x1b7\x1b[3;5H\x1bP")
    painted = np.asarray(_read_sixel(sent))
    assert painted.shape == (48, 40, 3), "whole bands of six rows"
    assert np.abs(painted.astype(int) - gray.astype(int)).max() <= 3


def test_sixel_is_sent_and_painted_over_again(home: Path, tmp_path: Path) -> None:
    _workspace(home, tmp_path / "data")
    clean = {"TERM": "foot", "ONTOS_IMAGES": "auto", "SSH_CONNECTION": "", "SSH_TTY": "", "TMUX": ""}
    with Terminal(settling("--home", str(home)), (120, 40), clean) as terminal:
        terminal.sees("1 Data", "Shots")
        terminal.send("3")
        terminal.sees("training sheet")
        terminal.send("\r")
        terminal.sees("item-1", "41.5")
        terminal.send("i")
        terminal.until(lambda: b"\x1bP0;1q" in terminal.output, "the picture is sent")
        terminal.settle()
        sent = len(terminal.output)
        terminal.settle()
        assert len(terminal.output) == sent, "nothing is sent while nothing happens"
        terminal.send("i")
        terminal.until(lambda: "item-1" in terminal.text() and len(terminal.output) > sent, "the queue is back")
        terminal.settle()
        assert len(terminal.output) - sent > 3_000, "the whole screen is painted anew"


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "foot", "TMUX": "1"}, "cells"),
        ({"TERM": "foot", "SSH_TTY": "/dev/pts/1"}, "shades"),
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color"}, "cells"),
    ],
)
def test_the_way_goes_by_what_the_environment_tells(environment: dict[str, str], way: str) -> None:
    assert choose_picture_mode("auto", environment) == way
