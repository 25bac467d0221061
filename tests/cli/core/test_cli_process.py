"""The command as the system sees it: exit codes, streams, pipes that close, and no terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ontos_tui
from ontos_tui.cli.app import run

ONTOS = [sys.executable, "-m", "ontos_tui"]


def ontos(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ONTOS, *map(str, words)], capture_output=True, text=True, timeout=60, **options)  # type: ignore[call-overload, no-any-return]


def test_without_a_terminal_the_app_says_what_to_do(home: Path) -> None:
    done = ontos("--home", home, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "ontos status" in done.stderr
    assert not home.exists()


def test_version_and_help() -> None:
    version = ontos("--version")
    assert (version.returncode, version.stdout) == (0, f"ontos {ontos_tui.__version__}\n")
    output = ontos("--help")
    assert output.returncode == 0
    assert "--home DIR" in output.stdout
    assert all(f"\n  {name} " in output.stdout for name in ("seed", "generate", "label", "train", "monitor", "retrain"))
    assert "\x1b" not in output.stdout


def test_wrong_usage_is_2_and_shows_on_stderr() -> None:
    done = ontos("--home")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--home needs a folder" in done.stderr


def test_wrong_usage_repeats_a_name_without_its_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "add", "--skip-unreadable", "\x9b5n\x1bc"]) == 2
    err = capsys.readouterr().err
    assert "5n" in err and "is no folder" in err
    assert "\x9b" not in err and "\x1b" not in err


def test_a_reader_that_goes_away_is_no_error(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("n\n" + "".join(f"{number}\n" for number in range(20_000)), encoding="utf-8")
    assert ontos("--home", home, "data", "add", path).returncode == 0
    command = [*ONTOS, "--home", str(home), "data", "preview", "local.files.many", "--limit", "10000", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "{\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(30) in (0, 1)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom file modes bind")
def test_a_read_only_workspace_is_reported(home: Path) -> None:
    home.mkdir()
    home.chmod(0o500)
    done = ontos("--home", home, "status")
    assert done.returncode == 1
    assert "--home" in done.stderr


def test_a_home_that_is_a_file_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    done = ontos("--home", file, "data", "list")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "--home" in done.stderr
    assert file.read_text() == "mine"


def test_an_unexpected_error_is_logged_without_values(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ontos_tui.cli import app
    from ontos_tui.services.data.service import CatalogService

    def breaks(_self: CatalogService) -> None:
        secret = "hunter2"
        raise KeyError(secret)

    monkeypatch.setattr(CatalogService, "tables", breaks)
    assert app.run(["data", "list"], home) == 1
    err = capsys.readouterr().err
    (log,) = (home / "logs").glob("crash-*.log")
    assert str(log) in err
    assert "Traceback" not in err
    assert "KeyError" in log.read_text()
    assert "in breaks" in log.read_text()
    assert "hunter2" not in log.read_text().replace('secret = "hunter2"', "") + err


def test_interruption_is_quiet(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from ontos_tui.cli import app
    from ontos_tui.services.data.service import CatalogService

    def interrupted(_self: CatalogService) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(CatalogService, "tables", interrupted)
    assert app.run(["data", "list"], home) in (1, 130)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
