"""Lines of remarks that begin with a sign such as #, above the rows or between them."""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.tabular.text.records import split

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
    bare = lines[last - 1].lstrip()[len(sign) :].strip()
    records = split([bare], separator)
    if not records:
        return None
    names = tuple(name.strip() for name in records[0].cells)
    distinct = {name.lower() for name in names}
    return (last, names) if len(names) == width and len(distinct) == width and all(names) else None


def without(lines: Sequence[str], sign: str) -> list[str]:
    """The lines with the remarks made blank, so that every line keeps its number."""
    return ["" if line.lstrip().startswith(sign) else line for line in lines] if sign else list(lines)
