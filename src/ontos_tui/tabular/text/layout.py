"""The layout of a text file: what stands between the values, where names and rows begin, and where the rows end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.reading import Question, ReadingOptions
from ontos_tui.tabular.text.comments import below_marker, comment_sign, name_line, without
from ontos_tui.tabular.text.fixed_width import places_of, split_fixed
from ontos_tui.tabular.text.footers import footer_of, kinds_without_totals, one_of_two, table_below
from ontos_tui.tabular.text.heading_parts import Headings, numbered
from ontos_tui.tabular.text.headings import given_header, headings_of, typed_columns
from ontos_tui.tabular.text.names import distinct
from ontos_tui.tabular.text.records import SPACES, TextRecord, split
from ontos_tui.tabular.text.separators import separator_of, spaces_agree, usual_width

FIXED = "fixed"
SHOWN_ABOVE = 20
MOST_ROWS = 200
"""Rows above a total that tell what columns hold."""
_SEP_LINE = re.compile(r'^\ufeff?"?sep=(.|\\t)"?$', re.IGNORECASE)
_NEW_LINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Layout:
    """Where everything stands; lines are counted from 1.

    `extra` values without a name end every row, all empty. `quoted_lines` end inside of quotes above the rows.
    `comment` begins lines that are left out. `footer` holds the records below the rows, and `tail_lines` how many
    lines of the file that is, to its end. `repeats` is how often the names stand again between the rows.
    """

    separator: str
    headings: Headings
    sample: tuple[TextRecord, ...]
    names: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] = ()
    above: tuple[str, ...] = ()
    lines_above: int = 0
    comment: str = ""
    comments: int = 0
    extra: int = 0
    quoted_lines: int = 0
    repeats: int = 0
    footer: tuple[TextRecord, ...] = ()
    tail_lines: int = 0
    notes: tuple[str, ...] = ()

    @property
    def questions(self) -> list[Question]:
        """What only the user can decide."""
        return [self.headings.question] if self.headings.question is not None else []


def text_lines(text: str, *, whole: bool) -> list[str]:
    """The lines of the beginning of a file; without the last one where it may be cut."""
    lines = _NEW_LINE.split(text)
    return lines if whole or len(lines) < 2 else lines[:-1]


def layout_of(
    lines: Sequence[str],
    tail: Sequence[str],
    options: ReadingOptions,
    *,
    spaced: bool = False,
    default_separator: str = "",
    names: Sequence[str] = (),
    file_name: str = "",
) -> Layout:
    """Decide by a file's first and last lines; what the user decided stands.

    Raises InvalidInputError when `names` are given for another number of columns, or the header line does not exist.
    """
    given = _separator(options.separator or default_separator)
    notes: list[str] = []
    content, hint = _without_hint(lines)
    if hint:
        notes.append(f"The first line names the separator: {hint!r}.")
    content = below_marker(content, file_name)
    content, comment, with_comments = _without_comments(content, given or hint, options)
    if not options.separator and not any(default_separator in line for line in content):
        given = ""  # the name promises it, the lines have it not
    separator, spans = _separate(content, given or hint, spaced=spaced)
    records = split_fixed(content, spans) if spans else split(content, separator)
    _check_lines(records, options.header_line, file_name)
    width = len(spans) if spans else usual_width(records)
    headings = decided_headings(records, width, options, names, file_name, spaced=separator in (SPACES, FIXED))
    if options.header_line is None:
        if comment:
            headings = _named_by_comment(headings, with_comments, comment, separator, width, records)
        headings = one_of_two(headings, records)
    headings, extra = _trailing(headings, records, width)
    column_names, name_notes = distinct(headings.names, 2 if separator == SPACES else 1)
    layout = Layout(
        separator=FIXED if spans else separator,
        headings=headings,
        sample=tuple(record for record in records if record.line >= headings.body),
        names=column_names,
        spans=spans,
        comment=comment,
        comments=sum(line.lstrip().startswith(comment) for line in with_comments) if comment else 0,
        extra=extra,
        quoted_lines=sum(record.stop - record.line - 1 for record in records if record.line < headings.body),
        notes=(*notes, *name_notes),
    )
    return _with_footer(_with_above(layout, lines), tail, width, options, records)


def _check_lines(records: Sequence[TextRecord], header_line: int | None, file_name: str) -> None:
    if header_line and not any(record.line == header_line for record in records):
        raise InvalidInputError(f"Line {header_line} of {file_name} holds no names.", "Name another one: --header-line")
    if not records:
        raise InvalidInputError(f"{file_name} holds no rows.", "Check that it was written completely.")


def _separator(given: str) -> str:
    return {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "blank": " ", "space": " ", "pipe": "|"}.get(
        given, given
    )


def _without_hint(lines: Sequence[str]) -> tuple[list[str], str]:
    """The lines without Excel's line that names the separator, and that separator."""
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    match = _SEP_LINE.match(lines[first]) if lines else None
    if match is None:
        return list(lines), ""
    return ["" if place == first else line for place, line in enumerate(lines)], _separator(match[1])


