"""A child's answer into a file: whole, and never bigger than allowed."""

import tempfile

import pytest

from gatewayd import sandbox
from gatewayd.errors import SandboxError

ECHO = "builtins:bytes"


async def test_a_big_answer_goes_into_the_file() -> None:
    payload = bytes(range(256)) * 4000
    with tempfile.TemporaryFile() as file:
        await sandbox.call_into(file, ECHO, payload)
        file.seek(0)
        assert file.read() == payload


async def test_an_answer_beyond_its_limit_is_refused_both_ways() -> None:
    limits = sandbox.Limits(answer=100_000)
    with tempfile.TemporaryFile() as file, pytest.raises(SandboxError):
        await sandbox.call_into(file, ECHO, bytes(200_000), limits)
    with pytest.raises(SandboxError):
        await sandbox.call(ECHO, bytes(200_000), limits)
