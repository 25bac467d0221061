"""Numbers as people and instruments write them: marks, units, signs, limits.

A form says how a column's numbers are written. It gives a pattern that is the same for Python and for DuckDB (RE2), so
that what a sample teaches holds for the whole column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ontos_tui.tabular.duckdb_sql import literal
from ontos_tui.tabular.values.units import is_unit

MINUS = "−–‒﹣－"
BLANKS = "\u00a0\u2007\u2009\u202f\u200b\u2060\ufeff\t"
APOSTROPHES = "’´`"
CURRENCIES = "€$£¥"
SPACE, APOSTROPHE = " ", "'"

_EXPONENT = r"([eEdD][-+]?[0-9]+|[ ]?[x×*·][ ]?10\^?[-+]?[0-9]+)?"
_INFINITE = r"[-+]?(?:[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|∞)"
_PLAIN = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_DIGIT = re.compile("[0-9]")
_LIMIT = re.compile(r"^(?:[<>≤≥]=?)[ ]?")
_UNIT = re.compile(
    r"^(?P<before>[€$£¥])?[ ]?(?P<number>[-+]?[ ]?[0-9.,' ]*[0-9][.,]?" + _EXPONENT + r")"
    r"(?P<blank>[ ])?(?P<unit>[^\d\s.,<>'+-][^\d\s<>]{0,7}[²³23]?)?$"
)


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written. `plain`: as DuckDB reads them by itself.

    `thousands` holds every mark that stands between thousands.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    limits: bool = False
    accounting: bool = False
    """Whether the minus may stand behind a number, or brackets around it in its place, as accountants write it."""
    uncertain: bool = False
    """Whether an uncertainty may stand behind the number, such as ± 0.1 or (5), which is left out."""
    plain: bool = True
    ambiguous: bool = False
    """Whether 1,234 may be a thousand or 1.234: nothing in the column tells."""

    def pattern(self) -> str:
        """What a cleaned number looks like, for `re` and RE2 alike."""
        mark = re.escape(self.decimal)
        whole = "[0-9]+"
        if self.thousands:
            between = f"[{re.escape(self.thousands)}]"
            whole = f"(?:[0-9]{{1,3}}(?:{between}[0-9]{{3}})+|[0-9]+)"
            if "," in self.thousands:
                whole = f"(?:[0-9]{{1,2}}(?:,[0-9]{{2}})+,[0-9]{{3}}|{whole[3:]}"  # 12,34,567 as in India
        number = rf"[-+]?[ ]?(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+){_EXPONENT}"
        if self.unit:
            unit = re.escape(self.unit)
            number = rf"(?:{unit}[ ]?)?{number}[ ]?(?:{unit})?" if self.unit in CURRENCIES else rf"{number}[ ]?{unit}"
        if self.limits:
            number = rf"(?:[<>≤≥]=?[ ]?)?{number}"
        return rf"(?:{number}|{_INFINITE})"

    def read(self, text: str) -> float | None:
        """The number that a text is in this form, or None."""
        cleaned = without_uncertainty(clean(text)) if self.uncertain else clean(text)
        cleaned = minus_in_front(cleaned) if self.accounting else cleaned
        if not re.fullmatch(self.pattern(), cleaned):
            return None
        try:
            return float(self._digits(cleaned))
        except ValueError:
            return None

    def _digits(self, cleaned: str) -> str:
        digits = _LIMIT.sub("", cleaned)
        for part in (self.unit, *self.thousands, " "):
            digits = digits.replace(part, "") if part else digits
        digits = re.sub(r"[x×*·]10\^?", "e", digits.replace(self.decimal, "."))
        return re.sub("[dD]", "e", digits).replace("∞", "inf")

    def sql_fits(self, value: str) -> str:
        """The condition that a text is a number of this form."""
        if self.plain:
            return (
                f"(NOT coalesce(isnan(TRY_CAST({value} AS DOUBLE)), true) AND NOT contains({value}, '_') AND "
                f"({value} NOT LIKE '0%' OR contains({value}, '.') OR NOT regexp_matches({value}, '^0[0-9]')))"
            )
        return f"regexp_full_match({self._sql_clean(value)}, {literal(self.pattern())})"

    def _sql_clean(self, value: str) -> str:
        cleaned = sql_clean(value)
        if self.uncertain:
            for pattern, rest in _UNCERTAINTY:
                cleaned = f"trim(regexp_replace({cleaned}, {literal(pattern)}, {literal(rest)}))"
        if self.accounting:
            for pattern in _ACCOUNTING:
                cleaned = f"regexp_replace({cleaned}, {literal(pattern)}, '-\\1')"
        return cleaned

    def sql(self, value: str) -> str:
        """The expression that reads a text which fits; NULL for any other."""
        if self.plain:
            return f"TRY_CAST({value} AS DOUBLE)"
        digits = self._sql_clean(value)
        if self.limits:
            digits = f"regexp_replace({digits}, '^[<>≤≥]=? ?', '')"
        for part in (self.unit, *self.thousands, " "):
            digits = f"replace({digits}, {literal(part)}, '')" if part else digits
        if self.decimal != ".":
            digits = f"replace({digits}, {literal(self.decimal)}, '.')"
        digits = f"regexp_replace(regexp_replace({digits}, '[x×*·]10\\^?', 'e'), '[dD]([-+]?[0-9])', 'e\\1')"
        return f"CASE WHEN {self.sql_fits(value)} THEN TRY_CAST(replace({digits}, '∞', 'inf') AS DOUBLE) END"

    def in_words(self) -> str:
        """What is not plain about it, such as `thousands 1,234`."""
        words = []
        if self.decimal == ",":
            words.append("decimal comma")
        if self.thousands:
            words.append(f"thousands {' or '.join(f'1{mark}234' for mark in self.thousands)}")
        if self.unit:
            words.append(f"unit {self.unit}")
        if self.accounting:
            words.append("minus as (1) or 1-")
        if self.uncertain:
            words.append("uncertainties left out")
        return ", ".join(words)


PLAIN = NumberForm()


def clean(text: str) -> str:
    """One kind of minus, blank and apostrophe, and nothing around."""
    return text.translate(_TO_CLEAN).strip()


_ACCOUNTING = (r"^\(([^()-]*[0-9][^()-]*)\)$", r"^([^-]*[0-9])[ ]?-$")


def minus_in_front(cleaned: str) -> str:
    """`(1.5)` and `1.5-` with their minus in front."""
    for pattern in _ACCOUNTING:
        cleaned = re.sub(pattern, r"-\1", cleaned)
    return cleaned


_UNCERTAINTY = (
    (r"[ ]?(?:±|[+]/?-)[ ]?[0-9][0-9.,]*(?:[eE][-+]?[0-9]+)?", ""),
    (r"([.,][0-9]+)\([0-9]{1,3}\)", r"\1"),
)


def without_uncertainty(cleaned: str) -> str:
    """`1.5 ± 0.1` and `1.50(10)` without what stands behind the number."""
    for pattern, rest in _UNCERTAINTY:
        cleaned = re.sub(pattern, rest, cleaned)
    return cleaned.strip()


_TO_CLEAN = str.maketrans(MINUS + BLANKS + APOSTROPHES, "-" * len(MINUS) + " " * len(BLANKS) + "'" * len(APOSTROPHES))


def sql_clean(value: str) -> str:
    """`clean` as DuckDB does it."""
    old, new = MINUS + BLANKS + APOSTROPHES, "-" * len(MINUS) + " " * len(BLANKS) + "'" * len(APOSTROPHES)
    return f"trim(translate({value}, {literal(old)}, {literal(new)}))"


def is_number(text: str) -> bool:
    """Whether a text is a number in any of the forms."""
    return _is_number_once(text) if len(text) <= _SHORT else _is_number(text)


def _is_number(text: str) -> bool:
    cleaned = clean(text)
    if _PLAIN.fullmatch(cleaned) or re.fullmatch(_INFINITE, cleaned) or cleaned.lower() in ("nan", "-nan"):
        return True
    if _DIGIT.search(cleaned) is None:
        return False
    form = form_of([text])
    return form is not None and form.read(text) is not None


# The same cells are looked at for headings, for the file's decimal mark, for each column and for the footer.
_SHORT, _is_number_once = 40, lru_cache(1 << 15)(_is_number)


def form_of(texts: Iterable[str], decimal: str = "") -> NumberForm | None:
    """The form that most of the texts are written in; None when they are no numbers.

    `decimal` is the decimal mark where it is known, from the user or from the file's other columns.
    """
    cleaned = [text for text in map(clean, texts) if text]
    if all(_PLAIN.fullmatch(text) or re.fullmatch(_INFINITE, text) for text in cleaned) and decimal != ",":
        if all(text.isascii() for text in texts) or not cleaned:
            return PLAIN
        return NumberForm(plain=False)
    certain = [without_uncertainty(text) for text in cleaned]
    uncertain, cleaned = certain != cleaned, certain
    moved = [minus_in_front(text) for text in cleaned]
    accounting = moved != cleaned
    if accounting and len(cleaned) > 1 and all(text.startswith("(") for text in cleaned):
        return None  # numbers of notes or equations
    cleaned = moved
    limits = any(_LIMIT.match(text) for text in cleaned)
    numbers, units = _without_units([_LIMIT.sub("", text) for text in cleaned])
    if not numbers:
        return None
    if len(units) > 1:
        return None
    unit = next(iter(units))
    marks = _marks(numbers, decimal)
    if marks is None:
        return None
    mark, thousands, ambiguous = marks
    return NumberForm(mark, thousands, unit, limits, accounting, uncertain, plain=False, ambiguous=ambiguous)


def _without_units(texts: list[str]) -> tuple[list[str], Counter[str]]:
    numbers, units = [], Counter[str]()
    for text in texts:
        match = _UNIT.match(text)
        if match is None:
            continue
        unit = match["unit"] or match["before"] or ""
        if unit and not (unit in CURRENCIES or is_unit(unit, apart=bool(match["blank"]))):
            continue
        numbers.append(match["number"].strip())
        units[unit] += 1
    return numbers, units


def units_of(texts: Iterable[str]) -> list[str]:
    """The units that stand at numbers, the commonest first; "" for none."""
    cleaned = [_LIMIT.sub("", without_uncertainty(clean(text))) for text in texts]
    return [unit for unit, _ in _without_units(cleaned)[1].most_common()]


def _marks(numbers: list[str], known: str) -> tuple[str, str, bool] | None:
    """Decimal mark, thousands mark, and whether a comma may be either; None when they contradict each other."""
    signs = Counter[str]()
    for text in numbers:
        for name, pattern in _EVIDENCE.items():
            signs[name] += pattern.search(text) is not None
    spaced = (SPACE if signs["blank"] else "") + (APOSTROPHE if signs["apostrophe"] else "")
    comma_is_decimal, comma_is_group = signs["comma decimal"], signs["comma group"]
    dot_is_decimal, dot_is_group = signs["dot decimal"], signs["dot group"]
    if (comma_is_decimal and (comma_is_group or dot_is_decimal)) or (dot_is_decimal and dot_is_group):
        return None
    commas, dots = any("," in text for text in numbers), any("." in text for text in numbers)
    if dot_is_decimal and not commas:
        return ".", spaced, False
    if comma_is_decimal or dot_is_group or (known == "," and not comma_is_group and not dot_is_decimal):
        return ",", ("." if dots else "") + spaced, False
    if comma_is_group or (commas and dot_is_decimal):
        return ".", "," + spaced, False
    return ".", ("," if commas else "") + spaced, commas and not known


_EVIDENCE = {
    "comma decimal": re.compile(
        r"^[^,]*,([0-9]{0,2}|[0-9]{4,})(?![0-9,])|^[-+]?0*,|^[-+]?0,|[0-9]{4,},|[0-9]\.[0-9]{3},|,[0-9]*[eE]"
    ),
    "comma group": re.compile(r"[0-9],[0-9]{3}(,[0-9]{3})+(?![0-9])|[0-9],[0-9]{3}\.|[0-9],[0-9]{2},[0-9]{3}(?![0-9])"),
    "dot decimal": re.compile(
        r"^[^.]*\.([0-9]{0,2}|[0-9]{4,})(?![0-9.])|^[-+]?0*\.|[0-9]{4,}\.|[0-9],[0-9]{3}\.|\.[0-9]*[eE]"
    ),
    "dot group": re.compile(r"[0-9]\.[0-9]{3}(\.[0-9]{3})+(?![0-9])|[0-9]\.[0-9]{3},"),
    "blank": re.compile(r"[0-9] [0-9]{3}(?![0-9])"),
    "apostrophe": re.compile(r"[0-9]'[0-9]{3}(?![0-9])"),
}
