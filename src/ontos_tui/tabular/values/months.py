"""Dates whose months are words of English, German, French, Spanish or Italian, written anew as `12 Mar 2024`."""

from __future__ import annotations

import re
from functools import reduce

from ontos_tui.tabular.duckdb_sql import literal

_MONTHS = {
    "Jan": "jan(?:uary|uar)?|jän(?:ner)?|janv(?:ier)?|ene(?:ro)?|gen(?:naio)?",
    "Feb": "feb(?:ruary|ruar|rero|braio)?|f[ée]vr?(?:ier)?",
    "Mar": "mar(?:ch|s|zo)?|märz?|maerz|mrz",
    "Apr": "apr(?:ile|il)?|avr(?:il)?|abr(?:il)?",
    "May": "mayo?|mai|mag(?:gio)?",
    "Jun": "jun(?:e|io|i)?|juin|giu(?:gno)?",
    "Jul": "jul(?:y|io|i)?|juil(?:let)?|lug(?:lio)?",
    "Aug": "aug(?:ust)?|ago(?:sto)?|ao[uû]t",
    "Sep": "sep(?:tember|tembre|tiembre|t)?|set(?:tembre)?",
    "Oct": "oct(?:ober|obre|ubre)?|okt(?:ober)?|ott(?:obre)?",
    "Nov": "nov(?:ember|embre|iembre)?",
    "Dec": "dec(?:ember)?|dez(?:ember)?|déc(?:embre)?|dic(?:iembre|embre)?",
}
_WEEKDAY = "(?:[A-Za-zÀ-ÿ]{2,10}[.,]{0,2} )?"


def _day(month: str) -> str:
    """A date with the words of a month, for `re` and RE2 alike, and what stands behind it."""
    return (
        rf"(?i)^{_WEEKDAY}([0-9]{{1,2}})(?:\.|er|º|°)?[ ./-]*(?:de |di |d')?(?:{month})[.,]?[ ./-]*(?:del? )?"
        r"([0-9]{4}|[0-9]{2})((?:[ T,].*)?)$"
    )


_C_TIME = r"(?i)^[a-z]{3} ([a-z]{3}) +([0-9]{1,2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) ([0-9]{4})$"
"""As C and Unix write it: Tue Mar 12 14:05:33 2024."""
_ANY = re.compile(_day("|".join(_MONTHS.values())))
_STEPS = [(_C_TIME, r"\2 \1 \4 \3"), *((_day(words), rf"\1 {month} \2\3") for month, words in _MONTHS.items())]
_COMPILED = [(re.compile(pattern), result) for pattern, result in _STEPS]


def in_english(text: str) -> str:
    """A text with its month as `12 Mar 2024`; any other text as it is."""
    if _ANY.match(text) is None and _COMPILED[0][0].match(text) is None:
        return text
    return reduce(lambda written, step: step[0].sub(step[1], written), _COMPILED, text)


def sql_in_english(value: str) -> str:
    """`in_english` as DuckDB does it."""
    for pattern, result in _STEPS:
        value = f"regexp_replace({value}, {literal(pattern)}, {literal(result)})"
    return value
