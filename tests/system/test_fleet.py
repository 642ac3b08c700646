"""Two modems and one queue: work is shared, the cheapest SIM goes first, and one takes over for the other."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.system.rig import SimModem, daemon, sim_modem, wait_for
from tests.system.test_kill import settings

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

TELKOMSEL = [f"08120000{index:04d}" for index in range(20)]
INDOSAT = [f"08570000{index:04d}" for index in range(20)]


def two(folder: Path, first: SimModem, second: SimModem, **of_second: Any) -> dict[str, Any]:
    given = settings(folder, first)
    modem = given["modems"][0]
    return given | {"modems": [modem, modem | {"name": "gsm2", "port": second.link} | of_second]}


def taken(modem: SimModem) -> list[str]:
    return [entry["recipient"] for entry in modem.ledger()]


def test_a_request_spreads_and_one_modem_takes_over_for_the_other(tmp_path: Path) -> None:
    latency = ("--latency-ms", "150", "--report-delay-ms", "100")
    with (
        sim_modem(tmp_path, "gsm1", *latency, "--seed", "1") as first,
        sim_modem(tmp_path, "gsm2", *latency, "--seed", "2") as second,
        daemon(tmp_path, two(tmp_path, first, second)) as gateway,
    ):
        gateway.start()
        for name in ("gsm1", "gsm2"):
            gateway.wait_event("modem.ready", modem=name)
        number = gateway.json("send", "--to", *TELKOMSEL, *INDOSAT, "--text", "Halo", "--priority", "urgent")["request"]
        wait_for("both at work", lambda: len(taken(first)) > 3 and len(taken(second)) > 3)
        first.tell({"unplug": True})
        shown = gateway.wait_state(number, "done", 60)
        sent = Counter(taken(first) + taken(second))
    assert max(sent.values()) == 1
    assert len(sent) >= 40 - shown["totals"].get("in_doubt", 0)
    assert shown["totals"].get("in_doubt", 0) <= 1


def test_each_number_goes_by_the_sim_that_is_cheapest_for_it(tmp_path: Path) -> None:
    with (
        sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--seed", "1") as first,
        sim_modem(tmp_path, "gsm2", "--latency-ms", "20", "--seed", "2") as second,
        daemon(tmp_path, two(tmp_path, first, second, prices={"indosat": 100})) as gateway,
    ):
        gateway.start()
        for name in ("gsm1", "gsm2"):
            gateway.wait_event("modem.ready", modem=name)
        number = gateway.json("send", "--to", *INDOSAT, "--text", "Halo", "--priority", "urgent")
        gateway.wait_state(number["request"], "done", 60)
        assert number["cost_idr"] == 20 * 100
        assert (len(taken(first)), len(taken(second))) == (0, 20)
