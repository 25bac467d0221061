"""How the commands of each program are checked, and those that no test can run as they are printed."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

import ontos_tui
from documentation.pages import ROOT, Command
from ontos_tui.__main__ import main
from tiers import DEEP


@dataclass(frozen=True)
class Substitute:
    """Why a command is not run as it is printed, and what is run in its place; nothing, if that is empty.

    The deep tier runs a `slow` one as it is printed.
    """

    reason: str
    command: str = ""
    slow: bool = False


OPENS_THE_APP = "opens the app: tests/cli/admin/test_cli_start.py and tests/tui/terminal/test_terminal.py do that"
NEEDS_A_WHEEL = "tests/test_packaging.py builds the wheel and installs it"
SUBSTITUTES = {
    "./ontos": Substitute(OPENS_THE_APP, "ontos --help"),
    "ontos": Substitute(OPENS_THE_APP, "ontos --help"),
    "./ontos demo": Substitute(OPENS_THE_APP, "ontos demo --seed-only"),
    **dict.fromkeys(
        ("./ontos --plain", "ontos --plain"),
        Substitute("opens the app: tests/tui/terminal/test_plain.py does that", "ontos --help"),
    ),
    "ontos monitor --wall": Substitute(
        "opens the app: tests/tui/stages/monitor/test_tui_wall.py does that", "ontos monitor --help"
    ),
    "ontos demo": Substitute(OPENS_THE_APP, "ontos demo --seed-only"),
    "ontos --install-completion": Substitute("changes the shell: tests/cli/admin/test_cli_start.py", "ontos --help"),
    "./ontos watch incoming --into arrivals": Substitute(
        "goes on for ever", "ontos watch incoming --into arrivals --once"
    ),
    "./ontos alerts watch --every 60": Substitute("goes on for ever", "ontos alerts watch --once"),
    "./ontos seed --all --pairs 20": Substitute("takes seconds", "ontos seed anomaly_detection --pairs 20", slow=True),
    "./ontos seed defect_detection --images --pairs 140": Substitute("takes seconds", "ontos seed --help", slow=True),
    "./ontos train SHEET --on databricks": Substitute("starts a job", "ontos train --help", slow=True),
    **dict.fromkeys(
        ("./ontos train SHEET --on warehouse --estimate", "./ontos train SHEET --on warehouse"),
        Substitute("needs a table there: tests/services/train/warehouse", "ontos train --help"),
    ),
    "./ontos deploy MODEL --on databricks": Substitute("starts a job", "ontos deploy MODEL --on databricks --check"),
    **dict.fromkeys(
        (
            "./ontos predict ENDPOINT CATALOG.SCHEMA.TABLE --out CATALOG.SCHEMA.SCORED --estimate",
            "./ontos predict ENDPOINT CATALOG.SCHEMA.TABLE --out CATALOG.SCHEMA.SCORED",
            "./ontos predict MODEL CATALOG.SCHEMA.TABLE --out CATALOG.SCHEMA.SCORED --spark",
        ),
        Substitute("needs an endpoint there: tests/services/deploy/test_warehouse_scoring.py", "ontos predict --help"),
    ),
    "./ontos track": Substitute("needs MLflow: tests/services/interchange/test_tracking.py", "ontos track --help"),
    "databricks auth login": Substitute("a program of Databricks that opens a browser"),
    "./check": Substitute("runs this test"),
    "./check --deep": Substitute("runs this test"),
    ".ci/run": Substitute("is ./check"),
    f"pip install ontos_tui-{ontos_tui.__version__}-py3-none-any.whl": Substitute(NEEDS_A_WHEEL),
    "pip wheel --no-deps .": Substitute(NEEDS_A_WHEEL),
    "pip install uv": Substitute("needs a package index"),
    "chmod 700 ~/.ontos": Substitute("not a program of ours"),
}


def text_to_run(text: str) -> str:
    """The command, or its substitute in this tier; empty if there is nothing to run."""
    substitute = SUBSTITUTES.get(text)
    if substitute is None or (substitute.slow and DEEP):
        return text
    return substitute.command


@dataclass(frozen=True)
class Outcome:
    """How a command ended; `output` says why, if not well."""

    ok: bool
    output: str = ""


def run_ontos(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Run `ontos` with these arguments in this process, as the program does."""
    monkeypatch.setattr(sys, "argv", ["ontos", *words])
    capsys.readouterr()
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    out, err = capsys.readouterr()
    return Outcome(code == 0, f"exit code {code}\n{err}{out}")


def send(words: list[str], port: int) -> Outcome:
    """Send what `curl` would; its server is the one of this test, on another port."""
    url = next(word for word in words if word.startswith("http://127.0.0.1:8765/"))
    headers = dict(words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H")
    body = json.loads(words[words.index("-d") + 1])
    answer = httpx.post(url.replace(":8765/", f":{port}/"), json=body, headers=headers, timeout=30)
    return Outcome(answer.status_code == 200, answer.text)


def check_program(command: Command) -> Outcome:
    """Check a command that a test does not run: its files exist; in the deep tier, a program of ours starts."""
    match command.program, command.words[1:]:
        case "python", ["-m", module, *_]:
            return _starts(["-c", f"import {module}"], importlib.util.find_spec(module) is not None)
        case "python", [path, *_] if (ROOT / path).is_file():
            source = (ROOT / path).read_text(encoding="utf-8")
            ast.parse(source)
            if "argparse" in source:
                return _starts([path, "--help"])
            return _starts(["-c", f"import runpy; runpy.run_path({path!r}, run_name='checked')"])
        case "pytest", [path, *_]:
            return Outcome((ROOT / path).exists(), f"{path} does not exist")
        case _:
            return Outcome(False, "no test runs it, and SUBSTITUTES does not list it")


def _starts(arguments: list[str], known: bool = True) -> Outcome:
    """Whether Python can start this, from the root of the project. In ./check, only whether it is known."""
    if not DEEP or not known:
        return Outcome(known, "there is no such module")
    path = os.pathsep.join(str(ROOT / folder) for folder in ("src", "tests", "tests/benchmarks"))
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return Outcome(done.returncode == 0, done.stderr + done.stdout)


def unknown_variables(command: Command) -> list[str]:
    """Variables before the command that nothing of ours reads."""
    if not command.variables:
        return []
    ours = [path for folder in ("src", "tests", ".ci") for path in (ROOT / folder).rglob("*") if _is_source(path)]
    return [name for name in command.variables if not any(name in path.read_text("utf-8") for path in ours)]


def _is_source(path: Path) -> bool:
    return path.suffix in (".py", ".sh") and "__pycache__" not in path.parts and "documentation" not in path.parts
