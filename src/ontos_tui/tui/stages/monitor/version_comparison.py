"""MONITOR: two versions of a model side by side, on this endpoint or on all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.stages.monitor.lines import milliseconds
from ontos_tui.tui.stages.monitor.time_range import SpanOfTime
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, Span, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import ModelVersion
    from ontos_tui.services.monitor.version_comparison import AnswerShare, VersionComparison, VersionFigures
    from ontos_tui.tui.stages.base import Page

NAME = 16
BAR = 8
MOST_VALUES = 8
"""Values of an answer's field that are shown."""


def compare_versions_of(page: Page, endpoint: str, over: SpanOfTime) -> None:
    """Let the user choose two versions that this endpoint has answered with, and show them side by side."""
    from ontos_tui.services.monitor.version_comparison import versions_with_traffic

    page.run_in_background(
        lambda workspace: versions_with_traffic(workspace.store, endpoint) or versions_with_traffic(workspace.store),
        lambda versions: _choose(page, endpoint, over, versions),
        group="versions",
    )


def _choose(page: Page, endpoint: str, over: SpanOfTime, versions: Sequence[ModelVersion]) -> None:
    if len(versions) < 2:
        page.ontos.show_message(f"{endpoint} has used only one version. Deploy another one to compare: 5, then d")
        return

    def show(new: ModelVersion, old: ModelVersion) -> None:
        page.app.push_screen(VersionsDialog(endpoint, over, old, new))

    if len(versions) == 2:
        show(*versions)
        return

    def first(one: int | None) -> None:
        if one is not None:
            rest = [model for number, model in enumerate(versions) if number != one]
            _ask(page, "With which version?", rest, lambda other: show(versions[one], rest[other]))

    page.app.push_screen(ChooseDialog("Compare which version?", _choices(versions)), first)


def _ask(page: Page, heading: str, models: Sequence[ModelVersion], then: Callable[[int], None]) -> None:
    page.app.push_screen(
        ChooseDialog(heading, _choices(models)), lambda index: then(index) if index is not None else None
    )


def _choices(models: Sequence[ModelVersion]) -> list[tuple[str, str]]:
    return [(model.label(), f"trained {model.created_at.astimezone():%Y-%m-%d %H:%M}") for model in models]


class VersionsDialog(Dialog[None], BackgroundMixin):
    """Two versions to read, the earlier one on the left."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("monitor.versions.everywhere", "e", "This/all endpoints", "Count this endpoint only, or all of them"),
    )
    DEFAULT_CSS = "VersionsDialog > #box { height: 90%; }"

    def __init__(self, endpoint: str, over: SpanOfTime, left: ModelVersion, right: ModelVersion) -> None:
        super().__init__(f"{left.label()} and {right.label()}")
        self._endpoint: str | None = endpoint
        self._only = endpoint
        self._over = over
        self._ids = (left.id, right.id)

    def compose_body(self) -> ComposeResult:
        yield Panel(id="versions")

    def on_mount(self) -> None:
        self.query_one(Panel).focus()
        self._load()

    def _load(self) -> None:
        from ontos_tui.domain.records.base import now
        from ontos_tui.services.monitor.version_comparison import compare_versions

        endpoint = self._endpoint
        since = self._over.ending(now())[0]
        self.run_in_background(
            lambda workspace: compare_versions(workspace.store, *self._ids, endpoint, since, self._over.end),
            self._show,
            failed=self._say,
        )

    def _show(self, compared: VersionComparison) -> None:
        where = self._endpoint or f"all {len(compared.endpoints)} endpoints"
        heading = f"{where}, {self._over.label}"
        self.query_one(Panel).show(lambda width: _lines(compared, heading, width), keep_place=True)

    def _say(self, error: OntosError) -> None:
        self.query_one(Panel).show(lambda width: error_lines(error, width))

    def action_everywhere(self) -> None:
        self._endpoint = None if self._endpoint else self._only
        self._load()


def _lines(compared: VersionComparison, heading: str, width: int) -> Iterator[Line]:
    sides = (compared.left, compared.right)
    room = max(12, (width - NAME) // 2)
    yield line(span(heading, "muted"))
    yield EMPTY
    yield line(span("", width=NAME), *(span(_cut(one.name, room), "title", room) for one in sides))
    yield _row("requests", [f"{one.requests:,}" for one in sides], room)
    yield _row("errors", [_errors(one) for one in sides], room)
    yield _row("mean latency", [milliseconds(one.mean_latency_ms) for one in sides], room)
    yield _row("median ≈", [milliseconds(one.p50_ms) for one in sides], room)
    yield _row("p95 ≈", [milliseconds(one.p95_ms) for one in sides], room)
    yield _row("rating", [_rating(one) for one in sides], room)
    yield _row("corrected", [f"{one.corrections:,}" for one in sides], room)
    last = [f"{one.last_at.astimezone():%m-%d %H:%M}" if one.last_at else "no data" for one in sides]
    yield _row("last request", last, room)
    for left, right in _paired(compared):
        yield EMPTY
        yield from _share_lines(left, right, room)
    yield EMPTY
    sampled = " and ".join(f"{one.sampled:,}" for one in sides)
    yield from wrap(f"Answers: the newest {sampled} answered requests.", width, "muted")


def _errors(one: VersionFigures) -> str:
    return "no data" if one.error_rate is None else f"{one.errors:,} ({one.error_rate:.1%})"


def _rating(one: VersionFigures) -> str:
    return "no data" if one.mean_rating is None else f"{one.mean_rating:.1f} of 5, n={one.ratings:,}"


def _paired(compared: VersionComparison) -> Iterator[tuple[AnswerShare | None, AnswerShare | None]]:
    """The fields of the answers, those of the same name together."""
    left, right = ({share.field: share for share in one.answers} for one in (compared.left, compared.right))
    for name in dict.fromkeys([*left, *right]):
        yield left.get(name), right.get(name)


def _share_lines(left: AnswerShare | None, right: AnswerShare | None, room: int) -> Iterator[Line]:
    there = [one for one in (left, right) if one is not None]
    counted = [f"n={one.n:,}" if one is not None and one.n else "no data" for one in (left, right)]
    yield line(span(there[0].field, "strong", NAME - 1), " ", *(span(text, "muted", room) for text in counted))
    if any(one.median is not None for one in there):
        text = [
            f"{one.median:,.4g}" if one is not None and one.median is not None else "no data" for one in (left, right)
        ]
        yield _row("median", text, room)
    values = dict.fromkeys(value for one in there for value in one.values)
    for value in list(values)[:MOST_VALUES]:
        yield line(span(value, "muted", NAME - 1), " ", *(_bar(one, value, room) for one in (left, right)))
    if len(values) > MOST_VALUES or any(one.others for one in there):
        yield line(span("and others", "muted"))


def _bar(share: AnswerShare | None, value: str, room: int) -> Span:
    if share is None or not share.n:
        return span("", width=room)
    part = share.values.get(value, 0) / share.n
    full = round(part * BAR)
    return span(f"{'━' * full}{'─' * (BAR - full)} {part:.1%}", "text", room)


def _row(name: str, values: Sequence[str], room: int) -> Line:
    return line(span(name, "muted", NAME), *(span(value, "strong", room) for value in values))


def _cut(name: str, room: int) -> str:
    """Of a long name the end matters: it has the number."""
    return name if len(name) < room else f"…{name[2 - room :]}"
