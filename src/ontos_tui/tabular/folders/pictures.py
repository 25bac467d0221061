"""Pictures as rows: the path, and the class that the folder around it names."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.folders.contents import UnreadableError, check_unchanged, digest, read_bytes
from ontos_tui.tabular.folders.snapshot import ROW, Entry
from ontos_tui.tabular.folders.walk import FolderFile

PICTURE, CLASS, FOLDER = "picture", "class", "folder"
MOST_BYTES = 64_000_000
MOST_PIXELS = 50_000_000
"""The limits of learning/encoding/images.py, which reads them."""
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "PPM")


def read_picture(root: Path, file: FolderFile) -> Entry:
    """Look at a picture's header and hash its bytes. Raises UnreadableError saying why it cannot be used."""
    path = root / file.path
    content = read_bytes(path, MOST_BYTES)
    check_unchanged(path, file)
    _check(content)
    return Entry(file.path, file.size, file.changed, digest(content), 1)


def _check(content: bytes) -> None:
    from PIL import Image

    if not content:
        raise UnreadableError("is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                width, height = image.size
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them
        raise UnreadableError("is no picture, or a damaged one") from error
    if width * height > MOST_PIXELS:
        raise UnreadableError(f"has {width:,} × {height:,} pixels; at most {MOST_PIXELS:,} are read")


def picture_columns(entries: Iterable[Entry], *, classes: bool) -> list[Column]:
    """The columns: the picture, the class where pictures lie in folders, and the folders above where there are any."""
    depths = {entry.path.count("/") for entry in entries} if classes else {0}
    return [
        Column(PICTURE, "VARCHAR"),
        *([Column(CLASS, "VARCHAR")] if max(depths, default=0) >= 1 else []),
        *([Column(FOLDER, "VARCHAR")] if max(depths, default=0) >= 2 else []),
    ]


def picture_rows(entries: Iterable[Entry], columns: Iterable[Column]) -> Iterator[dict[str, Any]]:
    """A row for each picture."""
    names = {column.name for column in columns}
    for entry in entries:
        row: dict[str, Any] = {PICTURE: entry.path, ROW: entry.content}
        folder = PurePosixPath(entry.path).parent
        if CLASS in names and folder.name:
            row[CLASS] = folder.name
        if FOLDER in names and str(folder.parent) != ".":
            row[FOLDER] = str(folder.parent)
        yield row


def picture_notes(entries: Iterable[Entry], columns: Iterable[Column]) -> list[str]:
    """What was understood of the folders' names, and pictures that are copies of others."""
    entries, names = list(entries), {column.name for column in columns}
    notes = []
    if CLASS in names:
        counts = Counter(PurePosixPath(entry.path).parent.name for entry in entries)
        bare = counts.pop("", 0)
        shown = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(8))
        more = ", …" if len(counts) > 8 else ""
        notes.append(f"{len(counts):,} classes, by the names of the folders: {shown}{more}")
        if bare:
            notes.append(f"{bare:,} pictures lie in no folder of a class; theirs is empty")
    copies = Counter(entry.content for entry in entries)
    doubled = {content: count for content, count in copies.items() if count > 1}
    if doubled:
        extra = sum(doubled.values()) - len(doubled)
        first = [entry.path for entry in entries if entry.content == next(iter(doubled))][:2]
        notes.append(f"{extra:,} pictures are copies of others, byte for byte: {' = '.join(first)}")
        notes += _contradictions(entries, doubled) if CLASS in names else []
    return notes


def _contradictions(entries: Iterable[Entry], doubled: Iterable[str]) -> list[str]:
    """Copies of one picture in the folders of several classes."""
    of: dict[str, list[str]] = {content: [] for content in doubled}
    for entry in entries:
        if entry.content in of:
            of[entry.content].append(entry.path)
    torn = [paths for paths in of.values() if len({PurePosixPath(one).parent.name for one in paths}) > 1]
    if not torn:
        return []
    return [f"{len(torn):,} of them lie in the folders of several classes: {' = '.join(torn[0][:2])}"]
