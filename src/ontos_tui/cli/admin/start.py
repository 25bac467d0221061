"""`ontos demo`, `ontos seed` and `ontos status`: sample data, and what to do next."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import count, facts, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.home import demo_home

if TYPE_CHECKING:
    from ontos_tui.services.guide.onboarding import SeedReport
    from ontos_tui.services.guide.overview import Overview


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("demo")(demo)
    root.command("seed")(seed)
    root.command("status")(status)


DEMO = "defect_detection"
"""The use case that the demo starts with."""


def demo(
    context: typer.Context,
    seed_only: Annotated[bool, typer.Option("--seed-only", help="load the data, but do not open the app")] = False,
) -> None:
    """Open the app on sample data, in a workspace of its own.

    That is ~/.ontos-demo, unless --home or ONTOS_HOME names another. What is there already stays as it is.
    """
    session = Session.of(context)
    session.home = home = (session.home or demo_home()).expanduser().absolute()
    report = session.workspace.onboarding.seed(DEMO, supplied=True)
    if seed_only or session.as_json:
        session.show(report, lambda: [*_seed_lines(report), f"The workspace is {safe_line(home)}."])
        return
    session.close()
    # A process of its own, so that nothing that loading needed stays in the app's memory.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "ontos_tui", "--home", str(home)])  # noqa: S606


def seed(
    context: typer.Context,
    use_case: Annotated[str, typer.Argument(help="the use case; without it, they are listed")] = "",
    every: Annotated[bool, typer.Option("--all", help="every use case")] = False,
    listed: Annotated[bool, typer.Option("--list", help="only list the use cases")] = False,
    pairs: Annotated[
        int, typer.Option("--pairs", min=0, help="also a training sheet of the first N items, with their known answers")
    ] = 0,
    images: Annotated[bool, typer.Option("--images", help="also its sheet of items with pictures")] = False,
) -> None:
    """Load the sample data of a use case: table, sheet, template, labelset, examples, and labels to train and test."""
    session = Session.of(context)
    if sum(map(bool, (use_case, every, listed))) > 1:
        raise typer.BadParameter("Name a use case, or say --all or --list.")
    if pairs and not (use_case or every):
        raise typer.BadParameter("--pairs goes with a use case or --all.")
    if images and not use_case:
        raise typer.BadParameter("--images goes with a use case.")
    onboarding = session.workspace.onboarding
    if not use_case:
        cases = onboarding.use_cases()
        if not every:
            rows = [(case.key, case.title, "yes" if case.seeded else "no", case.summary) for case in cases]
            session.show(cases, lambda: table(("use case", "title", "seeded", "what it is"), rows))
            return
        reports = [onboarding.seed(case.key, pairs, supplied=True) for case in cases]
        session.show(reports, lambda: [line for report in reports for line in ("", *_seed_lines(report))][1:])
        return
    report = onboarding.seed(use_case, pairs, supplied=True)
    if images:
        shown = onboarding.seed(use_case, pairs, part="pictures")
        session.show([report, shown], lambda: [*_seed_lines(report), "", *_seed_lines(shown)])
        return
    session.show(report, lambda: _seed_lines(report))


def _seed_lines(report: SeedReport) -> list[str]:
    held_out = report.canonical_labels - report.supplied
    labels = f"{count(held_out, 'label')} for testing only"
    by_colleagues = f"{count(report.supplied, 'label')} that colleagues gave; a training uses them"
    sheet = report.training_sheet
    return [
        "Loaded." if report.created else "Loaded before; nothing was changed.",
        *facts(
            [
                ("sheet", f"{safe_line(report.sheet.name)}: {count(report.sheet.item_count, 'item')}"),
                ("template", f"{safe_line(report.template.name)} {report.template.version}"),
                ("labelset", f"{safe_line(report.labelset.name)}: {len(report.labelset.classes)} classes"),
                ("examples", str(report.examples)),
                ("labels" if sheet else "held out", count(held_out, "label") if sheet else labels),
                ("supplied", by_colleagues if report.supplied else ""),
                ("training", f"{safe_line(sheet.name)}: {count(report.pairs, 'pair')}" if sheet else ""),
            ]
        ),
    ]


def status(context: typer.Context) -> None:
    """Where the loop stands, and the next best step."""
    session = Session.of(context)
    overview = session.workspace.overview.overview()
    rows = [
        (state.stage.number, state.stage.title, "done" if state.done else "", state.count, state.unit)
        for state in overview.stages
    ]
    session.show(
        overview,
        lambda: [
            *table(("", "stage", "", "count", ""), rows),
            "",
            *_model_line(overview),
            f"Next ({overview.next_stage.title}): {safe_line(overview.next_step)}",
            *(f"Running: {safe_line(job.title)} (ontos jobs show {job.id[:8]})" for job in overview.running),
        ],
    )


def _model_line(overview: Overview) -> list[str]:
    model = overview.model
    return [] if model is None else [safe_line(f"{model.name}: {model.verdict.sign} {model.verdict.text}", 300)]
