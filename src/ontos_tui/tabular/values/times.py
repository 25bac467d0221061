"""Dates and times as people and instruments write them. The order of day and month is for the whole column to tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from ontos_tui.domain.records.reading import DateOrder
from ontos_tui.tabular.duckdb_sql import literal
from ontos_tui.tabular.values.months import in_english, sql_in_english

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_OFFSET = r"(?P<offset>[ ]?(?:[zZ]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))"
_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?P<fraction>[.,][0-9]{1,9}|:[0-9]{3})?)?"
    r"(?P<half>[ ]?[aApP]\.?[mM]\.?)?"
)
_DAY = (
    r"(?:(?P<first>[0-9]{1,4})(?P<sep>[-./])(?P<second_part>[0-9]{1,2})(?P=sep)(?P<third>[0-9]{1,4})|"
    rf"(?P<day>[0-9]{{1,2}})(?P<sep_a>[- ./])(?P<month>{_MONTHS})\.?(?P<sep_b>[- ./])"
    r"(?P<year>[0-9]{4}|[0-9]{2})|"
    rf"(?P<us_month>{_MONTHS})\.?[ ](?P<us_day>[0-9]{{1,2}}),?[ ](?P<us_year>[0-9]{{4}}))"
)
_TIME = re.compile(rf"^{_DAY}(?:(?P<between>[T _]|,[ ]|[ ]{{2}})(?:{_CLOCK}){_OFFSET}?)?$", re.IGNORECASE)
_CLOCK_ONLY = re.compile(rf"^{_CLOCK}$")
HAS_OFFSET = r":[0-9]{2}([.,][0-9]+)?[ ]?([zZ]|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)$"


@dataclass(frozen=True)
class TimeForm:
    """How the times of a column are written. `kind` is DATE, TIMESTAMP, TIME or TIMESTAMP WITH TIME ZONE.

    `formats` are strptime's, with {order} where day, month and year stand as three numbers; empty for ISO times.
    """

    kind: str
    formats: tuple[str, ...] = ()
    orders: tuple[DateOrder, ...] = ()
    """The orders that the values allow, the one in use first; empty when the parts speak for themselves."""
    iso: bool = False
    offsets: bool = False
    naive: bool = True
    timezone: str = ""
    epoch: int = 0
    """The numbers are so many parts of a second since 1970 in UTC; 0: they are not."""
    excel: bool = False
    """The numbers are days since 1899-12-30, as Excel counts them."""
    worded: bool = False
    """Whether months are words that have to be written anew before they are read."""
    midnight: bool = False
    """Whether 24:00 stands for the end of a day."""

    @property
    def ambiguous(self) -> bool:
        """Whether the values allow more than one order."""
        return len(self.orders) > 1

    @property
    def mixed(self) -> bool:
        """Whether some times say how far they are from UTC and others do not, and no time zone was given."""
        return self.offsets and self.naive and not self.timezone

    def ordered(self, order: DateOrder) -> TimeForm:
        """The same with one order of day, month and year."""
        return replace(self, orders=(order,))

    def sql(self, value: str) -> str:
        """The expression that reads a text; NULL for what is no time of this form."""
        if self.epoch:
            return f"to_timestamp(TRY_CAST({value} AS DOUBLE) / {self.epoch})"
        if self.excel:
            days = f"TRY_CAST(replace({value}, ',', '.') AS DOUBLE)"
            moment = f"TIMESTAMP '1899-12-30' + to_milliseconds(CAST(round({days} * 86400000) AS BIGINT))"
            return f"CAST({moment} AS {self.kind})"
        if self.kind == "TIME" and self.formats:
            return f"CAST(try_strptime({value}, [{', '.join(map(literal, self.formats))}]) AS TIME)"
        if self.kind == "TIME":
            # Used under a cast alone, a column would be read by DuckDB as that type, which fails for other values.
            return f"CASE WHEN {value} BETWEEN '0' AND ':' THEN TRY_CAST({value} AS TIME) END"
        naive = self._naive(value)
        if not self.offsets:
            if self.timezone and self.kind == "TIMESTAMP WITH TIME ZONE":
                return _localized(naive, self.timezone)
            return f"CAST({naive} AS {self.kind})"
        text = f"regexp_replace({value}, '[ ]?([zZ]|UTC|GMT)$', '+00')"
        aware = f"TRY_CAST({text} AS TIMESTAMP WITH TIME ZONE)"
        if not self.naive:
            return f"CASE WHEN regexp_matches({value}, {literal(HAS_OFFSET)}) THEN {aware} END"
        local = _localized(naive, self.timezone or "UTC")
        return f"CASE WHEN regexp_matches({value}, {literal(HAS_OFFSET)}) THEN {aware} ELSE {local} END"

    def sql_fits(self, value: str) -> str:
        """The condition that a text is a time of this form, even one that the clock of the time zone skipped."""
        if self.timezone:
            return self.ignoring_zone().sql_fits(value)
        return f"(({self.sql(value)}) IS NOT NULL)"

    def ignoring_zone(self) -> TimeForm:
        """The same without the time zone of times that name none."""
        kind = "TIMESTAMP" if not self.offsets and self.kind.endswith("ZONE") else self.kind
        return replace(self, timezone="", kind=kind)

    def _naive(self, value: str) -> str:
        tries = []
        if self.worded:
            value = sql_in_english(value)
        if self.iso:
            # DuckDB takes words such as "infinity" for times.
            iso = f"TRY_CAST({value} AS TIMESTAMP)"
            tries.append(f"CASE WHEN {value} BETWEEN '0' AND ':' AND isfinite({iso}) THEN {iso} END")
        if self.formats:
            formats = ", ".join(literal(one) for one in self.written())
            text = value
            if any("%f" in one for one in self.formats):
                text = f"regexp_replace({value}, '(:[0-9]{{2}}:[0-9]{{2}})[,:]([0-9])', '\\1.\\2')"
            tries.append(f"try_strptime({text}, [{formats}])")
            if self.midnight:
                began = f"regexp_replace({text}, '([T _,])24:00', '\\100:00')"
                tries.append(
                    f"CASE WHEN {began} <> {text} THEN try_strptime({began}, [{formats}]) + INTERVAL 1 DAY END"
                )
        return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"

    def written(self) -> list[str]:
        """The formats in strptime's words."""
        order = self.orders[0] if self.orders else DateOrder.DAY
        days = {
            f"{{{length}{sign}}}": sign.join(_parts(order, year))
            for length, year in (("short", "%y"), ("long", "%Y"))
            for sign in "-./"
        }
        return [reduce(lambda text, day: text.replace(*day), days.items(), one) for one in self.formats]

    def in_words(self) -> str:
        """What is not plain about it."""
        words = []
        if self.orders:
            orders = {"day": "day, month, year", "month": "month, day, year", "year": "year, month, day"}
            words.append(orders[self.orders[0]])
        if self.epoch:
            parts = {1: "seconds", 1_000: "milliseconds", 1_000_000: "microseconds", 10**9: "nanoseconds"}
            words.append(f"{parts[self.epoch]} since 1970")
        if self.excel:
            words.append("days as Excel counts them")
        if self.worded:
            words.append("months as words")
        if self.midnight:
            words.append("24:00 as the beginning of the next day")
        if self.timezone:
            words.append(f"in {self.timezone}")
        return ", ".join(words)


