"""The heading that stands again between the rows, as when files were put together or a printer began a page."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ontos_tui.tabular.text.layout import Layout

FEWEST_NAMES = 2
"""Names that it takes: a single word in a column may be a value."""
LONGEST = 1 << 16
_MARK = b"\xef\xbb\xbf"


def heading_lines(path: Path, header: int, body: int, names: Sequence[str]) -> tuple[bytes, ...]:
    """The lines of names and units of a UTF-8 file, without their ends, the names first; none where they are few."""
    if not header or len(names) < FEWEST_NAMES:
        return ()
    with path.open("rb") as file:
        lines = [line.strip() for number, line in zip(range(1, body), file, strict=False) if number >= header]
    if any(b"\r" in line or len(line) > LONGEST for line in lines):
        return ()
    return tuple(line.removeprefix(_MARK) for line in lines if line)


def repeated(path: Path, heading: Sequence[bytes], body: int) -> int:
    """How often the line of the names stands again below line `body`."""
    if not heading or path.stat().st_size == 0:
        return 0
    count = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for _ in range(body - 1):
            content.readline()
        place = content.find(heading[0], max(0, content.tell() - 1))
        while place >= 0:
            end = place + len(heading[0])
            before = content[max(0, place - 4) : place].removesuffix(_MARK)
            begins = not before or before.endswith((b"\n", b"\r"))
            count += begins and not content[end : end + 2].strip(b" \t")[:1].strip(b"\r\n")
            place = content.find(heading[0], end)
    return count


class RepeatedHeading:
    """Tells, line by line in order, which lines are those of a heading that stands again."""

    def __init__(self, heading: Sequence[bytes]) -> None:
        self._heading = heading
        self._next = 0

    def is_heading(self, line: bytes) -> bool:
        """Whether this line, below the heading itself, is the names again, or what follows them."""
        bare = line.strip().removeprefix(_MARK)
        if bare == self._heading[0]:
            self._next = 1
            return True
        if self._next and self._next < len(self._heading) and bare == self._heading[self._next]:
            self._next += 1
            return True
        self._next = 0
        return False


def with_repeats(layout: Layout, plain: Path) -> Layout:
    """The layout with how often the names stand again between the rows."""
    header, body = layout.headings.header, layout.headings.body
    heading = heading_lines(plain, header, body, layout.names)
    count = repeated(plain, heading, body)
    if not count:
        return layout
    texts = {line.decode("utf-8", "replace") for line in heading}
    times = "once more" if count == 1 else f"{count:,} times more"
    return replace(
        layout,
        repeats=count,
        sample=tuple(record for record in layout.sample if record.text.strip().lstrip("\ufeff") not in texts),
        notes=(*layout.notes, f"The names stand {times} between the rows; these lines are no rows."),
    )
