"""The licenses of all that is installed: `python tests/licenses.py` lists them, and fails on one that is not accepted.

Accepted are permissive licenses, and the packages in REVIEWED. A package whose metadata names no license fails, too.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageMetadata, distributions

PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0"),
    *("Zlib", "Apache Software License", "BSD License", "MIT License", "ISC License (ISCL)"),
    *("3-Clause BSD License", "Apache License 2.0"),
}
"""As SPDX, as classifiers, and as some packages write them."""
REVIEWED = {
    "certifi": ("Mozilla Public License 2.0 (MPL 2.0)", "its list of certificates is used unchanged"),
    "hypothesis": ("MPL-2.0", "for tests only, unchanged"),
    "pathspec": ("Mozilla Public License 2.0 (MPL 2.0)", "mypy needs it; for checks only, unchanged"),
    "pypdfium2": ("BSD-3-Clause, Apache-2.0, dependency licenses", "of PDFium and what it contains: all permissive"),
    "pyte": ("GNU Lesser General Public License v3 (LGPLv3)", "for tests only, unchanged"),
    "skops": ("", "MIT, by its license file"),
}
"""Package to its license as the metadata names it, and why it is accepted."""
OURS = "ontos-tui"


def license_of(metadata: PackageMetadata) -> str:
    """The license: the SPDX expression, else the classifiers, else the first line of the free text; may be empty."""
    expression = "".join(metadata.get_all("License-Expression") or ())
    prefix = "License :: OSI Approved :: "
    named = [line.removeprefix(prefix) for line in metadata.get_all("Classifier") or () if line.startswith(prefix)]
    return expression or " AND ".join(named) or "".join(metadata.get_all("License") or ()).split("\n")[0]


def problem(name: str, license: str) -> str:
    """Why this license is not accepted; empty when it is."""
    if name in REVIEWED:
        known, _ = REVIEWED[name]
        return "" if license == known else f"reviewed as {known!r}"
    parts = re.split(r"\s+(?:AND|OR)\s+", license)
    unknown = [part for part in parts if not {part, part.strip("()")} & PERMISSIVE]
    if not unknown:
        return ""
    return f"not reviewed: {', '.join(unknown)}" if license else "no license named"


def main() -> int:
    """Print name, version and license of every installed package; 1 when one is not accepted."""
    installed = {(one.name, one.version): license_of(one.metadata) for one in distributions() if one.name != OURS}
    failed = False
    for (name, version), license in sorted(installed.items(), key=lambda item: item[0][0].lower()):
        reason = problem(name, license)
        failed |= bool(reason)
        note = f"  FAILED: {reason}" if reason else f"  ({REVIEWED[name][1]})" if name in REVIEWED else ""
        print(f"{name:28} {version:18} {license or '?'}{note}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
