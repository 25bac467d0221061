"""Files that only their owner may read: a workspace holds other people's data, and hosts have many users."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
_OTHERS = 0o077
_USUAL = 0o755
"""The mode that a folder has when nobody chose one."""


def hide_new_files() -> None:
    """From here on, whatever this process and its children create is for their owner alone."""
    os.umask(os.umask(_OTHERS) | _OTHERS)


def make_private_folder(path: Path) -> None:
    """Make the folder, or close it to others if its mode is the usual one. One that was shared on purpose stays so.

    Raises OSError when it cannot be made.
    """
    path.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    if os.name == "posix" and path.stat().st_mode & 0o777 == _USUAL and path.stat().st_uid == os.geteuid():
        path.chmod(FOLDER)


def make_private_file(path: Path) -> None:
    """Create an empty file for its owner alone, unless it is there or cannot be made: who opens it then says why."""
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE))
