"""Files written as a whole or not at all: in a folder beside the target first, then renamed over it.

What a killed writer leaves is one folder, `.NAME.HEX.part`. The writer holds a lock on it while it lives, so the next
start can tell what was left behind from what is being written. It knows where to look by a note in the workspace.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError

try:
    import fcntl
except ImportError:  # not every system has file locks
    fcntl = None  # type: ignore[assignment]

NOTES = ".unfinished"
"""The folder in a workspace that holds a note for each file that is being written."""
OLD_SECONDS = 86_400.0
"""Where there are no file locks, a folder that nobody has touched for so long was left behind."""
_OURS = re.compile(r"\..{0,100}\.[0-9a-f]{8}\.part", re.DOTALL)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_home: Path | None = None


def note_in(home: Path) -> None:
    """From here on, what is being written is noted in the workspace at `home`, for `sweep`."""
    global _home  # noqa: PLW0603  # a process works on one workspace; who writes a file need not know which
    _home = home


@contextmanager
def replacing(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Paths to write to instead of `paths`. They replace `paths` on success, and are removed on an error.

    The contents and then the new names are on the disk when this returns. A file that was there keeps its mode, a link
    keeps pointing to it, and a device or pipe is written to. Raises InvalidInputError when they cannot be written.
    """
    try:
        with ExitStack() as stack:
            targets = [Path(os.path.realpath(path)) for path in paths]
            for path, target in zip(paths, targets, strict=True):
                _check_target(path, target)
            temporaries = tuple(stack.enter_context(part_folder(target)) / target.name for target in targets)
            yield temporaries
            for temporary, target in zip(temporaries, targets, strict=True):
                _make_ready(temporary, target)
            for temporary, target in zip(temporaries, targets, strict=True):
                _put_in_place(temporary, target)
            for folder in {target.parent for target in targets}:
                sync_folder(folder)
    except OSError as error:
        raise InvalidInputError(f"{paths[0]} cannot be written: {error.strerror or error}.", remedy(error)) from error


def write_text(path: Path, text: str, *, mode: int | None = None) -> Path:
    """Write a text as UTF-8, as a whole or not at all; folders are made. `mode` is that of a new file.

    Raises InvalidInputError when it cannot be written.
    """
    return write_bytes(path, text.encode(), mode=mode)


def write_bytes(path: Path, content: bytes, *, mode: int | None = None) -> Path:
    """As `write_text`, for bytes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror or error}.", remedy(error)) from error
    with replacing(path) as (temporary,):
        temporary.write_bytes(content)
        if mode is not None:
            temporary.chmod(mode)
    return path


@contextmanager
def part_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target` for what will become it; removed at the end. Raises OSError when it cannot be made."""
    beginning = os.fsencode(target.name)[:100].decode("utf-8", "ignore")
    folder = target.with_name(f".{beginning}.{os.urandom(4).hex()}.part")
    note = _write_note(folder)
    try:
        folder.mkdir(mode=0o700)
        lock = _lock(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if lock is not None:
                os.close(lock)
    finally:
        if note is not None:
            with suppress(OSError):
                note.unlink()


def sweep(home: Path) -> int:
    """Remove what killed writers of this workspace have left; returns how many folders. Never raises."""
    removed = 0
    try:
        notes = list((home / NOTES).iterdir())
    except OSError:
        return 0
    for note in notes:
        try:
            folder = Path(os.fsdecode(note.read_bytes()))
            done = _is_ours(folder) and _remove_abandoned(folder)
            removed += done
            if done or not os.path.lexists(folder):
                _unlink_old(note)
        except (OSError, ValueError):  # a note that is being written, or somebody else's folder: left alone
            continue
    return removed


def sync_folder(folder: Path) -> None:
    """Names in `folder` are on the disk when this returns, where the system can promise it."""
    with suppress(OSError):
        file = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(file)
        finally:
            os.close(file)


def sync_file(path: Path) -> None:
    """The file's content is on the disk when this returns. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def remedy(error: OSError) -> str:
    """What to do about a file that cannot be written."""
    if error.errno in _FULL:
        return "Free disk space or choose another place, then do it again."
    if error.errno == errno.EROFS:
        return "The file system is read-only: choose another place, or mount it for writing."
    if error.errno in (errno.EACCES, errno.EPERM):
        return "Choose another file or folder, or correct the permissions there."
    return "Choose another file, or free disk space."


def _check_target(path: Path, target: Path) -> None:
    if target.is_dir():
        raise InvalidInputError(f"{path} is a folder.", "Name a file in that folder.")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only", str(path))


def _make_ready(temporary: Path, target: Path) -> None:
    """The new content gets the mode of the file that it replaces, and is on the disk."""
    if target.is_file():
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))
    file = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _put_in_place(temporary: Path, target: Path) -> None:
    if target.exists() and not target.is_file():  # a device or a pipe, such as /dev/stdout
        with temporary.open("rb") as source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
        return
    temporary.replace(target)


def _write_note(folder: Path) -> Path | None:
    """Note where a file is being written; None where there is no workspace, or it cannot be written to."""
    if _home is None or not _home.is_dir():
        return None
    note = _home / NOTES / folder.name[-13:-5]
    with suppress(OSError):
        note.parent.mkdir(mode=0o700, exist_ok=True)
        note.write_bytes(os.fsencode(folder.absolute()))
        return note
    return None


def _lock(folder: Path) -> int | None:
    if fcntl is None:
        return None
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a file system without locks
        os.close(file)
        return None
    return file


def _is_ours(folder: Path) -> bool:
    """Whether it is a folder of this user under a name of ours, and no link to another place."""
    state = folder.lstat() if os.path.lexists(folder) else None
    if state is None or not _OURS.fullmatch(folder.name) or not stat.S_ISDIR(state.st_mode):
        return False
    return os.name != "posix" or state.st_uid == os.geteuid()


def _remove_abandoned(folder: Path) -> bool:
    """Remove the folder unless its writer lives; says whether it did."""
    lock = _lock(folder)
    if lock is None:
        # Its writer lives, or there are no locks here and only its age can tell.
        if fcntl is not None and _has_locks(folder.parent):
            return False
        if abs(time.time() - folder.stat().st_mtime) < OLD_SECONDS:
            return False
    try:
        shutil.rmtree(folder)
    finally:
        if lock is not None:
            os.close(lock)
    return True


def _has_locks(folder: Path) -> bool:
    """Whether the file system of `folder` knows locks."""
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return True


def _unlink_old(note: Path) -> None:
    """Remove a note, unless its writer is only about to make the folder."""
    if abs(time.time() - note.stat().st_mtime) > 1.0:
        note.unlink()
