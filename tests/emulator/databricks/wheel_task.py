"""A job's task that is a wheel, run as it would be there: unpacked, its entry point in a process of its own.

Volumes are folders to a job. The files of the emulated ones are put into a folder before, and taken from it after. The
process has no Spark, so that rows come through the SQL warehouse, by the real connector.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from emulator.databricks.jobs_rest import JobsRest, Submitted

VOLUMES = "/Volumes/"


@dataclass
class WheelTasks:
    """The processes of runs, by the run's number; `environment` is theirs."""

    environment: Mapping[str, str]
    running: dict[int, Process] = field(default_factory=dict)

    def begin(self, run: Submitted, jobs: JobsRest) -> None:
        """Start the process of a run."""
        (task,) = run.wanted["tasks"]
        asked = task["python_wheel_task"]
        (wheel,) = [one for one in run.wanted["environments"][0]["spec"]["dependencies"] if one.endswith(".whl")]
        folder = tempfile.TemporaryDirectory(prefix="ontos-emulated-job-")
        root = Path(folder.name)
        for path, content in jobs.files.files.items():
            if path.startswith(VOLUMES):
                here = f"{root}{VOLUMES}".encode()
                _write(root / path[1:], content.replace(VOLUMES.encode(), here) if path.endswith(".json") else content)
        with zipfile.ZipFile(BytesIO(jobs.files.files[wheel])) as archive:
            archive.extractall(root / "site")
        module, function = _entry_point(root / "site", asked["entry_point"])
        command = [sys.executable, "-c", f"from {module} import {function}; {function}()"]
        process = subprocess.Popen(
            [*command, *(f"{root}{one}" for one in asked["parameters"])],
            stdout=subprocess.DEVNULL,
            stderr=(root / "stderr").open("wb"),
            env={**os.environ, **self.environment, "PYTHONPATH": str(root / "site")},
            cwd=root,
        )
        self.running[run.run_id] = Process(folder, root, process)

    def look(self, run: Submitted, jobs: JobsRest) -> bool:
        """Take over what the process has written so far; whether it has ended, and then how."""
        one = self.running[run.run_id]
        code = one.process.poll()
        for file in (one.root / "Volumes").rglob("*"):
            path = f"/{file.relative_to(one.root).as_posix()}"
            if file.is_file() and not path.endswith("/options.json"):
                jobs.files.files[path] = file.read_bytes()
        if code is None:
            return False
        run.code = run.code or ("RUN_EXECUTION_ERROR" if code else "SUCCESS")
        lines = (one.root / "stderr").read_text(errors="replace").strip().splitlines()
        run.message = (lines or ["no reason given"])[-1] if code else ""
        one.folder.cleanup()
        return True

    def cancel(self, run: Submitted) -> None:
        """End the process of a run."""
        if (one := self.running.get(run.run_id)) is not None:
            one.process.kill()
            one.process.wait()


@dataclass
class Process:
    """A process with its folder, in which volumes are folders."""

    folder: tempfile.TemporaryDirectory[str]
    root: Path
    process: subprocess.Popen[bytes]


def _entry_point(site: Path, name: str) -> tuple[str, str]:
    (file,) = site.glob("*.dist-info/entry_points.txt")
    known = ConfigParser()
    known.read_string(file.read_text())
    module, _, function = known["console_scripts"][name].partition(":")
    return module, function


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
