"""Who decided how much, how fast, how well, and how far the proposals sway them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.services.label.labeling_jobs.labeler_stats import LabelerStats, Share
    from ontos_tui.workspace import Workspace

NAME = 26


class LabelersDialog(Dialog[None], BackgroundMixin):
    """One block of figures for each labeler."""

    DEFAULT_CSS = "LabelersDialog > #box { height: 80%; }"

    def __init__(self, name: str, find: Callable[[Workspace], Sequence[LabelerStats]]) -> None:
        super().__init__(f"Labelers · {name}")
        self._find = find

    def compose_body(self) -> ComposeResult:
        yield Panel(id="labelers")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(lambda width: [line(span("Counting…", "muted"))])
        panel.focus()
        self.run_in_background(self._find, self._show, failed=self._say)

    def _show(self, stats: Sequence[LabelerStats]) -> None:
        self.query_one(Panel).show(lambda width: _lines(stats, width))

    def _say(self, error: OntosError) -> None:
        self.query_one(Panel).show(lambda width: error_lines(error, width))


def _lines(stats: Sequence[LabelerStats], width: int) -> Iterator[Line]:
    if not stats:
        yield line(span("No decisions yet.", "muted"))
        return
    for one in stats:
        yield line(span(one.actor, "title"), span(f"  {one.decisions:,} decisions", "strong"))
        yield _fact("labeled, rejected, flagged", f"{one.labeled:,} · {one.rejected:,} · {one.flagged:,}")
        yield _fact("pace", _pace(one))
        if one.too_fast:
            yield _fact("under 0.3 s", f"! {one.too_fast:,} decisions", "warn")
        yield _fact("agrees with others", _share(one.agreement))
        yield _fact("correct on gold items", _share(one.gold))
        yield _fact("as proposed (shown)", _share(one.seen))
        yield _fact("as proposed (hidden)", _share(one.blind))
        yield EMPTY
    note = (
        "Shares are followed by their 95 % interval. When far more answers are as proposed where the proposal is "
        "seen than where it is hidden, the proposals sway people."
    )
    yield from wrap(note, width, "muted")


def _fact(name: str, value: str, style: str = "text") -> Line:
    return line(span(name, "muted", NAME), span(value, style))


def _pace(one: LabelerStats) -> str:
    if one.per_minute is None and one.seconds_median is None:
        return "no data yet"
    parts = []
    if one.per_minute is not None:
        parts.append(f"{one.per_minute:.0f} a minute")
    if one.seconds_median is not None:
        parts.append(f"median {one.seconds_median:.1f} s")
    return ", ".join(parts)


def _share(share: Share | None) -> str:
    if share is None or not share.of:
        return "no data yet"
    low, high = share.interval
    return f"{share.share:.0%}  ({low:.0%} to {high:.0%}; {share.right:,} of {share.of:,})"
