"""The frame around the stages: the state of the work on top, the running job and the keys at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.message import Message

from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.clicking import KeysLine
from ontos_tui.tui.widgets.lines import Line, LineView, OneLine, Span, fit, line, span

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.guide.overview import Overview
    from ontos_tui.tui.core.commands import Command


SHORT_TITLES = {Stage.GENERATE: "Gen", Stage.DEPLOY: "Depl", Stage.MONITOR: "Mon", Stage.IMPROVE: "Impr"}
"""Names of stages for a line that has no room for all of them; the present one keeps its own."""


class Header(OneLine):
    """What the app is, and the next best step."""

    DEFAULT_CSS = "Header { height: 1; background: $surface; }"

    def show_overview(self, where: str, overview: Overview | None, sharing: str = "", step: str = "") -> None:
        """Show the workspace, where sharing with the team stands, and the step that `overview` advises.

        In the wizard its own `step` stands there instead: the numbers of one of them are on the screen at a time.
        """

        def content(width: int) -> Line:
            name = span(" Ontos ", "title")
            if overview is None:
                return line(name, span("opening the workspace…", "muted"))
            advice = step or f"next: {overview.next_stage.number} {overview.next_stage.title} · {overview.next_step}"
            alerts = _alerts(overview, width)
            shared = span(f"{sharing}  ", "warn" if "offline" in sharing or "⚑" in sharing else "muted")
            head = (name, *((alerts,) if overview.alerts else ()), *((shared,) if sharing else ()))
            room = width - sum(cell_len(part.text) for part in head) - 1
            place = span(where, "muted")
            if cell_len(place.text) + cell_len(advice) + 3 > room:
                return line(*head, span(advice, "accent", room))
            gap = room - cell_len(place.text) - cell_len(advice)
            return line(*head, place, span(" " * gap), span(advice, "accent"))

        self.show(content)


def _alerts(overview: Overview, width: int) -> Span:
    """The gravest alert in words, where there is room for them, and how many there are besides."""
    count = overview.alerts
    counted = f"⚠ {count:,} alert{'' if count == 1 else 's'} "
    if not overview.critical:
        return span(counted, "bad")
    more = f" (+{count - 1:,})" if count > 1 else ""
    room = max(len(counted), width // 2)
    return span(f"{fit(f'✗ {overview.critical}', room - len(more) - 1).rstrip()}{more} ", "bad")


class TabLine(LineView):
    """The seven stages on one line, with the keys that lead there."""

    DEFAULT_CSS = "TabLine { height: 1; background: $surface; }"

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, stage: Stage) -> None:
            super().__init__()
            self.stage = stage

    def __init__(self) -> None:
        super().__init__()
        self._current = Stage.DATA
        self._done: dict[Stage, bool] = {}
        self._counts: dict[Stage, str] = {}

    def show_stage(self, current: Stage, overview: Overview | None) -> None:
        """Show the current stage, and which ones have something to show."""
        self._current = current
        if overview is not None:
            self._done = {state.stage: state.done for state in overview.stages}
            self._counts = {state.stage: f"{state.count:,}" for state in overview.stages}
        self.repaint()

    def _tabs(self, width: int) -> list[tuple[Stage, Span]]:
        """The widest form that shows all seven: with counts, with names, with short names, with numbers alone."""
        forms = (
            self._labels(lambda stage: stage.title, counts=True),
            self._labels(lambda stage: stage.title),
            self._labels(lambda stage: SHORT_TITLES.get(stage, stage.title), gap=""),
            self._labels(lambda stage: "", gap=""),
        )
        return next((tabs for tabs in forms if sum(len(part.text) for _, part in tabs) <= width), forms[-1])

    def _labels(
        self, title: Callable[[Stage], str], *, counts: bool = False, gap: str = " "
    ) -> list[tuple[Stage, Span]]:
        tabs = []
        for stage in Stage:
            mark = "✓" if self._done.get(stage) else " " if gap else ""
            here = stage is self._current
            name = f"{stage.number}{mark}{stage.title if here else title(stage)}"
            if counts and self._counts.get(stage, "0") != "0":
                name += f" {self._counts[stage]}"
            tabs.append((stage, span(f"▐{name}▌" if here else f" {name}{gap}", "key" if here else "muted")))
        return tabs

    def line_at(self, y: int, width: int) -> Line:
        return tuple(part for _, part in self._tabs(width))

    def on_click(self, event: events.Click) -> None:
        at = 0
        for stage, part in self._tabs(self.size.width):
            at += len(part.text)
            if event.x < at:
                self.post_message(self.Picked(stage))
                return


class JobLine(OneLine):
    """The jobs that run, in every tab."""

    DEFAULT_CSS = "JobLine { height: 1; display: none; background: $surface; &.running { display: block; } }"

    def show_jobs(self, jobs: tuple[Job, ...]) -> None:
        """Show the newest running job and how many others there are; hide when none runs."""
        self.set_class(bool(jobs), "running")
        if jobs:
            self.show(lambda width: _job_line(jobs, width))


def _job_line(jobs: tuple[Job, ...], width: int) -> Line:
    job = jobs[0]
    more = f" (+{len(jobs) - 1} more)" if len(jobs) > 1 else ""
    fraction = job.done / job.total if job.total else 0.0
    bar = "━" * round(fraction * 12)
    percent = f"{fraction:4.0%}" if job.total else " …  "
    head = [span(" ⟳ ", "accent"), span(fit(job.title, min(34, width // 3))), span(" ")]
    return line(*head, span(bar, "accent"), span("─" * (12 - len(bar)), "muted"), span(f" {percent} ", "strong"),
                span(f"{job.message}{more}", "muted"))  # fmt: skip


class KeyLine(KeysLine):
    """The keys of the moment."""

    DEFAULT_CSS = "KeyLine { height: 1; background: $surface; }"

    def show_keys(self, commands: Sequence[Command], everywhere: Sequence[Command]) -> None:
        """Show the commands that work here, and at the right end those that work everywhere."""
        self.commands = (*commands, *everywhere)
        self.show(lambda width: footer_line(commands, everywhere, width))


def footer_line(commands: Sequence[Command], everywhere: Sequence[Command], width: int) -> Line:
    """Keys with what they do. What works here goes before what works everywhere, of which the help alone always stays.

    Where not all fit, the space between them goes first, then what works everywhere, then the last of `commands`.
    """
    for end in (everywhere, [command for command in everywhere if command.name == "help"]):
        for gap in ("  ", " "):
            last = _key_parts(end, gap)
            room = width - _length(last)
            here = _key_parts(commands, gap)
            if _length(here) <= room:
                return (*here, Span(" " * (room - _length(here))), *last)
    fitting = [_key_parts(commands[:count], " ") for count in range(len(commands) + 1)]
    here = next(parts for parts in reversed(fitting) if _length(parts) <= max(0, room))
    return (*here, Span(" " * max(0, room - _length(here))), *last)


def _key_parts(commands: Sequence[Command], gap: str) -> list[Span]:
    pieces = [(Span(f"{gap}{command.key_shown} ", "key"), Span(command.label, "muted")) for command in commands]
    parts = [part for piece in pieces for part in piece]
    return [Span(parts[0].text[len(gap) - 1 :], "key"), *parts[1:]] if parts else []


def _length(parts: Sequence[Span]) -> int:
    return sum(len(part.text) for part in parts)