def _parts(order: DateOrder, year: str) -> tuple[str, str, str]:
    """Day, month and year in strptime's words, in an order."""
    return {"day": ("%d", "%m", year), "month": ("%m", "%d", year), "year": (year, "%m", "%d")}[order.value]


def _localized(naive: str, zone: str) -> str:
    """A local time in its zone. One that the clock skipped is NULL; of an hour that comes twice it is the first."""
    aware = f"timezone({literal(zone)}, {naive})"
    first = f"timezone({literal(zone)}, {naive} - INTERVAL 1 HOUR) + INTERVAL 1 HOUR"
    return (
        f"CASE WHEN timezone({literal(zone)}, {aware}) = {naive} THEN "
        f"CASE WHEN timezone({literal(zone)}, {first}) = {naive} THEN least({aware}, {first}) ELSE {aware} END END"
    )


def sql_skipped(naive: str, zone: str) -> str:
    """The condition that the clock of a zone skipped a local time."""
    aware = f"timezone({literal(zone)}, {naive})"
    return f"timezone({literal(zone)}, {aware}) IS DISTINCT FROM {naive}"


def sql_doubled(naive: str, zone: str) -> str:
    """The condition that a local time came twice, because the clock was set back."""
    aware = f"timezone({literal(zone)}, {naive})"
    tries = [f"(timezone({literal(zone)}, {aware} {sign} INTERVAL 1 HOUR) = {naive})" for sign in ("+", "-")]
    return f"({' OR '.join(tries)})"