def _without_comments(lines: list[str], separator: str, options: ReadingOptions) -> tuple[list[str], str, list[str]]:
    """The lines without those above what the user names and without remarks, the remarks' sign, and all with them."""
    skipped = max(options.skip_lines or 0, (options.header_line or 1) - 1)
    lines = ["" if number <= skipped else line for number, line in enumerate(lines, 1)]
    sign = comment_sign(lines, separator)
    if options.header_line and sign and lines[options.header_line - 1].lstrip().startswith(sign):
        place = options.header_line - 1
        lines = [*lines[:place], lines[place].lstrip()[len(sign) :].strip(), *lines[place + 1 :]]
    return without(lines, sign), sign, lines


def _separate(lines: Sequence[str], given: str, *, spaced: bool) -> tuple[str, tuple[tuple[int, int], ...]]:
    if given == FIXED:
        return FIXED, places_of(lines)
    if given:
        return given, ()
    separator = separator_of(lines, spaced=spaced)
    if spaced and separator in ("", SPACES):
        records = split(lines, SPACES)
        widths = {record.width for record in records}
        agree = spaces_agree(lines)
        spans = places_of(lines) if not agree or len(widths) > 1 else ()
        # Where values are missing, blanks give fewer values than the columns that are seen by their places.
        if spans and (not agree or len(spans) == max(widths) == records[0].width):
            return FIXED, spans
    return separator, ()


def decided_headings(
    records: list[TextRecord],
    width: int,
    options: ReadingOptions,
    names: Sequence[str],
    file_name: str,
    *,
    spaced: bool = False,
) -> Headings:
    """The headings as the user decided, else by the records, whose usual number of values is `width`.

    Raises InvalidInputError when `names` are given that do not fit. `spaced`: the names may replace the file's own.
    """
    if options.header_line:
        headings = given_header(records, options.header_line, options.units_line)
        if options.units_line is None:
            proposed = headings_of(records, width)
            if proposed.header == headings.header:
                return replace(proposed, question=None)
        return headings
    headings = headings_of(records, width)
    if options.header_line == 0 or (options.skip_lines is not None and names):
        first = headings.header or headings.body
        body = records[0].line if options.skip_lines is not None else min(headings.body, first)
        headings = Headings(numbered(width), 0, body)
    if names:
        if headings.header and not spaced:
            raise InvalidInputError(
                f"{file_name} names its columns itself.", "If its first line holds values, add --header-line 0."
            )
        if len(names) != width:
            raise InvalidInputError(
                f"{len(names)} names are given, but {file_name} has {width} columns.", "Give one for each column."
            )
        headings = Headings(tuple(names), headings.header, headings.body, headings.units, headings.units_line)
    if options.units_line == 0 and headings.units_line:
        headings = replace(headings, units=(), units_line=None, body=headings.units_line)
    if headings.question is not None and headings.question.field == "separator" and options.separator:
        headings = replace(headings, question=None)
    if headings.question is None and _unsure(records, headings, width):
        return replace(headings, question=_header_question(records, headings))
    return headings


def _unsure(records: list[TextRecord], headings: Headings, width: int) -> bool:
    """Whether names of texts alone stand below a line that is narrower: either may be what it seems, or a value."""
    first = records[0]
    if headings.header == 0 or headings.header == first.line or typed_columns(records, width):
        return False
    header = next(record for record in records if record.line == headings.header)
    above = [record for record in records if record.line < header.line]
    return all(record.filled == record.width for record in above) and above[-1].stop == header.line


def _header_question(records: list[TextRecord], headings: Headings) -> Question:
    return Question(
        option="--header-line",
        field="header_line",
        text=f"Line {records[0].line} holds {_values(records[0].width)}, but most lines hold another number of values. "
        "Which line holds the columns' names?",
        choices=[str(headings.header), str(records[0].line)],
    )


def _values(number: int) -> str:
    return "one value" if number == 1 else f"{number} values"


