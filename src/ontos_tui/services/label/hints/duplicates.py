"""Near-duplicate items: found, grouped, and their differences described.

Compared are the columns that a model would learn from. Two items are near-duplicates when all their categories are
equal, each number differs by at most `TOLERANCE` of its column's usual range, and their texts share at least `ALIKE` of
their words and word pairs (Jaccard, found by MinHash). Each member is a near-duplicate of the group's first item, not
merely to a neighbor, so groups never run away along a chain.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.learning import Progress
from ontos_tui.domain.records.data import Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ontos_tui.learning.encoding.features import NumericColumn

    Words = NDArray[np.uint32]

TOLERANCE = 0.01
"""Of the range between a column's 5th and 95th percentile."""
ALIKE = 0.8
BANDS, BAND = 16, 5
"""MinHashes: texts that are 80 % alike meet in one of the bands with 99.8 %, texts that are 50 % alike with 40 %."""
MOST_LEADERS = 50
"""Different texts of one band that a text is compared with."""
LONGEST = 20_000
"""Characters of a text that are compared."""
PRIME = (1 << 31) - 1
SHOWN = 3
"""Differences that a reason names."""
SHOWN_COLUMNS = 6
"""Columns that are named of each sort."""

STEPS = 4
_AROUND = ".,;:!?()[]{}\"'“”„‘’…"


@dataclass(frozen=True)
class DuplicateItem:
    """One item of a group: `place` among the rows, `leader` the group's first, `closeness` 1 when equal."""

    place: int
    leader: int
    closeness: float
    reason: str


@dataclass(frozen=True)
class Duplicates:
    """All items that are alike to others, group by group, and which columns were compared how."""

    members: tuple[DuplicateItem, ...]
    compared: str
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Columns:
    numbers: tuple[NumericColumn, ...]
    texts: tuple[str, ...]
    categories: tuple[str, ...]

    def describe(self) -> str:
        kinds = (
            (f"numbers within {100 * TOLERANCE:g} % of the usual range", [column.name for column in self.numbers]),
            (f"texts at least {100 * ALIKE:g} % alike", self.texts),
            ("equal", self.categories),
        )
        return "; ".join(f"{how}: {_few(names, SHOWN_COLUMNS)}" for how, names in kinds if names)


