"""seed, status, doctor: the first commands, and those that tell how things stand."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.output import count, facts, table
from ontos_tui.cli.session import Session
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.safe import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.onboarding import SeedReport
    from ontos_tui.settings import Settings

LOW_DISK = 500_000_000
"""Bytes; with less than that free, a training may end with a full disk."""
CHAT_SECONDS = 5.0


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("seed")(seed)
    root.command("status")(status)
    root.command("doctor")(doctor)


def seed(
    context: typer.Context,
    use_case: Annotated[str, typer.Argument(help="the use case; without it, they are listed")] = "",
    every: Annotated[bool, typer.Option("--all", help="every use case")] = False,
    listed: Annotated[bool, typer.Option("--list", help="only list the use cases")] = False,
    pairs: Annotated[
        int, typer.Option("--pairs", min=0, help="also a training sheet of the first N items, with their known answers")
    ] = 0,
) -> None:
    """Load the sample data of a use case: table, sheet, template, labelset, examples, held-out labels."""
    session = Session.of(context)
    if sum(map(bool, (use_case, every, listed))) > 1:
        raise typer.BadParameter("Name a use case, or say --all or --list.")
    if pairs and not (use_case or every):
        raise typer.BadParameter("--pairs goes with a use case or --all.")
    onboarding = session.workspace.onboarding
    if not use_case:
        cases = onboarding.use_cases()
        if not every:
            rows = [(case.key, case.title, "yes" if case.seeded else "no", case.summary) for case in cases]
            session.show(cases, lambda: table(("use case", "title", "seeded", "what it is"), rows))
            return
        reports = [onboarding.seed(case.key, pairs) for case in cases]
        session.show(reports, lambda: [line for report in reports for line in ("", *_seed_lines(report))][1:])
        return
    report = onboarding.seed(use_case, pairs)
    session.show(report, lambda: _seed_lines(report))


def _seed_lines(report: SeedReport) -> list[str]:
    labels = f"{count(report.canonical_labels, 'label')} for testing only"
    made = report.training_sheet
    return [
        "Loaded." if report.created else "It was all there already; nothing was changed.",
        *facts(
            [
                ("sheet", f"{safe_line(report.sheet.name)}: {count(report.sheet.item_count, 'item')}"),
                ("template", f"{safe_line(report.template.name)} {report.template.version}"),
                ("labelset", f"{safe_line(report.labelset.name)}: {len(report.labelset.classes)} classes"),
                ("examples", str(report.examples)),
                ("labels" if made else "held out", count(report.canonical_labels, "label") if made else labels),
                ("training", f"{safe_line(made.name)}: {count(report.pairs, 'pair')}" if made else ""),
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
            f"Next ({overview.next_stage.title}): {safe_line(overview.next_step)}",
            *(f"Running: {safe_line(job.title)} (ontos jobs show {job.id[:8]})" for job in overview.running),
        ],
    )


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `todo` says what to do about a problem."""

    name: str
    ok: bool
    message: str
    todo: str = ""


def doctor(context: typer.Context) -> None:
    """Look at everything that Ontos needs; each is ok or a problem with what to do about it."""
    session = Session.of(context)
    findings = list(examine(session))
    lines = [
        (finding.name, "ok" if finding.ok else "problem", f"{finding.message} {finding.todo}".strip())
        for finding in findings
    ]
    width = max(len(name) for name, _, _ in lines)
    session.show(findings, lambda: [f"{state:<7}  {name:<{width}}  {safe_line(text)}" for name, state, text in lines])
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def examine(session: Session) -> Iterator[Finding]:
    """One finding for each thing, in the order in which they matter."""
    from ontos_tui.home import default_home
    from ontos_tui.settings import Settings

    home = (session.home or default_home()).expanduser().absolute()
    old = "" if sys.version_info >= (3, 11) else "3.11 or newer is needed."
    yield Finding("python", not old, f"{sys.version.split()[0]} at {sys.executable}", old)
    yield _checked("workspace", lambda: f"{session.workspace.home} opens")
    yield _checked("write", lambda: _write_to(home))
    yield _checked("schema", lambda: _schema(session))
    yield _disk(home)
    yield _checked("sample data", _sample_data)
    try:
        settings = Settings.load(home)
    except OntosError as error:
        yield Finding("settings", ok=False, message=error.what, todo=error.todo)
        return
    yield Finding("settings", ok=True, message=f"decisions are logged as {settings.actor}")
    if settings.chat_base_url:
        yield _chat(settings)


def _checked(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, message=look())
    except OntosError as error:
        return Finding(name, ok=False, message=error.what, todo=error.todo)


def _write_to(home: Path) -> str:
    probe = home / f".probe-{uuid.uuid4().hex}"
    try:
        probe.write_bytes(b"ontos")
        probe.unlink()
    except OSError as error:
        raise OntosError(f"{home}: {error.strerror}.", "Free space or choose another --home.") from error
    return f"{home} can be written"


def _schema(session: Session) -> str:
    from ontos_tui.store.migrations import VERSION

    with session.workspace.store.read() as connection:
        health = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if health != "ok":
        raise OntosError(f"The database is damaged: {health}.", "Copy the workspace's folder away, restore a backup.")
    return f"the database's schema is version {found}; this program writes {VERSION}"


def _disk(home: Path) -> Finding:
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    return Finding(
        "disk", free >= LOW_DISK, f"{free / 1e9:,.1f} GB free", "" if free >= LOW_DISK else "Free some space."
    )


def _sample_data() -> str:
    from ontos_tui.services.sample_files import synthetic_data

    return f"at {synthetic_data()}"


def _chat(settings: Settings) -> Finding:
    """Whether the OpenAI-compatible server of the settings answers, and knows the model."""
    import httpx

    name, url = "chat endpoint", f"{settings.chat_base_url.rstrip('/')}/models"
    key = settings.chat_api_key.get_secret_value()
    try:
        answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"} if key else {}, timeout=CHAT_SECONDS)
        answer.raise_for_status()
        models = [str(model.get("id")) for model in answer.json().get("data", [])]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError) as error:
        return Finding(name, ok=False, message=f"{url}: {error}", todo="Start it, or correct ONTOS_CHAT_BASE_URL.")
    if settings.chat_model and settings.chat_model not in models:
        offered = ", ".join(models[:10]) or "none"
        return Finding(name, ok=False, message=f"{url} has no {settings.chat_model!r}", todo=f"It offers: {offered}.")
    return Finding(name, ok=True, message=f"{url} answers; {count(len(models), 'model')}")
