"""Words that mean no value, and numbers that instruments write instead of one."""

from __future__ import annotations

from collections.abc import Mapping

WORDS = frozenset(
    {"na", "n/a", "n.a.", "n.a", "nan", "-nan", "<na>", "null", "none", "nil", "-", "--", "---", "?", ".", "missing"}
    | {"#n/a", "#na", "#nv", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "nodata", "no_data"}
    | {"1.#qnan", "-1.#ind", "1.#ind", "1.#inf", "not available", "no data", "not measured"}
    | {"#wert!", "#bezug!", "#zahl!", "#valeur!", "#nombre!", "#nom?", "#¡valor!", "#¡ref!", "#¡div/0!", "#¡num!"}
    | {"#valore!", "#rif!", "#nome?", "#¿nombre?"}
    | {"nd", "n.d.", "n.d", "n.q.", "not detected", "not determined", "<lod", "< lod", "<loq", "< loq", "<mdl", "< mdl"}
    | {"lod", "loq", "bdl", "<bdl", "blq", "bql", "blod", "bloq", "below detection limit", "below lod", "below loq"}
    | {"n.b.", "n.n.", "n.v.", "k.a.", "u.d.", "overload", "ovld", "ovl", "ovrng", "ovfl", "ol", "o.l.", "overflow"}
    | {"underflow", "over range", "overrange", "over-range", "under range", "underrange", "out of range", "saturated"}
)
"""Written in any case: no value, below what an instrument detects, or beyond its range; n.b., n.n. and n.v. are German.

They mean no value in a column of numbers or times."""

TEXT_WORDS = frozenset(
    {"NA", "N/A", "n/a", "nan", "NaN", "NAN", "<NA>", "null", "NULL", "#N/A", "#NV", "#NULL!", "#DIV/0!", "#VALUE!"}
    | {"#REF!", "#NAME?", "#NUM!", "n.a.", "N.A.", "-", "--", "---", "?", "1.#QNAN", "-1.#IND", "1.#IND"}
)
"""The ones that mean no value in a column of texts as well."""

WITH_OTHERS = frozenset(("None", "na", "NIL", "nil", "."))
"""In a column of texts they mean no value only beside one of the above: alone, each may be a class."""

SENTINELS: tuple[float, ...] = (
    *(-9, -99, -999, -9999, -99999, -999999, -99.9, -999.9, -9999.9, -99.99, -999.99, -9999.99, -999.25),
    *(-8888, -7777, -6999, 9999, 99999, 999999, 9999.9, 1e30, 9.96921e36, -1e30, 9.9e37, -9.9e37, 9.91e37),
    *(32767, -32768, 65535, 2147483647, -2147483648, 4294967295),
)
FAR = 3.0
"""So many times the width of all other values a sentinel lies away from them."""
FEWEST = 5
"""Other values that it takes to call a number a sentinel."""


def is_missing_word(text: str) -> bool:
    """Whether the word means no value in a column of numbers or times."""
    word = text.strip().lower()
    return word in WORDS or (len(word) > 1 and word.strip("#") == "")  # a cell that was too narrow for its number


def missing_in_texts(counts: Mapping[str, int]) -> dict[str, int]:
    """Which of a column's texts mean no value, with their counts. Two-letter codes may hold Namibia's NA."""
    clear = {word: count for word, count in counts.items() if word.strip() in TEXT_WORDS}
    others = [word for word in counts if word not in clear and word.strip() not in WITH_OTHERS]
    codes = sum(len(word) == 2 and word.isupper() for word in others)
    if "NA" in clear and len(others) >= 5 and codes >= 0.8 * len(others):
        del clear["NA"]
    if clear:
        clear |= {word: count for word, count in counts.items() if word.strip() in WITH_OTHERS}
    return clear


def is_sentinel(value: float, count: int, low: float, high: float) -> bool:
    """Whether a number beyond all others, which lie between `low` and `high`, was written for no value."""
    if value not in SENTINELS or low > high:
        return False
    gap = low - value if value < low else value - high
    repeated = count > 1 or abs(value) >= 99
    return repeated and gap > FAR * max(high - low, 1e-12) and gap > abs(value) / 2
