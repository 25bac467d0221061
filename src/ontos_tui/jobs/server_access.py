"""How the server of endpoints is reached: where it listens, under which names, and whether it needs a token.

A token is read from a file that only its owner may read, or from the environment. It is never written anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.settings import Settings

SHORTEST_TOKEN, LONGEST_TOKEN = 16, 4_096
"""Characters of a token: a shorter one can be tried out."""
HOW_TO_WRITE_ONE = "Write a new one: openssl rand -hex 32"
_OTHERS = 0o077
_ENVIRONMENT = "ONTOS_SERVE_TOKEN"


@dataclass(frozen=True)
class ServerAccess:
    """What the job of a server is told. `token_file` is empty where the token comes from the environment."""

    socket: str = ""
    hosts: tuple[str, ...] = ()
    needs_token: bool = False
    token_file: str = ""

    @classmethod
    def chosen(
        cls, settings: Settings, socket: str = "", token_file: str = "", hosts: tuple[str, ...] = ()
    ) -> ServerAccess:
        """What is named here, else what the settings say. Raises InvalidInputError for what cannot be used."""
        from_environment = bool(settings.serve_token.get_secret_value()) and not token_file
        file = "" if from_environment else token_file or settings.serve_token_file
        socket = socket or settings.serve_socket
        access = cls(
            socket=str(Path(socket).expanduser().absolute()) if socket else "",
            hosts=_checked_hosts(hosts or settings.serve_hosts),
            needs_token=from_environment or bool(file),
            token_file=str(Path(file).expanduser().absolute()) if file else "",
        )
        access.token(settings)  # one that cannot be used is an error here and now, not in a log
        return access

    @classmethod
    def of_job(cls, params: Mapping[str, Any]) -> ServerAccess:
        """What a job was told."""
        return cls(**{**params, "hosts": tuple(params.get("hosts", ()))})

    def params(self) -> dict[str, Any]:
        """What a job is told; the token is not in it."""
        return asdict(self)

    def token(self, settings: Settings) -> str:
        """The token that requests must carry; empty when none is needed. Raises InvalidInputError when it is gone."""
        if not self.needs_token:
            return ""
        if self.token_file:
            return _read(Path(self.token_file))
        return _checked(settings.serve_token.get_secret_value(), _ENVIRONMENT)


def _read(path: Path) -> str:
    shown = safe_line(path, 200)
    try:
        with path.open("rb") as file:
            mode = path.stat().st_mode
            content = file.read(LONGEST_TOKEN + 2)
    except OSError as error:
        raise InvalidInputError(
            f"The token file {shown} cannot be read: {error.strerror or error}.", "Check the path."
        ) from error
    if mode & _OTHERS:
        raise InvalidInputError(
            f"Other users of this machine may read the token file {shown}.", f"Close it to them: chmod 600 {shown}"
        )
    return _checked(content.decode("latin-1").strip(), shown)


def _checked(token: str, source: str) -> str:
    """A token that can be sent in a header and is not easily tried out. An error does not show it."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInputError(
            f"The token of {source} holds a space, a control character or a letter beyond ASCII.", HOW_TO_WRITE_ONE
        )
    if not SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN:
        raise InvalidInputError(
            f"The token of {source} has {len(token):,} characters, not {SHORTEST_TOKEN} to {LONGEST_TOKEN:,}.",
            HOW_TO_WRITE_ONE,
        )
    return token


def _checked_hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of hosts in lower case, as they are compared."""
    for name in names:
        try:
            is_host = urlsplit(f"//{name}").hostname == name.lower() and not set(name) & set("*/@ ")
        except ValueError:
            is_host = False
        if not is_host:
            raise InvalidInputError(
                f"{safe_line(name, 80)!r} is not the name of a host.", "Give a name such as models.example, no port."
            )
    return tuple(name.lower() for name in names)
