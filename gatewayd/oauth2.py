"""Access tokens for logins by XOAUTH2, made from a refresh token. Blocking: call it in a thread.

In: an [….oauth2] section. Out: an access token, kept until shortly before it ends, or LinkError (the endpoint is away)
or ProtocolError (it refuses us; the text says what to do). Invariants: certificates are verified, and http goes to this
machine only (config/sections.py); redirects are not followed, since they would carry the secret elsewhere; no
token, secret or answer stands in an error or a log line. Source: RFC 6749 §6 and §5.2, RFC 9700 §4.14.
"""

import hashlib
import http.client
import json
import os
import ssl
import threading
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gatewayd.config import OAuth2
from gatewayd.errors import LinkError, ProtocolError, SettingsError
from gatewayd.wire.jsonvalues import loads, mapping

#: A token is renewed so many seconds before it ends.
_EARLY_S: Final = 120.0
#: Where the answer does not say how long a token lives.
_USUAL_S: Final = 1800.0
_MOST_BYTES: Final = 65536
_ADVICE: Final = {
    "invalid_grant": "the refresh token is not valid any more: log in again and store a new refresh token",
    "invalid_client": "client_id or client_secret is wrong",
    "unauthorized_client": "this client may not use refresh tokens",
    "invalid_scope": "scope is wrong",
}


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    ends: float


_guard: Final = threading.Lock()
_kept: Final[dict[OAuth2, _Token]] = {}


def access_token(settings: OAuth2, *, refused: str = "") -> str:
    """A token that is valid as far as we know, and not the one that a server `refused`."""
    with _guard:
        kept = _kept.get(settings)
        if kept is None or kept.text == refused or kept.ends <= time.monotonic():
            kept = _kept[settings] = _fetch(settings)
        return kept.text


def _fetch(settings: OAuth2) -> _Token:
    try:
        secret = settings.client_secret.read() if settings.client_secret else ""
        fields = {"grant_type": "refresh_token", "refresh_token": _refresh_token(settings)}
    except SettingsError as error:
        raise LinkError(f"oauth2: {error}") from error
    fields |= {"client_id": settings.client_id}
    fields |= {"client_secret": secret} if secret else {}
    fields |= {"scope": settings.scope} if settings.scope else {}
    began = time.monotonic()
    status, answer = _post(settings, urllib.parse.urlencode(fields))
    token = answer.get("access_token")
    if status != http.client.OK or not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise _refusal(status, answer)
    new = answer.get("refresh_token")
    if isinstance(new, str) and new and new != fields["refresh_token"]:
        _keep_rotated(settings, new)
    return _Token(token, began + _lifetime(answer.get("expires_in")))


def _lifetime(given: object) -> float:
    seconds = float(given) if isinstance(given, int | float) and not isinstance(given, bool) else _USUAL_S
    # Of a short life at least half is used.
    return max(seconds - _EARLY_S, seconds / 2)


def _post(settings: OAuth2, body: str) -> tuple[int, Mapping[str, object]]:
    url = urllib.parse.urlsplit(settings.token_endpoint)
    host, where = url.hostname or "", f"oauth2: {url.hostname}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=settings.ca_file)
            link: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, url.port, timeout=settings.timeout, context=context
            )
        else:
            link = http.client.HTTPConnection(host, url.port, timeout=settings.timeout)
        try:
            link.request("POST", (url.path or "/") + (f"?{url.query}" if url.query else ""), body, headers)
            reply = link.getresponse()
            status, data = reply.status, reply.read(_MOST_BYTES)
        finally:
            link.close()
    except ssl.SSLCertVerificationError as error:
        raise ProtocolError(f"{where}: TLS: {error.verify_message}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise LinkError(f"{where}: {reason}") from error
    if status >= http.client.INTERNAL_SERVER_ERROR or status == http.client.TOO_MANY_REQUESTS:
        raise LinkError(f"{where}: answered with {status}")
    try:
        return status, mapping(loads(data))
    except ValueError:
        return status, {}


def _refusal(status: int, answer: Mapping[str, object]) -> ProtocolError:
    code = answer.get("error")
    if isinstance(code, str) and code in _ADVICE:
        return ProtocolError(f"oauth2: {code}: {_ADVICE[code]}")
    return ProtocolError(f"oauth2: no access token in the answer ({status}): look at token_endpoint and scope")


def _refresh_token(settings: OAuth2) -> str:
    """The rotated one, if there is one that comes from the stored one: a person may have stored a new one since."""
    stored = settings.refresh_token.read()
    if settings.rotated_file is None or not settings.rotated_file.exists():
        return stored
    try:
        kept = mapping(loads(settings.rotated_file.read_bytes()))
    except (OSError, ValueError) as error:
        raise LinkError(f"oauth2: {settings.rotated_file} cannot be read") from error
    return str(kept.get("refresh_token")) if kept.get("of") == _fingerprint(stored) else stored


def _keep_rotated(settings: OAuth2, new: str) -> None:
    if settings.rotated_file is None:
        return
    content = json.dumps({"of": _fingerprint(settings.refresh_token.read()), "refresh_token": new})
    scratch = settings.rotated_file.with_name(settings.rotated_file.name + ".new")
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(settings.rotated_file)
    except OSError as error:
        raise LinkError(f"oauth2: {settings.rotated_file} cannot be written: {error.strerror}") from error


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
