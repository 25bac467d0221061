"""What was understood of a file, in words that screens and the command line share."""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.domain.records.reading import ColumnProfile, ColumnReading, Reading

_BARS = " ▁▂▃▄▅▆▇█"
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|", " ": "blanks", "": "one value a line"}
_ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE"}


def layout_facts(reading: Reading) -> list[tuple[str, str]]:
    """Names and values of what holds for the whole file."""
    facts = [("rows", f"{reading.rows:,}")]
    if reading.encoding:
        facts.append(("encoding", _ENCODINGS.get(reading.encoding, reading.encoding)))
    if reading.format not in ("text", "workbook"):
        return [*facts, ("format", reading.format)]
    is_text = reading.format == "text"
    facts.append(("separator", separator_in_words(reading.separator)) if is_text else ("sheet", reading.sheet))
    header = (
        f"{'line' if is_text else 'row'} {reading.header_line}"
        if reading.header_line
        else "none: the columns are called c1, c2 and so on"
    )
    facts.append(("names", header))
    if reading.lines_above:
        first = reading.above[0].strip()[:60] if reading.above else ""
        facts.append(("above", f"{reading.lines_above:,} × no row: {first}"))
    if reading.units_line:
        facts.append(("units", f"{'line' if is_text else 'row'} {reading.units_line}"))
    if reading.left_out:
        facts.append(("below", f"{len(reading.left_out)} × no row: {reading.left_out[0].strip()[:60]}"))
    if not is_text:
        return facts
    thousands = f", thousands {' '.join(repr(mark) for mark in reading.thousands)}" if reading.thousands else ""
    facts.append(("numbers", f"decimal {'comma' if reading.decimal == ',' else 'point'}{thousands}"))
    return facts


def separator_in_words(separator: str) -> str:
    """A separator by its name."""
    return {"fixed": "fixed places"}.get(separator) or _SEPARATORS.get(separator, separator)


def missing_in_words(column: ColumnReading) -> str:
    """The words that mean no value, with their counts."""
    shown = [f"{word or 'empty'} {number:,}" for word, number in list(column.missing.items())[:4]]
    return ", ".join(shown) + (", …" if len(column.missing) > 4 else "")


def histogram_ends(profile: ColumnProfile) -> str:
    """Where the values of a column begin and end."""
    return f"{profile.low} … {profile.high}" if profile.low != profile.high else profile.low


def bars(counts: Sequence[int]) -> str:
    """A histogram in one line. What is not empty is never blank."""
    most = max(counts, default=0)
    if not most:
        return ""
    return "".join(_BARS[max(1, round(8 * number / most)) if number else 0] for number in counts)


def type_in_words(kind: str) -> str:
    """A column's type for people."""
    words = {"VARCHAR": "text", "DOUBLE": "number", "BIGINT": "integer", "HUGEINT": "integer", "BOOLEAN": "yes/no"}
    times = {"DATE": "date", "TIMESTAMP": "time", "TIME": "clock", "TIMESTAMP WITH TIME ZONE": "time, UTC"}
    return words.get(kind) or times.get(kind) or kind.lower()
