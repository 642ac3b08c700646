"""Faults of the MQTT settings: a self-test that tests nothing, keys that are too short to keep anything."""

from argparse import Namespace
from pathlib import Path

import pytest

from gatewayd.cli.check import run
from gatewayd.errors import SettingsError

_SETTINGS = """
[gateway]
state_dir = "{d}"

[mqtt]
host = "broker.kampus.example"
user = "gatewayd"
password = {{file = "{d}/password"}}
selftest = {{user = "{tester}", password = {{file = "{d}/password"}}}}

[[mqtt.clients]]
name = "siakad"
hmac_key = {{file = "{d}/key"}}
parts_per_day = {quota}
"""


def fault(folder: Path, *, tester: str = "selftest", key: str = "k" * 32, quota: str = "10") -> str:
    (folder / "password").write_text("rahasia\n", encoding="ascii")
    (folder / "key").write_text(f"{key}\n", encoding="ascii")
    config = folder / "gatewayd.toml"
    config.write_text(_SETTINGS.format(d=folder, tester=tester, quota=quota), encoding="ascii")
    try:
        run(Namespace(config=config, probe=False, json=True))
    except SettingsError as error:
        return str(error)
    return ""


def test_good_settings_have_none(tmp_path: Path) -> None:
    assert fault(tmp_path) == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tester": "gatewayd"}, "mqtt.selftest.user: must be another account"),
        ({"key": "k" * 31}, "mqtt.clients[0].hmac_key: "),
        ({"quota": "0"}, "mqtt.clients[0].parts_per_day: at least 1"),
    ],
)
def test_each_fault_is_named_with_its_key_and_no_secret(tmp_path: Path, given: dict[str, str], words: str) -> None:
    said = fault(tmp_path, **given)
    assert words in said
    assert "kkkk" not in said