def is_time(text: str) -> bool:
    """Whether a text looks like a date or a time of day."""
    match = _TIME.match(text.strip()) or _TIME.match(in_english(text.strip()))
    if match is None:
        return (_CLOCK_ONLY.match(text.strip()) or _COMPACT_ISO.fullmatch(text.strip())) is not None
    return not match["first"] or bool(_orders(match["first"], match["second_part"], match["third"])[0])


def form_of(texts: Iterable[str]) -> TimeForm | None:
    """The form that all of the texts can be written in; None when one of them is no time, or their orders differ."""
    texts = [text.strip() for text in texts if text.strip()]
    if texts and all(_CLOCK_ONLY.match(text) for text in texts):
        return _clock_form(texts)
    if texts and all(_COMPACT_ISO.fullmatch(text) for text in texts):
        return TimeForm("TIMESTAMP", ("%Y%m%dT%H%M%S", "%Y%m%dT%H%M"))
    worded = not all(_TIME.match(text) for text in texts)
    matches = [_TIME.match(in_english(text) if worded else text) for text in texts]
    if not matches or None in matches or not all(is_time(text) for text in texts):
        return None
    shapes = [_Shape.of(match) for match in matches if match is not None]
    formats = tuple(sorted({shape.format for shape in shapes if shape.format}))
    orders = set(DateOrder)
    for shape in shapes:
        if shape.orders:
            orders &= shape.orders
    if not orders:
        return None
    open_order = any(shape.orders for shape in shapes)
    clocks = any(shape.clock for shape in shapes)
    offsets = any(shape.offset for shape in shapes)
    kind = "TIMESTAMP WITH TIME ZONE" if offsets else "TIMESTAMP" if clocks else "DATE"
    if offsets and any(shape.offset and shape.format for shape in shapes):
        return None
    chosen = tuple(order for order in DateOrder if order in orders) if open_order else ()
    iso = any(not shape.format for shape in shapes)
    naive = any(not shape.offset for shape in shapes)
    midnight = any(match is not None and match["hour"] == "24" for match in matches)
    return TimeForm(
        kind, formats, chosen, iso=iso, offsets=offsets, naive=naive, worded=worded, midnight=midnight and bool(formats)
    )


def _clock_form(texts: Iterable[str]) -> TimeForm | None:
    """The form of times of day: of 24 hours, or of twice 12."""
    matches = [match for text in texts if (match := _CLOCK_ONLY.match(text)) is not None]
    halves = [bool(match["half"]) for match in matches]
    if not any(halves):
        return TimeForm("TIME")
    return TimeForm("TIME", tuple(sorted({_clock_words(match) for match in matches}))) if all(halves) else None


