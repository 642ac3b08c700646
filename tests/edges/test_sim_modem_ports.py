"""Faults that are of the port itself, on a real pseudo terminal; and the same modem on TCP."""

import errno
import fcntl
import os
import select
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gatewayd.sim.modem.tcp import place_of
from tests.edges import test_sim_modem_pty as rig
from tests.edges.test_sim_modem_pty import AS_EVERYBODY, BUDI, PATIENCE_S, Attach, Client, Process, Start, wait_for

start, attach = rig.start, rig.attach

OPEN: Final = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)"
OK: Final = b"\r\nOK\r\n"
ANSWER_S: Final = 1.0


def is_answering(modem: Process) -> bool:
    """Whether a client that opens the port for itself gets an answer."""
    try:
        client = Client(modem.link)
    except OSError:
        return False
    try:
        fcntl.flock(client.port, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        client.close()
        return False
    try:
        # A modem that still starts may not hear this one.
        client.say("ATE0\r")
        return bool(select.select([client.port], [], [], ANSWER_S)[0]) and client.until("OK\r\n").endswith("OK\r\n")
    except (OSError, AssertionError):
        return False
    finally:
        client.close()


def set_speed(client: Client, speed: int) -> None:
    modes = termios.tcgetattr(client.port)
    modes[4] = modes[5] = speed
    termios.tcsetattr(client.port, termios.TCSANOW, modes)


def begin(start: Start, *arguments: str) -> Process:
    """A modem that starts without delay from now on."""
    modem = start(*arguments)
    assert modem.control(set={"boot_ms": 0})["ok"]
    return modem


class TestPort:
    def test_it_is_absent_at_first(self, start: Start) -> None:
        modem = begin(start, "--fault", "port_absent:0.3")
        wait_for(modem.link.is_symlink, "the port")
        wait_for(lambda: is_answering(modem), "an answer")
        assert [entry["reason"] for entry in modem.events("boot")] == ["start", "plugged in"]

    def test_it_is_absent_for_good_and_may_be_plugged_in(self, start: Start) -> None:
        modem = begin(start, "--fault", "port_absent:0")
        assert not os.path.lexists(modem.link)
        assert modem.control(status=True)["up"] is False
        assert modem.control(replug=True) == {"ok": True}
        wait_for(lambda: is_answering(modem), "an answer")

    def test_another_program_has_it(self, start: Start) -> None:
        modem = begin(start, "--fault", "port_busy:0")
        port = os.open(modem.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK) if os.getuid() == 0 else -1
        if port >= 0:
            with pytest.raises(BlockingIOError):
                fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(port)
        command = [*AS_EVERYBODY, sys.executable, "-c", OPEN, str(modem.link)]
        said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        assert os.strerror(errno.EBUSY) in said.stderr
        assert modem.events("client_opened") == []

    def test_another_program_had_it(self, start: Start) -> None:
        modem = begin(start, "--fault", "port_busy:0.3")
        wait_for(lambda: is_answering(modem), "the end of the other program")

    def test_it_dies_under_a_reader_and_its_name_leads_nowhere(self, start: Start, attach: Attach) -> None:
        modem = begin(start, "--fault", "unplug_zero_read:1,match=+CSQ,times=1")
        client = attach(modem).set_up()
        assert "+CSQ" in client.ask("AT+CSQ")
        while client.read():
            pass
        assert modem.link.is_symlink()
        assert not modem.link.exists()
        wait_for(lambda: is_answering(modem), "the port to come back")

    def test_a_client_that_writes_meets_eio(self, start: Start, attach: Attach) -> None:
        modem = begin(start, "--fault", "unplug_eio:0,match=+CSQ")
        client = attach(modem).set_up()
        client.say("AT+CSQ\r")
        while client.read():
            pass
        with pytest.raises(OSError, match="Input/output"):
            client.say("AT\r")
        assert not os.path.lexists(modem.link)

    def test_it_comes_back_under_another_name(self, start: Start, attach: Attach) -> None:
        modem = begin(start, "--fault", "reenum_new_tty:0.1,match=+CSQ")
        client = attach(modem).set_up()
        for number in (2, 3):
            client.say("AT+CSQ\r")
            link = modem.link.with_name(f"{modem.link.name}-{number}")
            wait_for(link.is_symlink, f"the port as {link.name}")
            assert not os.path.lexists(modem.link)
            client = Client(link).set_up()
        assert "+CMGS" in client.send()
        client.close()
        assert [entry["recipient"] for entry in modem.events("accepted")] == [BUDI]
        modem.end()
        assert list(modem.link.parent.glob("gsm1*")) == []

    def test_a_restart_makes_it_a_disc(self, start: Start, attach: Attach) -> None:
        modem = begin(start, "--fault", "zerocd_mode:1,times=1")
        client = attach(modem)
        client.ask("AT+CFUN=1,1")
        while client.read():
            pass
        assert not os.path.lexists(modem.link)
        wait_for(lambda: is_answering(modem), "the port to come back")

    def test_a_client_cannot_write_for_a_while(self, start: Start, attach: Attach) -> None:
        modem = begin(start, "--fault", "write_stall:1,match=+CSQ,times=1")
        client = attach(modem).set_up()
        client.ask("AT+CSQ")
        wait_for(lambda: not is_writable(client), "the stall")
        with pytest.raises(BlockingIOError):
            client.say("AT\r")
        wait_for(lambda: is_writable(client), "the end of the stall")
        assert client.ask("AT") == "\r\nOK\r\n"

    def test_a_client_that_has_the_port_for_itself_is_stalled_too(self, tmp_path: Path) -> None:
        fault = "write_stall:0.2,match=+CSQ,times=1"
        modem = Process(tmp_path / "gsm1", tmp_path / "ledger", "--fault", fault, under=AS_EVERYBODY)
        client = Client(modem.link).set_up()
        fcntl.ioctl(client.port, termios.TIOCEXCL)
        client.ask("AT+CSQ")
        assert client.ask("AT") == "\r\nOK\r\n"
        client.close()
        assert modem.end() == 0

    def test_all_is_garbage_until_the_speeds_agree(self, start: Start, attach: Attach) -> None:
        modem = begin(start, "--fault", "baud_mismatch:19200")
        client = attach(modem)
        set_speed(client, termios.B115200)
        client.say("AT\r")
        garbage = client.read()
        assert min(garbage) >= 0x80
        set_speed(client, termios.B19200)
        client.say("\r")
        assert client.ask("AT").endswith("\r\nOK\r\n")


def is_writable(client: Client) -> bool:
    return bool(rig.select.select([], [client.port], [], 0)[1])


class Caller:
    """A client on TCP."""

    def __init__(self, name: str) -> None:
        host, _, port = name.rpartition(":")
        self.line = socket.create_connection((host, int(port)), PATIENCE_S)

    def ask(self, text: str, end: bytes = OK) -> bytes:
        self.line.sendall(text.encode())
        heard = b""
        while not heard.endswith(end):
            more = self.line.recv(4096)
            assert more, f"hung up after {heard!r}"
            heard += more
        return heard

    def hears_the_end(self) -> bool:
        while True:
            try:
                if not self.line.recv(4096):
                    return True
            except ConnectionResetError:
                return True


@pytest.fixture
def listening(start: Start) -> Process:
    return begin(start, "--tcp", "0")


@pytest.fixture
def caller(listening: Process) -> Iterator[Caller]:
    caller = Caller(listening.names[1])
    yield caller
    caller.line.close()


class TestTcp:
    def test_a_part_is_sent_and_reported(self, listening: Process, caller: Caller) -> None:
        assert caller.ask("ATE0\r") == b"ATE0\r\r\nOK\r\n"
        assert caller.ask("AT+CNMI=2,1,0,1,0\r") == OK
        pdu = rig.tpdu.encode_submit(rig.tpdu.Submit(BUDI, "halo", rig.Encoding.GSM7))
        assert caller.ask(f"AT+CMGS={pdu.length}\r", b"> ") == b"\r\n> "
        said = caller.ask(f"{pdu.hex}\x1a", b"00\r\n")
        assert said.startswith(b"\r\n+CMGS: 0\r\n\r\nOK\r\n\r\n+CDS: ")
        assert [entry["text"] for entry in listening.events("accepted")] == ["halo"]
        assert len(listening.events("client_opened")) == 1

    def test_it_is_the_same_modem_as_on_the_terminal(self, listening: Process, caller: Caller, attach: Attach) -> None:
        caller.ask("ATE0\r")
        caller.ask("AT+CREG=2\r")
        assert b"+CREG: 2,1" in caller.ask("AT+CREG?\r")
        assert attach(listening).ask("AT+CREG?").startswith("\r\n+CREG: 2,1,")
        assert listening.control(inbound={"from": BUDI, "text": "halo"})["ok"]

    def test_one_client_at_a_time(self, listening: Process, caller: Caller) -> None:
        caller.ask("ATE0\r")
        second = Caller(listening.names[1])
        assert second.hears_the_end()
        second.line.close()
        assert caller.ask("AT\r") == OK
        caller.line.close()
        wait_for(lambda: listening.control(status=True)["client_open"] is False, "the end of the client")
        third = Caller(listening.names[1])
        assert third.ask("AT\r") == OK
        third.line.close()

    def test_unplugged_it_hangs_up_and_listens_at_the_same_port_again(
        self, listening: Process, caller: Caller
    ) -> None:  # fmt: skip
        assert listening.control(unplug=True) == {"ok": True}
        assert caller.hears_the_end()
        with pytest.raises(ConnectionRefusedError):
            Caller(listening.names[1])
        listening.control(replug=True)
        again = Caller(listening.names[1])
        assert again.ask("AT\r").endswith(OK)
        again.line.close()

    def test_while_another_has_it_callers_are_turned_away(self, start: Start) -> None:
        modem = start("--tcp", "0", "--fault", "port_busy:0")
        caller = Caller(modem.names[1])
        assert caller.hears_the_end()
        caller.line.close()

    def test_a_stall_is_over_in_the_end(self, listening: Process, caller: Caller) -> None:
        caller.ask("ATE0\r")
        listening.control(fault="write_stall:0.2,match=+CSQ,times=1")
        caller.ask("AT+CSQ\r")
        assert caller.ask("AT\r") == OK

    def test_a_client_that_does_not_read_does_not_stop_it(self, listening: Process, caller: Caller) -> None:
        caller.ask("ATE0\r")
        for _ in range(200):
            caller.line.sendall(b"AT+CGSN;+CGSN;+CGSN;+CGSN\r")
            assert listening.control(status=True)["ok"]
        heard = b""
        while heard.count(OK) < 200:
            heard += caller.line.recv(65_536)

    def test_there_is_no_speed(self, listening: Process, caller: Caller) -> None:
        listening.control(fault="baud_mismatch:115200")
        caller.line.sendall(b"AT\r")
        assert min(caller.line.recv(100)) >= 0x80

    def test_a_port_that_is_taken_is_1_with_one_line(self, listening: Process) -> None:
        link = listening.link.with_name("gsm2")
        command = [sys.executable, "-m", "gatewayd.sim.modem", "--link", str(link), "--tcp", listening.names[1]]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        assert (shown.returncode, len(shown.stderr.splitlines())) == (1, 1)
        assert not os.path.lexists(link)

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("4001", ("127.0.0.1", 4001)),
            (":4001", ("127.0.0.1", 4001)),
            ("192.0.2.1:0", ("192.0.2.1", 0)),
            ("[::1]:4001", ("::1", 4001)),
            ("modem.example:65535", ("modem.example", 65535)),
        ],
    )
    def test_places(self, text: str, place: tuple[str, int]) -> None:
        assert place_of(text) == place

    @pytest.mark.parametrize("text", ["", ":", "localhost", "127.0.0.1:", "127.0.0.1:x", ":65536", ":-1", ":१"])
    def test_what_is_no_place_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="HOST:PORT"):
            place_of(text)

    def test_the_place_on_the_command_line_is_checked(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        link = tmp_path_factory.mktemp("sim") / "gsm1"
        command = [sys.executable, "-m", "gatewayd.sim.modem", "--link", str(link), "--tcp", "nowhere"]
        assert subprocess.run(command, capture_output=True, timeout=PATIENCE_S).returncode == 2
