"""Which rows belong together: units, runs, batches, vendors, days, found by how columns are called and how they behave.

A model is used on new units, so it must be tested on units that it has not seen. Two signs tell such a column: its name
(`unit`, `subject#`, `Charge`), and its values: few, each of them in one contiguous stretch of rows, or identifiers that
repeat. Both are looked at over all rows. `find_groups` proposes nothing where neither sign is there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from statistics import median

from ontos_tui.domain.rules.split import FEW_GROUPS, SplitBy
from ontos_tui.learning.groups.moments import moments

Columns = Mapping[str, Sequence[object]]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NAMES = _set(
    """
    unit run battery cell batch lot vendor supplier manufacturer patient subject person participant animal mouse machine
    board serial site session engine device specimen wafer plant station campaign experiment exp vehicle turbine bearing
    rig crystal ingot boule user customer company firm store farm episode sequence recording trip flight motor pump
    asset equipment instrument probe host client author
    einheit lauf batterie zelle charge los lieferant hersteller proband probandin maschine platine seriennummer standort
    sitzung anlage gerät geraet kunde firma werk versuch pumpe fahrzeug
    unidad corrida batería bateria celda lote proveedor fabricante paciente sujeto máquina maquina placa serie sitio
    sesión sesion equipo cliente empresa planta ensayo
    """
)
"""What columns are called whose values are things that rows belong to; the last word of the name counts."""
DAYS = _set("day date tag datum día dia fecha")
IDENTIFIERS = _set("id ids no nr num number nummer número numero code key name index idx")
"""Words behind such a name that do not change what it means."""
_KINDS = _set("type class category kind status group grade row item record")
LONGEST = 80
"""Characters of a value that names something; longer texts say something."""
LEAST_ROWS = 20
"""Rows below which nothing is proposed."""
REPEATS = 1.5
"""Rows a value at least, on average, for rows to belong together at all."""
STRETCH = 5
"""Rows a value at least, on average, for a column without a telling name."""
ENTITIES = 5
"""Different values at least where they are not in stretches: three machines in turn may be kinds of machines."""
OBVIOUS = 0.8
"""The part of the days, or of the steps between rows, that is alike where readings follow each other regularly."""


@dataclass(frozen=True)
class GroupCandidate:
    """A column whose values may be groups: how many there are, why it was chosen, and whether it is proposed."""

    column: str
    by: SplitBy
    groups: int
    reason: str
    proposed: bool

    @property
    def few(self) -> str:
        """A remark about few groups, such as `5 groups: rough`; empty where there are enough."""
        return f"{self.groups} groups: rough" if self.groups < FEW_GROUPS else ""


@dataclass(frozen=True)
class _Shape:
    """How a column's values lie in the rows."""

    rows: int
    counts: Counter[Hashable]
    stretches: int

    @property
    def groups(self) -> int:
        return len(self.counts)

    @property
    def each(self) -> float:
        return self.rows / self.groups

    @property
    def contiguous(self) -> bool:
        """Whether every value has one stretch of rows."""
        return self.stretches == self.groups


def find_groups(
    columns: Columns, *, windows_of: str | None = None, leave_out: Collection[str] = ()
) -> list[GroupCandidate]:
    """The columns whose values may be groups, the likeliest first. All columns have a value for each row, in order.

    `windows_of` is the column that the sheet's windows are cut by: it comes first. Columns of `leave_out`, such as the
    answer's, are not looked at. At most the first candidate of each kind is worth proposing: `proposed` says so.
    """
    ranked: list[tuple[tuple[int, bool, int], GroupCandidate]] = []
    for name, values in columns.items():
        if name in leave_out and name != windows_of:
            continue
        for tier, candidate in _candidates(name, values, windows_of):
            ranked.append(((tier, candidate.groups < ENTITIES, candidate.groups), candidate))
    return [candidate for _, candidate in sorted(ranked, key=lambda one: one[0])]


def time_columns(columns: Columns) -> list[str]:
    """The columns that say when each row was: most values are moments, and they differ."""
    named = []
    for name, values in columns.items():
        head = [value for value in values[:LEAST_ROWS] if value is not None and value != ""]
        if not head or any(not isinstance(value, str) for value in head) or moments(head) is None:
            continue
        read = moments(values)
        if read is not None and len(set(read)) > max(2, len(read) / 100):
            named.append(name)
    return named


def group_values(by: SplitBy, values: Sequence[object]) -> list[str | None]:
    """The group of each value, None where it has none."""
    if by is SplitBy.DAY:
        return [None if one is None else one.date().isoformat() for one in moments(values) or [None] * len(values)]
    if by is SplitBy.FIRST_LINE:
        return [first_line(value) for value in values]
    return [_text(value) for value in values]


def first_line(value: object) -> str | None:
    """The first words of a document, without what differs between two of one vendor: case, blanks, digits."""
    if not isinstance(value, str):
        return None
    for one in value.splitlines():
        if len(letters := re.sub(r"[\W\d_]+", "", one).casefold()) >= 3:
            return letters[:LONGEST]
    return None


# One column --------------------------------------------------------------------------------------------------------


