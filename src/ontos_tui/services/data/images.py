"""Pictures of items: which columns of a sheet name them, where their files lie, and how they look."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.services.data.folder_tables.page_places import PagePlaces, TextPlaces, find_places, pages_from
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

    Of a PDF, `page` counts from 1, and `pages` how many there are. A page that was not looked at yet has no `image`
    and no `problem`. Where `problem` says why it cannot be shown, there is no `image`, and maybe no `path`.
    """

    column: str
    named: str
    path: Path | None = None
    image: Image | None = None
    width: int = 0
    height: int = 0
    problem: str = ""
    page: int = 0
    pages: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it was looked at."""
        return self.image is not None or bool(self.problem)


class ImageService:
    """Finds and opens the pictures of items."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def pictures(self, sheet_id: str, fields: Row, places: TextPlaces | None = None) -> list[Picture]:
        """The pictures that a row of a sheet names, opened; a broken one says what is wrong with it.

        A PDF has one for each page, of which only the first is opened: the first with `places` of the item's text,
        which are lit.
        """
        with self._store.read() as connection:
            folders = image_folders(connection, sheet_id)
        return _pictures(folders, fields, places)

    def opened(self, picture: Picture, fields: Row, places: TextPlaces | None = None) -> Picture:
        """A page of a PDF that was not looked at yet."""
        if picture.is_open or picture.path is None:
            return picture
        seen_places = find_places(picture.path, 0, fields, places)
        return _page(picture, seen_places)


def image_folders(connection: Connection, sheet_id: str) -> dict[str, Path]:
    """The columns of a sheet that name pictures, each with the folder that their paths start from.

    That is the folder of the data file; a sheet over anything else has none.
    """
    sheet = data.sheet_with_id(connection, sheet_id)
    if sheet is None or not sheet.image_columns:
        return {}
    source = data.table_at(connection, sheet.source_table)
    return {} if source is None else dict.fromkeys(sheet.image_columns, source.home)


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
            [program, str(path.absolute())], stdin=silent, stdout=silent, stderr=silent, start_new_session=True
        )
    except (OSError, ValueError):  # the second: a name that no file of this system can have
        return False
    return True


def _pictures(folders: Mapping[str, Path], fields: Row, places: TextPlaces | None) -> list[Picture]:
    pictures: list[Picture] = []
    for column, folder in folders.items():
        text = fields.get(column)
        if _says(text):
            pictures += _pages(column, text.strip(), folder, fields, places) or [_opened(column, text.strip(), folder)]
    return pictures


def _pages(column: str, named: str, folder: Path, fields: Row, places: TextPlaces | None) -> list[Picture]:
    """The pages of a PDF, the first to look at opened; empty for any other file, and one that cannot be opened."""
    from ontos_tui.learning.encoding.images import find_image
    from ontos_tui.learning.encoding.page_images import page_of

    text, page = page_of(named)
    if not page:
        return []
    is_whole = text == named
    try:
        path = find_image(named, [folder], anywhere=True)
    except InvalidInputError as error:
        return [Picture(column, named, problem=str(error))]
    seen_places = find_places(path, 0 if is_whole else page, fields, places)
    first = _page(Picture(column, text, path, page=seen_places.first_page() if is_whole else page), seen_places)
    if not is_whole or first.problem:
        return [first]
    rest = pages_from(first.page, first.pages)[1:]
    return [first, *(Picture(column, text, path, page=number, pages=first.pages) for number in rest)]


def _page(picture: Picture, places: PagePlaces) -> Picture:
    """A page, opened, with its places lit."""
    from ontos_tui.tabular.folders.contents import UnreadableError
    from ontos_tui.tabular.folders.pdf_process import shared_process

    assert picture.path is not None
    try:
        rendered = shared_process().render(picture.path, picture.page, LONGEST)
    except UnreadableError as error:
        return replace(picture, problem=f"{picture.path.name} {error}.")
    image = rendered.image
    places.draw(image, picture.page)
    return replace(picture, image=image, width=image.width, height=image.height, pages=rendered.pages)


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
