"""What is in a file, in short: so that a file that was replaced is seen, and copies are counted."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ontos_tui.domain.records.folders import FileProblem
from ontos_tui.tabular.folders.walk import FolderFile

WHOLE = 32 << 20
"""Bytes up to which a whole file is looked at; of a larger one as many at either end, and its size."""
DIGITS = 16


class UnreadableError(Exception):
    """A file cannot be read; the text says why."""

    def problem(self, file: FolderFile) -> FileProblem:
        """What is to be reported of it."""
        return FileProblem(path=file.path, reason=str(self))


def read_bytes(path: Path, most: int) -> bytes:
    """A file's bytes. Raises UnreadableError when it cannot be read, or has more than `most`."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise UnreadableError(error.strerror or "cannot be opened") from error
    if len(content) > most:
        raise UnreadableError(f"has more than {most:,} bytes")
    return content


def digest(content: bytes) -> str:
    """A short name of these bytes."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def file_digest(path: Path) -> str:
    """The same of a file of any size. Raises UnreadableError."""
    summed = hashlib.sha256()
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            summed.update(str(size).encode())
            file.seek(0)
            summed.update(file.read(WHOLE // 2 if size > WHOLE else WHOLE))
            if size > WHOLE:
                file.seek(-WHOLE // 2, 2)
                summed.update(file.read())
    except OSError as error:
        raise UnreadableError(error.strerror or "cannot be opened") from error
    return summed.hexdigest()[:DIGITS]


def check_unchanged(path: Path, file: FolderFile) -> None:
    """Raise UnreadableError when a file has changed since it was listed: it may be half of what it will be."""
    try:
        status = path.stat()
    except OSError as error:
        raise UnreadableError(error.strerror or "is gone") from error
    if (status.st_size, status.st_mtime_ns) != (file.size, file.changed):
        raise UnreadableError("changed while it was read; it may still be written")
