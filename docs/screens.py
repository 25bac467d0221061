"""Makes docs/screens.md and docs/pictures/: screens as they were before they led by evidence, and as they are now.

Run `python docs/screens.py` in a clone with its history, after the pictures of the tests were updated.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
PAGE = ROOT / "docs" / "screens.md"
SNAPSHOTS = "tests/tui/__snapshots__"
BEFORE = "c00a9f8^"
"""The last commit with the screens of before."""


@dataclass(frozen=True)
class Pair:
    """One screen, then and now; both are pictures of tests."""

    name: str
    title: str
    before: str
    after: str
    text: str


_OLD, _LABEL = "test_snapshots/test_with_data", "test_snapshots_label/test_at_every_size"
_MONITOR = "test_snapshots_monitor"
PAIRS = (
    Pair("label-80", "LABEL, 80x24", f"{_OLD}[desk-keys3-size0]", f"{_LABEL}[desk-(80, 24)]",
         "The evidence comes first, each number with its place in the sheet; the choices and their keys are whole."),
    Pair("label-120", "LABEL, 120x40", f"{_OLD}[desk-keys3-size1]", f"{_LABEL}[desk-(120, 40)]",
         "The list is as wide as its rows need; the item has the rest."),
    Pair("sheets-80", "Training sheets, 80x24", f"{_OLD}[label-keys2-size0]", f"{_OLD}[label-keys2-size0]",
         "What the sheet is, and the next step."),
    Pair("edit-80", "A form, 80x24", f"{_OLD}[edit-keys4-size0]", f"{_OLD}[edit-keys4-size0]",
         "All choices are in sight, and what one decides by stays beside them."),
    Pair("data-80", "DATA, 80x24", f"{_OLD}[data-keys0-size0]", f"{_OLD}[data-keys0-size0]", "Sheets and their rows."),
    Pair("generate-80", "GENERATE, 80x24", f"{_OLD}[generate-keys1-size0]", f"{_OLD}[generate-keys1-size0]",
         "The prompt of the first item."),
    Pair("help-80", "Help, 80x24", f"{_OLD}[help-keys5-size0]", f"{_OLD}[help-keys5-size0]",
         "Every key that works here."),
    Pair("monitor-80", "MONITOR, 80x24", f"{_MONITOR}/test_monitor[monitor-keys0-size0]",
         f"{_MONITOR}/test_the_wall_at_every_size[wall-(80, 24)]",
         "A wall: every endpoint in a line, charts of the one under the cursor, and why its requests fail."),
    Pair("monitor-120", "MONITOR, 120x40", f"{_MONITOR}/test_monitor[monitor-keys0-size1]",
         f"{_MONITOR}/test_the_wall_at_every_size[wall-(120, 40)]", "The charts take the room that there is."),
    Pair("chart-80", "One chart, 80x24", f"{_MONITOR}/test_monitor[chart-keys1-size0]",
         f"{_MONITOR}/test_monitor[chart-keys2-size0]", "Counts are bars, and what failed stands in them."),
)  # fmt: skip


def small(svg: str) -> str:
    """The picture without what a browser does not need: fonts from elsewhere, and a clipping for every line."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<clipPath id="[^"]*-line-\d+">.*?</clipPath>\s*', "", svg, flags=re.DOTALL)
    svg = re.sub(r' clip-path="url\(#[^)]*-line-\d+\)"', "", svg)
    svg = re.sub(r'class="[\w-]*?-r(\d+)"', r'class="r\1"', svg)
    svg = re.sub(r"\.[\w-]*?-r(\d+) \{", r".r\1 {", svg)
    svg = re.sub(r' shape-rendering="crispEdges"', "", svg)
    return re.sub(r"\n\s+", "\n", svg)


def _picture(pair: Pair, when: str) -> str:
    return f"![{pair.title}, {when}](pictures/{pair.name}-{when}.svg)"


def main() -> None:
    """Write all pictures and the page."""
    PICTURES.mkdir(exist_ok=True)
    lines = [
        "# Screens, before and now",
        "",
        "The same data at the same sizes, as the tests draw them: on the left as it was when screens were lists beside",
        "text, on the right as it is. Written by `docs/screens.py`.",
        "",
    ]
    for pair in PAIRS:
        shown = ["git", "show", f"{BEFORE}:{SNAPSHOTS}/{pair.before}.svg"]
        old = subprocess.run(shown, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603
        (PICTURES / f"{pair.name}-before.svg").write_text(small(old), encoding="utf-8")
        new = (ROOT / SNAPSHOTS / f"{pair.after}.svg").read_text(encoding="utf-8")
        (PICTURES / f"{pair.name}-now.svg").write_text(small(new), encoding="utf-8")
        lines += [
            f"## {pair.title}", "", pair.text, "",
            "| before | now |", "|---|---|",
            f"| {_picture(pair, 'before')} | {_picture(pair, 'now')} |",
            "",
        ]  # fmt: skip
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
