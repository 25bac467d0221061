"""Known vulnerabilities of everything that `./ontos` and `./check` install.

    .venv/bin/python tests/vulnerabilities.py [--advisories all.zip]

Asks PyPI's advisories by pip-audit, which gets an environment of its own beside `.venv`; both need the network. With
`--advisories` nothing is asked: the file is what OSV publishes of PyPI, brought here by hand from
https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip. Ends with 1 when there is a vulnerability, and with 2
when any package could not be looked up, which is no all-clear.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".venv-audit"
ANSWER = re.compile(r"^(No|Found \d+) known vulnerabilit", re.MULTILINE)
"""What pip-audit says when it could ask. Without the network it ends with 1 as well, and speaks of a service."""
NOT_ASKED = re.compile(r"could not be audited: (\S+)")
"""What it says of a package that its service does not know, such as behind a mirror without advisories; it then ends
with 0 all the same."""
NEEDED = "This needs pip-audit, and the network to ask for advisories: pip install pip-audit. Or: --advisories all.zip"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit each list of packages; the worst exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--advisories", type=Path, help="what OSV publishes of PyPI, as a zip file; nothing is asked")
    chosen = parser.parse_args(arguments)
    if chosen.advisories is not None:
        return look_up(chosen.advisories)
    audit = ENVIRONMENT / "bin" / "pip-audit"
    if not audit.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        install = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "pip-audit>=2.7,<3"]
        if subprocess.run(install).returncode:
            print(NEEDED, file=sys.stderr)
            return 2
    worst = max(_audit(audit, packages) for packages in _lists())
    if worst == 2:
        print(NEEDED, file=sys.stderr)
    return worst


def _lists() -> list[Path]:
    return sorted((ROOT / "requirements").glob("*.txt"))


def _audit(audit: Path, packages: Path) -> int:
    print(f"== {packages.name}", flush=True)
    # The lists name every package with its hash, so nothing has to be resolved or installed.
    command = [
        *(str(audit), "--requirement", str(packages)),
        *("--disable-pip", "--no-deps", "--progress-spinner", "off"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    print(said)
    not_asked = set(NOT_ASKED.findall(said))
    if not_asked:
        print(f"{len(not_asked)} packages could not be looked up.", file=sys.stderr)
    if not ANSWER.search(said):
        return 2
    return 2 if not_asked and not done.returncode else done.returncode


# Without the network


def look_up(file: Path) -> int:
    """Compare the lists with the advisories of a file; as `main`."""
    versions = {
        (str(canonicalize_name(name)), version)
        for packages in _lists()
        for name, version in PINNED.findall(packages.read_text(encoding="utf-8"))
    }
    names = {name for name, _ in versions}
    number, hits = 0, list[str]()
    try:
        for advisory, affected in _of_pypi(file):
            number += 1
            name = str(canonicalize_name(affected["package"]["name"]))
            if name in names:
                hits += [
                    f"{name} {version}: {advisory['id']} {advisory.get('summary', '')}".rstrip()
                    for its_name, version in sorted(versions)
                    if its_name == name and is_affected(version, affected)
                ]
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        print(f"{file} cannot be read: {error}", file=sys.stderr)
        return 2
    if not number:
        print(f"{file} holds no advisories for PyPI.", file=sys.stderr)
        return 2
    print(f"{len(versions)} packages, {number:,} advisories")
    print("\n".join(hits or ["No known vulnerabilities."]))
    return 1 if hits else 0


def _of_pypi(file: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            advisory = json.loads(archive.read(name))
            for affected in advisory.get("affected", ()):
                if affected.get("package", {}).get("ecosystem") == "PyPI":
                    yield advisory, {} | affected | ({"withdrawn": True} if "withdrawn" in advisory else {})


def is_affected(version: str, affected: dict[str, Any]) -> bool:
    """Whether OSV's rules say so: listed, or between what introduced it and what fixed it."""
    if affected.get("withdrawn"):
        return False
    if version in affected.get("versions", ()):
        return True
    ours = Version(version)
    for one in affected.get("ranges", ()):
        if one.get("type") != "ECOSYSTEM":
            continue
        inside = False
        for kind, text in ((kind, text) for event in one.get("events", ()) for kind, text in event.items()):
            try:
                at = Version(text)
            except InvalidVersion:
                continue
            if kind == "introduced" and ours >= at:
                inside = True
            elif (kind == "fixed" and ours >= at) or (kind == "last_affected" and ours > at):
                inside = False
        if inside:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
