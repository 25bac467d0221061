"""Known vulnerabilities of everything that `./ontos` and `./check` install.

    .venv/bin/python tests/vulnerabilities.py

Asks PyPI's advisories by pip-audit, which gets an environment of its own beside `.venv`; both need the network. Ends
with 1 when there is a vulnerability, and with 2 when nothing could be asked.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".venv-audit"
ANSWER = re.compile(r"^(No|Found \d+) known vulnerabilit", re.MULTILINE)
"""What pip-audit says when it could ask. Without the network it ends with 1 as well, and speaks of a service."""
NEEDED = "This needs pip-audit, and the network to ask for advisories: pip install pip-audit"


def main() -> int:
    """Audit each list of packages; the worst exit code."""
    audit = ENVIRONMENT / "bin" / "pip-audit"
    if not audit.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        install = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "pip-audit>=2.7,<3"]
        if subprocess.run(install).returncode:
            print(NEEDED, file=sys.stderr)
            return 2
    worst = 0
    for packages in sorted((ROOT / "requirements").glob("*.txt")):
        print(f"== {packages.name}", flush=True)
        # The lists name every package with its hash, so nothing has to be resolved or installed.
        command = [
            str(audit),
            "--requirement",
            str(packages),
            "--disable-pip",
            "--no-deps",
            "--progress-spinner",
            "off",
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        print(done.stdout + done.stderr)
        worst = max(worst, done.returncode if ANSWER.search(done.stdout + done.stderr) else 2)
    if worst == 2:
        print(NEEDED, file=sys.stderr)
    return worst


if __name__ == "__main__":
    sys.exit(main())
