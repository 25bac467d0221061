"""Lines of remarks that begin with a sign such as #, above the rows or between them, and facts that a marker ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular.text.heading_parts import names_apart
from ontos_tui.tabular.text.records import SPACES, split

_MARKER = re.compile(
    r"(?:\*+|\[|>+|<+|-{2,}|={2,})[ ]?(?:end[_ ]?of[_ ]?header|(?:begin |raw )?(?:spectral )?data)\W*", re.I
)
_LABVIEW = "***end_of_header***"
"""By such lines instruments end the facts about a measurement: names or rows begin below the last one."""
SIGNS = ("#", "%", "//", "!", "*", ";", '"#', "@")


def comment_sign(lines: Sequence[str], separator_given: str) -> str:
    """The sign of the remarks that a file begins with; "" when it begins with none.

    A file whose lines all begin so has none: there the sign belongs to the values.
    """
    content = [line for line in lines if line.strip()]
    for sign in SIGNS:
        if sign == separator_given or not content or not content[0].lstrip().startswith(sign):
            continue
        rest = [line for line in content if not line.lstrip().startswith(sign)]
        block = next((place for place, line in enumerate(content) if not line.lstrip().startswith(sign)), len(content))
        if not rest or (sign == '"#' and block < 2):
            return ""
        if sign == ";" and content[0].count(";") == rest[0].count(";"):
            return ""
        return sign
    return ""


def name_line(lines: Sequence[str], sign: str, separator: str, width: int) -> tuple[int, tuple[str, ...]] | None:
    """The number (from 1) of the last remark above the rows, when it holds a name for every column, and these names."""
    if width < 2:
        return None
    last = 0
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith(sign):
            break
        last = number if line.strip() else last
    if not last:
        return None
    bare = lines[last - 1].lstrip().lstrip(sign).strip()
    records = split([bare], separator)
    if not records:
        return None
    names = tuple(name.strip() for name in records[0].cells)
    if len(names) != width and separator == SPACES:
        names = names_apart(bare) or names
    distinct = {name.lower() for name in names}
    is_fact = names[0].endswith(("=", ":"))  # such as "XUNITS= nm"
    return (last, names) if len(names) == width and len(distinct) == width and all(names) and not is_fact else None


def without(lines: Sequence[str], sign: str) -> list[str]:
    """The lines with the remarks made blank, so that every line keeps its number."""
    return ["" if line.lstrip().startswith(sign) else line for line in lines] if sign else list(lines)


def below_marker(lines: Sequence[str], file_name: str) -> list[str]:
    """The lines, with all that stand above such a line made blank, so that every line keeps its number.

    Raises InvalidInputError for a LabVIEW file of several segments, each of which has facts of its own.
    """
    markers = [number for number, line in enumerate(lines, 1) if _MARKER.fullmatch(line.strip())]
    if not markers:
        return list(lines)
    segments = [number for number in markers if lines[number - 1].strip().lower() == _LABVIEW][2:]
    if segments:
        raise InvalidInputError(
            f"{file_name} holds {len(segments) + 1} segments; another one's header ends in line {segments[0]}.",
            "Write each segment into a file of its own, and add the folder: its files become one table.",
        )
    end = markers[-1]
    return ["" if number <= end else line for number, line in enumerate(lines, 1)]
