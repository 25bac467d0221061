"""One look at a folder: what is new, changed and gone since the last one, read into a new snapshot."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ontos_tui.domain.learning import NoProgress, Progress
from ontos_tui.domain.records.folders import (
    BeingReadError,
    FileProblem,
    Folder,
    FolderOptions,
    NothingThereError,
    UnreadableFilesError,
)
from ontos_tui.domain.records.reading import Reading, ReadingOptions
from ontos_tui.tabular.folders.contents import UnreadableError
from ontos_tui.tabular.folders.kinds import Contents, contents_of
from ontos_tui.tabular.folders.readers import FolderReader, reader_of
from ontos_tui.tabular.folders.snapshot import FOLDER, Entry, Result, Snapshot, Workplace, read_snapshot
from ontos_tui.tabular.folders.walk import FolderFile, Listing, Place, list_files

MOST_SKIPPED = 100
"""Files that were left out which are remembered by name."""
REPORT_EVERY = 20
"""Files after which progress is reported."""


@dataclass(frozen=True)
class Request:
    """What is to be looked at, and how. `home` is the workspace's folder, `key` the table's own below `folder_tables`.

    `only_new` leaves the rows of files that are gone in the table. `ready` says of a new or changed file whether it may
    be read already; others wait for a later look.
    """

    place: Place
    home: Path
    key: str
    options: FolderOptions = field(default_factory=FolderOptions)
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    names: Sequence[str] = ()
    only_new: bool = False
    ready: Callable[[FolderFile], bool] | None = None
    progress: Progress = field(default_factory=NoProgress)

    @property
    def work(self) -> Workplace:
        """Where it is read."""
        return Workplace(self.place.root.resolve(), self.home / FOLDER / self.key, self.home / "spill")


@dataclass(frozen=True)
class Look:
    """What a look has seen: paths of files from the folder. Without a difference, `folder` names the same snapshot."""

    folder: Folder
    reading: Reading
    snapshot: Snapshot
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the rows may be others than before."""
        return bool(self.new or self.changed or self.gone)


@contextmanager
def locked(home: Path, key: str) -> Iterator[None]:
    """A table's own folder, for one process at a time. Raises BeingReadError while another looks at it."""
    folder = home / FOLDER / key
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BeingReadError from error
        yield


def look(request: Request, before: Folder | None = None, last: Reading | None = None) -> Look:
    """Look at a folder, within `locked`. `before` and `last` are what its table holds, if it is one.

    Nothing is changed for the table: it points at the new snapshot when the caller has stored that. Raises
    UnreadableFilesError, FolderKindError, UndecidedError and InvalidInputError, and JobCancelledError from `progress`.
    """
    listing = list_files(request.place, request.progress)
    options = request.options
    if before is not None and not (options.kind or options.table or options.pictures):
        options = options.model_copy(update={"kind": before.kind})
    contents = contents_of(request.place, listing, options)
    known = Snapshot()
    if before is not None and last is not None and _is_of_use(before, options, contents):
        known = read_snapshot(request.home / FOLDER / before.snapshot)
    difference = _difference(contents, known, request)
    reader = reader_of(request.work, contents, options, known, request.names, request.reading)
    try:
        read, problems = _read_files(request, reader, difference.to_read)
        problems = [*listing.problems, *problems]
        if problems and not options.skip_unreadable:
            raise UnreadableFilesError(str(request.place), problems, len(contents.files) - len(problems))
        merged = _merge(known, difference, read, only_new=request.only_new)
        if before is not None and last is not None and known.entries and not merged.differs:
            return Look(_with_skipped(before, options, problems), last, known, waiting=difference.waiting)
        if not merged.entries:
            raise NothingThereError(f"{request.place} holds no file that is complete.", "Try again in a moment.")
        request.progress.update(0, 0, "putting the rows together")
        result = reader.finish(merged.entries, {*merged.gone, *merged.changed, *merged.touched})
    finally:
        reader.close()
    result.reading.notes = [*_notes(contents, listing, problems, result.snapshot), *result.reading.notes]
    folder = _folder(request, options, contents, result)
    return Look(
        _with_skipped(folder, options, problems),
        result.reading,
        result.snapshot,
        merged.new,
        merged.changed,
        merged.gone,
        difference.waiting,
    )


