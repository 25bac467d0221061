"""Backups of strangers: archives whose checksums fit, with models that lie, links, paths outside, bombs, odd names.

Each is restored in a process whose memory is bounded, which another one watches; what was restored is used.

Promised: a backup is refused in one sentence and nothing has changed, or its workspace opens and its models answer or
are refused in one sentence; nothing of it runs, and nothing is written outside of the workspace.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import sqlite3
import stat
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from faults import models
from faults.result import Result
from ontos_tui.domain.errors import OntosError
from ontos_tui.services.admin.backup import DATABASE, MANIFEST, back_up
from ontos_tui.services.admin.restore import restore
from ontos_tui.workspace import Workspace

PROMISE = "a stranger's backup is refused and changes nothing, or opens; nothing of it runs or leaves the workspace"
Files = dict[str, bytes]
Change = Callable[[Files, random.Random, Path], None]


def run(seed: int, seconds: float) -> Result:
    """Give backups to a process that restores them, and start another where that one ends."""
    draw, tried, problems = random.Random(seed), 0, list[str]()
    with tempfile.TemporaryDirectory() as folder:
        homes = Path(folder) / "homes"
        models.prepare(homes)
        until = time.monotonic() + seconds  # to prepare takes as long as it takes
        while not tried or time.monotonic() < until:
            for name, problem in models.watched(__file__, homes, draw.randrange(1 << 30), until):
                tried += 1
                problems += [f"{name}: {problem}"] if problem else []
        problems += [f"something of a backup ran: {one.name}" for one in homes.glob("executed*")]
    return Result(PROMISE, tried, len(problems), tuple(problems[:20]))


# In the process that restores them ---------------------------------------------------------------------------------


def _restore_for_ever(homes: Path, seed: int) -> None:
    draw = random.Random(seed)
    place = Path(tempfile.mkdtemp(dir=homes.parent))
    originals = [_content(home, place) for home in sorted(homes.iterdir()) if home.is_dir()]
    attempt(place, originals[0], {})  # the libraries are imported before memory is counted
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    while True:
        change = draw.choice(CHANGES)
        files: Files = dict(draw.choice(originals))
        print(f"try\t{change.__name__.strip('_')}", flush=True)
        odd: dict[str, Any] = {}
        if change in ODD:
            odd = {"odd": change, "draw": draw}
        else:
            change(files, draw, homes / f"executed-{draw.randrange(10**9)}")
        resource.setrlimit(resource.RLIMIT_AS, (size + models.MOST_BYTES, most))
        problem = attempt(place, files, odd)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        print(f"did\t{problem}", flush=True)


def _content(home: Path, place: Path) -> Files:
    back_up(home, place / "original.zip")
    with zipfile.ZipFile(place / "original.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (place / "original.zip").unlink()
    return files


def attempt(place: Path, files: Files, odd: dict[str, Any]) -> str:
    """Restore these files, and use what comes of it; what is not as promised."""
    backup, home, there = place / "backup.zip", place / "home", {"backup.zip", "home", "kept.txt"}
    (place / "kept.txt").write_text("kept")
    _write(backup, files, **odd)
    home.mkdir()
    (home / "settings.toml").write_text('user = "ana"\n')
    try:
        restore(home, backup)
    except OntosError as error:
        if not error.todo or "Traceback" in str(error):
            return f"no remedy: {error}"
        if [path.name for path in home.iterdir() if not path.name.startswith((".", "logs"))] != ["settings.toml"]:
            return f"refused, and something changed: {sorted(path.name for path in home.iterdir())}"
    except Exception as error:  # noqa: BLE001  # that is what is being looked for
        return f"restore: {type(error).__name__}: {error!s:.150}"
    else:
        problem = _use(home)
        if problem:
            return problem
    finally:
        backup.unlink()
        links = [path for path in home.rglob("*") if path.is_symlink()]
        shutil.rmtree(home)
    if links:
        return f"there are links: {links[:3]}"
    more = {path.name for path in place.iterdir()} - there
    return f"outside of the workspace: {sorted(more)}" if more or (place / "kept.txt").read_text() != "kept" else ""


def _use(home: Path) -> str:
    try:
        with Workspace(home) as workspace:
            return models.use(workspace)
    except OntosError as error:
        return "" if error.todo else f"no remedy: {error}"
    except Exception as error:  # noqa: BLE001
        return f"opening: {type(error).__name__}: {error!s:.150}"


def _write(path: Path, files: Files, odd: Change | None = None, draw: random.Random | None = None) -> None:
    """The backup with a manifest that fits its files; `odd` changes how the archive itself is written."""
    files = dict(files)
    manifest = json.loads(files.pop(MANIFEST))
    listed = [{"name": n, "bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in files.items()]
    if "files" not in manifest or odd is None:
        manifest = {**manifest, "files": listed}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    if odd is not None and draw is not None:
        odd({"manifest": json.dumps(manifest).encode()}, draw, path)
        return
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MANIFEST, json.dumps(manifest))


# What strangers send -----------------------------------------------------------------------------------------------


def _model(files: Files) -> str:
    """The folder of the newest model, the one that is asked."""
    return next(name.rpartition("/")[0] for name in sorted(files, reverse=True) if name.endswith("/model.skops"))


def _model_files(files: Files, draw: random.Random, canary: Path) -> None:
    """A model of the other family of faults, under its checksum."""
    folder = _model(files)
    own = {name.rpartition("/")[2]: content for name, content in files.items() if name.rpartition("/")[0] == folder}
    changed = draw.choice(models.CHANGES)(own, draw, canary)
    files.update({f"{folder}/{name}": content for name, content in changed.items()})
    _in_database(
        files, "UPDATE models SET sha256 = ? WHERE name = 'hostile'", hashlib.sha256(changed["model.json"]).hexdigest()
    )


def _in_database(files: Files, sql: str, value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / DATABASE
        path.write_bytes(files[DATABASE])
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(sql, (value,))
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        files[DATABASE] = path.read_bytes()


def _artifact(files: Files, draw: random.Random, canary: Path) -> None:
    """The database says that the model is elsewhere."""
    where = draw.choice(["/etc", "../outside", "models/../..", "", ".", "\0", "x" * 5_000, str(canary), "logs", "~"])
    _in_database(files, "UPDATE models SET artifact = ?", where)


def _names(files: Files, draw: random.Random, canary: Path) -> None:
    """Files with names that lead elsewhere, or that no file system has."""
    folder = _model(files)
    for _ in range(draw.choice([1, 3])):
        name = draw.choice(
            [
                *("../evil", f"{folder}/../../../evil", "/tmp/evil", str(canary), "C:\\evil", f"{folder}\\evil"),
                *("x" * 300, "a/" * 400 + "deep", f"{folder}/model.skops/under", f"{folder}", "models"),
                *("models/\x1b[31m", "models/new\nline", "models/..", ".", "..", ".restoring", "backups/evil.db"),
                *("settings.toml/x", "ontos.db-wal", "ontos.db-shm", "ontos.db-damaged", "ONTOS.DB", "models/\u202e"),
            ]
        )
        files[name] = draw.choice([b"", b"evil", b"x" * 100_000])


def _settings(files: Files, draw: random.Random, canary: Path) -> None:
    """Settings and other files of another kind."""
    name = draw.choice(["settings.toml", "session.json", "templates.json", "models/readme", "ontos.db-turn"])
    files[name] = draw.choice([b"", b"\xff\xfe\x00", b"[" * 10_000, b'user = "\x1b[2J"', b"x = " + b"1" * 10_000])


def _large(files: Files, draw: random.Random, canary: Path) -> None:
    """A file that expands to a thousand times its size, also in the place of the model or the database."""
    name = draw.choice([f"{_model(files)}/model.skops", f"{_model(files)}/model.json", "models/large", DATABASE])
    files[name] = bytes(draw.choice([1, 100, 250]) << 20)


def _database(files: Files, draw: random.Random, canary: Path) -> None:
    """A database of which some bytes are others, with triggers of a stranger, or of another program."""
    kind = draw.randrange(4)
    if kind == 0:
        content = bytearray(files[DATABASE])
        for _ in range(draw.choice([1, 10, 100])):
            content[draw.randrange(len(content))] = draw.randrange(256)
        files[DATABASE] = bytes(content)
    elif kind == 1:
        files[DATABASE] = draw.choice([b"", b"SQLite format 3\0", b"PK\x03\x04", files[DATABASE][:5_000]])
    elif kind == 2:
        _in_database(
            files,
            "UPDATE models SET name = ? WHERE name = 'hostile'",
            draw.choice(["\x1b[2J", "../..", "x" * 100_000, "\0"]),
        )
    else:
        _in_database(files, "UPDATE models SET base_model = ?", draw.choice(["os.system", "../evil", "pickle", ""]))


def _manifest(files: Files, draw: random.Random, path: Path) -> None:
    """The list is another one than it is."""
    manifest = json.loads(files["manifest"])
    odd: list[Any] = [None, -1, 10**30, "x", [], {}, True, "\ud800", "9" * 5_000, [[1]], {"a": 1}, float("nan")]
    for _ in range(draw.choice([1, 2])):
        if draw.random() < 0.5 and manifest["files"]:
            one = draw.choice(manifest["files"]) if isinstance(manifest["files"], list) else manifest
            if isinstance(one, dict) and one:
                one[draw.choice(sorted(one))] = draw.choice(odd)
        else:
            manifest[draw.choice(sorted(manifest))] = draw.choice(odd)
    broken: list[str | bytes] = ["[" * 100_000, "{", b"\xed\xa0\x80"]
    text = json.dumps(manifest) if draw.random() < 0.6 else draw.choice(broken)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MANIFEST, text)


def _archive(files: Files, draw: random.Random, path: Path) -> None:
    """Links, files that are there twice, other methods, passwords, cut off or with flipped bytes."""
    kind = draw.randrange(5)
    with zipfile.ZipFile(path, "a") as archive:
        manifest = json.loads(files["manifest"])
        if kind == 0:
            link = zipfile.ZipInfo("models/link")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            target = draw.choice([b"/etc/passwd", b"../../kept.txt", b"/", b"."])
            archive.writestr(link, target)
            manifest["files"].append(
                {"name": "models/link", "bytes": len(target), "sha256": hashlib.sha256(target).hexdigest()}
            )
        elif kind == 1:
            name = draw.choice(archive.namelist())
            with warnings.catch_warnings(action="ignore"):
                archive.writestr(name, b"twice")
        archive.writestr(MANIFEST, json.dumps(manifest))
    if kind < 2:
        return
    content = bytearray(path.read_bytes())
    if kind == 2:
        del content[draw.randrange(len(content)) :]
    else:
        first = content.rfind(b"PK\x01\x02") - 2_000 if kind == 3 else 0
        for _ in range(draw.choice([1, 4, 40])):
            content[draw.randrange(max(first, 0), len(content))] = draw.randrange(256)
    path.write_bytes(content)


ODD: tuple[Change, ...] = (_manifest, _archive)
CHANGES: tuple[Change, ...] = (
    *(_model_files, _model_files, _model_files, _artifact, _names, _names, _settings, _large, _database),
    *(_manifest, _archive, _archive),
)

if __name__ == "__main__":
    os.umask(0o077)
    _restore_for_ever(Path(sys.argv[1]), int(sys.argv[2]))
