"""The simulated modem as a process on a real pseudo terminal, driven by a scripted client that records both ways."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from gatewayd.core.model import Encoding
from gatewayd.sim.modem import control, read_ledger
from gatewayd.wire import tpdu

PATIENCE_S: Final = 10.0
BUDI: Final = "+628120000101"

#: Opens the port named by its argument for itself alone, waiting while another has it; says AT, reads OK.
EXCLUSIVE_CLIENT: Final = """
import errno, fcntl, os, sys, termios, time
while True:
    try:
        port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
        break
    except OSError as error:
        if error.errno not in (errno.EBUSY, errno.ENOENT, errno.EIO):
            raise
        time.sleep(0.001)
fcntl.ioctl(port, termios.TIOCEXCL)
os.write(port, b"AT\\r")
heard = b""
while not heard.endswith(b"OK\\r\\n"):
    heard += os.read(port, 100) or sys.exit("gone")
"""

Start = Callable[..., "Process"]


#: Runs its arguments as everybody runs them: root may open a port that another has for itself (CAP_SYS_ADMIN).
AS_EVERYBODY: Final = (
    sys.executable,
    "-c",
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 21); os.execv(sys.argv[1], sys.argv[1:])",
)


class Process:
    """`python -m gatewayd.sim.modem`, up and ready; `names` is where it says it is."""

    def __init__(self, link: Path, ledger: Path, *arguments: str, under: Sequence[str] = ()) -> None:
        self.link, self.ledger = link, ledger
        command = [*under, sys.executable, "-m", "gatewayd.sim.modem", "--link", str(link), "--ledger", str(ledger)]
        self.process = subprocess.Popen(
            [*command, "--latency-ms", "0", "--report-delay-ms", "0", *arguments],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.names = self.process.stdout.readline().removeprefix("simulated modem at ").rstrip("\n").split(" and ")
        assert self.names[0] == str(link)

    def control(self, **message: object) -> dict[str, object]:
        return control(self.link, message)

    def events(self, name: str) -> list[dict[str, object]]:
        return [entry for entry in read_ledger(self.ledger) if entry["event"] == name]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


class Client:
    """Opens the port as a program does; `heard` and `said` are all that went either way."""

    def __init__(self, link: Path) -> None:
        self.port = os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.heard = bytearray()
        self.chunks: list[bytes] = []
        self.said: list[bytes] = []

    def say(self, text: str, *, bytewise: bool = False) -> None:
        data = text.encode("latin-1")
        self.said.append(data)
        for chunk in [data[at : at + 1] for at in range(len(data))] if bytewise else [data]:
            os.write(self.port, chunk)

    def read(self) -> bytes:
        """What comes next; b"" if the port is gone."""
        if not select.select([self.port], [], [], PATIENCE_S)[0]:
            raise AssertionError(f"nothing came after {bytes(self.heard)!r}")
        try:
            data = os.read(self.port, 4096)
        except OSError:
            return b""
        self.heard += data
        self.chunks.append(data)
        return data

    def until(self, end: str) -> str:
        """All that comes, up to and with `end`."""
        began = len(self.heard)
        while end.encode() not in self.heard[began:]:
            assert self.read(), f"the port went away after {bytes(self.heard)!r}"
        return self.heard[began:].decode("latin-1")

    def ask(self, command: str, end: str = "OK\r\n", *, bytewise: bool = False) -> str:
        self.say(f"{command}\r", bytewise=bytewise)
        return self.until(end)

    def set_up(self) -> "Client":
        for command in ("ATE0", "AT+CMGF=0", "AT+CNMI=2,1,0,1,0"):
            self.ask(command)
        return self

    def send(self, text: str = "halo", end: str = "OK\r\n", *, bytewise: bool = False) -> str:
        pdu = tpdu.encode_submit(tpdu.Submit(BUDI, text, Encoding.GSM7))
        self.ask(f"AT+CMGS={pdu.length}", "> ", bytewise=bytewise)
        self.say(f"{pdu.hex}\x1a", bytewise=bytewise)
        return self.until(end)

    def close(self) -> None:
        os.close(self.port)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    begun: list[Process] = []

    def begin(*arguments: str, name: str = "gsm1") -> Process:
        begun.append(Process(tmp_path / name, tmp_path / "ledger.jsonl", *arguments))
        return begun[-1]

    yield begin
    for process in begun:
        if process.process.poll() is None:
            process.end(signal.SIGKILL)


@pytest.fixture
def attach() -> Iterator[Callable[[Process], Client]]:
    clients: list[Client] = []

    def open_port(process: Process) -> Client:
        clients.append(Client(process.link))
        return clients[-1]

    yield open_port
    for client in clients:
        client.close()


Attach = Callable[[Process], Client]


def wait_for(met: Callable[[], bool], what: str) -> None:
    """Until another process did what it does in its own time."""
    deadline = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline, what
        select.select([], [], [], 0.005)


class TestPort:
    @pytest.mark.parametrize("bytewise", [False, True])
    def test_a_part_is_sent_and_reported(self, start: Start, attach: Attach, bytewise: bool) -> None:
        modem = start()
        client = attach(modem).set_up()
        said = client.send("halo Budi", "+CDS: ", bytewise=bytewise)
        assert said.startswith("\r\n+CMGS: 0\r\n\r\nOK\r\n")
        assert [(entry["recipient"], entry["text"]) for entry in modem.events("accepted")] == [(BUDI, "halo Budi")]

    def test_every_byte_alone_makes_the_same_dialogue(self, start: Start, attach: Attach) -> None:
        modem = start("--fault", "rx_chunk_1byte")
        client = attach(modem).set_up()
        assert client.send("halo", "+CDS: ").startswith("\r\n+CMGS: 0\r\n\r\nOK\r\n")
        assert sum(len(chunk) == 1 for chunk in client.chunks) > len(client.chunks) / 2

    def test_it_outlives_its_clients_and_knows_of_each(self, start: Start) -> None:
        modem = start()
        for number in range(3):
            client = Client(modem.link)
            client.say("\x1b")
            assert client.ask("AT").endswith("OK\r\n")
            assert modem.control(status=True)["client_open"] is True
            client.close()
            wait_for(lambda: modem.control(status=True)["client_open"] is False, "the end of the client")
            assert len(modem.events("client_opened")) == number + 1
        assert modem.process.poll() is None

    def test_a_client_finds_nothing_that_was_meant_for_the_one_before(self, start: Start, attach: Attach) -> None:
        modem = start()
        first = Client(modem.link)
        first.ask("ATE0")
        first.say("AT+CGSN\r" * 50)
        first.close()
        wait_for(lambda: modem.control(status=True)["client_open"] is False, "the end of the client")
        assert attach(modem).ask("AT+CSQ") == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"

    def test_a_client_that_had_the_port_for_itself_leaves_it_free(self, tmp_path: Path) -> None:
        modem = Process(tmp_path / "gsm1", tmp_path / "ledger", under=AS_EVERYBODY)
        command = [*AS_EVERYBODY, sys.executable, "-c", EXCLUSIVE_CLIENT, str(modem.link)]
        for _ in range(3):
            said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
            assert (said.returncode, said.stderr) == (0, "")
        modem.end()

    def test_a_prompt_outlives_its_client(self, start: Start, attach: Attach) -> None:
        modem = start()
        first = Client(modem.link).set_up()
        first.ask("AT+CMGS=20", "> ")
        first.close()
        second = attach(modem)
        second.say("AT\r\x1b")
        assert second.until("OK\r\n") == "\r\nOK\r\n"
        assert second.ask("AT") == "\r\nOK\r\n"

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_takes_link_and_socket_away(self, start: Start, number: int) -> None:
        modem = start()
        assert modem.link.is_symlink()
        assert modem.end(number) == 0
        assert not os.path.lexists(modem.link)
        assert not os.path.lexists(f"{modem.link}.ctl")

    def test_it_replaces_the_link_of_one_that_was_killed(self, start: Start, attach: Attach) -> None:
        start().end(signal.SIGKILL)
        modem = start()
        assert attach(modem).ask("AT").endswith("OK\r\n")
        assert [entry["reason"] for entry in modem.events("boot")] == ["start", "start"]

    def test_it_leaves_a_link_that_is_another_ones_by_now(self, start: Start, attach: Attach) -> None:
        first, second = start(), start()
        first.end()
        assert attach(second).ask("AT").endswith("OK\r\n")

    def test_several_are_different_modems_with_one_ledger(self, start: Start, attach: Attach) -> None:
        modems = [start("--seed", str(number), name=f"gsm{number}") for number in range(2)]
        for modem in modems:
            attach(modem).set_up().send()
        assert len({entry["imei"] for entry in modems[0].events("accepted")}) == 2

    def test_a_client_that_does_not_read_does_not_stop_it(self, start: Start, attach: Attach) -> None:
        modem = start()
        client = attach(modem)
        client.ask("ATE0")
        for _ in range(200):
            client.say("AT+CGSN;+CGSN;+CGSN;+CGSN\r")
            assert modem.control(status=True)["ok"]
        while client.heard.count(b"OK\r\n") < 201:
            assert client.read()


class TestControl:
    def test_settings_take_effect(self, start: Start, attach: Attach) -> None:
        modem = start()
        client = attach(modem).set_up()
        assert modem.control(set={"csq": 9, "registration": 2, "credit": 0, "operator": "xl"}) == {"ok": True}
        assert "+CSQ: 9,99" in client.ask("AT+CSQ")
        assert "+CREG: 0,2" in client.ask("AT+CREG?")
        modem.control(set={"registration": 5})
        assert "+CMS ERROR: 21" in client.send(end="ERROR: 21\r\n")
        assert '"XL"' in client.ask("AT+COPS?")

    def test_recipients_can_change_their_ways(self, start: Start, attach: Attach) -> None:
        modem = start("--recipient", "0812-0000-101=invalid")
        client = attach(modem).set_up()
        assert "ERROR: 1\r" in client.send(end="ERROR: 1\r\n")
        modem.control(set={"recipients": {BUDI: "silent"}})
        assert "+CMGS: 1" in client.send()

    @pytest.mark.parametrize(
        ("message", "says"),
        [
            ({"set": {"credit": -1}}, "credit"),
            ({"set": {"credit": True}}, "credit"),
            ({"set": {"price": None}}, "price"),
            ({"set": {"colour": 1}}, "colour"),
            ({"set": 1}, "set"),
            ({"set": {"recipients": {BUDI: "asleep"}}}, "asleep"),
            ({"set": {"active_until": "soon"}}, "soon"),
            ({"fault": "nonsense"}, "nonsense"),
            ({"fault": "cmgs_code:1,2"}, "cmgs_code"),
            ({"fault": "sr_never:p=x"}, "'x'"),
            ({"inbound": {"from": "+62"}}, "text"),
            ({"replug": True}, "plugged in"),
            ({"explode": True}, "explode"),
            ({}, "none of"),
        ],
    )
    def test_what_is_wrong_is_said(self, start: Start, message: dict[str, object], says: str) -> None:
        answer = control(start().link, message)
        assert answer["ok"] is False
        assert says in str(answer["error"])

    def test_what_is_no_json_is_said(self, start: Start) -> None:
        modem = start()
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(f"{modem.link}.ctl")
            line.sendall(b"x\n")
            said = line.recv(100).decode()
        assert "not JSON" in said

    def test_unplugging_is_the_end_of_the_port_and_plugging_in_another(self, start: Start, attach: Attach) -> None:
        modem = start()
        client = attach(modem).set_up()
        modem.control(set={"boot_ms": 0})
        assert modem.control(unplug=True) == {"ok": True}
        while client.read():
            pass
        with pytest.raises(OSError, match="Input/output"):
            client.say("AT\r")
        assert not os.path.lexists(modem.link)
        assert modem.control(unplug=True)["ok"] is False
        elsewhere = modem.link.with_name("gsm9")
        assert modem.control(replug=True, link=str(elsewhere)) == {"ok": True}
        again = Client(elsewhere)
        assert again.ask("AT+CNMI?").endswith("+CNMI: 0,0,0,0,0\r\n\r\nOK\r\n")
        again.close()

    def test_a_fault_unplugs_it_and_it_comes_back_by_itself(self, start: Start, attach: Attach) -> None:
        modem = start("--fault", "unplug_eio:0.2,after=6,times=1")
        modem.control(set={"boot_ms": 0})
        client = attach(modem).set_up()
        client.send()
        client.ask("AT")
        client.say("AT\r")
        while client.read():
            pass
        wait_for(modem.link.is_symlink, "the link to come back")
        assert attach(modem).ask("AT").endswith("OK\r\n")

    def test_an_inbound_message_arrives(self, start: Start, attach: Attach) -> None:
        modem = start()
        client = attach(modem).set_up()
        assert modem.control(inbound={"from": "+628120000102", "text": "BERHENTI"}) == {"ok": True, "parts": 1}
        assert client.until(",1\r\n") == '\r\n+CMTI: "SM",1\r\n'
        assert "+CMGL: 1,0,," in client.ask("AT+CMGL=4")

    def test_a_long_path_has_a_control_channel_too(self, tmp_path: Path) -> None:
        folder = tmp_path / ("d" * 100)
        folder.mkdir()
        modem = Process(folder / "gsm1", tmp_path / "ledger")
        assert modem.control(status=True)["credit"] == 100_000
        modem.end()


class TestLedger:
    def test_it_goes_on_after_a_restart(self, start: Start, attach: Attach) -> None:
        modem = start()
        attach(modem).set_up().send("satu")
        modem.end(signal.SIGKILL)
        modem = start()
        attach(modem).set_up().send("dua")
        assert [entry["text"] for entry in modem.events("accepted")] == ["satu", "dua"]

    def test_it_has_every_part_that_was_answered(self, start: Start, attach: Attach) -> None:
        modem = start()
        client = attach(modem).set_up()
        for number in range(30):
            client.send(f"pesan {number}")
            assert [entry["text"] for entry in modem.events("accepted")][-1] == f"pesan {number}"

    def test_a_torn_last_line_is_left_out(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger"
        path.write_bytes(json.dumps({"event": "boot"}).encode() + b'\n{"event": "acc')
        assert read_ledger(path) == [{"event": "boot"}]
        assert read_ledger(tmp_path / "none") == []


class TestCommandLine:
    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "gatewayd.sim.modem", *arguments], capture_output=True, text=True)

    def test_faults_are_listed(self) -> None:
        shown = self.run("--list-faults")
        assert shown.returncode == 0
        assert "cmgs_code" in shown.stdout

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--profile", "abacus"),
            ("--fault", "nonsense"),
            ("--recipient", "0812"),
            ("--recipient", "0812=asleep"),
            ("--credit", "much"),
        ],
    )
    def test_wrong_usage_is_2(self, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        assert self.run("--link", str(tmp_path / "gsm1"), *arguments).returncode == 2

    @pytest.mark.parametrize("arguments", [("--ledger", "/nowhere/ledger"), ("--credit", "-5")])
    def test_what_cannot_be_is_1_with_one_line(self, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        shown = self.run("--link", str(tmp_path / "gsm1"), *arguments)
        assert (shown.returncode, len(shown.stderr.splitlines())) == (1, 1)

    def test_a_folder_that_is_not_there_is_1(self, tmp_path: Path) -> None:
        assert self.run("--link", str(tmp_path / "none" / "gsm1")).returncode == 1
