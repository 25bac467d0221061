"""Which files are in a folder, or match a pattern. Links that lead out of it are named, and never followed."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.learning import NoProgress, Progress
from ontos_tui.domain.records.folders import FileProblem
from ontos_tui.tabular.unpacking import STREAMS

MOST_FILES = 1_000_000
REPORT_EVERY = 2_000
"""Files after which progress is reported."""


@dataclass(frozen=True)
class FolderFile:
    """A file: its path from the folder with / between the parts, its size in bytes, and when it changed last, ns."""

    path: str
    size: int
    changed: int

    @property
    def suffix(self) -> str:
        """The end of its name, lower case; that of what is packed stands before the packing's."""
        return _ending(self.path)

    @property
    def inner_suffix(self) -> str:
        """The same without the end that says how it is packed."""
        ending = _ending(self.path)
        return _ending(self.path[: -len(ending)]) if ending in STREAMS else ending


def _ending(path: str) -> str:
    # PurePath takes ten times as long, which 100,000 files show.
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return f".{ending.lower()}" if dot and stem else ""


@dataclass
class Listing:
    """The files of a folder in natural order (2 before 10), and what cannot be read."""

    files: list[FolderFile] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    hidden: int = 0


@dataclass(frozen=True)
class Place:
    """A folder, and the pattern that its files must match; without one, all do."""

    root: Path
    pattern: str = ""

    def __str__(self) -> str:
        return str(self.root / self.pattern) if self.pattern else str(self.root)

    @property
    def name(self) -> str:
        """What a table of it is called: the folder; of a pattern, the folder and what the pattern says."""
        words = re.sub(r"\*\*|\.[A-Za-z0-9]+$", "", self.pattern)
        words = re.sub(r"[^A-Za-z0-9]+", " ", words).strip()
        return f"{self.root.name} {words}".strip()


def place_of(path: Path) -> Place | None:
    """The folder, or the folder and pattern, that a path names; None for a file, or what names nothing.

    A name that a file or folder has is no pattern, whatever signs are in it. Raises InvalidInputError when the folder
    of a pattern is not there.
    """
    if path.is_dir():
        return Place(path)
    if path.exists() or not glob.has_magic(str(path)):
        return None
    parts = path.parts
    first = next(place for place, part in enumerate(parts) if glob.has_magic(part))
    root = Path(*parts[:first])
    if not root.is_dir():
        raise InvalidInputError(f"No folder {root}.", "Check the name and the folder.")
    return Place(root, "/".join(parts[first:]))


def list_files(place: Place, progress: Progress | None = None) -> Listing:
    """Look through a folder and those in it. Raises InvalidInputError for a folder that is not there, or too large."""
    progress = progress or NoProgress()
    root = place.root.resolve()
    if not root.is_dir():
        raise InvalidInputError(f"No folder {place.root}.", "Check the name and the folder.")
    listing = Listing()
    matches = _matcher(place.pattern)
    for seen, (relative, entry) in enumerate(_entries(root, listing)):
        if seen % REPORT_EVERY == 0:
            progress.update(0, 0, f"looking through {place.root.name}: {seen:,} files")
        if seen >= MOST_FILES:
            raise InvalidInputError(
                f"{place.root} holds more than {MOST_FILES:,} files.", "Name one of the folders in it, or a pattern."
            )
        if matches is None or matches.fullmatch(relative):
            _add(listing, root, relative, entry)
    listing.files.sort(key=lambda one: natural(one.path))
    return listing


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts run2 before run10."""
    return tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in re.split(r"(\d{1,18})", text) if one)


def _entries(root: Path, listing: Listing) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything that is no folder, with its path from the root; hidden ones are counted and left out."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as scanned:
                entries = sorted(scanned, key=lambda one: one.name)
        except OSError as error:
            listing.problems.append(FileProblem(path=f"{folder}/", reason=error.strerror or "cannot be opened"))
            continue
        for entry in entries:
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith(".") or entry.name in ("Thumbs.db", "desktop.ini", "__MACOSX"):
                listing.hidden += 1
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(relative)
            else:
                yield relative, entry


def _add(listing: Listing, root: Path, relative: str, entry: os.DirEntry[str]) -> None:
    try:
        relative.encode()
        if entry.is_symlink() and not Path(entry.path).resolve(strict=True).is_relative_to(root):
            reason = "a link that leaves the folder; it is not followed"
        elif entry.is_dir():
            reason = "a link to a folder; it is not followed"
        else:
            status = entry.stat()
            if stat.S_ISREG(status.st_mode):
                listing.files.append(FolderFile(relative, status.st_size, status.st_mtime_ns))
                return
            reason = "not a regular file"
    except UnicodeEncodeError:
        relative = relative.encode("utf-8", "backslashreplace").decode()
        reason = "its name is not valid Unicode; rename it"
    except (OSError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "a link that leads nowhere"
    listing.problems.append(FileProblem(path=relative, reason=reason))


def _matcher(pattern: str) -> re.Pattern[str] | None:
    """What paths from the folder match: * within a name, ** any folders."""
    if not pattern:
        return None
    parts = ["(?:[^/]+/)*" if part == "**" else _part(part) + "/" for part in pattern.split("/")]
    text = "".join(parts)
    try:
        return re.compile(f"{text}[^/]+" if pattern.endswith("**") else text.removesuffix("/"), re.DOTALL)
    except re.error as error:
        what = f"{pattern} is no pattern: {error}."
        raise InvalidInputError(what, "Use * for any signs, ? for one, [abc] for one of some.") from error


def _part(part: str) -> str:
    """The pattern of one name: * and ? for any signs, [abc] and [!abc] for one of some."""
    pieces = []
    for piece in re.findall(r"\[!?\]?[^]]*\]|\*+|.", part, re.DOTALL):
        if piece.startswith("*"):
            pieces.append("[^/]*")
        elif piece == "?":
            pieces.append("[^/]")
        elif len(piece) > 2 and piece.startswith("["):
            inner = piece[1:-1].replace("\\", r"\\").replace("[", r"\[")
            pieces.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner.replace('^', chr(92) + '^')}]")
        else:
            pieces.append(re.escape(piece))
    return "".join(pieces)
