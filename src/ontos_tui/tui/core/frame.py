"""The frame around the stages: the state of the work on top, the running job and the keys at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

from ontos_tui.domain.stages import Stage
from ontos_tui.tui.widgets.lines import Line, LineView, OneLine, Span, fit, line, span

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.guide.overview import Overview


class Header(OneLine):
    """What the app is, and the next best step."""

    DEFAULT_CSS = "Header { height: 1; background: $surface; }"

    def show_overview(self, where: str, overview: Overview | None, sharing: str = "") -> None:
        """Show the workspace, where sharing with the team stands, and the step that `overview` advises."""

        def content(width: int) -> Line:
            name = span(" Ontos ", "title")
            if overview is None:
                return line(name, span("opening the workspace…", "muted"))
            step = f"next: {overview.next_stage.number} {overview.next_stage.title} · {overview.next_step}"
            alerts = span(f"⚠ {overview.alerts:,} alert{'' if overview.alerts == 1 else 's'} ", "bad")
            shared = span(f"{sharing}  ", "warn" if "offline" in sharing or "⚑" in sharing else "muted")
            head = (name, *((alerts,) if overview.alerts else ()), *((shared,) if sharing else ()))
            room = width - sum(len(part.text) for part in head) - 1
            place = span(where, "muted")
            if len(place.text) + len(step) + 3 > room:
                return line(*head, span(step, "accent", room))
            gap = room - len(place.text) - len(step)
            return line(*head, place, span(" " * gap), span(step, "accent"))

        self.show(content)


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
        with_counts = self._labels(counts=True)
        fits = sum(len(part.text) for _, part in with_counts) <= width
        return with_counts if fits else self._labels(counts=False)

    def _labels(self, *, counts: bool) -> list[tuple[Stage, Span]]:
        tabs = []
        for stage in Stage:
            mark = "✓" if self._done.get(stage) else " "
            name = f"{stage.number}{mark}{stage.title}"
            if counts and self._counts.get(stage, "0") != "0":
                name += f" {self._counts[stage]}"
            here = stage is self._current
            tabs.append((stage, span(f"▐{name}▌" if here else f" {name} ", "key" if here else "muted")))
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


class KeyLine(OneLine):
    """The keys of the moment."""

    DEFAULT_CSS = "KeyLine { height: 1; background: $surface; }"
