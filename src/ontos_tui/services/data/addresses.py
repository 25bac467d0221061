"""Which table a person means, and the team's tables."""

from __future__ import annotations

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NoTeamError
from ontos_tui.domain.nouns import no_such
from ontos_tui.domain.records.data import DataTable, TableAddress
from ontos_tui.platforms.ports import Catalog, TeamCatalog


def find_address(catalog: Catalog, text: str) -> TableAddress:
    """The address that a person means; a table's name alone will do where only one is called so.

    Raises NotFoundError, ConflictError, and InvalidInputError for what is none.
    """
    if "." in text:
        return TableAddress.parse(text)
    matches = [address for address in catalog.tables() if address.table == text]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ConflictError(
            f"{text!r} could be {', '.join(map(str, matches))}.", "Write the full address: catalog.schema.table."
        )
    raise no_such(DataTable, text)


def team_of(catalog: Catalog) -> TeamCatalog:
    """The team's catalog. Raises NoTeamError where no workspace is set up."""
    if not isinstance(catalog, TeamCatalog):
        raise NoTeamError
    return catalog


def check_span(limit: int, offset: int) -> None:
    """Raise InvalidInputError for a page that cannot be."""
    if limit < 0 or offset < 0:
        raise InvalidInputError("Limit and offset of a page cannot be negative.", "Use 0 or more.")
