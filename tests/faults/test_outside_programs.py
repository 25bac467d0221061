"""Programs that Ontos starts: a viewer of pictures, the alert command. Names are data to them, never code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ontos_tui.services.data.images import open_in_viewer
from ontos_tui.services.monitor.alerts.command import run_alert_command

NAMES = (
    "a b.png", "; touch evil.png", "$(touch evil).png", "`touch evil`.png", "a\nb.png",
    "\x1b]52;c;AA\x07.png", "-rf.png", "--help.png", "%s%n.png", "'\".png", "*.png", "\u202egnp.exe",
    "a&&touch evil.png", "|touch evil.png", "\udcff.png",
)  # fmt: skip
RECORDER = '#!/bin/sh\nfor one in "$@"; do printf \'%s\\0\' "$one" >> "$RECORD"; done\n'


def test_the_viewer_gets_every_name_as_one_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, record = tmp_path / "bin" / "xdg-open", tmp_path / "record"
    program.parent.mkdir()
    program.write_text(RECORDER)
    program.chmod(0o700)
    (tmp_path / "pictures").mkdir()
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *given, **more: started.append(popen(*given, **more)))
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    monkeypatch.setenv("RECORD", str(record))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.chdir(tmp_path / "pictures")
    for name in NAMES:
        assert open_in_viewer(Path(name))
        started[-1].wait()
    assert not open_in_viewer(Path("a\0b.png"))
    words = os.fsdecode(record.read_bytes()).split("\0")[:-1]
    assert words == [str(tmp_path / "pictures" / name) for name in NAMES]
    assert not list((tmp_path / "pictures").iterdir())


def test_the_alert_command_is_no_shell_and_its_words_are_harmless(tmp_path: Path) -> None:
    script = "import os, sys; print(open(0).read(), sys.argv[1:], os.getsid(0) == os.getpid(), file=open('said', 'w'))"
    hostile = {"message": "\x1b[2J $(touch evil) \n; touch evil \udcff"}
    words = [sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r}); {script}", "; touch evil", "$(touch evil)"]
    assert run_alert_command(words, hostile) == f"sent to {sys.executable}"
    said = (tmp_path / "said").read_text()
    assert "\\u001b[2J" in said and said.rstrip().endswith("['; touch evil', '$(touch evil)'] True")
    assert not (tmp_path / "evil").exists()
    loud = "import sys; sys.stderr.write('x' * 3_000_000 + '\\n\\x1b]52;c;AA\\x07 why\\n'); sys.exit(3)"
    outcome = run_alert_command([sys.executable, "-c", loud], {})
    assert outcome.startswith("failed: ") and outcome.endswith(" why") and "\x1b" not in outcome
    assert run_alert_command(["no\x1bsuch", "x"], {}).startswith("failed: no")


def test_what_an_alert_command_leaves_behind_is_not_waited_for_or_ended(tmp_path: Path) -> None:
    assert run_alert_command(["sh", "-c", "sleep 9 2>&1 >/dev/null & exit 0"], {}, seconds=8) == "sent to sh"
    note = tmp_path / "pid"
    slow = f"sleep 60 & echo $! > '{note}'; wait"
    assert run_alert_command(["sh", "-c", slow], {}, seconds=0.5) == "failed: sh did not end within 0.5 s"
    state = Path(f"/proc/{note.read_text().strip()}/stat")
    end = time.monotonic() + 60
    while _is_running(state):  # what was killed ends when its turn comes
        assert time.monotonic() < end
        time.sleep(0.01)


def _is_running(state: Path) -> bool:
    try:
        return state.read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False
