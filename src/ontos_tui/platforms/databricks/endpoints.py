"""The names of a workspace's model endpoints: checking one, and listing those that one can talk to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error

if TYPE_CHECKING:
    from databricks.sdk.service.serving import ServingEndpoint

CHAT_TASK = "llm/v1/chat"
FOUNDATION = "databricks-"
"""How the names of the endpoints begin that every workspace has; what they serve is in the schema `system.ai`."""
# As the pages of Databricks' model serving tell it: letters, digits, hyphens and underscores, at most 63.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def endpoint_name(name: str) -> str:
    """The name, when it may stand in an address and in SQL. Raises InvalidInputError."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"{name!r} is not a valid name of a Databricks endpoint.", "Use letters, digits, - and _; at most 63."
        )
    return name


def table_prefix(endpoint: str) -> str:
    """How the names of the tables begin that log the requests of an endpoint."""
    return endpoint.replace("-", "_")


def payload_table(endpoint: str) -> str:
    """The table in the team's schema that an endpoint logs to. Raises InvalidInputError."""
    return f"{table_prefix(endpoint_name(endpoint))}_payload"


def chat_models(team: Team) -> list[str]:
    """The endpoints that hold a conversation, as the workspace lists them now: first those that every workspace has.

    Models come and go within months, so no name of one is stored here. Raises AwayError, PlatformError.
    """
    foundation: list[str] = []
    own: list[str] = []
    try:
        for one in team.client.serving_endpoints.list():
            if one.name is not None and one.task == CHAT_TASK:
                (foundation if _is_foundation(one) else own).append(one.name)
    except OSError as error:
        raise explain_sdk_error(error) from error
    return sorted(foundation) + sorted(own)


def _is_foundation(endpoint: ServingEndpoint) -> bool:
    served = (endpoint.config.served_entities or []) if endpoint.config else []
    models = [entity.entity_name or (entity.foundation_model and entity.foundation_model.name) for entity in served]
    return str(endpoint.name).startswith(FOUNDATION) and any(str(model).startswith("system.ai.") for model in models)
