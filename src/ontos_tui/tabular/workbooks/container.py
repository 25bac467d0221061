"""The file of a workbook before anything opens it: what it is, whether it is locked, and how much it holds."""

from __future__ import annotations

import mmap
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular import unpacking

ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AGAIN = "Open it in a spreadsheet program and save it as .xlsx."
_LOCKED = "Open it in a spreadsheet program, remove the password, and save it."
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PIECE = 1 << 20


def check_container(path: Path) -> None:
    """Raise InvalidInputError for a file that is no workbook, is locked, or holds more than may be opened."""
    with path.open("rb") as file:
        head = file.read(1 << 12)
        if head.startswith(ZIP):
            _check_archive(path)
        elif head.startswith(OLE):
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if content.find(_ENCRYPTED) >= 0:
                    raise InvalidInputError(f"{path.name} is locked with a password.", _LOCKED)
        elif not head.strip():
            raise InvalidInputError(f"{path.name} is empty.", "Check that it was written completely.")
        else:
            raise _no_workbook(path, head)


def locked(path: Path) -> InvalidInputError:
    """The error of a workbook that only a password opens."""
    return InvalidInputError(f"{path.name} is locked with a password.", _LOCKED)


def _no_workbook(path: Path, head: bytes) -> InvalidInputError:
    """What a file is that only calls itself a workbook: web pages and texts often do."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")):
        return InvalidInputError(f"{path.name} is a web page (HTML), no workbook.", SAVE_AGAIN)
    if text.startswith(b"<?xml"):
        return InvalidInputError(f"{path.name} is an XML document, no workbook that can be read.", SAVE_AGAIN)
    if b"\0" not in head and sum(byte < 9 for byte in head) == 0:
        return InvalidInputError(f"{path.name} is text, no workbook.", "Name it .csv, and add that file.")
    return InvalidInputError(f"{path.name} is no workbook, whatever its name says.", SAVE_AGAIN)


def _check_archive(path: Path) -> None:
    size = path.stat().st_size
    with explain_damage(path), zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        held = sum(part.file_size for part in parts)
        if held > unpacking.MOST_BYTES or (held > unpacking.FREE_BYTES and held > unpacking.MOST_TIMES * size):
            raise InvalidInputError(
                f"{path.name} of {size:,} bytes holds {held:,} bytes.",
                f"A workbook may hold {unpacking.MOST_TIMES} times its size, up to 4 GB. Save the sheet as CSV.",
            )
        names = {part.filename for part in parts}
        if "xl/workbook.bin" in names:
            raise InvalidInputError(f"{path.name} is a binary workbook (.xlsb).", SAVE_AGAIN)
        if not names & {"content.xml", "xl/workbook.xml"}:
            raise InvalidInputError(f"{path.name} is an archive, no workbook.", "If it is a ZIP file, name it .zip.")
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise locked(path)
        for part in parts:
            # What a part says of its size may be wrong. Reading it to the end proves it, sheets are read anyway.
            if part.compress_size * 1_100 > unpacking.FREE_BYTES and not part.filename.startswith("xl/worksheets/"):
                with archive.open(part) as file:
                    _read_through(file)


@contextmanager
def explain_damage(path: Path) -> Iterator[None]:
    """Turn what reading a damaged archive raises into InvalidInputError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise damaged(path) from error


def damaged(path: Path) -> InvalidInputError:
    """The error of a workbook that does not hold what it says."""
    return InvalidInputError(f"{path.name} is a damaged or incomplete workbook.", f"Copy it again. {SAVE_AGAIN}")


def _read_through(file: IO[bytes]) -> None:
    while file.read(_PIECE):
        pass
