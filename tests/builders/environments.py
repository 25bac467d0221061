"""Other Pythons that tests start: one with MLflow and what a packed model requires, and one with Spark beside it.

Each is made once in a run, which takes a minute or two; ONTOS_MLFLOW_PYTHON and ONTOS_SPARK_PYTHON name ones that are
there already. Where nothing can be installed, the test is skipped and says why.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from builders.copies import SHARED
from ontos_tui.platforms.local.pyfunc.code_files import needed_code
from ontos_tui.platforms.local.pyfunc.package import MLFLOW


def mlflow_python() -> str:
    """A Python that has the pinned requirements of a packed model and nothing else."""
    return os.environ.get("ONTOS_MLFLOW_PYTHON") or _environment("mlflow")


def spark_python() -> str:
    """The same with Spark, as it is where a job runs."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not here")
    return os.environ.get("ONTOS_SPARK_PYTHON") or _environment("spark", "pyspark>=4.2,<4.3")


def _environment(name: str, *more: str) -> str:
    """The environment of this run with that name, made by the first test that needs it."""
    place = Path(os.environ[SHARED]) / f"python-{name}"
    python, ready = place / "bin" / "python", place / "ready"
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
            packages = [f"mlflow=={MLFLOW}", *needed_code().requirements, *more]
            # Only what is imported gets compiled, then.
            install = [python, "-m", "pip", "install", "--quiet", "--no-compile", *packages]
            done = subprocess.run(install, capture_output=True, text=True)
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:200]
                pytest.skip(f"MLflow cannot be installed here: {reason}")
            ready.touch()
    return str(python)