def _named_by_comment(
    headings: Headings, lines: Sequence[str], sign: str, separator: str, width: int, records: list[TextRecord]
) -> Headings:
    """The names from the last remark above the rows, where the rows have no names of their own."""
    named = name_line(lines, sign, separator, width)
    if named is None:
        return headings
    line, names = named
    if headings.header and not typed_columns(records, width) and line < headings.header:
        choices = [str(line), str(headings.header)]
        text = f"Line {line} and line {headings.header} could both hold the columns' names."
        return replace(
            headings, question=Question(option="--header-line", field="header_line", text=text, choices=choices)
        )
    if headings.header:
        return headings
    return Headings(names, line, headings.body)


def _trailing(headings: Headings, records: list[TextRecord], width: int) -> tuple[Headings, int]:
    """A separator at the end of every row, or of the names alone, makes no column."""
    names = headings.names
    rows = [record for record in records if record.line >= headings.body and record.width == width]
    if len(names) == width + 1 and not names[-1].strip():
        return replace(headings, names=names[:-1]), 0
    if not rows or any(record.cells[-1].strip() for record in rows):
        return headings, 0
    if len(names) == width and width > 1 and not names[-1].strip():
        empty = next(count for count in range(1, width) if _is_filled(names, rows, width - 1 - count))
        return replace(headings, names=names[:-empty]), empty
    if len(names) == width - 1:
        return replace(headings, notes=(*headings.notes, "Every row ends with a separator; it makes no column.")), 1
    return headings, 0


def _is_filled(names: Sequence[str], rows: Sequence[TextRecord], place: int) -> bool:
    return place == 0 or bool(names[place].strip()) or any(record.cells[place].strip() for record in rows)


def _with_above(layout: Layout, lines: Sequence[str]) -> Layout:
    """The layout with what stands above the names, or above the rows where there are none."""
    end = layout.headings.header or layout.headings.body
    above = [line for line in lines[: end - 1] if line.strip()]
    notes = list(layout.notes)
    titles = [line for line in above if not (layout.comment and line.lstrip().startswith(layout.comment))]
    titles = [line for line in titles if not _SEP_LINE.match(line)]
    if titles:
        where = "above the names" if layout.headings.header else "above the rows"
        what = f"{len(titles)} lines stand {where} and are no rows"
        what = f"1 line stands {where} and is no row" if len(titles) == 1 else what
        notes.append(f"{what}: {titles[0].strip()[:60]!r}{' …' if len(titles) > 1 else ''}.")
    if layout.comment:
        notes.append(f"Lines that begin with {layout.comment} are remarks, no rows.")
    return replace(
        layout, above=tuple(above[:SHOWN_ABOVE]), lines_above=len(above), notes=(*notes, *layout.headings.notes)
    )


def _with_footer(
    layout: Layout, tail: Sequence[str], width: int, options: ReadingOptions, head: Sequence[TextRecord]
) -> Layout:
    """The layout with the records below the rows; `tail` are the file's last lines."""
    lines = without(tail, layout.comment)
    records = split_fixed(lines, layout.spans) if layout.spans else split(lines, layout.separator)
    below = table_below(head, layout.headings.body) if options.header_line is not None else None
    if below is not None and options.footer_lines is None:
        if tail[below.line - 1 : below.line] != below.text.split("\n")[:1]:  # the tail is not the whole file
            raise InvalidInputError(
                f"Another table begins in line {below.line}.", "Write each table into a file of its own."
            )
        footer = [record for record in records if record.line >= below.line]
    elif options.footer_lines is not None:
        footer = records[len(records) - options.footer_lines :] if options.footer_lines else []
    else:
        # The number of the tail's first line is not known: rows that the sample saw are told by what they are.
        sample = list(layout.sample)
        typed = kinds_without_totals(sample[-MOST_ROWS:], width) | typed_columns(sample, width)
        footer = footer_of(records[-30:], width, typed) if len(sample) > 1 else []
    if not footer:
        return replace(layout, tail_lines=_blank_end(tail) if width > 1 else 0)
    first = footer[0].line
    note = f"{_lines(len(footer))} below the rows left out: {footer[0].text.strip()[:60]!r}."
    texts = {record.text for record in footer}
    return replace(
        layout,
        footer=tuple(footer),
        tail_lines=len(lines) - first + 1,
        sample=tuple(record for record in layout.sample if record.text not in texts),
        notes=(*layout.notes, note),
    )


def _blank_end(tail: Sequence[str]) -> int:
    """How many lines at the end hold nothing but blanks; 0 where all of those are empty, which are no rows anyway."""
    blank = next((count for count, line in enumerate(reversed(tail)) if line.strip()), len(tail))
    return blank if any(tail[len(tail) - blank :]) else 0


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number} lines"
