"""Whether the model that a setting names exists: said when it is set, and not at the first proposal."""

from __future__ import annotations

from ontos_tui.domain.errors import AwayError, InvalidInputError, PlatformError
from ontos_tui.settings import Settings

MODEL = "databricks_model"
MOST_NAMED = 20


def check_model_name(settings: Settings, name: str) -> str:
    """Hold the name against the chat models of the workspace; returns why it could not be, "" where it was.

    Raises InvalidInputError with those that there are.
    """
    from ontos_tui.platforms.databricks.endpoints import chat_models
    from ontos_tui.platforms.databricks.workspace_client import BROWSE_SECONDS, Place, Team

    team = Team(Place.of(settings), BROWSE_SECONDS)
    try:
        names = chat_models(team)
    except (AwayError, PlatformError) as error:
        return f"Not checked: {error.what}"
    finally:
        team.close()
    if name in names:
        return ""
    shown = ", ".join(names[:MOST_NAMED]) or "none that you may see"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    raise InvalidInputError(f"The workspace has no chat model {name!r}.", f"It has: {shown}{more}.")