def find_duplicates(
    rows: Sequence[Row], refs: Sequence[str], features: Sequence[str], progress: Progress
) -> Duplicates:
    """Group the rows that are alike; `refs` name them in the reasons. Rows are taken in their order."""
    import numpy as np

    columns, left_out = _sorted_columns(rows, features)
    if not (columns.numbers or columns.texts or columns.categories):
        return Duplicates((), "", left_out)
    progress.update(0, STEPS, f"reading {len(rows):,} items")
    scaled, missing = _scaled(rows, columns)
    progress.update(1, STEPS, "comparing texts")
    texts = _text_groups(rows, columns.texts, progress)
    progress.update(2, STEPS, "comparing numbers and categories")
    blocks: dict[Any, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        categories = tuple(_category(row.get(name)) for name in columns.categories)
        blocks[(categories, texts[place], missing[place].tobytes())].append(place)
    members: list[DuplicateItem] = []
    for block in blocks.values():
        if len(block) > 1:
            for group in _near(scaled[np.array(block)]):
                places = [block[line] for line in group]
                members += _described_group(places, rows, refs, scaled, columns)
    progress.update(3, STEPS, "writing the reasons")
    return Duplicates(tuple(members), columns.describe(), left_out)


def _sorted_columns(rows: Sequence[Row], features: Sequence[str]) -> tuple[_Columns, tuple[str, ...]]:
    from ontos_tui.learning.encoding.features import NESTED, NO_WORDS, NumericColumn, TextColumn, describe

    table, left_out = describe(rows, features, most_words=1)
    numbers = tuple(column for column in table.columns if isinstance(column, NumericColumn))
    texts = [column.name for column in table.columns if isinstance(column, TextColumn)]
    categories = [column.name for column in table.columns if not isinstance(column, NumericColumn | TextColumn)]
    # A column that is useless to a model may still distinguish two items.
    texts += [column.name for column in left_out if column.reason == NO_WORDS]
    categories += [column.name for column in left_out if column.reason == NESTED]
    ignored = (column for column in left_out if column.reason not in (NO_WORDS, NESTED))
    reasons = tuple(f"{column.name} {column.reason}" for column in ignored)
    return _Columns(numbers, tuple(texts), tuple(categories)), reasons


def _scaled(rows: Sequence[Row], columns: _Columns) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The numbers in units of their tolerance, and which are missing (0 there)."""
    import numpy as np

    scaled = np.zeros((len(rows), len(columns.numbers)))
    missing = np.zeros(scaled.shape, dtype=bool)
    for place, column in enumerate(columns.numbers):
        numbers = column.numbers([row.get(column.name) for row in rows])
        missing[:, place] = np.isnan(numbers)
        known = numbers[~missing[:, place]]
        low, high = np.percentile(known, [5, 95]) if len(known) else (0.0, 0.0)
        usual = high - low or float(np.ptp(known)) if len(known) else 0.0
        scaled[:, place] = np.where(missing[:, place], 0.0, (numbers - low) / (usual * TOLERANCE or 1.0))
    return scaled, missing


def _near(points: NDArray[np.float64]) -> Iterator[list[int]]:
    """Groups of points that are within 1 of their first point in every direction."""
    import numpy as np
    from scipy.spatial import cKDTree

    if points.shape[1] == 0:
        yield list(range(len(points)))
        return
    distinct, first, position = np.unique(points, axis=0, return_index=True, return_inverse=True)
    position = position.ravel()
    lines: list[list[int]] = [[] for _ in distinct]
    for line, place in enumerate(position):
        lines[place].append(line)
    if len(distinct) == 1:
        yield lines[0]
        return
    # A little more than 1: a difference of exactly the tolerance is not lost to rounding.
    reach = 1.0 + 1e-9
    tree = cKDTree(distinct)
    crowded = np.asarray(tree.query_ball_point(distinct, reach, p=np.inf, return_length=True)) > 1
    taken = np.zeros(len(distinct), dtype=bool)
    for place in np.argsort(first, kind="stable"):
        if taken[place]:
            continue
        near = tree.query_ball_point(distinct[place], reach, p=np.inf) if crowded[place] else [place]
        free = [one for one in near if not taken[one]]
        taken[free] = True
        group = sorted(line for one in free for line in lines[one])
        if len(group) > 1:
            # The first point leads: the others are measured from it, even where an equal of another came earlier.
            lead = lines[place][0]
            yield [lead, *(line for line in group if line != lead)]


def _described_group(
    places: Sequence[int],
    rows: Sequence[Row],
    refs: Sequence[str],
    scaled: NDArray[np.float64],
    columns: _Columns,
) -> Iterator[DuplicateItem]:
    lead, *others = places
    closest = 0.0
    for place in others:
        numbers, texts = _differences(rows[lead], rows[place], columns)
        apart = float(abs(scaled[place] - scaled[lead]).max()) if numbers else 0.0
        closeness = 1.0 - 0.5 * min(apart, 1.0) - (0.1 if texts else 0.0)
        closest = max(closest, closeness)
        difference = f"except for {_few([*numbers, *texts])}" if numbers or texts else "in all compared fields"
        yield DuplicateItem(place, lead, closeness, f"same as {refs[lead]} {difference}")
    named = _few([refs[place] for place in others])
    yield DuplicateItem(lead, lead, closest, f"{named} {'is' if len(others) == 1 else 'are'} nearly the same")


def _differences(one: Row, other: Row, columns: _Columns) -> tuple[list[str], list[str]]:
    """The numbers and the texts that differ, in words."""
    from ontos_tui.learning.encoding.features import number

    numbers, texts = [], []
    for column in columns.numbers:
        was, is_now = number(one.get(column.name)), number(other.get(column.name))
        if was is not None and is_now is not None and was != is_now:
            numbers.append(f"{column.name} ({is_now - was:+.4g})")
    for name in columns.texts:
        here, there = (_tokens(row.get(name)) for row in (one, other))
        before, after = set(here), set(there)
        gone = [word for word in here if word not in after]
        come = [word for word in there if word not in before]
        if gone or come:
            texts.append(f"{name} ({_quoted(gone)} → {_quoted(come)})")
        elif here != there:
            texts.append(f"{name} (order or number of words)")
    return numbers, texts


def _few(words: Sequence[str], most: int = SHOWN) -> str:
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def _quoted(words: Sequence[str]) -> str:
    if not words:
        return "nothing"
    return f"“{' '.join(word[:30] for word in words[:SHOWN])}{' …' if len(words) > SHOWN else ''}”"


def _category(value: object) -> str:
    from ontos_tui.learning.encoding.features import is_missing

    if is_missing(value):
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _tokens(value: object) -> list[str]:
    """The words and numbers of a text: in lower case, without the punctuation around them."""
    if not isinstance(value, str):
        return [] if value is None else [str(value)[:LONGEST]]
    return [word for part in value[:LONGEST].lower().split() if (word := part.strip(_AROUND))]


# Texts


def _text_groups(rows: Sequence[Row], names: Sequence[str], progress: Progress) -> list[int]:
    """A number for each row: rows whose texts are alike have the same."""
    if not names:
        return [0] * len(rows)
    numbers: dict[tuple[tuple[str, ...], ...], int] = {}
    texts = [numbers.setdefault(tuple(tuple(_tokens(row.get(name))) for name in names), len(numbers)) for row in rows]
    leaders = _leaders([_shingles(text) for text in numbers], progress)
    return [leaders[text] for text in texts]


def _shingles(texts: Sequence[Sequence[str]]) -> Words:
    """The words and the pairs of neighboring words, as numbers below 2^31; each column's are its own."""
    import numpy as np

    codes_seen: set[int] = set()
    for column, words in enumerate(texts):
        codes = [zlib.crc32(f"{column}\0{word}".encode("utf-8", "surrogatepass")) for word in words]
        codes_seen.update(code % PRIME for code in codes)
        codes_seen.update((one * 31 + other * 17 + 1) % PRIME for one, other in pairwise(codes))
    return np.fromiter(codes_seen, dtype=np.uint32, count=len(codes_seen))


def _meetings(words: Sequence[Words]) -> NDArray[np.int64]:
    """A line for each text: in each band the number of those that it meets there, -1 where it is alone."""
    import numpy as np

    draw = np.random.default_rng(0)
    factors = draw.integers(1, PRIME, BANDS * BAND, dtype=np.uint64)
    shifts = draw.integers(0, PRIME, BANDS * BAND, dtype=np.uint64)
    mixers = draw.integers(1, PRIME, BAND, dtype=np.uint64) | np.uint64(1)
    keys = np.zeros((len(words), BANDS), dtype=np.uint64)
    for line, own in enumerate(words):
        if len(own):
            # Both factors are below 2^31, so that no product overflows 64 bits.
            smallest = ((own[:, None].astype(np.uint64) * factors + shifts) % np.uint64(PRIME)).min(axis=0)
            keys[line] = (smallest.reshape(BANDS, BAND) * mixers).sum(axis=1)
    met = np.full(keys.shape, -1, dtype=np.int64)
    for band in range(BANDS):
        _, place, count = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        met[:, band] = np.where(count[place] > 1, place, -1)
    return met


def _leaders(words: Sequence[Words], progress: Progress) -> list[int]:
    """For each text the first text that it is alike to, itself where there is none."""
    known: dict[tuple[int, int], list[int]] = defaultdict(list)
    leaders: list[int] = []
    for line, met in enumerate(_meetings(words)):
        if line % 5_000 == 0:
            progress.update(1, STEPS, f"comparing texts: {line:,} of {len(words):,}")
        places = [(band, int(place)) for band, place in enumerate(met) if place >= 0]
        candidates = sorted({other for place in places for other in known[place]})
        own = set(words[line].tolist()) if candidates else set()
        leader = next((other for other in candidates if _alike(own, words[other])), line)
        if leader == line:
            for place in places:
                if len(known[place]) < MOST_LEADERS:
                    known[place].append(line)
        leaders.append(leader)
    return leaders


def _alike(one: set[int], other: Words) -> bool:
    if min(len(one), len(other)) < ALIKE * max(len(one), len(other)):
        return False
    shared = len(one.intersection(other.tolist()))
    return shared >= ALIKE * (len(one) + len(other) - shared)
