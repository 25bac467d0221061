"""The tags that a team's catalog has on a source, read again when its rows are used: a table may be tagged at any time.

Tags only come: what a person said of a sheet stays, and what prohibits something is only taken away by a person.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ontos_tui.domain.errors import AwayError
from ontos_tui.domain.records.data import Sheet, TableAddress
from ontos_tui.platforms.ports import Catalog, TeamCatalog
from ontos_tui.services.records.usage_constraints import ConstraintService
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data

LOCAL = "local."
LOG = logging.getLogger("ontos.tags")


def refresh_tags(store: Store, catalog: Callable[[], Catalog], sheet_ref: str, actor: str) -> Sheet:
    """The sheet with the tags that its source has now; its pairs and labels inherit what is new.

    Where the workspace cannot be reached those that are known hold. Raises PlatformError where they may not be read.
    """
    with store.read() as connection:
        sheet = data.sheet(connection, sheet_ref)
    if sheet.source_table.startswith(LOCAL):
        return sheet
    team = catalog()
    if not isinstance(team, TeamCatalog):
        return sheet
    try:
        tags = team.tags(TableAddress.parse(sheet.source_table))
    except AwayError as error:
        LOG.warning("the tags of %s: %s", sheet.source_table, error)
        return sheet
    new = [tag for tag in tags if tag not in sheet.tags]
    return ConstraintService(store, actor).tag_sheet(sheet.id, [*sheet.tags, *new]).sheet if new else sheet