def _folder(request: Request, options: FolderOptions, contents: Contents, result: Result) -> Folder:
    """What the table keeps of its folder; the snapshot is written."""
    return Folder(
        root=str(request.place.root),
        pattern=request.place.pattern,
        options=options,
        kind=contents.kind,
        snapshot=f"{request.key}/{result.snapshot.write(request.work.folder)}",
        files=len(result.snapshot.entries),
        file_column=result.snapshot.file_column,
        picture_columns=list(result.picture_columns),
        text_column=result.text_column,
    )


def _is_of_use(before: Folder, options: FolderOptions, contents: Contents) -> bool:
    """Whether what was read before is what would be read now: the same decisions about the same kind."""
    free = {"skip_unreadable": False, "kind": None, "union": False}
    same_decisions = before.options.model_copy(update=free) == options.model_copy(update=free)
    return same_decisions and before.kind is contents.kind


@dataclass(frozen=True)
class _Difference:
    to_read: tuple[FolderFile, ...]
    gone: tuple[str, ...]
    waiting: tuple[str, ...]


def _difference(contents: Contents, known: Snapshot, request: Request) -> _Difference:
    to_read: list[FolderFile] = []
    waiting: list[str] = []
    files = [*contents.files, *contents.tables]
    for file in files:
        entry = known.entries.get(file.path)
        if entry is not None and (entry.size, entry.changed) == (file.size, file.changed):
            continue
        if request.ready is not None and not request.ready(file):
            waiting.append(file.path)
        else:
            to_read.append(file)
    here = {file.path for file in files}
    return _Difference(tuple(to_read), tuple(path for path in known.entries if path not in here), tuple(waiting))


def _read_files(
    request: Request, reader: FolderReader, files: Sequence[FolderFile]
) -> tuple[dict[str, Entry], list[FileProblem]]:
    """The files that can be read, and the others with the reason."""
    read: dict[str, Entry] = {}
    problems: list[FileProblem] = []
    for number, file in enumerate(files):
        if number % REPORT_EVERY == 0:
            request.progress.update(number, len(files), f"reading {request.place.root.name}: {file.path}")
        try:
            read[file.path] = reader.read(file)
        except UnreadableError as error:
            problems.append(error.problem(file))
    return read, problems


@dataclass(frozen=True)
class _Merged:
    """The files of the table from now on; `touched` are those that only have another time."""

    entries: dict[str, Entry]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    touched: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return bool(self.new or self.changed or self.gone or self.touched)


def _merge(known: Snapshot, difference: _Difference, read: dict[str, Entry], *, only_new: bool) -> _Merged:
    """The files of the table from now on.

    With `only_new`, one that is gone stays, unless a new one has the same content: then it only has another name.
    """
    fresh = {entry.content for path, entry in read.items() if path not in known.entries}
    gone = [path for path in difference.gone if not only_new or known.entries[path].content in fresh]
    entries = {path: entry for path, entry in known.entries.items() if path not in set(gone)}
    new: list[str] = []
    changed: list[str] = []
    touched: list[str] = []
    for path, entry in read.items():
        old = entries.get(path)
        if old is None:
            new.append(path)
        elif old.content == entry.content:
            touched.append(path)
        else:
            changed.append(path)
        entries[path] = entry
    return _Merged(entries, tuple(new), tuple(changed), tuple(gone), tuple(touched))


def _with_skipped(folder: Folder, options: FolderOptions, problems: Sequence[FileProblem]) -> Folder:
    skipped = {"options": options, "skipped": list(problems[:MOST_SKIPPED]), "skipped_count": len(problems)}
    return folder.model_copy(update=skipped)


def _notes(contents: Contents, listing: Listing, problems: Sequence[FileProblem], snapshot: Snapshot) -> Iterable[str]:
    count = len(snapshot.entries)
    yield f"{count:,} {'files' if count != 1 else 'file'} read"
    if problems:
        first = "; ".join(f"{one.path}: {one.reason.rstrip('.')}" for one in problems[:3])
        more = f"; and {len(problems) - 3:,} more" if len(problems) > 3 else ""
        yield f"{len(problems):,} left out, as they cannot be read: {first}{more}"
    yield from contents.notes
    if listing.hidden:
        yield f"{listing.hidden:,} hidden files are not read"
