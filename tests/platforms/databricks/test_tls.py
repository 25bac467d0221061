"""A workspace behind a certificate of a company's own: the SDK and the connector trust it by one setting."""

from __future__ import annotations

import datetime
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from emulator.databricks.server import TOKEN, serve
from ontos_tui.domain.errors import PlatformError
from ontos_tui.platforms.databricks.workspace_client import Place, Team

PLACE = Place("", "w1", "team", "ontos")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def _certificates(folder: Path) -> tuple[Path, Path, Path]:
    """A company's own authority, and a key and a certificate for localhost that it has signed."""
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    end = begin + datetime.timedelta(days=30)
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A company")])
    builder = x509.CertificateBuilder().issuer_name(issuer).not_valid_before(begin).not_valid_after(end)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    root = (
        builder.subject_name(issuer)
        .public_key(authority.public_key())
        .serial_number(1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    signed = (
        builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
        .public_key(own.public_key())
        .serial_number(2)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    paths = (folder / "company.pem", folder / "key.pem", folder / "server.pem")
    paths[0].write_bytes(root.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    paths[2].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return paths


class _Behind(BaseHTTPRequestHandler):
    """Passes requests on to the emulated workspace."""

    protocol_version = "HTTP/1.1"
    workspace = ""  # set by each test

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        request = urllib.request.Request(f"{self.workspace}{self.path}", body or None, headers, method=self.command)
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

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Nobody looks."""


@pytest.fixture(autouse=True)
def _no_certificates() -> None:
    """Clients load certificates as they do for users."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Who does not trust the certificate hangs up; that is what is tested."""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The company's certificate; a workspace behind one that it has signed is the environment's."""
    for name in (*BUNDLES, "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_AUTH_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "databrickscfg"))
    root, key, own = _certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    with serve() as workspace:
        _Behind.workspace = workspace.url
        server = _Server(("127.0.0.1", 0), _Behind)
        # The handshake belongs to the connection's own thread, not to the one that takes connections.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("DATABRICKS_HOST", f"https://localhost:{server.server_address[1]}")
        monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
        yield root
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_requests_and_statements_trust_a_companys_certificate(
    company: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")  # as it was before, also after this test
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv(name, str(company))
    team = Team(PLACE, 5)
    try:
        assert team.rows("SELECT current_user() AS login")[0]["login"] == "ana@example.com"
    finally:
        team.close()


def test_without_it_neither_goes_on_and_the_setting_is_named(company: Path) -> None:
    team = Team(PLACE, 1)
    try:
        with pytest.raises(PlatformError, match=r"(?i)certificate") as raised:
            team.rows("SELECT 1")
        assert "REQUESTS_CA_BUNDLE" in raised.value.todo
    finally:
        team.close()
