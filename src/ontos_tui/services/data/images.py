"""Pictures of items: which columns of a sheet name them, where their files lie, and how they look."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.store.queries import data

if TYPE_CHECKING:
    from PIL.Image import Image

    from ontos_tui.store.connection import Connection
    from ontos_tui.store.engine import Store


LONGEST = 1_024
"""Pixels of the longer side of a picture that is shown; no terminal has room for more."""


@dataclass(frozen=True)
class Picture:
    """A picture of an item, `width` x `height` pixels in its file; `image` has at most `LONGEST` on either side.

    Where `problem` says why it cannot be shown, there is no `image`, and maybe no `path`.
    """

    column: str
    named: str
    path: Path | None = None
    image: Image | None = None
    width: int = 0
    height: int = 0
    problem: str = ""


class ImageService:
    """Finds and opens the pictures of items."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def pictures(self, sheet_id: str, fields: Row) -> list[Picture]:
        """The pictures that a row of a sheet names, opened; a broken one says what is wrong with it."""
        with self._store.read() as connection:
            folders = image_folders(connection, sheet_id)
        return _pictures(folders, fields)


def image_folders(connection: Connection, sheet_id: str) -> dict[str, Path]:
    """The columns of a sheet that name pictures, each with the folder that their paths start from.

    That is the folder of the data file; a sheet over anything else has none.
    """
    sheet = data.sheet_with_id(connection, sheet_id)
    if sheet is None or not sheet.image_columns:
        return {}
    source = data.table_at(connection, sheet.source_table)
    return {} if source is None else dict.fromkeys(sheet.image_columns, Path(source.path).parent)


def open_in_viewer(path: Path) -> bool:
    """Open a picture in the program that this machine shows pictures with; False when there is none."""
    if sys.platform == "darwin":
        program = shutil.which("open")
    else:  # without a display, xdg-open would start a browser in this very terminal
        program = shutil.which("xdg-open") if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") else None
    if program is None:
        return False
    silent = subprocess.DEVNULL
    try:
        subprocess.Popen(  # noqa: S603 - no shell; the path is absolute, so it is no option
            [program, str(path)], stdin=silent, stdout=silent, stderr=silent, start_new_session=True
        )
    except OSError:
        return False
    return True


def _pictures(folders: Mapping[str, Path], fields: Row) -> list[Picture]:
    named = ((column, fields.get(column), folder) for column, folder in folders.items())
    return [_opened(column, text.strip(), folder) for column, text, folder in named if _says(text)]


def _says(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _opened(column: str, named: str, folder: Path) -> Picture:
    from ontos_tui.learning.encoding.images import decode, find_image, inline, read_file

    path = None
    try:
        content = inline(named)
        if content is None:
            path = find_image(named, [folder], anywhere=True)
            content = read_file(path)
        image = decode(content)
        width, height = image.size
        image.thumbnail((LONGEST, LONGEST))
        shown = named if path is not None else "in the data itself"
        return Picture(column, shown, path, image, width, height)
    except InvalidInputError as error:
        return Picture(column, named, path, problem=str(error))
