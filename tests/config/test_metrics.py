"""[metrics] listens on this machine only, and nowhere unless it is set."""

from pathlib import Path

import pytest

from gatewayd.config.load import parse
from gatewayd.config.metrics import Metrics
from gatewayd.errors import SettingsError


def metrics(**section: object) -> Metrics | None:
    return parse({"gateway": {"state_dir": str(Path("/tmp/x"))}, "metrics": section}, "test").metrics


def test_without_the_section_there_is_no_port() -> None:
    assert parse({"gateway": {"state_dir": "/tmp/x"}}, "test").metrics is None


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [("127.0.0.1:9464", "127.0.0.1", 9464), ("[::1]:1", "::1", 1), ("127.9.9.9:65535", "127.9.9.9", 65535)],
)
def test_loopback_is_taken(given: str, host: str, port: int) -> None:
    found = metrics(listen=given)
    assert found is not None
    assert (found.host, found.port) == (host, port)


@pytest.mark.parametrize(
    "given",
    [
        "0.0.0.0:9464", ":9464", "[::]:9464", "192.168.1.4:9464", "*:9464", "gateway.kampus.example:9464",
        "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", "127.0.0.1:٩", "", "[::ffff:10.0.0.1]:9464",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_key(given: str) -> None:
    with pytest.raises(SettingsError, match=r"metrics\.listen: an address of this machine"):
        metrics(listen=given)


def test_the_section_needs_its_address() -> None:
    with pytest.raises(SettingsError, match=r"metrics\.listen: is missing"):
        metrics()
