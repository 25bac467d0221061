"""Writes requirements/*.txt again: every package with its version and the hashes of all its files, for all platforms.

    pip install uv && python .ci/lock.py [--upgrade]

Run it after a change of the dependencies in pyproject.toml. Versions stay as they are unless --upgrade is given. Each
file begins with the one before it and has only what its extra adds, so that all come from one resolution.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
SETS: dict[str, tuple[str, ...]] = {
    "base": (),
    "databricks": ("databricks",),
    "dev": ("databricks", "dev"),
    "spark": ("databricks", "dev", "spark"),
    "engines": ("databricks", "dev", "spark", "mlflow", "engines"),
}
HEADER = "# Written by .ci/lock.py. `./ontos` and `./check` install exactly these.\n"


def packages(text: str) -> dict[str, str]:
    """Package name to its lines: `name==version`, perhaps a marker, and the hashes.

    A package stands several times where one version does not serve all Pythons; each has its marker.
    """
    blocks: dict[str, str] = {}
    for block in re.findall(r"^[A-Za-z0-9].*\n(?:[ \t].*\n)*", text, re.MULTILINE):
        name = block.split("==")[0]
        blocks[name] = blocks.get(name, "") + block
    return blocks


def resolve(extras: tuple[str, ...], versions: str) -> dict[str, str]:
    """What the project needs with these extras, and what it is built with, on every Python from 3.11 on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needs = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in extras:
        needs += [one for one in project["project"]["optional-dependencies"][extra] if not one.startswith("ontos-tui")]
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write(versions)
        constraints.flush()
        command += ["--constraint", constraints.name]
        done = subprocess.run(command, input="\n".join(needs), stdout=subprocess.PIPE, text=True, check=True)
    return packages(done.stdout)


def pins(blocks: dict[str, str]) -> str:
    """The same versions, as constraints."""
    lines = "".join(blocks.values()).splitlines()
    return "".join(line.removesuffix(" \\") + "\n" for line in lines if not line[0].isspace())


def main() -> None:
    """Resolve the largest set, then the smaller ones to the same versions, and write what each adds."""
    before: dict[str, str] = {}
    if "--upgrade" not in sys.argv:
        for path in FOLDER.glob("*.txt"):
            before |= packages(path.read_text(encoding="utf-8"))
    everything = pins(resolve(SETS["spark"], pins(before)))
    written: set[str] = set()
    previous = ""
    for name, extras in SETS.items():
        blocks = {package: block for package, block in resolve(extras, everything).items() if package not in written}
        written |= blocks.keys()
        first = f"-r {previous}.txt\n" if previous else ""
        (FOLDER / f"{name}.txt").write_text(HEADER + first + "".join(blocks.values()), encoding="utf-8")
        previous = name
        print(f"{name}: {len(blocks)} packages")


if __name__ == "__main__":
    main()
