"""Signed jobs: the job, a line end, and the HMAC-SHA256 of topic, line end and job, in hexadecimal, as the last line.

    {"v":1,"id":"siakad-000123",…}
    5f0c…64 hexadecimal digits

In: the payload as published, its topic, the client's key. Out: the job's bytes, exactly as they were signed, or the
fault. Invariants: the topic, and with it the client's name and the prefix, is signed, so a signed job is worth nothing
under another name or at another gateway; the comparison takes the same time wherever a wrong signature differs.
The form needs no property of MQTT 5, so it is the same under 3.1.1, and openssl and mosquitto_pub can make it.
Sources: RFC 2104, FIPS 198-1; test vectors in docs/mqtt.md.
"""

import hashlib
import hmac
import re
from typing import Final

from gatewayd.core.model import Fault

#: A key of fewer characters is refused by `gatewayd check`.
SHORTEST_KEY: Final = 32
_SIGNED: Final = re.compile(rb"(.*)\n([0-9A-Fa-f]{64})\r?\n?", re.DOTALL)
#: The line that a signature adds to a job.
LINE_BYTES: Final = 1 + 64 + 2


def signature(topic: str, job: bytes, key: str) -> str:
    """What stands in the last line."""
    return hmac.new(key.encode(), topic.encode() + b"\n" + job, hashlib.sha256).hexdigest()


def signed(payload: bytes, topic: str, key: str) -> bytes | Fault:
    """The job in `payload`, if `key` signed it for `topic`."""
    match = _SIGNED.fullmatch(payload)
    if match is None:
        return Fault("", "signature.missing")
    job, given = match[1], match[2].decode("ascii").lower()
    return job if hmac.compare_digest(signature(topic, job, key), given) else Fault("", "signature.wrong")


def bare(payload: bytes) -> bytes:
    """`payload` without its signature, be that right or wrong; the same where it has none."""
    match = _SIGNED.fullmatch(payload)
    return payload if match is None else match[1]
