"""What lies in a folder of this machine, for choosing a data file while its path is typed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePath

from ontos_tui.domain.errors import InvalidInputError

MOST = 5_000
"""Entries of a folder that are looked at."""
_KINDS = {"csv": "text", "spaced": "text", "workbook": "workbook", "jsonl": "JSON", "parquet": "Parquet"}


@dataclass(frozen=True)
class FolderEntry:
    """A file or folder: its size in bytes, and its kind in a word; "" for a file that is no data file."""

    name: str
    kind: str
    size: int | None = None

    @property
    def is_folder(self) -> bool:
        """Whether one can go into it."""
        return self.kind == "folder"


@dataclass(frozen=True)
class Listing:
    """The entries of a folder whose names begin with `begun`, folders first, then what can be read, then the rest."""

    folder: Path
    begun: str
    entries: tuple[FolderEntry, ...]

    @property
    def common(self) -> str:
        """How all names begin that can be meant: what completes the text."""
        able = [entry for entry in self.entries if entry.kind] or list(self.entries)
        alike = takewhile(
            lambda letters: len(set(letters)) == 1, zip(*(entry.name.casefold() for entry in able), strict=False)
        )
        name = able[0].name[: len(list(alike))] if able else ""
        return f"{name}/" if len(able) == 1 and able[0].is_folder else name


def parted(typed: str) -> tuple[Path, str]:
    """The folder that a typed path is in, and how the name in it begins. ~ is the home folder."""
    text = typed.strip()
    head, slash, tail = text.rpartition("/")
    folder = Path((head or "/") if slash else (text if text == "~" else ".")).expanduser().absolute()
    return folder, "" if text == "~" else tail


def list_folder(typed: str) -> Listing:
    """What a typed path can go on with. Raises InvalidInputError saying why the folder cannot be listed."""
    try:
        folder, begun = parted(typed)
        shown = []
        with os.scandir(folder) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".") and not begun.startswith(".")
                if not hidden and entry.name.casefold().startswith(begun.casefold()):
                    shown.append(_entry(entry))
                if len(shown) >= MOST:
                    break
    except FileNotFoundError as error:
        raise InvalidInputError(f"No folder {typed!r}.", "Correct the path; tab completes it.") from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInputError(f"The folder cannot be listed: {reason}.", "Choose another one.") from error
    return Listing(folder, begun, tuple(sorted(shown, key=_rank)))


def _entry(entry: os.DirEntry[str]) -> FolderEntry:
    try:
        if entry.is_dir():
            return FolderEntry(entry.name, "folder")
        return FolderEntry(entry.name, kind_of(entry.name), entry.stat().st_size)
    except OSError:
        return FolderEntry(entry.name, "")


def kind_of(name: str) -> str:
    """What a file is by its name, in a word; "" for what is no data file."""
    from ontos_tui.tabular.source import SUFFIXES
    from ontos_tui.tabular.unpacking import PACKED

    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    packed = suffixes[-1] if suffixes and suffixes[-1] in PACKED else ""
    inner = suffixes[-2] if packed and len(suffixes) > 1 else "" if packed else (suffixes[-1] if suffixes else "")
    if packed == ".zip" and not inner:
        return "packed"
    known = SUFFIXES.get(inner)
    kind = _KINDS.get(known.value, known.value) if known is not None else ""
    return f"{kind}, packed" if kind and packed else kind


def _rank(entry: FolderEntry) -> tuple[int, str]:
    return (0 if entry.is_folder else 1 if entry.kind else 2, entry.name.casefold())


def size_in_words(size: int | None) -> str:
    """A size for people, such as 1.2 MB."""
    if size is None:
        return ""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"
