"""Units of measurement as they stand below names, in brackets behind them, or behind numbers."""

from __future__ import annotations

import re

_PREFIX = r"(?:da|[YZEPTGMkhdcmµμunpfa])?"
_SYMBOL = (
    r"(?:m|g|s|A|K|mol|cd|Hz|N|Pa|J|W|C|V|F|\u03a9|\u2126|ohm|Ohm|S|Wb|T|H|lm|lx|Bq|Gy|Sv|kat|l|L|bar|eV|cps|cpm|B|b|"
    r"Wh|VA|VAr|var|Ah|dB|dBm|dBA|t|rad|sr|px)"
)
_OTHER = (
    r"%|‰|ppm|ppb|°C|°F|°|℃|℉|degC|deg_C|deg C|deg|degrees|K|rpm|RPM|1/min|U/min|min|h|hr|hrs|d|day|days|sec|secs|"
    r"seconds|minutes|hours|year|years|yr|s|ms|us|psi|inHg|mmHg|in|ft|mph|kph|kn|lb|lbs|oz|gal|a\.u\.|arb\. ?units?|"
    r"counts?|cts|"
    r"cycles?|-|–|1|none|unitless|text|string|TS|RN|W/m2|W/m\^2|pH|NTU|µm|μm|€|EUR|USD|\$|octas|knots|lux|steps?|pcs|"
    r"[yYdDmMhHsS:./ -]{5,19}"
)
_WORDS = (
    r"(?i:volts?|amps?|amperes?|watts?|ohms?|met(?:er|re)s?|kelvin|celsius|fahrenheit|pascals?|hertz|newtons?|joules?|"
    r"grams?|kilograms?|lit(?:er|re)s?|percent|deg\.? ?[cf]|degrees? [cf]|hpa|mbar|meters?/second|watts?/meter\^?2|"
    r"yyyy-mm-dd|hh:mm(?::ss)?|dimensionless)"
)
_PART = rf"(?:{_OTHER}|{_WORDS}|{_PREFIX}{_SYMBOL})(?:\^?-?[0-9]|[²³⁻¹]+|\*\*-?[0-9])?"
_UNIT = re.compile(rf"(?:{_PART})(?:[ ]?[/·*. ][ ]?(?:{_PART}))*")
_BRACKETS = re.compile(r"^[\[({](.*)[\])}]$")
_BEHIND = re.compile(r"^(?P<name>.*\S)\s*[\[({](?P<unit>[^\[\](){}]{1,16})[\])}]$")
_TIGHT = re.compile(r"[%‰°℃℉].*|[A-Za-zµμΩ]{2,}.*")
_STATISTICS = frozenset(
    {"avg", "smp", "min", "max", "tot", "std", "med", "mean", "sum", "last", "sample", "average", "minimum", "maximum"}
    | {"total", "count"}
)


def is_unit(text: str, *, apart: bool = True) -> bool:
    """Whether a text is a unit. Not `apart` from its number, a single letter is none: 12A may be a name."""
    inner = _BRACKETS.sub(r"\1", text.strip()).strip()
    if _UNIT.fullmatch(inner) is None:
        return False
    return apart or _TIGHT.fullmatch(inner) is not None


def bare(text: str) -> str:
    """A unit without the brackets around it."""
    return _BRACKETS.sub(r"\1", text.strip()).strip()


def unit_of_name(name: str) -> str:
    """The unit that stands in brackets behind a name, or ""."""
    match = _BEHIND.match(name)
    return match["unit"].strip() if match is not None and is_unit(match["unit"]) else ""


def is_statistic(text: str) -> bool:
    """Whether a word below a name says how a logger made its values, such as Avg."""
    return text.strip().lower() in _STATISTICS
