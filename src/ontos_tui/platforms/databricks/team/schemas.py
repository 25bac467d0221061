"""The team's schema: created only where it is missing, since even asking for it needs a right that few have."""

from __future__ import annotations

from ontos_tui.domain.errors import PlatformError
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error, quoted


def create_schema(team: Team) -> list[str]:
    """Create the schema if there is none; returns what was created, in words. Raises PlatformError, AwayError."""
    from databricks.sdk import errors

    place = team.place
    name = f"{quoted(place.catalog)}.{quoted(place.schema)}"
    if not place.catalog:
        raise PlatformError("No catalog is named.", "Set it: ontos settings set databricks_catalog CATALOG")
    try:
        team.client.schemas.get(f"{place.catalog}.{place.schema}")
    except errors.NotFound:
        team.change(f"CREATE SCHEMA IF NOT EXISTS {name}")
        return [f"schema {place.schema}"]
    except errors.PermissionDenied:
        return []  # whether it may be used, the next statement shows
    except OSError as error:
        raise explain_sdk_error(error) from error
    return []
