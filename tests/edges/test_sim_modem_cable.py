"""Faults of port and cable in the modem itself: the bytes that get through either way, and what the network took."""

import re
from dataclasses import dataclass
from functools import reduce

import pytest

from gatewayd.sim.modem.faults import transport
from gatewayd.sim.modem.port import Output, Unplugged
from gatewayd.sim.modem.values import Occupy, Stall
from tests.edges.test_sim_modem_machine import BUDI, Rig, submit

PROMPT = "\r\n> "
OK = "\r\nOK\r\n"
SENT = f"{PROMPT}\r\n+CMGS: 0\r\n{OK}"
NOISE = "\xff\xfe\xfc\xf0\xe0\xc0\x80"
POSITION = (
    "\r\n$GPGGA,050000.00,0612.0000,S,10649.0000,E,1,08,1.0,12.0,M,,M,,*5F\r\n"
    "\r\n$GPRMC,050000.00,A,0612.0000,S,10649.0000,E,0.0,0.0,020326,,,A*4C\r\n"
)


@dataclass(frozen=True)
class Cable:
    """What is said at once to AT, and to a part until its latency is over; the parts taken; what became of the port.
    The fault is there from the start, or comes once the modem is set up."""

    fault: str
    answer: str = OK
    part: str = SENT
    taken: int = 1
    port: tuple[Output, ...] = ()
    from_start: bool = False


CABLES = [
    Cable("port_absent", "", "", 0, (Unplugged(5.0),), from_start=True),
    Cable("port_absent:0", "", "", 0, (Unplugged(None),), from_start=True),
    Cable("port_busy:30", port=(Occupy(30.0),), from_start=True),
    Cable("port_busy:0", port=(Occupy(None),), from_start=True),
    Cable("unplug_eio", "", "", 0, (Unplugged(5.0),)),
    Cable("unplug_eio:0,match=+CMGS,after=1", OK, PROMPT, 1, (Unplugged(None),)),
    Cable("unplug_zero_read", OK, PROMPT, 0, (Unplugged(5.0, leaves_name=True),)),
    Cable("reenum_new_tty", "", "", 0, (Unplugged(2.0, is_renamed=True),)),
    Cable("zerocd_mode"),
    Cable("write_stall:3,times=1", port=(Stall(3.0),)),
    Cable("write_stall:0,match=+CMGS", port=(Stall(None),)),
    Cable("partial_write", OK, "", 0),
    Cable("partial_write:30", OK, PROMPT, 0),
    Cable("rx_chunk_1byte:0"),
    Cable("rx_coalesced:500", "", f"{OK}{PROMPT}", 1),
    Cable("rx_drop_bytes:1", "", "", 1),
    Cable("rx_garbage_nonascii", f"{NOISE}{OK}", f"{NOISE}{PROMPT}{NOISE}\r\n+CMGS: 0\r\n{OK}"),
    Cable("rx_nul_leading", f"\0\0{OK}", f"\0\0{PROMPT}\0\0\r\n+CMGS: 0\r\n{OK}"),
    Cable("baud_mismatch", "", "", 0),
    Cable("wrong_port_silent", "", "", 0),
    Cable("wrong_port_nmea", "", POSITION * 2, 0),
    Cable("second_reader_steals:p=0"),
    Cable("urc_other_port"),
]


@pytest.mark.parametrize("cable", CABLES, ids=lambda cable: cable.fault)
def test_a_command_and_a_part_under_a_fault(cable: Cable) -> None:
    rig = Rig(faults=(cable.fault,) if cable.from_start else ()).ready()
    if not cable.from_start:
        rig.machine.device.bench.arm(cable.fault)
    answer, part = rig.ask("AT"), rig.send()
    assert (answer, part, len(rig.events("accepted"))) == (cable.answer, cable.part, cable.taken)
    assert tuple(rig.happened) == cable.port


def test_no_fault_of_the_cable_is_without_its_row() -> None:
    assert {cable.fault.partition(":")[0] for cable in CABLES} == {*transport.FAULTS}


class TestUnplugging:
    @pytest.mark.parametrize("restart", ["AT+CFUN=1,1", "AT+CRESET"])
    def test_a_stick_that_restarts_as_a_disc(self, restart: str) -> None:
        rig = Rig(faults=("zerocd_mode:30",)).ready()
        assert rig.ask(restart) == OK
        assert (rig.wait(100), rig.happened) == ("", [Unplugged(30.0)])
        rig.machine.plugged_in()
        assert (rig.wait(1), rig.ready().send()) == ("", SENT)

    def test_a_port_that_is_there_later_is_there_for_good(self) -> None:
        rig = Rig(faults=("port_absent:5",))
        rig.machine.plugged_in()
        rig.wait(1)
        assert rig.ready().send() == SENT

    def test_the_answer_is_out_before_the_port_dies_behind_it(self) -> None:
        rig = Rig(faults=("unplug_zero_read:match=+CSQ",)).ready()
        assert rig.ask("AT+CSQ") == f"\r\n+CSQ: 20,99\r\n{OK}"
        assert rig.happened == []
        rig.wait(0.1)
        assert rig.happened == [Unplugged(5.0, leaves_name=True)]
        assert rig.ask("AT") == ""


