"""Which port is taken: the one that answers, with the modem and the SIM of the settings; anything else says why."""

import asyncio
import os
import pty
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gatewayd.config import Modem
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.transport.modem.locate import Absent, candidates, locate
from gatewayd.transport.modem.session import Manners, Session
from gatewayd.transport.modem.setup import attempt
from tests.system.rig import SimModem, sim_modem

pytestmark = pytest.mark.system


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[SimModem, SimModem]]:
    """Two modems with numbers of their own, and a port that never answers, as a stick's diagnostic port."""
    with ExitStack() as stack:
        master, slave = pty.openpty()
        (tmp_path / "if00-diag").symlink_to(os.ttyname(slave))
        yield (
            stack.enter_context(sim_modem(tmp_path, "if02-one", "--seed", "1")),
            stack.enter_context(sim_modem(tmp_path, "if02-two", "--seed", "2")),
        )
        os.close(slave)
        os.close(master)


def new_session() -> Session:
    return Session(Manners(), lambda _: None, lambda _: None)


async def found(folder: Path, pattern: str, **more: object) -> tuple[str, str]:
    """The port that was taken, and the number of its modem."""
    settings = Modem.model_validate({"name": "gsm1", "port": folder / pattern, **more})
    place = await locate(settings, new_session)
    try:
        answered = await attempt(place.session, "AT+CGSN")
        return place.path.name, answered.info[-1]
    finally:
        place.session.close()


async def number_of(modem: SimModem, command: str) -> str:
    settings = Modem.model_validate({"name": "x", "port": modem.link})
    place = await locate(settings, new_session)
    try:
        await attempt(place.session, "ATE0")
        return (await attempt(place.session, command)).info[-1]
    finally:
        place.session.close()


async def test_a_pattern_takes_the_first_port_that_answers(tmp_path: Path, two: tuple[SimModem, SimModem]) -> None:
    assert (await found(tmp_path, "if0*"))[0] == "if02-one"


async def test_the_modem_is_found_by_its_number(tmp_path: Path, two: tuple[SimModem, SimModem]) -> None:
    imei = await number_of(two[1], "AT+CGSN")
    assert await found(tmp_path, "if02-*", imei=imei) == ("if02-two", imei)


async def test_the_modem_is_found_by_its_sim(tmp_path: Path, two: tuple[SimModem, SimModem]) -> None:
    assert (await found(tmp_path, "if02-*", imsi=await number_of(two[1], "AT+CIMI")))[0] == "if02-two"


async def test_another_modem_or_sim_at_the_port_is_refused(tmp_path: Path, two: tuple[SimModem, SimModem]) -> None:
    with pytest.raises(ProtocolError, match="another modem is here"):
        await found(tmp_path, "if02-one", imei=await number_of(two[1], "AT+CGSN"))
    with pytest.raises(ProtocolError, match="another SIM is here"):
        await found(tmp_path, "if02-one", imsi=await number_of(two[1], "AT+CIMI"))


async def test_every_port_that_was_not_taken_is_named_with_its_reason(
    tmp_path: Path, two: tuple[SimModem, SimModem]
) -> None:
    with pytest.raises(LinkError) as told:
        await found(tmp_path, "if0*", imei="990000000000001")
    for words in ("if00-diag: the modem does not answer", "if02-one: another modem", "if02-two: another modem"):
        assert words in str(told.value)


async def test_no_port_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="no such port"):
        await found(tmp_path, "ttyUSB*")


async def test_a_port_that_is_taken_is_passed_over(tmp_path: Path, two: tuple[SimModem, SimModem]) -> None:
    first = await locate(Modem.model_validate({"name": "a", "port": two[0].link}), new_session)
    try:
        assert (await found(tmp_path, "if02-*"))[0] == "if02-two"
    finally:
        first.session.close()
        await asyncio.sleep(0)


def test_one_port_with_two_names_is_one(tmp_path: Path) -> None:
    (tmp_path / "tty1").touch()
    (tmp_path / "by-id-1").symlink_to(tmp_path / "tty1")
    assert len(candidates(tmp_path / "*")) == 1
