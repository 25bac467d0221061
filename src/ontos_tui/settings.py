"""What a user may set: by the environment (ONTOS_…), or in the workspace's settings.toml. Secrets only by the first."""

from __future__ import annotations

import getpass
import json
import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.labeling import HintKind


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


PREFIX = "ONTOS_"
"""What the name of a setting has before it in the environment."""
SECRETS = ("chat_api_key", "serve_token")
"""Settings that come from the environment alone."""


class Settings(BaseModel):
    """The settings of one workspace."""

    model_config = ConfigDict(extra="ignore")

    actor: str = Field(default_factory=_user, description="the name under which decisions are logged")
    chat_base_url: str = Field(
        "", description="an OpenAI-compatible server's base URL, such as http://127.0.0.1:11434/v1"
    )
    chat_model: str = Field("", description="the model's name on that server")
    chat_api_key: SecretStr = Field(SecretStr(""), description="only from the environment (ONTOS_CHAT_API_KEY)")
    chat_concurrency: int = Field(4, ge=1, le=64, description="requests to a chat model at the same time")
    keys: dict[str, str] = Field(
        default_factory=dict, description="other keys for commands, by command id: `ontos --keys` lists them"
    )
    hints: tuple[HintKind, ...] = Field(
        (HintKind.DUPLICATE, HintKind.SUSPECT, HintKind.UNSURE),
        description="the hints that are computed when none are named; [] turns them all off",
    )
    images: Literal["auto", "kitty", "sixel", "cells", "shades", "off"] = Field(
        "auto", description="how pictures are shown; auto: what the terminal can show"
    )
    alert_command: tuple[str, ...] | str = Field(
        (),
        description="a command that runs at each alert: words, or one line that is split into words; no shell runs it",
    )
    databricks_profile: str = Field("", description="profile of ~/.databrickscfg; empty: DATABRICKS_… or none at all")
    databricks_warehouse: str = Field("", description="id of the SQL warehouse that does the team's work")
    databricks_catalog: str = Field("", description="catalog of the team's tables; with it, work is shared there")
    databricks_schema: str = Field("ontos", description="schema of the team's tables")
    databricks_tables_minutes: int = Field(
        60, ge=0, description="how often the tables for the team's dashboards are written at most; 0: never"
    )
    databricks_model: str = Field(
        "", description="model endpoint of the workspace that proposes answers; `ontos doctor` lists them"
    )
    databricks_batch_from: int = Field(
        2_000,
        ge=0,
        description="from this many questions on, the warehouse asks them in statements (ai_query); 0: never",
    )
    mlflow_tracking_uri: str = Field(
        "", description="where trainings and feedback go for MLflow: http://HOST:PORT, databricks; empty: nowhere"
    )
    serve_port: int = Field(8765, ge=1, le=65535, description="loopback port of `ontos serve`")
    serve_socket: str = Field(
        "", description="path of a Unix socket on which `ontos serve` answers instead; only you may use it (0600)"
    )
    serve_token_file: str = Field(
        "", description="file (0600) with the token that every request to `ontos serve` must carry; empty: none"
    )
    serve_token: SecretStr = Field(
        SecretStr(""), description="that token itself; only from the environment (ONTOS_SERVE_TOKEN)"
    )
    serve_hosts: tuple[str, ...] = Field(
        (), description="names under which `ontos serve` is reached beside 127.0.0.1 and localhost"
    )
    log_days: int = Field(
        90, ge=0, description="days that requests stay in the inference log; their sums stay for good. 0: all stay"
    )

    @property
    def uses_databricks(self) -> bool:
        """Whether a Databricks workspace is named, be it for its tables alone."""
        return bool(self.databricks_profile or self.databricks_warehouse or self.databricks_catalog)

    def secrets(self) -> tuple[str, ...]:
        """The secrets that are set, so that a log can leave them out."""
        return tuple(value for name in SECRETS if (value := getattr(self, name).get_secret_value()))

    @classmethod
    def load(cls, home: Path) -> Settings:
        """Read the settings of the workspace at `home`. Raises InvalidInputError naming the file and the reason."""
        path = home / "settings.toml"
        try:
            stored = _from_file(path)
            loaded = cls.model_validate({**stored, **_from_environment(cls)})
        except OSError as error:
            raise InvalidInputError(
                f"The settings file {path} cannot be read: {error.strerror or error}.",
                "Correct its permissions, or choose another workspace with --home.",
            ) from error
        except (ValidationError, ValueError) as error:
            reasons = (
                "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
                if isinstance(error, ValidationError)
                else str(error)
            )
            raise InvalidInputError(
                f"The settings cannot be read: {reasons}.", f"Correct {path} or the ONTOS_… variables."
            ) from error
        for name in SECRETS:
            if name in stored:
                raise InvalidInputError(
                    f"{path} holds {name}; secrets are never stored.",
                    f"Remove it there and set {PREFIX}{name.upper()} in the environment.",
                )
        return loaded


def _from_file(path: Path) -> dict[str, Any]:
    """What the file says; nothing when there is none. Raises ValueError when it is not valid TOML."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _from_environment(settings: type[Settings]) -> dict[str, Any]:
    """The settings that the environment names; lists and tables are JSON there. Raises ValueError with the name."""
    named = {name.upper(): text for name, text in os.environ.items()}
    values: dict[str, Any] = {}
    for name, field in settings.model_fields.items():
        text = named.get(f"{PREFIX}{name}".upper())
        if text is None:
            continue
        is_json = field.annotation not in (str, SecretStr) and text.lstrip().startswith(("[", "{"))
        try:
            values[name] = json.loads(text) if is_json else text
        except ValueError as error:
            raise ValueError(f"{PREFIX}{name.upper()} is not valid JSON: {error}") from error
    return values
