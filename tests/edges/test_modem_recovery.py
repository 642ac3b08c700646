"""Recovery as it is carried out: which steps, how often, and that they help."""

from pathlib import Path

import pytest

from gatewayd.clock import Clock
from gatewayd.config import Modem, Profile
from gatewayd.core.recovery import Step, Trouble
from gatewayd.transport.modem.doctor import Doctor
from tests.fakes.requests import new_request
from tests.rigs.modem_world import World
from tests.rigs.virtual_time import run_virtually

HOUR_S = 3600.0


async def life(folder: Path, *faults: str, seconds: float, profile: str = "generic") -> World:
    world = World(folder, *faults, profile=profile)
    await world.ask(new_request(count=2))
    with pytest.MonkeyPatch.context() as monkeypatch:
        await world.live(monkeypatch, seconds)
    return world


def times(world: World, command: str) -> int:
    return world.all_typed.count(f"{command}\r".encode())


def test_a_sim_that_the_network_denies_causes_no_storm_of_resets(tmp_path: Path) -> None:
    world = run_virtually(life(tmp_path, "creg_denied_forever", seconds=4 * HOUR_S))
    assert 12 <= times(world, "AT+CFUN=0") <= 17
    assert times(world, "AT+CFUN=1,1") == 0
    assert world.entries("accepted") == []


def test_a_mute_modem_is_called_again_and_reset_ever_more_rarely(tmp_path: Path) -> None:
    world = run_virtually(life(tmp_path, "hang_total", seconds=4 * HOUR_S))
    assert 4 <= times(world, "AT+CFUN=1,1") <= 8


def test_a_modem_that_hung_for_a_while_sends_soon_after(tmp_path: Path) -> None:
    world = run_virtually(life(tmp_path, "hang_total:120,times=1,after=20", seconds=400))
    assert set(world.states().values()) == {"delivered"}


def test_a_modem_that_comes_back_is_used_within_three_seconds(tmp_path: Path) -> None:
    world = run_virtually(life(tmp_path, "unplug_eio:60,times=1,after=22", seconds=400))
    back, first = world.plugged_at[-1], world.opened_at[-1]
    assert 0 <= first - back <= 3.0
    assert set(world.states().values()) == {"delivered"}


def test_refusals_of_the_device_in_a_row_climb_the_ladder(tmp_path: Path) -> None:
    world = run_virtually(life(tmp_path, "prompt_then_error", seconds=2 * HOUR_S))
    assert times(world, "AT+CFUN=0") >= 1
    assert world.entries("accepted") == []


async def test_the_power_is_cut_by_the_admins_command_and_no_shell(tmp_path: Path) -> None:
    mark = tmp_path / "a $(b) c"
    now = [0.0]
    settings = Modem.model_validate({"name": "gsm1", "port": "/dev/null", "power_cycle": ["touch", str(mark)]})
    doctor = Doctor(settings, Clock(monotonic=lambda: now[0]))
    assert await doctor.treat(Trouble.ABSENT, Profile()) is None
    now[0] = 121.0
    assert await doctor.treat(Trouble.ABSENT, Profile()) is Step.POWER
    assert mark.exists()


async def test_a_command_for_the_power_that_fails_is_told_and_no_error(tmp_path: Path) -> None:
    now = [0.0]
    settings = Modem.model_validate({"name": "gsm1", "port": "/dev/null", "power_cycle": [str(tmp_path / "none")]})
    doctor = Doctor(settings, Clock(monotonic=lambda: now[0]))
    await doctor.treat(Trouble.ABSENT, Profile())
    now[0] = 121.0
    assert await doctor.treat(Trouble.ABSENT, Profile()) is Step.POWER
