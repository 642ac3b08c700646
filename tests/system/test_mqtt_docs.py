"""docs/mqtt.md as it is written: its broker settings, users, access list, gateway settings and every example are run,
with nothing replaced but host, port and paths."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from gatewayd.core.model import Fault
from gatewayd.wire.payload_messages import _MESSAGES
from gatewayd.wire.payload_signature import signature, signed
from tests.system.rig import Daemon, daemon, sim_modem, wait_for
from tests.system.servers.mosquitto import Mosquitto, running_as_written

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "mqtt.md").read_text(encoding="utf-8")
#: What the page calls credentials → what the tests put there.
SECRETS: Final = {
    "mqtt-password": "rahasia-gatewayd", "mqtt-selftest": "rahasia-selftest",
    "absensi-hmac": "kunci-uji-0123456789abcdefghijklmnop",
}  # fmt: skip


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {re.escape(name)} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, name
    return found[1]


@dataclass
class Site:
    folder: Path
    broker: Mosquitto
    daemon: Daemon

    def here(self, name: str) -> str:
        return localised(self.broker, example(name))

    def run(self, *command: str) -> str:
        """What an example says on stdout."""
        env = {**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / ".config")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=self.folder, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def receipt(self, *command: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(*command))
        return found


def localised(broker: Mosquitto, text: str) -> str:
    assert broker.authority is not None
    names = {
        "listener 8883": f"listener {broker.port} 127.0.0.1", "broker.kampus.example": "localhost",
        "8883": str(broker.port), "/etc/ssl/kampus-ca.pem": str(broker.authority.ca),
        "/etc/mosquitto/certs/broker.pem": str(broker.authority.cert),
        "/etc/mosquitto/certs/broker.key": str(broker.authority.key),
        "/etc/mosquitto/gatewayd.passwords": str(broker.folder / "passwords"),
        "/etc/mosquitto/gatewayd.acl": str(broker.folder / "acl"),
    }  # fmt: skip
    pattern = re.compile("|".join(re.escape(name) for name in names))
    return pattern.sub(lambda match: names[match[0]], text)


def write(broker: Mosquitto) -> None:
    # The first lines are those of Debian's own mosquitto.conf.
    own = f"persistence true\npersistence_location {broker.folder}/db/\nlog_dest file {broker.folder}/mosquitto.log\n"
    own += "log_type all\n"
    (broker.folder / "mosquitto.conf").write_text(own + localised(broker, example("mosquitto.conf")), encoding="ascii")
    (broker.folder / "acl").write_text(example("acl"), encoding="ascii")
    subprocess.run(["bash", "-ec", localised(broker, example("users.sh"))], check=True, capture_output=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "credentials").mkdir()
    for name, secret in SECRETS.items():
        (folder / "credentials" / name).write_text(f"{secret}\n", encoding="ascii")
    (folder / "absensi.key").write_text(SECRETS["absensi-hmac"] + "\n", encoding="ascii")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("CREDENTIALS_DIRECTORY", str(folder / "credentials"))
        broker = stack.enter_context(running_as_written(write))
        modem = stack.enter_context(sim_modem(folder, "gsm1", "--latency-ms", "30", "--report-delay-ms", "100"))
        settings = {
            "gateway": {"state_dir": folder / "state"}, "log": {"format": "json"},
            "mqtt": tomllib.loads(localised(broker, example("gatewayd.toml")))["mqtt"],
            "modems": [{"name": "gsm1", "port": modem.link, "price_idr": 350, "pause": ["0s", "0s"]}],
            "sending": {"windows": [{"start": "00:00", "end": "23:59"}]},
            "report": {"status_report_wait": "4s"},
        }  # fmt: skip
        gateway = stack.enter_context(daemon(folder, settings))
        gateway.start()
        gateway.wait_event("broker.connected")
        made = Site(folder, broker, gateway)
        config = folder / ".config"
        config.mkdir()
        for name in ("mosquitto_rr", "mosquitto_sub", "mosquitto_pub"):
            (config / name).write_text(made.here("mosquitto_rr"), encoding="ascii")
        yield made


def test_the_shell_example_gets_the_receipt_of_the_page(site: Site) -> None:
    receipt = site.receipt("bash", "-ec", site.here("send.sh"))
    shown = json.loads(example("receipt.json"))
    same = ("v", "job", "result", "errors", "recipients", "parts", "cost_idr")
    assert {key: receipt[key] for key in same} == {key: shown[key] for key in same}
    assert set(receipt) == set(shown)
    assert site.daemon.show(receipt["request"])["state"] in ("awaiting_approval", "approved", "sending", "done")
    again = site.receipt("bash", "-ec", site.here("send.sh").replace("-d 2hours", "-d 2days"))
    assert again["result"] == "rejected"


def test_the_listener_hears_receipts_and_status_as_on_the_page(site: Site) -> None:
    env = {**os.environ, "HOME": str(site.folder), "XDG_CONFIG_HOME": str(site.folder / ".config")}
    heard = site.folder / "heard"
    with heard.open("wb") as out:
        command = ["bash", "-ec", "exec " + site.here("listen.sh")]
        listener = subprocess.Popen(command, stdout=out, env=env)
        try:
            wait_for("the listener's subscription", lambda: "siakad-listener 1 gatewayd/status" in site.broker.log())
            site.run("bash", "-ec", site.here("publish.sh"))

            def messages() -> list[tuple[str, dict[str, Any]]]:
                lines = [line for line in heard.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
                return [(line.split(" ", 1)[0], json.loads(line.split(" ", 1)[1])) for line in lines]

            topic = "gatewayd/status/siakad/siakad-nilai-4712"
            wait_for("the end", lambda: [m for at, m in messages() if at == topic and m["state"] == "done"])
        finally:
            listener.kill()
            listener.wait(10)
    receipts = [body for at, body in messages() if at == "gatewayd/receipts/siakad"]
    assert [body["result"] for body in receipts if body["job"] == "siakad-nilai-4712"] == ["accepted"]
    last = messages()[-1][1]
    assert set(last) == set(json.loads(example("status.json")))
    assert last["totals"] == {"delivered": 1}


@pytest.mark.parametrize("name", ["send_paho.py", "send_aiomqtt.py"])
def test_the_python_examples_print_their_receipt_and_a_duplicate_the_second_time(site: Site, name: str) -> None:
    script = site.folder / name
    script.write_text(site.here(name), encoding="utf-8")
    first = site.receipt(sys.executable, str(script))
    assert (first["result"], first["recipients"]) == ("accepted", 1)
    # `expires` is content, and the example makes it anew: the id is used up.
    again = site.receipt(sys.executable, str(script))
    assert (again["result"], again["errors"][0]["path"]) == ("rejected", "id")


def test_the_signed_example_is_accepted_and_unsigned_or_as_another_it_is_not(site: Site) -> None:
    signed_job = site.here("signed.sh")
    unsigned = signed_job.replace('-m "$job\n$mac"', '-m "$job"')
    assert unsigned != signed_job
    refused = site.receipt("bash", "-ec", unsigned)
    assert (refused["result"], refused["errors"][0]["path"]) == ("rejected", "")
    assert site.receipt("bash", "-ec", signed_job)["result"] == "accepted"


def test_the_self_test_finds_the_access_list_of_the_page_in_order(site: Site) -> None:
    site.daemon.wait_event("broker.tested")
    probed = site.daemon.cli("check", "--probe", check=False).stdout
    assert "mqtt access ok: no client can write or read as another" in probed
    rows = {row["name"]: row for row in site.daemon.json("status")["links"]}
    assert rows["broker access"]["state"] == "ready"


def test_a_job_over_64_kib_gets_its_receipt_and_one_over_the_brokers_limit_an_error(site: Site) -> None:
    ask = ["mosquitto_rr", "-V", "mqttv5", "-q", "1", "-t", "gatewayd/jobs/siakad", "-e", "gatewayd/replies/siakad/big"]
    assert "too big" in site.receipt(*ask, "-m", "x" * 100_000)["errors"][0]["message"]
    (site.folder / "big").write_bytes(b" " * 2_000_000)
    with pytest.raises(AssertionError, match="Error: "):
        site.run("bash", "-ec", "mosquitto_pub -V mqttv311 -q 1 -t gatewayd/jobs/siakad -f big")


def test_the_python_signature_and_the_vectors_of_the_page_are_those_of_the_gateway() -> None:
    names: dict[str, Any] = {}
    exec(example("sign.py"), names)
    assert signed(names["signed"]("t", b"{}", "k"), "t", "k") == b"{}"
    rows = re.findall(
        r"(?m)^\| `(gatewayd/jobs/\w+)` \| (?:`(.*)`|\(empty\)) \| `(kunci.*)` \| `([0-9a-f]{64})` \|$", PAGE
    )
    assert len(rows) == 2
    for topic, job, key, mac in rows:
        assert signature(topic, job.encode(), key) == mac
        assert not isinstance(signed(f"{job}\n{mac}".encode(), topic, key), Fault)


def test_every_message_of_a_receipt_is_on_the_page_and_none_that_there_is_not() -> None:
    table = PAGE.partition("## Every message of a receipt")[2]
    listed = re.findall(r"(?m)^\| [^|]+ \| (?!message|---)(.+) \|$", table)
    assert sorted(listed) == sorted(words.format(typed="…") for words in _MESSAGES.values())
