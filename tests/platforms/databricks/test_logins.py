"""Ways to log in, and what lies between here and a workspace, as far as a server on this machine can show them.

The Azure CLI and a user's OAuth in a browser are not among them: the SDK asks for them by the address of a real cloud.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from emulator.databricks.server import TOKEN, Workspace, serve
from ontos_tui.platforms.databricks import workspace_client
from ontos_tui.platforms.databricks.workspace_client import Place, Team

PLACE = Place("", "w1", "team", "ontos")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace, and an environment that knows nothing of it."""
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_AUTH_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "databrickscfg"))
    with serve() as workspace:
        yield workspace


def login(place: Place = PLACE) -> tuple[str, str]:
    """How one is logged in, and who the warehouse says that one is."""
    team = Team(place, 5)
    try:
        return str(team.client.config.auth_type), str(team.rows("SELECT current_user() AS login")[0]["login"])
    finally:
        team.close()


def test_a_token_of_the_environment(served: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", served.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    assert login() == ("pat", "ana@example.com")


def test_a_profile_that_the_settings_name(served: Workspace, tmp_path: Path) -> None:
    profiles = f"[DEFAULT]\nhost = http://127.0.0.1:1\ntoken = x\n[team]\nhost = {served.url}\ntoken = {TOKEN}\n"
    (tmp_path / "databrickscfg").write_text(profiles)
    assert login(Place("team", "w1", "team", "ontos")) == ("pat", "ana@example.com")


def test_a_machine_by_oauth(served: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", served.url)
    # A workspace tells by its own metadata where its tokens are.
    discovery = f"{served.url}/oidc/.well-known/oauth-authorization-server"
    monkeypatch.setenv("DATABRICKS_DISCOVERY_URL", discovery)
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", "robot")
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "secret-of-robot")
    assert login() == ("oauth-m2m", "machine@example.com")


class _Proxy(BaseHTTPRequestHandler):
    """Passes on what comes with a whole address, and writes down where to."""

    protocol_version = "HTTP/1.1"
    seen: list[str] = []  # one for each test, set by it
    workspace = ""

    def _pass_on(self) -> None:
        self.seen.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        # For a workspace without TLS, which there is only in tests, the connector sends no whole address.
        target = self.path if self.path.startswith("http") else f"{self.workspace}{self.path}"
        request = urllib.request.Request(target, body or None, headers, method=self.command)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                status, content, kind = answer.status, answer.read(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            status, content, kind = error.code, error.read(), error.headers["Content-Type"]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Tests look at `seen`."""


def test_requests_and_statements_go_through_a_proxy(served: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    _Proxy.seen, _Proxy.workspace = [], served.url
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{proxy.server_address[1]}"
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", address)
    monkeypatch.setenv("DATABRICKS_HOST", served.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    assert login() == ("pat", "ana@example.com")
    proxy.shutdown()
    proxy.server_close()
    assert any("/sql/1.0/warehouses/" in path for path in _Proxy.seen), "the connector"
    assert any("/api/2.0/sql/warehouses/" in path for path in _Proxy.seen), "the SDK"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_companys_certificates_hold_for_statements_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(one, raising=False)
    assert workspace_client._certificates() is None
    monkeypatch.setenv(name, str(tmp_path / "missing.pem"))
    assert workspace_client._certificates() is None
    (tmp_path / "company.pem").write_text("")
    monkeypatch.setenv(name, str(tmp_path / "company.pem"))
    assert workspace_client._certificates() == str(tmp_path / "company.pem")
