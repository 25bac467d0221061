"""A workspace as one file and back: whole, refused when it is not, and with what it replaces kept."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders.severity import unlabeled_sheet
from builders.team_log import MemoryLog, SharedLog, shared_state
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, OntosError, StoreError
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.services.admin import restore as module
from ontos_tui.services.admin.backup import DATABASE, MANIFEST, back_up, default_name
from ontos_tui.services.admin.restore import restore
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.team.team_log import SharingService
from ontos_tui.store.presence import MARKER
from ontos_tui.workspace import Workspace


@pytest.fixture
def sheet(home: Path, workspace: Workspace) -> str:
    sheet = unlabeled_sheet(workspace.store, pairs=3)
    (home / "models" / "m1").mkdir(parents=True)
    (home / "models" / "m1" / "model.json").write_text("{}")
    workspace.settings_file.change("chat_model", "first")
    return sheet.id


def _decide(workspace: Workspace, sheet: str) -> None:
    pair = workspace.label.queue.open(sheet)[0]
    workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE)])


def test_a_backup_beside_work_comes_back_and_what_it_replaces_stays(
    home: Path, workspace: Workspace, sheet: str, tmp_path: Path
) -> None:
    file = tmp_path / default_name(home, module.now())
    report = back_up(home, file)
    assert (report.files, report.shared, report.missing_models) == (3, False, [])
    assert file.stat().st_mode & 0o077 == 0
    _decide(workspace, sheet)
    workspace.settings_file.change("chat_model", "second")
    with pytest.raises(ConflictError, match="open in another process"):
        restore(home, file)
    workspace.close()
    (home / "models" / "m1" / "model.json").write_text("changed")
    restored = restore(home, file)
    with Workspace(home) as again:
        assert again.label.queue.counts(sheet).labeled == 0
        assert again.settings.chat_model == "first"
    assert (home / "models" / "m1" / "model.json").read_text() == "{}"
    assert restored.replaced is not None
    assert (restored.replaced / "models" / "m1" / "model.json").read_text() == "changed"
    with Workspace(restored.replaced) as before:
        assert before.label.queue.counts(sheet).labeled == 1
    assert not [path for path in home.rglob("*") if path.name.endswith(".part") or path.name.startswith(".restored")]


def test_a_restore_that_is_killed_at_any_step_is_completed_at_the_next_start(
    home: Path, workspace: Workspace, sheet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.zip"
    back_up(home, file)
    _decide(workspace, sheet)
    workspace.close()
    rename, steps = Path.rename, 0
    for fails_at in range(6):
        steps = 0

        def renamed(path: Path, target: Path, fails_at: int = fails_at) -> Path:
            nonlocal steps
            if (home / MARKER).exists():
                steps += 1
                if steps > fails_at:
                    raise KeyboardInterrupt
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", renamed)
        try:
            restore(home, file)
        except KeyboardInterrupt:
            assert (home / MARKER).exists()
        monkeypatch.setattr(Path, "rename", rename)
        with Workspace(home) as again:
            assert again.label.queue.counts(sheet).labeled == 0
            _decide(again, sheet)
    assert len(list((home / "backups").glob("replaced-*"))) == 6


def _rewritten(file: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> None:
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(contents.pop(MANIFEST))
    change(contents, manifest)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
        archive.writestr(MANIFEST, json.dumps(manifest))


def _added(name: str, content: bytes = b"x") -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    def add(contents: dict[str, bytes], manifest: dict[str, Any]) -> None:
        contents[name] = content
        entry = {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest["files"] = [one for one in manifest["files"] if one["name"] != name] + [entry]

    return add


def _garbled(contents: dict[str, bytes], manifest: dict[str, Any]) -> None:
    """SQLite quotes what it cannot read, and that is no text."""
    content = contents[DATABASE].replace(b"CREATE TABLE sheets", b"CR\xf5ATE TABLE sheets", 1)
    _added(DATABASE, content)(contents, manifest)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda contents, manifest: contents.update({"settings.toml": b"x = 1"}), "size"),
        (lambda contents, manifest: contents.pop("settings.toml"), "list of files"),
        (_added("../outside"), "no part of a workspace"),
        (_added("/etc/passwd"), "no part of a workspace"),
        (_added(".restoring"), "no part of a workspace"),
        (_added("."), "no part of a workspace"),
        (_garbled, "its database: malformed"),
        (_added(DATABASE, b"no database at all" * 100), "database"),
        (lambda contents, manifest: manifest.update(schema=99), "newer Ontos"),
        (lambda contents, manifest: manifest["counts"].update(qa_pairs=4), "does not hold what is listed"),
        (lambda contents, manifest: manifest.update(format="other"), "not a backup of Ontos"),
        (lambda contents, manifest: manifest.update(files=7), "not a backup of Ontos"),
    ],
    ids=[
        "size",
        "missing",
        "parent",
        "absolute",
        "marker",
        "folder",
        "garbled",
        "database",
        "newer",
        "counts",
        "format",
        "odd",
    ],
)
def test_a_file_that_is_not_whole_is_refused_and_changes_nothing(
    home: Path,
    workspace: Workspace,
    sheet: str,
    tmp_path: Path,
    change: Callable[[dict[str, bytes], dict[str, Any]], None],
    what: str,
) -> None:
    file = tmp_path / "backup.zip"
    back_up(home, file)
    workspace.close()
    _rewritten(file, change)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and ".db" not in path.name}
    with pytest.raises(InvalidInputError, match=what):
        restore(home, file)
    assert {path: path.read_bytes() for path in before} == before
    assert not (tmp_path / "outside").exists()


def _with_other_bytes(file: Path, name: str) -> bytes:
    """A packed member whose stream means nothing: zlib has an error of its own."""
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        info = archive.getinfo(name)
    begin = info.header_offset + 30 + len(name) + 20
    content[begin : begin + 60] = b"\xff" * 60
    return bytes(content)


def test_foreign_cut_and_missing_files_are_refused(
    home: Path, workspace: Workspace, sheet: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    back_up(home, file)
    workspace.close()
    content = file.read_bytes()
    for damaged in (
        b"",
        b"PK" + bytes(500),
        content[: len(content) // 2],
        content[:3_000] + bytes(900) + content[3_900:],
        _with_other_bytes(file, MANIFEST),
        _with_other_bytes(file, DATABASE),
    ):
        file.write_bytes(damaged)
        with pytest.raises(OntosError, match="backup of Ontos"):
            restore(home, file)
    with pytest.raises(NotFoundError):
        restore(home, tmp_path / "nowhere.zip")
    with pytest.raises(NotFoundError):
        back_up(tmp_path / "nowhere", file)


def test_a_restored_workspace_shares_as_a_new_writer(home: Path, workspace: Workspace, tmp_path: Path) -> None:
    log = MemoryLog(SharedLog(), "ana")
    sharing = SharingService(workspace.store, log, "ana")
    sharing.start()
    sharing.sync()
    unlabeled_sheet(workspace.store, pairs=3)
    assert sharing.status().waiting > 0
    file = tmp_path / "backup.zip"
    assert back_up(home, file).shared
    assert restore(tmp_path / "other", file).shared
    with Workspace(tmp_path / "other") as other:
        restored = SharingService(other.store, log, "ana")
        assert other.store.writer != workspace.store.writer
        sharing.sync()
        restored.sync()
        assert shared_state(other.store) == shared_state(workspace.store)
        assert restored.status().state is SyncState.SYNCED, "what waited in the backup is in the log already"


def test_a_damaged_database_is_not_backed_up(home: Path, workspace: Workspace, sheet: str, tmp_path: Path) -> None:
    workspace.close()
    content = bytearray((home / DATABASE).read_bytes())
    content[4096 * 2 : 4096 * 40] = bytes(4096 * 38)
    (home / DATABASE).write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged|copied"):
        back_up(home, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()