def compact_form(texts: Iterable[str]) -> TimeForm | None:
    """The form of numbers that stand for times: 20240131, 20240131235959, or so many seconds since 1970."""
    texts = [text.strip() for text in texts if text.strip()]
    if not texts:
        return None
    if all(_COMPACT_DAY.fullmatch(text) for text in texts):
        return TimeForm("DATE", ("%Y%m%d",))
    if all(_COMPACT_TIME.fullmatch(text) for text in texts):
        return TimeForm("TIMESTAMP", ("%Y%m%d%H%M%S", "%Y%m%d%H%M"))
    for digits, epoch in ((10, 1), (13, 1_000), (16, 1_000_000), (19, 10**9)):
        if all(re.fullmatch(rf"[1-9][0-9]{{{digits - 1}}}(\.[0-9]+)?", text) for text in texts):
            return TimeForm("TIMESTAMP WITH TIME ZONE", offsets=True, naive=False, epoch=epoch)
    if all(_EXCEL_DAY.fullmatch(text) for text in texts):
        whole = all(text.isdecimal() for text in texts)
        return TimeForm("DATE" if whole else "TIMESTAMP", excel=True)
    return None


_COMPACT_DAY = re.compile(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")
_EXCEL_DAY = re.compile(r"[2-6][0-9]{4}(?:[.,][0-9]+)?")
"""From 1954 to 2091."""
_COMPACT_ISO = re.compile(_COMPACT_DAY.pattern + r"T([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?")
_COMPACT_TIME = re.compile(_COMPACT_DAY.pattern + r"([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?")


@dataclass(frozen=True)
class _Shape:
    """One text: its format ("" for ISO), and the orders that its three numbers allow."""

    format: str
    orders: frozenset[DateOrder]
    clock: bool
    offset: bool

    @classmethod
    def of(cls, match: re.Match[str]) -> _Shape:
        clock = _clock_format(match)
        offset = bool(match["offset"])
        if match["first"]:
            orders, length = _orders(match["first"], match["second_part"], match["third"])
            plain = match["sep"] == "-" and len(match["first"]) == 4 and match["between"] in (None, " ", "T")
            if plain and not match["half"] and (match["fraction"] or ".")[0] == ".":
                return cls("", frozenset(), bool(clock), offset)
            day = f"{{{length}{match['sep']}}}"
            return cls(day + clock, orders, bool(clock), offset)
        if match["day"]:
            short = len(match["year"]) == 2
            month = "%b" if len(match["month"]) == 3 else "%B"
            day = f"%d{match['sep_a']}{month}{match['sep_b']}{'%y' if short else '%Y'}"
            return cls(day + clock, frozenset(), bool(clock), offset)
        month = "%b" if len(match["us_month"]) == 3 else "%B"
        comma = "," if "," in match[0].split(":")[0] else ""
        return cls(f"{month} %d{comma} %Y{clock}", frozenset(), bool(clock), offset)


def _clock_format(match: re.Match[str]) -> str:
    return f"{match['between']}{_clock_words(match)}" if match["hour"] else ""


def _clock_words(match: re.Match[str]) -> str:
    half = match["half"]
    words = ("%I" if half else "%H") + ":%M"
    words += ":%S" if match["second"] else ""
    words += ".%f" if match["fraction"] else ""
    return words + ((" %p" if half.startswith(" ") else "%p") if half else "")


def _orders(first: str, second: str, third: str) -> tuple[frozenset[DateOrder], str]:
    """Which orders three numbers allow, and whether the year has two digits or four."""
    one, two, three = int(first), int(second), int(third)
    orders = set()
    if len(first) == 4:
        return frozenset({DateOrder.YEAR} if 1 <= two <= 12 and 1 <= three <= 31 else ()), "long"
    if len(third) in (2, 4):
        if 1 <= one <= 31 and 1 <= two <= 12:
            orders.add(DateOrder.DAY)
        if 1 <= one <= 12 and 1 <= two <= 31:
            orders.add(DateOrder.MONTH)
    if len(third) <= 2 and len(first) == 2 and 1 <= two <= 12 and 1 <= three <= 31:
        orders.add(DateOrder.YEAR)
    return frozenset(orders), "short" if len(third) <= 2 else "long"
