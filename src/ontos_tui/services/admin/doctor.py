"""The doctor: checks everything that Ontos needs, and says what to do about each problem.

No finding may hold a secret, whatever an error of a library says: values of the environment's tokens and keys are
taken out of every text.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.admin.finding import Finding, State, run_check
from ontos_tui.services.admin.integrity import examine_integrity
from ontos_tui.settings import Settings
from ontos_tui.store.engine import Store

LOW_DISK = 500_000_000
"""Bytes; with less than that free, a training may end with a full disk."""
CHAT_SECONDS = 5.0
SHORTEST_SECRET = 6
"""Characters; a shorter value of a variable called a key may be part of ordinary words, and would blank them out."""
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|KEY", re.IGNORECASE)


def examine(home: Path, store: Callable[[], Store], *, start: bool = False) -> Iterator[Finding]:
    """One finding for each thing, in the order in which they matter. `store` opens the workspace at `home`.

    `start` allows to start a SQL warehouse that is stopped, which takes a while and costs money.
    """
    for finding in _examine(home, store, start):
        yield replace(finding, message=without_secrets(finding.message), todo=without_secrets(finding.todo))


def without_secrets(text: str) -> str:
    """A text without the values of those variables of the environment that are called a token, secret or key."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET:
            text = text.replace(value, "•••")
    return text


def _examine(home: Path, store: Callable[[], Store], start: bool) -> Iterator[Finding]:
    old = "" if sys.version_info >= (3, 11) else "Install Python 3.11 or newer."
    python = f"{sys.version.split()[0]} at {sys.executable}"
    yield Finding.of("python", python, old, State.FAIL if old else State.OK)
    yield run_check("workspace", lambda: f"{store().path.parent} opens")
    yield run_check("write", lambda: _write_to(home))
    yield run_check("schema", lambda: _schema(store()))
    yield from examine_integrity(home, store)
    yield from _item_names(store)
    yield _disk(home)
    yield run_check("sample data", _sample_data)
    try:
        settings = Settings.load(home)
    except OntosError as error:
        yield Finding.of("settings", error.what, error.todo, State.FAIL)
        return
    yield Finding.of("settings", f"decisions are logged as {settings.actor}")
    if settings.chat_base_url:
        yield _chat(settings)
    if settings.uses_databricks:
        from ontos_tui.services.admin.doctor_databricks import examine_databricks

        yield from examine_databricks(settings, start=start)


def _write_to(home: Path) -> str:
    probe = home / f".probe-{uuid.uuid4().hex}"
    try:
        probe.write_bytes(b"ontos")
        probe.unlink()
    except OSError as error:
        raise OntosError(f"{home}: {error.strerror}.", "Free space, or choose another folder: --home DIR.") from error
    return f"{home} can be written"


def _schema(store: Store) -> str:
    from ontos_tui.store.migrations import VERSION
    from ontos_tui.store.queries.workspace.health import health

    with store.read() as connection:
        state = health(connection)
    if state.damage:
        raise OntosError(
            f"The database is damaged: {state.damage}.",
            "Copy the workspace folder to a safe place, then restore a backup: ontos restore FILE",
        )
    return f"the database schema is version {state.version}; this program writes {VERSION}"


def _item_names(store: Callable[[], Store]) -> Iterator[Finding]:
    """The sheets with pairs or labels that are still named by the place of their row; nothing where there are none."""
    from ontos_tui.store.queries.item_names import old_names

    try:
        with store().read() as connection:
            sheets = old_names(connection)
    except OntosError:  # an earlier finding has it
        return
    if sheets:
        named = ", ".join(f"{sheet.name!r} ({count:,})" for sheet, count in sheets[:10])
        yield Finding.of(
            "item names",
            f"{len(sheets):,} sheets have items that are named by the place of their row: {named}",
            "Put the file back as it was when their pairs were made, and open the sheet: they get names by content. "
            "Until then their labels are used for no row.",
            State.WARN,
        )


def _disk(home: Path) -> Finding:
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    low = free < LOW_DISK
    return Finding.of(
        "disk", f"{free / 1e9:,.1f} GB free", "Free disk space." if low else "", State.FAIL if low else State.OK
    )


def _sample_data() -> str:
    from ontos_tui.services.data.sample_files import synthetic_data

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
        return Finding.of(name, f"{url}: {error}", "Start the server, or correct ONTOS_CHAT_BASE_URL.", State.FAIL)
    if settings.chat_model and settings.chat_model not in models:
        offered = ", ".join(models[:10]) or "none"
        return Finding.of(name, f"{url} has no model {settings.chat_model!r}", f"Available: {offered}.", State.FAIL)
    return Finding.of(name, f"{url} answers; {len(models):,} model{'' if len(models) == 1 else 's'}")
