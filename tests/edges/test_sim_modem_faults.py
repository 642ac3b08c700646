"""Faults of the simulated modem: when they strike, how they meet, and that none makes the ledger lie."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.sim.modem.faults import FAULTS, listing
from gatewayd.sim.modem.hooks import Bench, parse
from gatewayd.sim.modem.network import Settings
from tests.edges.test_sim_modem_machine import Rig, reports_in

PROMPT = "\r\n> "


class TestReports:
    def test_before_the_answer(self) -> None:
        rig = Rig(faults=("sr_before_cmgs_ok",)).ready()
        said = rig.send()
        assert 0 < said.index("+CDS:") < said.index("+CMGS:")
        assert rig.wait(60) == ""

    def test_before_the_answer_without_any_latency(self) -> None:
        rig = Rig(Settings(latency_ms=0), faults=("sr_before_cmgs_ok",)).ready()
        said = rig.send()
        assert 0 < said.index("+CDS:") < said.index("+CMGS:")

    def test_twice(self) -> None:
        rig = Rig(faults=("sr_duplicate",)).ready()
        rig.send()
        first, second = reports_in(rig.wait(60))
        assert first == second

    def test_never(self) -> None:
        rig = Rig(faults=("sr_never",)).ready()
        rig.send()
        assert rig.wait(600) == ""
        assert rig.events("report") == []


class TestRadio:
    def test_searching_for_a_network(self) -> None:
        rig = Rig(faults=("creg_searching",)).ready()
        assert rig.ask("AT+CREG?") == "\r\n+CREG: 0,2\r\n\r\nOK\r\n"
        assert rig.ask("AT+COPS?") == "\r\n+COPS: 0\r\n\r\nOK\r\n"
        assert rig.send() == f"{PROMPT}\r\n+CMS ERROR: 331\r\n"
        rig.machine.device.bench.clear("creg_searching")
        assert rig.ask("AT+CREG?") == "\r\n+CREG: 0,1\r\n\r\nOK\r\n"


class TestPower:
    def test_a_hang_lasts_as_long_as_it_is_told(self) -> None:
        rig = Rig(faults=("hang_total:30,after=4,times=1",)).ready()
        assert rig.ask("AT+CSQ") == ""
        assert rig.wait(29) == ""
        assert rig.ask("AT") == ""
        rig.wait(1)
        assert rig.ask("AT+CNMI?") == "\r\n+CNMI: 2,1,0,1,0\r\n\r\nOK\r\n"

    def test_a_hang_without_end_ends_with_the_power(self) -> None:
        rig = Rig(faults=("hang_total:after=4,times=1",)).ready()
        assert rig.ask("AT") == ""
        assert (rig.wait(10_000), rig.ask("AT")) == ("", "")
        rig.machine.plugged_in()
        rig.wait(1)
        assert rig.ask("AT").endswith("OK\r\n")

    def test_unplugged_in_place_of_an_answer(self) -> None:
        rig = Rig(faults=("unplug_eio:3,after=4,times=1",)).ready()
        assert not rig.unplugged
        assert rig.ask("AT+CSQ") == ""
        assert rig.unplugged


class TestUssd:
    def test_a_menu_waits_for_a_choice_and_the_next_code_is_one(self) -> None:
        rig = Rig(faults=("ussd_menu:times=1",)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        assert rig.wait(1).startswith('\r\n+CUSD: 1,"Menu\n1 ')
        rig.ask('AT+CUSD=1,"1",15')
        assert "+CUSD: 0," in rig.wait(1)
        assert [(entry["code"], entry["is_choice"]) for entry in rig.events("ussd")] == [("*888#", False), ("1", True)]

    def test_a_cancelled_menu_is_over(self) -> None:
        rig = Rig(faults=("ussd_menu:times=1",)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        rig.wait(1)
        assert rig.ask("AT+CUSD=2") == "\r\nOK\r\n"
        rig.ask('AT+CUSD=1,"*888#",15')
        assert "Sisa pulsa" in rig.wait(1)

    def test_not_supported(self) -> None:
        rig = Rig(faults=("ussd_4",)).ready()
        rig.ask('AT+CUSD=1,"*888#",15')
        assert rig.wait(1) == "\r\n+CUSD: 4\r\n"


class TestTriggers:
    @pytest.mark.parametrize(
        ("arguments", "struck"),
        [
            ("", [1, 1, 1, 1, 1, 1]),
            ("times=2", [1, 1, 0, 0, 0, 0]),
            ("after=3", [0, 0, 0, 1, 1, 1]),
            ("after=3,times=1", [0, 0, 0, 1, 0, 0]),
            ("times=0", [0, 0, 0, 0, 0, 0]),
            ("p=0", [0, 0, 0, 0, 0, 0]),
            ("p=1", [1, 1, 1, 1, 1, 1]),
        ],
    )
    def test_when_it_strikes(self, arguments: str, struck: list[int]) -> None:
        rig = Rig(faults=(f"csq_99:{arguments}",)).ready()
        assert ["+CSQ: 99" in rig.ask("AT+CSQ") for _ in struck] == [bool(hit) for hit in struck]

    def test_only_what_it_could_change_is_an_opportunity(self) -> None:
        rig = Rig(faults=("csq_99:after=1",)).ready()
        for command in ("AT", "AT+CREG?", "AT+CSQ"):
            assert "99,99" not in rig.ask(command)
        assert "99,99" in rig.ask("AT+CSQ")

    def test_chance_follows_the_seed(self) -> None:
        def hits(seed: int) -> list[bool]:
            rig = Rig(faults=("csq_99:p=0.3",), seed=seed).ready()
            return ["99,99" in rig.ask("AT+CSQ") for _ in range(200)]

        assert hits(1) == hits(1)
        assert hits(1) != hits(2)
        assert 35 < sum(hits(1)) < 85

    @pytest.mark.parametrize(
        ("window", "struck"),
        [
            ("from=2", [0, 0, 1, 1, 1, 1]),
            ("for=2", [1, 1, 0, 0, 0, 0]),
            ("from=1,for=3", [0, 1, 1, 1, 0, 0]),
            ("from=1,after=2", [0, 0, 0, 1, 1, 1]),
            ("from=1,for=3,times=1", [0, 1, 0, 0, 0, 0]),
        ],
    )
    def test_within_a_time_that_counts_from_its_arming(self, window: str, struck: list[int]) -> None:
        rig = Rig().ready()
        rig.wait(100)
        rig.machine.device.bench.arm(f"csq_99:{window}")
        seen: list[bool] = []
        for _ in struck:
            seen.append("99,99" in rig.ask("AT+CSQ"))
            rig.wait(1)
        assert seen == [bool(hit) for hit in struck]

    @pytest.mark.parametrize(
        ("match", "silent"),
        [("+CS", ["AT+CSQ", "AT+CSCS?"]), ("at+csq", ["AT+CSQ"]), ("+CSCS?", ["AT+CSCS?"]), ("E", [])],
    )
    def test_only_while_the_command_begins_so(self, match: str, silent: list[str]) -> None:
        rig = Rig(faults=(f"missing_final:match={match}",)).ready()
        asked = ["AT+CSQ", "AT+CSCS?", "AT+CREG?"]
        assert [command for command in asked if "OK" not in rig.ask(command)] == silent

    def test_a_part_belongs_to_its_command(self) -> None:
        rig = Rig(faults=("lf_only:match=+CMGS",)).ready()
        assert rig.ask("AT") == "\r\nOK\r\n"
        assert rig.send() == "\n> \n+CMGS: 0\n\nOK\n"

    def test_two_faults_meet(self) -> None:
        rig = Rig(faults=("cmgs_ok_without_mr", "sr_duplicate", "rx_chunk_1byte:0")).ready()
        assert rig.send() == f"{PROMPT}\r\nOK\r\n"
        assert len(reports_in(rig.wait(60))) == 2

    @pytest.mark.parametrize(
        "text",
        [
            "", "none", "csq_99:1", "cmgs_code:1,2", "cmgs_code:x", "cmgs_code:-1", "sr_never:often=3",
            "cmgs_code:nan", "sr_never:after=1.5", "sr_never:from=x", "sr_never:for=-1", "sr_never:p=",
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            parse(text, FAULTS)

    def test_the_list_names_every_fault(self) -> None:
        lines = listing().splitlines()
        assert [line.split()[0].split(":")[0] for line in lines[: len(FAULTS)]] == list(FAULTS)


_armed = st.builds(
    "{}:p={:.2f},after={}".format, st.sampled_from(sorted(FAULTS)), st.floats(0, 1), st.integers(0, 5)
)  # fmt: skip


@given(st.lists(_armed, max_size=4), st.integers(0, 1000))
def test_the_ledger_is_what_the_network_charged_for_under_any_faults(faults: list[str], seed: int) -> None:
    rig = Rig(Settings(latency_ms=1000, report_delay_ms=500), faults=tuple(faults), seed=seed)
    before = rig.settings.credit
    for number in range(6):
        rig.machine.receive(b"\x1b")
        rig.ready()
        rig.send(text=f"pesan {number}")
        rig.wait(30)
    texts = [entry["text"] for entry in rig.events("accepted")]
    assert len(texts) == len(set(texts)) == (before - rig.settings.credit) / rig.settings.price
    answered = {entry["mr"] for entry in rig.events("report")}
    assert answered <= {entry["mr"] for entry in rig.events("accepted")}


def test_every_fault_takes_hold_somewhere() -> None:
    for name, kind in FAULTS.items():
        hooks = [getattr(kind.hook, slot) for slot in kind.hook.__slots__]
        assert any(hooks), name
        Bench(FAULTS, Random(0)).arm(name)
