"""A workspace as one file: its database as it is at one moment, its models, settings and other files, with checksums.

People go on working meanwhile. Data files outside of the workspace are not part of it; the report names them.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ontos_tui import __version__
from ontos_tui.domain.errors import NotFoundError, StoreError
from ontos_tui.domain.records.base import now
from ontos_tui.private import make_private_file
from ontos_tui.replacing import note_in, replacing
from ontos_tui.store.connection import DatabaseError
from ontos_tui.store.workspace_file.copying import BACKUPS, copy_database, settle_log, sync_data
from ontos_tui.store.workspace_file.damage import check_each_table
from ontos_tui.store.workspace_file.inspection import Contents, contents

DATABASE, MANIFEST, FORMAT, FORMAT_VERSION = "ontos.db", "manifest.json", "ontos-backup", 1
NOT_INCLUDED = frozenset({DATABASE, BACKUPS, "logs"})
"""What is not copied by its name; nor are files whose name begins with a dot, and the database's own side files."""
CHUNK, SYNC_BYTES = 1 << 20, 4 << 20
STORED_BYTES = 64 << 20
"""A larger file is stored as it is: to compress 1 GB takes 20 s of a processor, to write it 3 s."""
CHECK_SECONDS = 120.0

Progress = Callable[[str, float], None]
"""Gets what is being done, and which share of it is done, 0 to 1."""


@dataclass(frozen=True)
class BackupFile:
    """One file in a backup."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class BackupManifest:
    """What a backup says about itself: `counts` are rows by table, `shared` is whether it shares with a team."""

    format: str
    version: int
    program: str
    schema: int
    created_at: str
    workspace: str
    counts: dict[str, int]
    files: list[BackupFile]
    shared: bool


@dataclass(frozen=True)
class BackupReport:
    """A backup that was made. `not_included` are data files outside of the workspace that its tables are read from."""

    file: Path
    bytes: int
    workspace_bytes: int
    seconds: float
    created_at: datetime
    files: int
    models: int
    rows: int
    missing_models: list[str]
    not_included: list[str]
    shared: bool


def default_name(home: Path, at: datetime) -> str:
    """The name of a backup that nobody named."""
    return f"ontos-backup-{home.name.lstrip('.') or 'workspace'}-{at.astimezone():%Y%m%d-%H%M%S}.zip"


def back_up(home: Path, target: Path, progress: Progress = lambda what, share: None) -> BackupReport:
    """Write the workspace at `home` to the file `target`, which is replaced as a whole.

    Raises NotFoundError without a workspace, StoreError when its database is damaged, InvalidInputError when the file
    cannot be written.
    """
    begun, at = time.monotonic(), now()
    database = home / DATABASE
    if not database.is_file():
        raise NotFoundError(f"There is no workspace at {home}.", "Name another folder with --home.")
    note_in(home)
    with replacing(target) as (temporary,):
        copy = temporary.with_name(DATABASE)
        held = _checked_copy(database, copy, progress)
        make_private_file(temporary)
        writer = _Writer(temporary, progress, copy.stat().st_size)
        with writer:
            writer.add(DATABASE, copy)
            for path in _files(home, target):
                writer.add(path.relative_to(home).as_posix(), path)
            manifest = BackupManifest(
                FORMAT, FORMAT_VERSION, __version__, held.schema, at.isoformat(), home.name, held.counts,
                writer.files, held.shared,
            )  # fmt: skip
            entry = zipfile.ZipInfo(MANIFEST, _stamp(time.time()))
            entry.compress_type = zipfile.ZIP_DEFLATED
            writer.archive.writestr(entry, json.dumps(asdict(manifest), indent=1))
        names = {file.name for file in writer.files}
        folders = {str(Path(name).parent) for name in names}
    return BackupReport(
        file=target.absolute(),
        bytes=target.stat().st_size,
        workspace_bytes=sum(file.bytes for file in writer.files),
        seconds=time.monotonic() - begun,
        created_at=at,
        files=len(names),
        models=len(held.models),
        rows=sum(held.counts.values()),
        missing_models=sorted(model for model in held.models if model.rstrip("/") not in folders),
        not_included=sorted(file for file in held.files if not Path(file).is_relative_to(home)),
        shared=held.shared,
    )


def _checked_copy(database: Path, copy: Path, progress: Progress) -> Contents:
    """Copy the database to `copy`, and give what the copy holds. Raises StoreError where it cannot, or is damaged."""
    try:
        copy_database(database, copy, lambda share: progress("copying the database", share))
        settle_log(database)
        progress("checking the copy", 0.0)
        damaged, whole, _ = check_each_table(copy, CHECK_SECONDS)
        held = contents(copy)
    except DatabaseError as error:
        raise StoreError(
            f"The database {database} cannot be copied: {error}.", "Check it: ontos doctor. No backup was written."
        ) from error
    if damaged:
        raise StoreError(
            f"The database {database} is damaged in {', '.join(damaged[:5])}; {len(whole):,} tables are whole.",
            "No backup was written. Copy the folder away, then restore an earlier backup: ontos restore FILE.",
        )
    return held


class _Writer:
    """The archive, file by file, with their checksums. What it wrote is sent to the disk a little at a time."""

    def __init__(self, path: Path, progress: Progress, total: int) -> None:
        self.files: list[BackupFile] = []
        self._file = path.open("wb")
        self.archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._progress = progress
        self._total = max(total, 1)
        self._synced = 0

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()
        self._file.close()

    def add(self, name: str, path: Path) -> None:
        """Add a file; nothing where it went away meanwhile."""
        digest, size = hashlib.sha256(), 0
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return
        entry = zipfile.ZipInfo(name, _stamp(path.stat().st_mtime))
        entry.compress_type = zipfile.ZIP_STORED if path.stat().st_size > STORED_BYTES else zipfile.ZIP_DEFLATED
        with source, self.archive.open(entry, "w", force_zip64=True) as file:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
                size += len(chunk)
                self._send()
                self._progress("writing the file", min(1.0, size / self._total))
        self.files.append(BackupFile(name, size, digest.hexdigest()))

    def _send(self) -> None:
        written = self._file.tell()
        if written - self._synced >= SYNC_BYTES:
            self._file.flush()
            sync_data(self._file.fileno())
            self._synced = written


def _stamp(seconds: float) -> tuple[int, int, int, int, int, int]:
    """A time as a zip has it: it knows none before 1980, and none after 2107."""
    at = time.localtime(seconds)
    if not 1980 <= at.tm_year <= 2107:
        return (1980, 1, 1, 0, 0, 0) if at.tm_year < 1980 else (2107, 12, 31, 23, 59, 58)
    return (at.tm_year, at.tm_mon, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec)


def _files(home: Path, target: Path) -> Iterator[Path]:
    """The workspace's files beside its database; no links, and not the backup itself."""
    for folder, folders, names in os.walk(home):
        top = Path(folder) == home
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not (top and name in NOT_INCLUDED))
        for name in sorted(names):
            path = Path(folder) / name
            own = top and (name in NOT_INCLUDED or name.startswith(f"{DATABASE}-"))
            if own or name.startswith(".") or path.is_symlink() or not path.is_file() or path == target.absolute():
                continue
            yield path
