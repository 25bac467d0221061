"""Who is answered: programs that mean this server, and, where a token is set, only those that have it.

A web page that is open in a browser on this machine is none: a foreign Host (a name that was made to point here) or a
foreign Origin is refused, and so is everything that is not declared to be JSON, which a browser sends across origins
without asking first. On a loopback port every user of this machine can ask; a socket of mode 0600 or a token ends that.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.platforms.local.http_server.replies import RefusedError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Access:
    """The names under which the server answers beside those of the loopback interface, and the token, if one is set."""

    hosts: tuple[str, ...] = ()
    token: str = ""

    def __repr__(self) -> str:
        return f"Access(hosts={self.hosts}, token={'set' if self.token else 'none'})"

    def check(self, headers: Headers) -> None:
        """Raise RefusedError (400, 401, 403) for a request that is not to be answered. Looks at no body."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(f"//{hosts[0]}"):
            named = safe_line(", ".join(hosts), 80) or "nothing"
            raise RefusedError(400, f"This server answers to {self._names()}, not to the Host {named}.")
        if "transfer-encoding" in headers and "content-length" in headers:
            raise RefusedError(400, "The request has Content-Length and Transfer-Encoding. Send one of them.")
        if any(not self._is_ours(origin) for origin in headers.getlist("origin")):
            raise RefusedError(403, "This server does not answer web pages from elsewhere.")
        if self.token and not self._has_token(headers.get("authorization", "")):
            raise RefusedError(401, "This server needs its token. Send the header Authorization: Bearer TOKEN.")

    def _has_token(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode("latin-1", "replace"), self.token.encode("latin-1")
        )

    def _is_ours(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            _ = parts.port  # raises ValueError for a port that is none
        except ValueError:
            return False
        plain = parts.username is None and parts.password is None and not parts.path.strip("/") and not parts.query
        return plain and parts.hostname is not None and parts.hostname in (*LOOPBACK, *self.hosts)

    def _names(self) -> str:
        return ", ".join(["127.0.0.1", "localhost", *self.hosts])
