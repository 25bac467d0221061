"""The settings of a workspace: their values, where they come from, and changes to settings.toml.

Comments and the order of the file stay: one line is changed, and the file is written only if it then reads back as
intended. Secrets are shown as set or not set, and are never written.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_origin

from pydantic import SecretStr, ValidationError

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.private import FILE
from ontos_tui.replacing import note_in, write_text
from ontos_tui.settings import PREFIX, Settings


class Source(StrEnum):
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True)
class Setting:
    """One setting. `value` is text as it may be typed; of a secret only whether it is set."""

    name: str
    value: str
    source: Source
    about: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The variable of the environment that sets it too, and wins."""
        return f"{PREFIX}{self.name.upper()}"


READ_ANEW = frozenset({"alert_command", "hints", "images", "log_days"})
"""The settings whose change counts without a restart."""


class SettingsService:
    """The settings of the workspace at `home`. A change holds from the next start on, but of `READ_ANEW` at once."""

    def __init__(self, home: Path) -> None:
        self.path = home / "settings.toml"
        self._home = home

    def all(self) -> list[Setting]:
        """Every setting, as it is now. Raises InvalidInputError when the file or the environment is not valid."""
        settings = Settings.load(self._home)
        stored = self._parsed(self._text())
        named = {name.upper() for name in os.environ}
        preferences = []
        for name, field in Settings.model_fields.items():
            secret = field.annotation is SecretStr
            source = Source.FILE if name in stored else Source.DEFAULT
            if f"{PREFIX}{name}".upper() in named:
                source = Source.ENVIRONMENT
            value = getattr(settings, name)
            shown = ("set" if value.get_secret_value() else "not set") if secret else _as_text(value)
            preferences.append(Setting(name, shown, source, field.description or "", secret))
        return preferences

    def change(self, name: str, text: str) -> Setting:
        """Set one setting in the file; an empty text takes it out, so that the default holds again.

        Lists are typed as JSON. Raises NotFoundError for an unknown one, InvalidInputError for a secret, for a value
        that is not valid, and where the file must be edited by hand.
        """
        field = Settings.model_fields.get(name)
        if field is None:
            raise NotFoundError(f"No setting {name!r}.", f"The settings are {', '.join(Settings.model_fields)}.")
        if field.annotation is SecretStr:
            raise InvalidInputError(
                f"{name} is a secret; secrets are never stored.", f"Set {PREFIX}{name.upper()} in the environment."
            )
        if get_origin(field.annotation) is dict:
            raise InvalidInputError(f"{name} is a table with several lines.", f"Edit {self.path} by hand.")
        before = self._text()
        stored = self._parsed(before)
        changed = {key: value for key, value in stored.items() if key != name}
        if text.strip():
            changed[name] = _checked(name, text, changed)
        after = _edited(before, name, _toml(changed[name]) if name in changed else None)
        if self._parsed(after) != changed:
            raise InvalidInputError(
                f"{name} is written in {self.path} in a form that cannot be changed here.", "Edit the file by hand."
            )
        self._write(after)
        return next(one for one in self.all() if one.name == name)

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8") if self.path.is_file() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"{self.path} cannot be read: {error}.", "Correct the file.") from error

    def _parsed(self, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(text)
        except ValueError as error:
            raise InvalidInputError(f"{self.path} is not a valid TOML file: {error}.", "Correct the file.") from error

    def _write(self, text: str) -> None:
        """All of it or nothing, and on the disk."""
        note_in(self._home)
        write_text(self.path, text, mode=FILE)


def _as_text(value: Any) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, default=str, ensure_ascii=False)


def _checked(name: str, text: str, others: dict[str, Any]) -> Any:
    """The value that was typed, as TOML knows it. Raises InvalidInputError with the reason."""
    typed: Any = text.strip()
    is_text = Settings.model_fields[name].annotation is str
    if not is_text and typed.startswith("["):
        try:
            typed = json.loads(typed)
        except ValueError as error:
            raise InvalidInputError(f"{name} is not a valid list: {error}.", 'Write it as ["one", "two"].') from error
    try:
        loaded = Settings.model_validate({**others, name: typed})
    except ValidationError as error:
        reasons = "; ".join(item["msg"] for item in error.errors())
        raise InvalidInputError(f"{name} cannot be {text!r}: {reasons}.", "Choose another value.") from error
    value = getattr(loaded, name)
    return [str(one) for one in value] if isinstance(value, tuple) else value


def _toml(value: Any) -> str:
    """A text, number or list as TOML has it: as JSON, whose escapes TOML shares, but for the delete character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _edited(text: str, name: str, value: str | None) -> str:
    """The file with one line changed, added before the first table, or taken out."""
    lines = text.splitlines(keepends=True)
    top = next((at for at, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    ours = re.compile(rf'\s*"?{re.escape(name)}"?\s*=')
    at = next((at for at, line in enumerate(lines[:top]) if ours.match(line)), None)
    fresh = [] if value is None else [f"{name} = {value}\n"]
    if at is not None:
        return "".join([*lines[:at], *fresh, *lines[at + 1 :]])
    if top and not lines[top - 1].endswith("\n"):
        lines[top - 1] += "\n"
    return "".join([*lines[:top], *fresh, *lines[top:]])