class TestBytes:
    def test_byte_by_byte_in_order_and_in_time(self) -> None:
        rig = Rig(faults=("rx_chunk_1byte:10",))
        rig.machine.receive(b"AT\rAT\r")
        answer = b"AT\r\r\nOK\r\nAT\r\r\nOK\r\n"
        chunks = []
        for _ in range(len(answer)):
            chunks += rig.machine.drain()
            rig.elapsed = rig.machine.next_due() or rig.elapsed
            rig.machine.run_due()
        assert chunks == [answer[at : at + 1] for at in range(len(answer))]
        assert rig.elapsed == pytest.approx(0.17)

    def test_several_answers_in_one_piece(self) -> None:
        rig = Rig(faults=("rx_coalesced:300,after=4",)).ready()
        assert rig.ask("AT") == ""
        assert rig.wait(0.2) + rig.ask("AT+CSQ") == ""
        rig.elapsed += 0.1
        rig.machine.run_due()
        assert rig.machine.drain() == [f"{OK}\r\n+CSQ: 20,99\r\n{OK}".encode()]

    def test_one_byte_in_so_many_is_lost_at_places_of_chance(self) -> None:
        rig = Rig().ready()
        whole = rig.ask("AT+CSQ")
        rig.machine.device.bench.arm("rx_drop_bytes:10")
        heard = [rig.ask("AT+CSQ") for _ in range(40)]
        assert {len(whole) - len(part) for part in heard} == {2, 3}
        assert all(re.fullmatch("".join(f"{re.escape(sign)}?" for sign in whole), part) for part in heard)
        assert len(set(heard)) > 5

    def test_of_a_pdu_cut_short_nothing_is_sent_and_escape_helps(self) -> None:
        rig = Rig().ready()
        rig.machine.device.bench.arm("partial_write:12,times=1")
        pdu = submit(BUDI, "halo")
        assert rig.ask("AT+CMGS=17") == PROMPT
        assert rig.type(f"{pdu.hex}\x1a") + rig.wait(60) == ""
        assert rig.type("\x1b") == OK
        assert rig.send() == SENT

    @pytest.mark.parametrize(("speed", "answer"), [(9600, OK), (115200, ""), (0, "")])
    def test_the_speed_decides(self, speed: int, answer: str) -> None:
        rig = Rig(faults=("baud_mismatch:9600",))
        rig.machine.device.bench.speed = 9600
        rig.ready()
        rig.machine.device.bench.speed = speed
        assert rig.ask("AT") == answer

    def test_what_comes_at_the_wrong_speed_is_no_text(self) -> None:
        rig = Rig(faults=("baud_mismatch",)).ready()
        echoed = rig.ask("AT")
        rig.machine.registration_changed()
        assert echoed
        assert not re.search(r"[\x00-\x7f]", echoed)

    def test_one_half_of_what_is_said_goes_to_another(self) -> None:
        rig = Rig(faults=("second_reader_steals",)).ready()
        assert {rig.ask("AT") for _ in range(50)} == {"\r\nO", "K\r\n"}
        said = rig.send()
        assert said != SENT
        assert len(rig.events("accepted")) <= 1

    def test_the_position_has_a_right_checksum(self) -> None:
        for body, checksum in re.findall(r"\$([^*]+)\*([0-9A-F]{2})", POSITION):
            assert reduce(lambda total, sign: total ^ ord(sign), body, 0) == int(checksum, 16)


class TestOtherPort:
    def test_a_report_is_lost_and_a_message_kept(self) -> None:
        rig = Rig(faults=("urc_other_port",)).ready()
        assert rig.send() == SENT
        rig.machine.centre.inbound(BUDI, "halo")
        assert rig.wait(60) == ""
        assert "+CMGL: 1,0,," in rig.ask("AT+CMGL=4")
        assert len(rig.events("report")) == 1

    @pytest.mark.parametrize(
        ("profile", "command"), [("huawei_e", "AT^PORTSEL=1"), ("quectel", 'AT+QURCCFG="urcport","usbat"')]
    )
    def test_a_command_brings_them_here(self, profile: str, command: str) -> None:
        rig = Rig(profile=profile, faults=("urc_other_port",)).ready("1,1,0,1,0")
        rig.machine.centre.inbound(BUDI, "satu")
        assert rig.wait(0) == ""
        assert rig.ask(command) == OK
        rig.machine.centre.inbound(BUDI, "dua")
        assert "+CMTI: " in rig.wait(0)
