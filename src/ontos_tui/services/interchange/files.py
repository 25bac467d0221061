"""Files written as a whole or not at all: under a temporary name in the same folder, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.base import new_id


@contextmanager
def replacing(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Paths to write to instead of `paths`. They replace `paths` on success, and are removed on an error.

    What is written is on the disk before it is renamed. Raises InvalidInputError when they cannot be written.
    """
    temporaries = tuple(path.with_name(f".{path.name[:100]}.{new_id()[:8]}.part") for path in paths)
    try:
        for path in paths:
            if path.is_dir():
                raise InvalidInputError(f"{path} is a folder.", "Name a file in that folder.")
        yield temporaries
        for temporary in temporaries:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        for temporary, path in zip(temporaries, paths, strict=True):
            temporary.replace(path)
    except OSError as error:
        raise InvalidInputError(
            f"{paths[0]} cannot be written: {error.strerror or error}.", "Choose another file, or free disk space."
        ) from error
    finally:
        for temporary in temporaries:
            with suppress(OSError):
                temporary.unlink()
