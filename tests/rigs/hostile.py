"""One mail through the real sandbox child, with what it cost. For tests and benchmarks.

Used with `repository_on_path`, since the child that measures itself is code of the tests.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from gatewayd import sandbox
from gatewayd.wire.mailvalues import ReadMail
from gatewayd.wire.reading import from_json

MIB = 1024 * 1024
#: What one mail may cost, and by how much a test on a shared machine forgives the time.
MOST_SECONDS = 2.0
MOST_BYTES = 128 * MIB
FORGIVEN = 3

HEAD = b'{"trusted_authserv_ids": ["mail.kampus.example"], "max_recipients": 20000}\n'
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Cost:
    """`seconds` from the call to the answer, `cpu` of the child with its start, `peak` of its memory."""

    seconds: float
    cpu: float
    peak: int


@contextmanager
def repository_on_path() -> Iterator[None]:
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(_ROOT)
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


async def read_measured(raw: bytes) -> tuple[ReadMail, Cost]:
    """Raises SandboxError where the child dies."""
    began = time.monotonic()
    answer = await sandbox.call("tests.rigs.measured_child:read_mail", HEAD + raw)
    seconds = time.monotonic() - began
    said, _, cost = answer.rpartition(b"\n")
    told = json.loads(cost)
    return from_json(said), Cost(seconds, told["cpu"], told["peak"])


def library_mails() -> dict[str, bytes]:
    """The test mails of the standard library, {} where its tests are not installed. Raises ModuleNotFoundError."""
    found = files("test.test_email").joinpath("data")
    return {
        one.name: one.read_bytes()
        for one in sorted(found.iterdir(), key=lambda one: one.name)
        if one.name.startswith("msg_")
    }
