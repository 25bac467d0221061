"""What is handed out: the wheel in an empty environment, versions, hashes, licenses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.markers import Marker

import licenses
import ontos_tui
from terminal import Terminal
from tiers import deep

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(ontos_tui.__file__).parent
FILES = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copytree(PACKAGE, copy / "src" / "ontos_tui", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    out = copy / "dist"
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", out, copy], check=True)
    (built,) = out.glob("ontos_tui-*.whl")
    return built


@deep
def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    files = {path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    expected = {name for name in files if "__pycache__" not in name}
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert expected <= packed
    assert {name for name in packed if ".dist-info/" not in name} == expected
    assert any(name.endswith("licenses/LICENSE") for name in packed)


@deep
def test_the_wheel_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    subprocess.run([place / "bin" / "pip", "install", "--quiet", "--no-compile", wheel], check=True)
    home = tmp_path / "home"
    home.mkdir()
    # Nothing of this checkout is in reach.
    environment = {"HOME": str(home), "PYTHONPATH": ""}
    ontos = str(place / "bin" / "ontos")
    with Terminal([ontos, "demo"], env=environment) as terminal:
        terminal.sees("Crystal inspections", "INS-00001", "Help")
        terminal.send("q")
        assert terminal.ended() == 0
    done = subprocess.run(
        [ontos, "seed", "--all", "--pairs", "5"], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("5 pairs") == 6


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == ontos_tui.__version__


def test_every_license_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    code = licenses.main()
    assert code == 0, capsys.readouterr().out


def test_an_unknown_license_is_not_accepted() -> None:
    assert licenses.problem("some-package", "AGPL-3.0-or-later")
    assert licenses.problem("some-package", "MIT AND GPL-2.0-only")
    assert licenses.problem("some-package", "")
    assert licenses.problem("pyte", "AGPL-3.0-or-later"), "reviewed with another license"
    assert not licenses.problem("some-package", "MIT OR (Apache-2.0 AND BSD-3-Clause)")


def test_everything_that_is_installed_has_a_version_and_hashes() -> None:
    names: list[str] = []
    for path in FILES:
        blocks = re.findall(r"^[a-z0-9].*\n(?:[ \t].*\n)*", path.read_text(encoding="utf-8"), re.MULTILINE)
        for block in blocks:
            assert re.match(r"[a-z0-9.-]+==\S+ ", block), block
            assert re.search(r"--hash=sha256:[0-9a-f]{64}$", block, re.MULTILINE), block
        # Two lines of one package are for two ranges of Python.
        names += {block.split("==")[0]: block for block in blocks}
        assert "://" not in path.read_text(encoding="utf-8"), "no place of download"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    needs = {re.split(r"[<>=\[]", one)[0] for part in (project["dependencies"], *extras) for one in part}
    assert needs - {"ontos-tui"} <= set(names)
    assert len(names) == len(set(names)), "one version of each"


def test_a_package_has_a_version_for_every_python() -> None:
    # A package's new version had left 3.11 behind; the lock had only the line for 3.12, so 3.11 could not install.
    pins = re.findall(r"^([a-z0-9.-]+)==\S+(?: ; (.*?))? \\$", "".join(map(Path.read_text, FILES)), re.MULTILINE)
    environments = [{"python_full_version": f"3.{minor}.0", "python_version": f"3.{minor}"} for minor in range(11, 15)]
    for name in {name for name, marker in pins if "python" in marker and ">=" in marker}:
        markers = [Marker(marker) for one, marker in pins if one == name]
        for environment in environments:
            fitting = [marker for marker in markers if marker.evaluate(environment)]
            assert len(fitting) == 1, f"{name} on Python {environment['python_version']}"
