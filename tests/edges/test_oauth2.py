"""Access tokens from a refresh token: a login service on loopback that records, and a real Dovecot that asks it."""

import json
import stat
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gatewayd import oauth2
from gatewayd.config import Mailbox, OAuth2, Smtp
from gatewayd.errors import GatewaydError, LinkError, ProtocolError
from gatewayd.intake.imap_session import ImapSession
from gatewayd.oauth2 import access_token
from gatewayd.transport.smtp_session import SmtpSession
from tests.fakes.mail_smtp import fake_smtp
from tests.system.servers.dovecot import running_dovecot


class Service:
    """Answers of the token endpoint, and what it was asked; `/whose` tells Dovecot about `valid` tokens."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.whose: list[str] = []
        self.status, self.extra = 200, dict[str, object]()
        self.valid: set[str] | None = None
        self.port = 0

    def issue(self, form: dict[str, str]) -> dict[str, object]:
        self.asked.append(form)
        if self.status != 200:
            return self.extra
        return {"access_token": f"akses-{len(self.asked)}", "token_type": "Bearer", "expires_in": 3600} | self.extra

    def tell(self, token: str) -> dict[str, object] | None:
        self.whose.append(token)
        good = token.startswith("akses-") if self.valid is None else token in self.valid
        return {"user": "gateway", "expires_in": 3000} if good else None


@pytest.fixture
def service() -> Iterator[Service]:
    given = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = given.issue(dict(urllib.parse.parse_qsl(body)))
            self._say(given.status, answer)

        def do_GET(self) -> None:
            answer = given.tell(self.path.partition("=")[2])
            self._say(200 if answer else 401, answer or {"error": "invalid_token"})

        def _say(self, status: int, answer: dict[str, object]) -> None:
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        given.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield given
        server.shutdown()
        thread.join()


@pytest.fixture
def raw(service: Service, tmp_path: Path) -> dict[str, Any]:
    for name in ("segar", "klien"):
        (tmp_path / name).write_text(f"rahasia-{name}\n", encoding="ascii")
    return {
        "token_endpoint": f"http://127.0.0.1:{service.port}/token", "client_id": "gatewayd", "scope": "mail",
        "refresh_token": {"file": tmp_path / "segar"}, "client_secret": {"file": tmp_path / "klien"}, "timeout": 5,
    }  # fmt: skip


@pytest.fixture
def given(raw: dict[str, Any]) -> OAuth2:
    return OAuth2.model_validate(raw)


def test_a_token_is_fetched_once_and_again_when_it_was_refused(service: Service, given: OAuth2) -> None:
    assert [access_token(given), access_token(given)] == ["akses-1", "akses-1"]
    assert service.asked == [
        {"grant_type": "refresh_token", "refresh_token": "rahasia-segar", "client_id": "gatewayd",
         "client_secret": "rahasia-klien", "scope": "mail"}
    ]  # fmt: skip
    assert access_token(given, refused="akses-1") == "akses-2"
    assert access_token(given, refused="akses-1") == "akses-2"


def test_a_token_is_renewed_before_it_ends(service: Service, given: OAuth2, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(oauth2.time, "monotonic", lambda: now)
    assert access_token(given) == "akses-1"
    now += 3600 - 130
    assert access_token(given) == "akses-1"
    now += 20
    assert access_token(given) == "akses-2"


@pytest.mark.parametrize(
    ("status", "answer", "kind", "says"),
    [
        (400, {"error": "invalid_grant", "error_description": "rahasia-segar"}, ProtocolError, "log in again"),
        (401, {"error": "invalid_client"}, ProtocolError, "client_secret"),
        (400, {"error": "rahasia-segar"}, ProtocolError, "token_endpoint"),
        (302, {}, ProtocolError, "302"),
        (503, {}, LinkError, "503"),
        (200, {"access_token": 5}, ProtocolError, "token_endpoint"),
        (200, {"access_token": "a\x01b"}, ProtocolError, "token_endpoint"),
    ],
)
def test_a_refusal_says_what_to_do_and_no_secret(
    service: Service, given: OAuth2, status: int, answer: dict[str, object], kind: type[GatewaydError], says: str
) -> None:
    service.status, service.extra = status, answer
    with pytest.raises(kind, match=says) as caught:
        access_token(given)
    assert "rahasia" not in str(caught.value)


def test_a_service_that_is_away_is_a_lost_link(raw: dict[str, Any]) -> None:
    with pytest.raises(LinkError, match=r"127\.0\.0\.1"):
        access_token(OAuth2.model_validate(raw | {"token_endpoint": "http://127.0.0.1:9/token"}))


def test_a_rotated_refresh_token_is_kept_until_a_person_stores_a_new_one(
    service: Service, raw: dict[str, Any], tmp_path: Path
) -> None:
    kept = tmp_path / "putar.json"
    given = OAuth2.model_validate(raw | {"rotated_file": kept})
    service.extra = {"refresh_token": "rahasia-baru"}
    access_token(given)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    access_token(given, refused="akses-1")
    (tmp_path / "segar").write_text("rahasia-lagi\n", encoding="ascii")
    access_token(given, refused="akses-2")
    assert [form["refresh_token"] for form in service.asked] == ["rahasia-segar", "rahasia-baru", "rahasia-lagi"]


@pytest.mark.parametrize("url", ["http://login.example/t", "ftp://x/t", "login.example", "https://", "https://a:b@c/t"])
def test_secrets_go_to_https_only(raw: dict[str, Any], url: str) -> None:
    with pytest.raises(ValueError, match="token_endpoint"):
        OAuth2.model_validate(raw | {"token_endpoint": url})


async def test_smtp_logs_in_with_it(service: Service, given: OAuth2) -> None:
    async with fake_smtp(login=True) as server:
        settings = Smtp.model_validate(
            {"host": "127.0.0.1", "port": server.port, "tls": "none", "sender": "pesan@kampus.example",
             "user": "gateway", "auth": "xoauth2", "oauth2": given.model_dump()}
        )  # fmt: skip
        session = await SmtpSession.open(settings)
        await session.close()
    assert server.token == b"user=gateway\x01auth=Bearer akses-1\x01\x01"


@pytest.mark.system
def test_dovecot_takes_it_and_a_withdrawn_one_is_replaced(service: Service, given: OAuth2) -> None:
    with running_dovecot(tokeninfo=f"http://127.0.0.1:{service.port}/whose?token=") as dovecot:
        settings = Mailbox.model_validate(
            {"host": "localhost", "port": dovecot.imaps_port, "ca_file": dovecot.authority.ca, "user": "gateway",
             "auth": "xoauth2", "oauth2": given.model_dump(), "timeout": 10}
        )  # fmt: skip
        for valid in (None, {"akses-2"}):
            service.valid = valid
            session = ImapSession(settings)
            session.open()
            assert session.search() == []
            session.close()
        service.valid = set()
        refused = ImapSession(settings)
        with pytest.raises(ProtocolError, match="login"):
            refused.open()
        refused.close()
    assert service.whose[:3] == ["akses-1", "akses-1", "akses-2"]
    assert len(service.asked) == 3
