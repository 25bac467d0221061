"""Whether what a workspace holds is whole: tables, the counts of triggers, the files of models; and its copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ontos_tui.domain.errors import OntosError
from ontos_tui.learning.models.checksums import problem
from ontos_tui.services.admin.finding import Finding, State, run_check
from ontos_tui.store.connection import DatabaseError
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.models import versions
from ontos_tui.store.queries.workspace.health import recount, wrong_counts
from ontos_tui.store.workspace_file.copying import BACKUPS
from ontos_tui.store.workspace_file.damage import check_each_table

CHECK_SECONDS = 120.0
RESTORE = "Copy the workspace folder to a safe place, then restore a backup: ontos restore FILE"


def examine_integrity(home: Path, store: Callable[[], Store]) -> Iterator[Finding]:
    """A finding each for the tables, the counts, the models and the copies. `store` opens the workspace."""
    yield run_check("database", lambda: _tables(home / "ontos.db"))
    try:
        opened = store()
    except OntosError:  # an earlier finding has it
        return
    yield run_check("counts", lambda: _counts(opened))
    yield run_check("models", lambda: _models(home, opened))
    yield _copies(home)


def _tables(path: Path) -> str:
    """Every table is read. A damaged workspace says which of them are whole, even when it does not open."""
    if not path.is_file():
        raise OntosError(f"There is no database at {path}.", "Start the app, or name another folder with --home.")
    try:
        damaged, whole, unknown = check_each_table(path, CHECK_SECONDS)
    except DatabaseError as error:
        raise OntosError(f"{path} cannot be read: {error}.", RESTORE) from error
    if damaged:
        raise OntosError(f"Damaged tables: {', '.join(damaged)}. The other {len(whole):,} are whole.", RESTORE)
    rest = f"; {unknown:,} were not checked within {CHECK_SECONDS:.0f} s" if unknown else ""
    return f"{len(whole):,} tables are whole{rest}"


def _counts(store: Store) -> str:
    with store.read() as connection:
        wrong = wrong_counts(connection)
    if wrong:
        named = ", ".join(f"{count:,} of {table}" for table, count in wrong.items())
        raise OntosError(
            f"Stored counts differ from the rows that are there: {named}.", "Count anew: ontos doctor --recount"
        )
    return "the stored counts of pairs, labels and requests are right"


def recount_all(store: Store) -> None:
    """Count anew what triggers count as it changes."""
    with store.write() as connection:
        recount(connection)


def _models(home: Path, store: Store) -> str:
    with store.read() as connection:
        models = versions(connection)
    problems = [
        f"{model.name} v{model.version} {reason}"
        for model in models
        if (reason := problem(home / model.artifact, model.sha256))
    ]
    if problems:
        more = f" and {len(problems) - 5:,} more" if len(problems) > 5 else ""
        raise OntosError(
            f"{len(problems):,} of {len(models):,} model versions are not whole: {', '.join(problems[:5])}{more}.",
            "Restore their folders from a backup, or train them again.",
        )
    return f"the files of {len(models):,} model versions are there, with the checksums of their training"


def _copies(home: Path) -> Finding:
    """How much the copies from before migrations and restores take; those of restores go when the user says so."""
    folder = home / BACKUPS
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    size = sum(path.stat().st_size for path in files)
    text = f"{size / 1e6:,.0f} MB of copies from before migrations and restores in {folder}" if files else "none yet"
    return Finding.of("copies", text, "", State.OK)
