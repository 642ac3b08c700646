"""The balance desk on the simulated modem's own process: every operator by its recipe, every USSD habit."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gatewayd.core.health import Credit
from tests.edges.test_modem_on_sim import Heard, part, running, settings
from tests.system.rig import SimModem, sim_modem

pytestmark = pytest.mark.system
CREDIT = 23_041


async def first_credit(heard: Heard) -> Credit:
    async with asyncio.timeout(25):
        while True:
            credit = (await heard.healths.get()).credit
            if credit is not None and credit.balance_idr is not None:
                return credit


async def read(modem: SimModem, **more: Any) -> Credit:
    async with running(settings(modem, **more)) as (_, heard, _):
        return await first_credit(heard)


@pytest.mark.parametrize("operator", ["telkomsel", "indosat", "tri", "xl", "axis", "smartfren"])
async def test_every_operator_is_asked_by_what_its_sim_says(tmp_path: Path, operator: str) -> None:
    arguments = ("--credit", str(CREDIT), "--operator", operator, "--latency-ms", "20")
    with sim_modem(tmp_path, "gsm1", *arguments) as modem:
        credit = await read(modem)
        assert [entry for entry in modem.ledger("ussd") if entry["is_choice"]] == []
    assert (credit.balance_idr, credit.active_until is not None, credit.sim != "") == (CREDIT, True, True)


async def test_a_menu_is_followed_by_the_words_of_the_recipe(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--credit", str(CREDIT), "--operator", "tri") as modem:
        credit = await read(modem, credit={"code": "*111#", "follow": ["cek pulsa"]})
        asked = [(entry["code"], entry["is_choice"]) for entry in modem.ledger("ussd")]
    assert credit.balance_idr == CREDIT
    assert asked == [("*111#", False), ("1", True)]


async def test_a_menu_without_the_line_of_the_recipe_is_closed(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--operator", "tri") as modem:
        async with running(settings(modem, credit={"code": "*111#", "follow": ["info kartu"]})) as (_, heard, _):
            async with asyncio.timeout(15):
                while (health := await heard.healths.get()).credit is None:
                    pass
        assert [entry for entry in modem.ledger("ussd") if entry["is_choice"]] == []
    assert health.credit is not None
    assert (health.credit.balance_idr, "Beli Paket" in health.credit.raw) == (None, True)


async def test_an_answer_by_sms_is_awaited(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--credit", str(CREDIT), "--operator", "indosat") as modem:
        credit = await read(modem, credit={"code": "*123#", "by": "sms", "sender": ["INDOSAT"]})
    assert (credit.balance_idr, credit.grace_until is not None) == (CREDIT, True)


@pytest.mark.parametrize(
    "fault",
    [
        "ussd_plain", "ussd_hex7", "ussd_ucs2", "ussd_multiline", "ussd_nested_quotes", "ussd_no_dcs",
        "ussd_release_first", "ussd_text_in_m2", "ussd_before_ok", "ussd_needs_ussdmode0", "ussd_network_initiated",
    ],
)  # fmt: skip
async def test_a_habit_of_a_modem_does_not_hide_the_balance(tmp_path: Path, fault: str) -> None:
    with sim_modem(tmp_path, "gsm1", "--credit", str(CREDIT), "--fault", fault) as modem:
        assert (await read(modem)).balance_idr == CREDIT


@pytest.mark.parametrize("profile", ["generic", "huawei_e", "siemens"])
async def test_a_code_is_written_as_the_modem_wants_it(tmp_path: Path, profile: str) -> None:
    with sim_modem(tmp_path, "gsm1", "--credit", str(CREDIT), "--profile", profile) as modem:
        assert (await read(modem)).balance_idr == CREDIT
        assert (await read(modem, profile="generic")).balance_idr == CREDIT


@pytest.mark.parametrize("fault", ["ussd_m1_prompt", "ussd_4", "ussd_5_no_text", "ussd_menu"])
async def test_no_answer_leaves_the_balance_unknown_and_the_modem_sending(tmp_path: Path, fault: str) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--fault", fault) as modem:
        async with running(settings(modem)) as (transport, heard, _):
            async with asyncio.timeout(60):
                while not modem.ledger("ussd"):
                    await heard.healths.get()
                await transport.submit(part())
        assert len(modem.ledger()) == 1
        assert [entry for entry in modem.ledger("ussd") if entry["is_choice"]] == []
    told = [heard.healths.get_nowait() for _ in range(heard.healths.qsize())]
    assert all(health.credit is None or health.credit.balance_idr is None for health in told)
