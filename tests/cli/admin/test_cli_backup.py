"""`ontos backup`, `ontos restore` and what `ontos doctor` says of a workspace that is not whole."""

from __future__ import annotations

from pathlib import Path

from builders.severity import unlabeled_sheet
from command_result import Ontos
from ontos_tui.workspace import Workspace


def test_a_workspace_goes_into_a_file_and_comes_back(ontos: Ontos, home: Path, tmp_path: Path) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=2)
    file = tmp_path / "one.zip"
    assert f"Restore it: ontos restore {file}" in ontos("backup", file).out
    report = ontos("backup", file, as_json=True).json
    assert (report["file"], report["models"], report["shared"]) == (str(file), 0, False)
    restored = ontos("restore", file, as_json=True).json
    assert restored["replaced"].startswith(str(home / "backups" / "replaced-"))
    assert restored["rows"] == report["rows"] > 2
    with Workspace(home):
        assert "open in another process" in ontos("restore", file, fails=1).err
    assert "not a backup of Ontos" in ontos("restore", __file__, fails=1).err


def test_the_doctor_names_wrong_counts_and_damaged_models_and_counts_anew(ontos: Ontos, home: Path) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=2)
        with workspace.store.write() as connection:
            connection.execute("UPDATE pair_counts SET n = n + 1")
    findings = {one["name"]: one for one in ontos("doctor", as_json=True, fails=1).json}
    assert findings["database"]["ok"] and findings["models"]["ok"]
    assert "1 of qa_pairs" in findings["counts"]["message"]
    assert "--recount" in findings["counts"]["todo"]
    ontos("doctor", "--recount")
    (home / "ontos.db").write_bytes(b"")
    for name in ("ontos.db-wal", "ontos.db-shm"):
        (home / name).unlink(missing_ok=True)
    findings = {one["name"]: one for one in ontos("doctor", as_json=True, fails=1).json}
    assert "is empty" in findings["workspace"]["message"]
    assert "ontos restore" in findings["workspace"]["todo"]


def test_words_that_are_not_utf8_are_refused_in_a_sentence(ontos: Ontos) -> None:
    assert "not UTF-8" in ontos("label", "next", "\udcff\udc80", fails=1).err
