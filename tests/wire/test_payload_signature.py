"""Signed jobs: known vectors, every change found, no way into another name."""

import hashlib
import hmac
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Fault
from gatewayd.wire.payload_signature import bare, signature, signed

TOPIC, KEY = "gatewayd/jobs/siakad", "kunci-contoh-0123456789abcdefghij"
JOB = b'{"v":1,"id":"siakad-000123"}'
#: Made with openssl: printf '%s\n%s' "$TOPIC" "$JOB" | openssl dgst -sha256 -hmac "$KEY"
MAC = "d120ff577249c66cac60d5b2b7056fad3f9813c67aa54918a4865a6b93159322"


def wrong(payload: bytes, topic: str = TOPIC, key: str = KEY) -> str:
    found = signed(payload, topic, key)
    assert isinstance(found, Fault)
    return found.code


def test_the_known_vector() -> None:
    assert signature(TOPIC, JOB, KEY) == MAC
    assert signed(JOB + b"\n" + MAC.encode(), TOPIC, KEY) == JOB


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_line_end_that_a_shell_adds_and_capital_digits_are_fine(end: bytes) -> None:
    assert signed(JOB + b"\n" + MAC.upper().encode() + end, TOPIC, KEY) == JOB


def test_openssl_agrees() -> None:
    openssl = shutil.which("openssl")
    assert openssl is not None
    command = [openssl, "dgst", "-sha256", "-hmac", KEY, "-r"]
    said = subprocess.run(command, input=TOPIC.encode() + b"\n" + JOB, capture_output=True, check=True)
    assert said.stdout.split()[0].decode() == MAC


@pytest.mark.parametrize(
    "payload", [JOB, b"", MAC.encode(), JOB + MAC.encode(), JOB + b"\n" + MAC[:-1].encode(), JOB + b"\n" + b"g" * 64]
)
def test_what_has_no_signature_is_unsigned(payload: bytes) -> None:
    assert bare(payload) == payload
    assert wrong(payload) == "signature.missing"


@pytest.mark.parametrize(
    ("topic", "key"),
    [("gatewayd/jobs/elearning", KEY), ("uji/jobs/siakad", KEY), (TOPIC, KEY + " "), ("gatewayd/jobs/siakad\n", KEY)],
    ids=["another client", "another gateway", "another key", "a line more"],
)
def test_a_signature_holds_for_its_topic_and_key_only(topic: str, key: str) -> None:
    assert wrong(JOB + b"\n" + MAC.encode(), topic, key) == "signature.wrong"


@given(st.binary(max_size=200), st.integers(0, 10**6), st.integers(1, 255))
def test_any_changed_byte_of_the_job_is_found(job: bytes, place: int, change: int) -> None:
    mac = hmac.new(KEY.encode(), TOPIC.encode() + b"\n" + job, hashlib.sha256).hexdigest().encode()
    assert signed(job + b"\n" + mac, TOPIC, KEY) == job
    if job:
        changed = bytearray(job)
        changed[place % len(job)] ^= change
        assert wrong(bytes(changed) + b"\n" + mac) == "signature.wrong"


@given(st.binary(max_size=300))
def test_noise_is_never_signed(noise: bytes) -> None:
    assert isinstance(signed(noise, TOPIC, KEY), Fault)
