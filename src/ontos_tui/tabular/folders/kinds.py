"""What a folder holds, by the names of its files: pictures, documents or data files; and which of them are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ontos_tui.domain.records.folders import FolderKind, FolderKindError, FolderOptions, NothingThereError
from ontos_tui.tabular.folders.walk import FolderFile, Listing, Place
from ontos_tui.tabular.source import SUFFIXES

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
TEXTS = (".txt", ".md")
DOCUMENTS = (*TEXTS, ".pdf")
FEW = 3
"""Texts beside something else up to which they are taken for remarks, such as README.txt."""


@dataclass(frozen=True)
class Contents:
    """The kind of a folder, the files that its rows come from, tables beside pictures, and remarks for the report."""

    kind: FolderKind
    files: tuple[FolderFile, ...]
    tables: tuple[FolderFile, ...]
    notes: tuple[str, ...]


def contents_of(place: Place, listing: Listing, options: FolderOptions) -> Contents:
    """Decide what the rows of a folder are. Raises FolderKindError when only the user knows, NothingThereError for a
    folder without a file that can be read so."""
    pictures = [one for one in listing.files if one.suffix in PICTURES]
    documents = [one for one in listing.files if one.suffix in DOCUMENTS]
    tables = [one for one in listing.files if is_table(one)]
    kind = options.kind or _kind(place, listing, pictures, documents, tables, options)
    if kind in (FolderKind.PICTURES, FolderKind.NAMED_PICTURES):
        used, beside = pictures, tables
    elif kind is FolderKind.DOCUMENTS:
        used, beside = documents, []
    else:
        used, beside = tables if tables else [one for one in documents if one.suffix == ".txt"], []
    if options.kind is FolderKind.TABLES:
        used = [one for one in listing.files if is_table(one) or one.suffix == ".txt"]
    if not used:
        raise NothingThereError(_nothing(place, listing, kind), _ADVICE)
    paths = {one.path for one in (*used, *beside)}
    notes = [*_others(one for one in listing.files if one.path not in paths)]
    return Contents(kind, tuple(used), tuple(beside), tuple(notes))


def is_table(file: FolderFile) -> bool:
    """Whether a file is a data file, whatever else is in its folder; a .txt may as well be a document."""
    return file.inner_suffix in SUFFIXES and file.inner_suffix != ".txt"


_ADVICE = (
    "Pictures are .png, .jpg, .bmp, .gif, .tif and .ppm; documents .pdf, .txt and .md; data files .csv, .tsv, .dat, "
    ".xlsx, .ods, .json, .jsonl and .parquet, also packed (.gz, .bz2, .xz, .zst)."
)


def _kind(
    place: Place,
    listing: Listing,
    pictures: list[FolderFile],
    documents: list[FolderFile],
    tables: list[FolderFile],
    options: FolderOptions,
) -> FolderKind:
    remarks = len(documents) <= FEW and all(one.suffix in TEXTS for one in documents)
    if options.table or options.pictures or (pictures and tables and remarks):
        return FolderKind.NAMED_PICTURES
    if pictures and (not documents or remarks):
        return FolderKind.PICTURES
    if tables and not pictures and (not documents or remarks):
        return FolderKind.TABLES
    if documents and not pictures and not tables and not all(one.suffix == ".txt" for one in documents):
        return FolderKind.DOCUMENTS
    choices = [
        *([FolderKind.PICTURES] if pictures else []),
        *([FolderKind.DOCUMENTS] if documents else []),
        *([FolderKind.TABLES] if tables or any(one.suffix == ".txt" for one in documents) else []),
    ]
    if not choices:
        raise NothingThereError(_nothing(place, listing, None), _ADVICE)
    raise FolderKindError(str(place), _counted(listing.files), choices)


def _nothing(place: Place, listing: Listing, kind: FolderKind | None) -> str:
    what = {
        None: "file that can be read",
        FolderKind.PICTURES: "picture",
        FolderKind.NAMED_PICTURES: "picture",
        FolderKind.DOCUMENTS: "document",
        FolderKind.TABLES: "data file",
    }[kind]
    has = f", but {_counted(listing.files)}" if listing.files else ""
    if listing.problems and not listing.files:
        has = f"; {listing.problems[0].path}: {listing.problems[0].reason}"
    return f"{place} holds no {what}{has}."


def _counted(files: Iterable[FolderFile]) -> str:
    """Such as `3 .csv and 2 .png`, the commonest first."""
    counts = Counter(one.inner_suffix or "without an ending" for one in files).most_common(5)
    parts = [f"{count:,} {suffix[:20]}" for suffix, count in counts]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def _others(files: Iterable[FolderFile]) -> list[str]:
    left = list(files)
    if not left:
        return []
    named = ", ".join(one.path for one in left[:3]) + (", …" if len(left) > 3 else "")
    return [f"{len(left):,} other {'files are' if len(left) > 1 else 'file is'} not read: {named}"]
