"""The token of one delivery in mail: in its envelope sender (a bounce comes home with it) and in its way to leave.

In: the gateway's key, what the token is for, the delivery. Out: a token such as "b1f-k3…", and the delivery of one
that is genuine. Invariants: who does not have the key cannot make one (HMAC-SHA-256, 80 bit), and one made for
bounces takes nobody off a list; letter case does not matter, since mail servers fold it. Sources: RFC 2104; VERP as
qmail's ezmlm does it.
"""

import base64
import hashlib
import hmac
import re
from enum import StrEnum
from typing import Final

from gatewayd.core.model import DeliveryId

_LETTERS: Final = 16
_TOKEN: Final = re.compile(r"([bu])([0-9a-f]{1,12})-([a-z2-7]{16})")


class Purpose(StrEnum):
    """What a token may do; its first letter."""

    BOUNCE = "b"
    LEAVE = "u"


def token(key: bytes, purpose: Purpose, delivery: DeliveryId) -> str:
    """The token of `delivery`; 20 to 30 characters that may stand in a local part and in a URL."""
    body = f"{purpose}{delivery:x}"
    return f"{body}-{_seal(key, body)}"


def delivery_of(key: bytes, purpose: Purpose, typed: str) -> DeliveryId | None:
    """The delivery that `typed` is a genuine token of; None for anything else."""
    match = _TOKEN.fullmatch(typed.lower())
    if match is None or match[1] != purpose or match[2] != f"{int(match[2], 16):x}":
        return None
    if not hmac.compare_digest(match[3], _seal(key, match[1] + match[2])):
        return None
    return DeliveryId(int(match[2], 16))


def found_in(text: str, limit: int = 20) -> tuple[str, ...]:
    """Whatever looks like a token in `text`, genuine or not, each once."""
    return tuple(dict.fromkeys(match[0] for match in _TOKEN.finditer(text.lower())))[:limit]


def sub_address(base: str, sealed: str) -> str:
    """The address `base` with the token behind a plus sign (RFC 5233)."""
    local, _, domain = base.rpartition("@")
    return f"{local}+{sealed}@{domain}"


def _seal(key: bytes, body: str) -> str:
    mac = hmac.new(key, b"gatewayd mail token\0" + body.encode("ascii"), hashlib.sha256).digest()
    return base64.b32encode(mac)[:_LETTERS].decode("ascii").lower()
