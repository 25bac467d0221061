"""What one decides by: what is unusual first, then every value of the item, numbers with their place in the sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from ontos_tui.domain.rules.value_context import Place, ValueContext, ValueRange, number_of
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.tui.dialogs.record import series_line
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import Line, Span, clip, fit, line, span, wrap

BAR = 12
"""Cells of the bar that stands for the middle 90 %."""
WIDEST_NAME, NUMBER = 24, 9
"""Cells of a name at most, and of a number: the same for every item, so that a bar stays where it is."""
LEAST_FOR_BARS = 44
"""Cells below which bars have no room."""
SIGNS = {Place.LOW: "▼", Place.USUAL: " ", Place.HIGH: "▲"}
WAITING = "…"
"""What stands for a series until the keys rest."""


@dataclass(frozen=True)
class Evidence:
    """The values of one item in the order in which they matter, with the context of each number."""

    names: tuple[str, ...]
    fields: Mapping[str, Any]
    context: ValueContext

    def place_of(self, name: str) -> Place | None:
        """Where a number stands in its sheet; None for what is no number, or has no range."""
        number, known = number_of(self.fields[name]), self.context.ranges.get(name)
        return None if number is None or known is None else known.place_of(number)

    def distance_of(self, name: str) -> float:
        """How far a number lies outside of the usual range, in widths of that range."""
        number, known = number_of(self.fields[name]), self.context.ranges.get(name)
        return 0.0 if number is None or known is None else known.distance_of(number)


def evidence_of(
    fields: Mapping[str, Any], context: ValueContext, prompted: Sequence[str], item_ref: str, searched: str = ""
) -> Evidence:
    """Series, then what the model may learn from by how well it tells answers apart, then the rest: in one order.

    So a value stands where it stood, and a key sends few bytes. `prompted` are the columns that the template names. The
    column that only repeats the item's name is left out. What contains the text that was `searched` comes before all
    else: it is why the item is listed.
    """
    rank = {name: at for at, name in enumerate(context.order)}
    in_prompt = frozenset(prompted)
    names = [name for name in fields if fields[name] != item_ref]
    needle = searched.casefold()

    def weight(name: str) -> tuple[bool, bool, bool, int]:
        is_match = bool(needle) and needle in str(fields[name]).casefold()
        is_series = isinstance(fields[name], list)
        return not is_match, not is_series, bool(in_prompt) and name not in in_prompt, rank.get(name, len(rank))

    return Evidence(tuple(sorted(names, key=weight)), fields, context)


def unusual_line(evidence: Evidence, width: int) -> Line:
    """The numbers outside of the middle 90 %, the farthest first, on one line."""
    unusual = [name for name in evidence.names if evidence.place_of(name) in (Place.LOW, Place.HIGH)]
    if not unusual:
        return clip(line(span("✓ ", "good"), span("nothing unusual", "muted")), width)
    unusual.sort(key=evidence.distance_of, reverse=True)
    parts = [span(f"{len(unusual)} unusual ", "warn")]
    for name in unusual:
        sign = SIGNS[evidence.place_of(name) or Place.USUAL]
        parts.append(span(f" {sign} {safe_line(name, 60)} {value_text(evidence.fields[name])}", "warn"))
    return clip(tuple(parts), width)


def evidence_title(context: ValueContext, width: int) -> Line:
    """The line above: what the bars mean."""
    if not context.ranges:
        return _rule("evidence", "", width)
    items = f"{context.total:,}" if context.items >= context.total else f"{context.items:,} of {context.total:,}"
    for remark in (f"bars: middle 90 % of {items} items", "bars: middle 90 %", ""):
        if cell_len(remark) + 16 <= width:
            break
    return _rule("evidence", remark, width)


def _rule(title: str, remark: str, width: int) -> Line:
    end = f" {remark} ─" if remark else ""
    dashes = "─" * max(0, width - len(title) - 3 - cell_len(end))
    return line(span("─ ", "muted"), span(title, "title"), span(f" {dashes}{end}", "muted"))


def evidence_lines(evidence: Evidence, width: int, *, with_series: bool = True, hidden: str = "") -> Iterator[Line]:
    """A line for each value; texts are wrapped beside their name. `hidden` is a column that is shown elsewhere."""
    names = [name for name in evidence.names if name != hidden]
    labels = {name: safe_line(name, 60) for name in names}
    room = min(WIDEST_NAME, max([cell_len(label) for label in labels.values()], default=0)) + 1
    with_bars = width >= LEAST_FOR_BARS
    for name in names:
        value, head = evidence.fields[name], Span(fit(labels[name], room), "muted")
        place = evidence.place_of(name)
        if place is not None:
            known = evidence.context.ranges[name]
            yield (head, *_number(value, known, place, with_bars=with_bars))
        elif drawn := series_line(value, width - room):
            yield (head, *(drawn if with_series else (Span(WAITING, "muted"),)))
        else:
            text = value if isinstance(value, str) else value_text(value)
            for at, part in enumerate(wrap(text, width - room)):
                yield (head if at == 0 else Span(" " * room), *part)


def _number(value: Any, known: ValueRange, place: Place, *, with_bars: bool) -> Iterator[Span]:
    """A number, its mark on the bar, and on which side of the usual it is."""
    unusual = place is not Place.USUAL
    text = value_text(value)
    yield span(text, "warn" if unusual else "strong", max(NUMBER, 0 if with_bars else cell_len(text)))
    if with_bars:
        yield Span(" ")
        yield from _bar(float(value), known, place)
    if unusual:
        yield Span(f" {SIGNS[place]} {place.value}", "warn")


def _bar(value: float, known: ValueRange, place: Place) -> Iterator[Span]:
    fraction = known.fraction_of(value)
    if fraction is None:  # all the others are alike
        yield Span(
            f"▕{'·' * BAR}▏" if place is Place.USUAL else f" all others {value_text(known.low)}"[: BAR + 2], "muted"
        )
        return
    if place is not Place.USUAL:
        # The dots have the color that they always have: only the mark is sent.
        yield span("◀" if place is Place.LOW else "▕", "warn" if place is Place.LOW else "muted")
        yield Span("·" * BAR, "muted")
        yield span("▶" if place is Place.HIGH else "▏", "warn" if place is Place.HIGH else "muted")
        return
    at = min(BAR - 1, int(fraction * BAR))
    yield Span(f"▕{'·' * at}", "muted")
    yield Span("●", "accent")
    yield Span(f"{'·' * (BAR - 1 - at)}▏", "muted")
