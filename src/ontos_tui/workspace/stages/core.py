"""What every service is built from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.settings import Settings
from ontos_tui.store.engine import Store
from ontos_tui.workspace.engines import Engines

if TYPE_CHECKING:
    from ontos_tui.jobs.queue import JobQueue
    from ontos_tui.services.data.files import FileService
    from ontos_tui.services.data.sheets import SheetService


@dataclass(frozen=True)
class Core:
    """What every service is built from."""

    home: Path
    settings: Settings
    store: Store
    engines: Engines
    jobs: JobQueue
    actor: str


def file_service(core: Core) -> FileService:
    from ontos_tui.services.data.files import FileService

    return FileService(core.store, core.engines.catalog, core.actor)


def sheet_service(core: Core) -> SheetService:
    from ontos_tui.services.data.sheets import SheetService

    return SheetService(core.store, core.engines.catalog, core.actor)