def _candidates(name: str, values: Sequence[object], windows_of: str | None) -> list[tuple[int, GroupCandidate]]:
    """The candidates of a column, each with its tier: what the sheet says, names, behavior, documents, days."""
    shape = _shape(values)
    if name == windows_of and shape is not None:
        reason = f"{name}: the windows are cut by it, {_count(shape.groups, 'value')}"
        return [(0, GroupCandidate(name, SplitBy.VALUE, shape.groups, reason, proposed=True))]
    if shape is None:
        return [*_documents(name, values), *_days(name, values)]
    last = _last_word(name)
    if shape.groups < 2 or shape.each < REPEATS or shape.rows < LEAST_ROWS:
        return _days(name, values)
    spread = (
        "each one stretch of rows" if shape.contiguous else f"each in about {median(shape.counts.values()):.0f} rows"
    )
    reason = f"{name}: {_count(shape.groups, 'value')}, {spread}"
    if last in DAYS:
        regular = shape.contiguous and shape.each >= STRETCH and _alike(list(shape.counts.values()))
        return [(4, GroupCandidate(name, SplitBy.VALUE, shape.groups, reason, proposed=regular))]
    if last in NAMES:
        return [(1, GroupCandidate(name, SplitBy.VALUE, shape.groups, reason, _is_named_group(shape)))]
    if (last not in _KINDS and _is_in_stretches(shape)) or (_is_identifier(name) and _repeats(shape)):
        return [(2, GroupCandidate(name, SplitBy.VALUE, shape.groups, reason, proposed=True))]
    return _days(name, values)


def _shape(values: Sequence[object]) -> _Shape | None:
    """How the values lie; None for measured numbers, flags, texts and lists, which name nothing."""
    if any(_says_something(value) for value in values[:50]):
        return None
    present = [value for value in values if value is not None and value != ""]
    # Texts repeat: each is looked at once. Of others, what is equal may be of two types.
    texts = {value for value in present if type(value) is str}
    if not present or any(map(_says_something, texts)):
        return None
    if any(_says_something(value) for value in present if type(value) is not str):
        return None
    counts: Counter[Hashable] = Counter(present)
    return _Shape(len(present), counts, sum(1 for _ in groupby(present)))


def _says_something(value: object) -> bool:
    if isinstance(value, float):
        return not value.is_integer()
    if isinstance(value, str):
        return len(value) > LONGEST or "\n" in value
    return isinstance(value, bool | list | dict)


def _is_named_group(shape: _Shape) -> bool:
    """Whether a column with a telling name is a group: stretches, or enough values that each come back."""
    return (shape.contiguous and shape.each >= 2) or shape.stretches <= 1.2 * shape.groups or shape.groups >= ENTITIES


def _is_in_stretches(shape: _Shape) -> bool:
    """Whether the values are names, or count from 0 or 1, and each is one long stretch of rows."""
    if not (shape.contiguous and shape.groups >= 3 and shape.each >= STRETCH):
        return False
    numbers = [value for value in shape.counts if isinstance(value, int | float)]
    if not numbers:
        return True
    low, high = min(numbers), max(numbers)
    return len(numbers) == shape.groups and low in (0, 1) and high - low + 1 <= 1.2 * shape.groups


def _is_identifier(name: str) -> bool:
    words = _words(name)
    return len(words) > 1 and words[-1] in {"id", "no", "nr", "serial"} and words[-2] not in _KINDS


def _repeats(shape: _Shape) -> bool:
    return shape.groups >= 2 * ENTITIES and shape.each >= 2 and min(shape.counts.values()) * 20 >= shape.each


def _documents(name: str, values: Sequence[object]) -> list[tuple[int, GroupCandidate]]:
    """Documents by their first line, where several begin alike: those of one vendor look alike."""
    if str not in set(map(type, values)):
        return []
    texts = [value for value in values if isinstance(value, str) and "\n" in value.strip()]
    if len(texts) < LEAST_ROWS or len(texts) < len(values) / 2:
        return []
    counts = Counter(first_line(text) for text in texts)
    if len(counts) < ENTITIES or len(texts) / len(counts) < 1.2 or max(counts.values()) > len(texts) / 3:
        return []
    reason = f"{name}: {_count(len(counts), 'different first line')} in {len(texts):,} documents, as one vendor writes"
    return [(3, GroupCandidate(name, SplitBy.FIRST_LINE, len(counts), reason, proposed=True))]


def _days(name: str, values: Sequence[object]) -> list[tuple[int, GroupCandidate]]:
    """The days of a column of times, where there are many rows a day; proposed where readings follow each other."""
    head = [value for value in values[:LEAST_ROWS] if value is not None]
    if len(values) < LEAST_ROWS or not head or moments(head) is None:
        return []
    read = [one for one in moments(values) or () if one is not None]
    days = Counter(one.date() for one in read)
    if len(days) < 3 or len(read) / len(days) < STRETCH:
        return []
    reason = f"{name}: {_count(len(days), 'day')} of about {median(days.values()):,.0f} rows"
    return [(4, GroupCandidate(name, SplitBy.DAY, len(days), reason, proposed=_is_stream(read)))]


def _is_stream(read: Sequence[datetime]) -> bool:
    """Whether rows follow each other at one pace, as readings of an instrument do."""
    steps = [(after - before).total_seconds() for before, after in pairwise(read)]
    return _alike([step for step in steps if step != 0])


def _alike(numbers: Sequence[float]) -> bool:
    usual, count = Counter(numbers).most_common(1)[0] if numbers else (0, 0)
    return usual > 0 and count >= OBVIOUS * len(numbers)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, list | dict):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _words(name: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word.casefold() for word in re.findall(r"[^\W_]+", parted)]


def _last_word(name: str) -> str:
    """The word that says what the values are: `unit` in `Unit No.`, `test_unit_id`, `subject#`."""
    words = _words(name)
    while len(words) > 1 and words[-1] in IDENTIFIERS:
        words.pop()
    return words[-1] if words else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
