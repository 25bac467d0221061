"""A backup laid over a workspace: checked as a whole first, then put in place in steps that a later start finishes.

What was there goes to `backups/replaced-TIME/` in the workspace and stays until somebody removes it. Everything new
waits in a folder of the workspace until it is checked; one small file, `.restoring`, then says that the exchange
begins. Whoever opens the workspace and finds that file completes the exchange.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from ontos_tui.domain.errors import InvalidInputError, NotFoundError, OntosError, StoreError
from ontos_tui.domain.records.base import now
from ontos_tui.private import FILE, FOLDER
from ontos_tui.replacing import NOTES, note_in, part_folder, remedy, sync_folder, write_text
from ontos_tui.services.admin.backup import DATABASE, FORMAT, FORMAT_VERSION, MANIFEST, BackupFile, BackupManifest
from ontos_tui.store.connection import DatabaseError
from ontos_tui.store.migrations import VERSION
from ontos_tui.store.presence import LOCK, MARKER, alone
from ontos_tui.store.workspace_file.copying import BACKUPS
from ontos_tui.store.workspace_file.damage import check_each_table
from ontos_tui.store.workspace_file.inspection import contents

_READY = ".restored-"
_STAYS = frozenset({MARKER, LOCK, NOTES, BACKUPS, "logs"})
UNREADABLE = (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError)
"""What reading a member raises of an archive that is damaged, locked, or packed in another way."""
CHUNK = 1 << 20
MOST_MANIFEST = 64 << 20
CHECK_SECONDS = 120.0


@dataclass(frozen=True)
class RestoreReport:
    """A backup that was restored. `replaced` is where the files from before are, None where there were none.

    `shared` is whether the workspace shares with a team: it writes under a new name from now on.
    """

    file: Path
    home: Path
    created_at: datetime
    program: str
    schema: int
    files: int
    rows: int
    replaced: Path | None
    shared: bool


def restore(home: Path, file: Path) -> RestoreReport:
    """Put the workspace of a backup in place of the one at `home`, whole or not at all.

    Raises InvalidInputError for a file that is damaged or no backup, ConflictError while others have the workspace
    open, StoreError where it cannot be written.
    """
    note_in(home)
    try:
        with _opened(file) as archive:
            manifest = _manifest(archive, file)
            with alone(home):
                finish(home)
                _remove_undecided(home)
                with part_folder(home / "restore") as part:
                    fresh = part / "workspace"
                    fresh.mkdir(mode=FOLDER)
                    _check_room(home, manifest)
                    _unpack(archive, manifest, fresh, file)
                    _check_database(fresh / DATABASE, manifest, file)
                    replaced = _begin(home, fresh)
                    finish(home)
    except OSError as error:
        raise StoreError(f"{home} cannot be written: {error.strerror or error}.", remedy(error)) from error
    return RestoreReport(
        file=file.absolute(),
        home=home,
        created_at=datetime.fromisoformat(manifest.created_at),
        program=manifest.program,
        schema=manifest.schema,
        files=len(manifest.files),
        rows=sum(manifest.counts.values()),
        replaced=replaced,
        shared=manifest.shared,
    )


def finish(home: Path) -> bool:
    """Complete an exchange that was interrupted; says whether there was one. Raises OSError or StoreError."""
    marker = home / MARKER
    if not marker.exists():
        return False
    try:
        plan = json.loads(marker.read_text(encoding="utf-8"))
        fresh, replaced = home / str(plan["fresh"]), home / str(plan["replaced"])
        before, after = [str(name) for name in plan["before"]], [str(name) for name in plan["after"]]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{marker} is damaged.", "Restore the backup again: ontos restore FILE.") from error
    for name in before:
        if not os.path.lexists(replaced / name) and os.path.lexists(home / name):
            replaced.mkdir(mode=FOLDER, parents=True, exist_ok=True)
            (home / name).rename(replaced / name)
    for name in after:
        if os.path.lexists(fresh / name):
            (fresh / name).rename(home / name)
    sync_folder(home)
    marker.unlink()
    sync_folder(home)
    shutil.rmtree(fresh, ignore_errors=True)
    return True


def finish_if_alone(home: Path) -> None:
    """As `finish`, for who opens the workspace. Raises StoreError when it cannot be completed now."""
    if not (home / MARKER).exists():
        return
    try:
        with alone(home):
            finish(home)
    except OSError as error:
        raise StoreError(
            f"A restore of {home} cannot be completed: {error.strerror or error}.", remedy(error)
        ) from error


def _remove_undecided(home: Path) -> None:
    """Remove what a restore that was killed right before its decision had unpacked."""
    for folder in home.glob(f"{_READY}*"):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _begin(home: Path, unpacked: Path) -> Path | None:
    """Decide the exchange: from the moment the marker is there, the new workspace is the one that counts."""
    before = sorted(path.name for path in home.iterdir() if path.name not in _STAYS)
    before = [name for name in before if not (name.startswith(".") and name.endswith(".part"))]
    fresh = home / f"{_READY}{unpacked.parent.name[-13:-5]}"
    unpacked.rename(fresh)
    after = sorted(path.name for path in fresh.iterdir())
    replaced = home / BACKUPS / f"replaced-{now():%Y%m%dT%H%M%S%f}"
    plan = {
        "fresh": str(fresh.relative_to(home)),
        "replaced": str(replaced.relative_to(home)),
        "before": before,
        "after": after,
    }
    for folder, _, _ in os.walk(fresh):
        sync_folder(Path(folder))
    write_text(home / MARKER, json.dumps(plan), mode=FILE)
    return replaced if before else None


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.", "Name a backup: a file that `ontos backup` wrote.")
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise _damaged(file, str(error)) from error
    except PermissionError as error:
        if error.filename == str(file):
            raise InvalidInputError(f"{file} cannot be read: {error.strerror}.", "Correct its permissions.") from error
        raise


def _manifest(archive: zipfile.ZipFile, file: Path) -> BackupManifest:
    foreign = InvalidInputError(f"{file} is not a backup of Ontos.", "Name a file that `ontos backup` wrote.")
    try:
        if archive.getinfo(MANIFEST).file_size > MOST_MANIFEST:
            raise foreign
        said = json.loads(_read(archive, MANIFEST, file))
        if said["format"] != FORMAT:
            raise foreign
        files = [BackupFile(str(one["name"]), int(one["bytes"]), str(one["sha256"])) for one in said["files"]]
        manifest = BackupManifest(
            FORMAT, int(said["version"]), str(said["program"]), int(said["schema"]), str(said["created_at"]),
            str(said["workspace"]), {str(name): int(n) for name, n in said["counts"].items()}, files,
            bool(said["shared"]),
        )  # fmt: skip
        datetime.fromisoformat(manifest.created_at)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise foreign from error
    if manifest.version > FORMAT_VERSION or manifest.schema > VERSION:
        raise InvalidInputError(
            f"{file} was written by a newer Ontos ({manifest.program}, schema {manifest.schema}; this one knows "
            f"{VERSION}).",
            "Update Ontos, then restore it. Nothing was changed.",
        )
    _check_names(archive, manifest, file)
    return manifest


def _read(archive: zipfile.ZipFile, name: str, file: Path) -> bytes:
    """A small member whole."""
    try:
        return archive.read(name)
    except UNREADABLE as error:
        raise _damaged(file, str(error)) from error
    except OSError as error:
        if error.errno is None:
            raise _damaged(file, str(error)) from error
        raise


def _check_names(archive: zipfile.ZipFile, manifest: BackupManifest, file: Path) -> None:
    """The archive holds what the manifest lists, under names that stay in the workspace."""
    listed = [one.name for one in manifest.files]
    held = sorted(info.filename for info in archive.infolist() if info.filename != MANIFEST)
    if held != sorted(listed) or DATABASE not in listed:
        raise _damaged(file, "its list of files does not fit its content")
    sizes = {info.filename: info.file_size for info in archive.infolist()}
    for one in manifest.files:
        path = PurePosixPath(one.name)
        hidden = not path.parts or any(part.startswith(".") for part in path.parts)
        if path.is_absolute() or hidden or "\\" in one.name or "\0" in one.name or path.parts[0] in _STAYS:
            raise _damaged(file, f"it holds a file that is no part of a workspace, {one.name[:80]!r}")
        if sizes[one.name] != one.bytes:
            raise _damaged(file, f"{one.name[:80]!r} does not have the size that is listed")


def _check_room(home: Path, manifest: BackupManifest) -> None:
    needed, free = sum(one.bytes for one in manifest.files), shutil.disk_usage(home).free
    if needed > free:
        raise StoreError(
            f"The backup needs {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free at {home}.",
            "Free disk space, or restore to another folder with --home. Nothing was changed.",
        )


def _unpack(archive: zipfile.ZipFile, manifest: BackupManifest, fresh: Path, file: Path) -> None:
    for one in manifest.files:
        target = fresh / one.name
        target.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        digest, left = hashlib.sha256(), one.bytes
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE)
        try:
            with os.fdopen(handle, "wb") as out, archive.open(one.name) as source:
                while left and (chunk := source.read(min(CHUNK, left))):
                    digest.update(chunk)
                    out.write(chunk)
                    left -= len(chunk)
                out.flush()
                os.fsync(out.fileno())
        except UNREADABLE as error:
            raise _damaged(file, str(error)) from error
        except OSError as error:
            if error.errno is None:
                raise _damaged(file, str(error)) from error
            raise
        if left or digest.hexdigest() != one.sha256:
            raise _damaged(file, f"the checksum of {one.name[:80]!r} differs")


def _check_database(path: Path, manifest: BackupManifest, file: Path) -> None:
    try:
        damaged, _, _ = check_each_table(path, CHECK_SECONDS)
        held = contents(path)
    except DatabaseError as error:
        raise _damaged(file, f"its database: {error}") from error
    if damaged or held.schema != manifest.schema or held.counts != manifest.counts:
        raise _damaged(file, "its database does not hold what is listed")
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


def _damaged(file: Path, reason: str) -> OntosError:
    return InvalidInputError(
        f"{file} is damaged or not a backup of Ontos: {reason}.", "Restore another backup. Nothing was changed."
    )
