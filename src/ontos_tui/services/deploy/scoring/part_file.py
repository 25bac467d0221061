"""A file that is written over a long time: whoever is killed in the middle goes on after the last whole block.

What is finished lies in a folder beside the target, `.NAME.scoring`: the rows so far, and a note of how many bytes and
rows of them count. The note is replaced after the rows are on the disk, so bytes beyond it are of a block that was cut
off, and are dropped. The target itself appears at the end, whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ontos_tui.domain.errors import ConflictError, InvalidInputError

try:
    import fcntl
except ImportError:  # not every system has file locks
    fcntl = None  # type: ignore[assignment]

ROWS, NOTE, LOCK = "rows", "note.json", "lock"


@dataclass
class Note:
    """How far a file is. `key` says of what: another model or source begins anew."""

    key: str
    rows: int = 0
    bytes: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    layout: dict[str, Any] | None = None


class PartFile:
    """The rows of a file under way."""

    def __init__(self, folder: Path, target: Path, file: BinaryIO, note: Note) -> None:
        self._folder = folder
        self._target = target
        self._file = file
        self.note = note

    def add(self, text: bytes, rows: int = 0, **counts: int) -> None:
        """Append a block; it is on the disk when this returns. `counts` add up in the note."""
        self._file.write(text)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.note.rows += rows
        self.note.bytes += len(text)
        for name, count in counts.items():
            self.note.counts[name] = self.note.counts.get(name, 0) + count
        _write_note(self._folder, self.note)

    def finish(self, convert: Callable[[Path, Path], None] | None = None) -> None:
        """Put the file in its place; `convert` may first make another of the rows."""
        whole = self._folder / ROWS
        if convert is not None:
            whole = self._folder / "converted"
            convert(self._folder / ROWS, whole)
            with whole.open("rb+") as file:
                os.fsync(file.fileno())
        whole.replace(self._target)
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def part_file(target: Path, key: str) -> Iterator[PartFile]:
    """The file of `target` under way, with what an earlier run with the same key has finished.

    Raises ConflictError while another process writes it, InvalidInputError when it cannot be written.
    """
    folder = target.with_name(f".{target.name[:100]}.scoring")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with _locked(folder, target):
            note = _read_note(folder)
            with (folder / ROWS).open("ab") as file:
                if note is None or note.key != key or os.fstat(file.fileno()).st_size < note.bytes:
                    note = Note(key)
                file.truncate(note.bytes)
                yield PartFile(folder, target, file, note)
    except OSError as error:
        raise InvalidInputError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Free disk space or choose another file; the same command goes on where it stopped.",
        ) from error


def unfinished_rows(target: Path, key: str) -> int:
    """Rows that an earlier run with the same key has finished."""
    note = _read_note(target.with_name(f".{target.name[:100]}.scoring"))
    return note.rows if note is not None and note.key == key else 0


@contextmanager
def _locked(folder: Path, target: Path) -> Iterator[None]:
    file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConflictError(
                    f"{target} is being written by another process.", "Wait for it: ontos jobs; or name another file."
                ) from error
        yield
    finally:
        os.close(file)  # which lets go of the lock


def _read_note(folder: Path) -> Note | None:
    try:
        return Note(**json.loads((folder / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_note(folder: Path, note: Note) -> None:
    temporary = folder / f"{NOTE}.new"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(note), file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / NOTE)
