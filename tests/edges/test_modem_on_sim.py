"""The modem transport on the simulated modem's own process, over a real pty, against the network's ledger."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gatewayd.clock import Clock
from gatewayd.config import Modem
from gatewayd.core.health import Health, IncomingSms, LinkState, Registration
from gatewayd.core.model import AttemptKey, DeliveryId, Encoding, Kind, SmsBody, Submission
from gatewayd.core.outcome import Accepted, Deferred, InDoubt, Outcome, Rejected, StatusReport
from gatewayd.errors import LinkError
from gatewayd.transport.modem import ModemTransport
from tests.system.rig import SimModem, sim_modem, wait_for

pytestmark = pytest.mark.system
NUMBER = "+6281200000101"


class Heard:
    """A Listener that keeps everything, and lets a test wait for it."""

    def __init__(self) -> None:
        self.late: asyncio.Queue[tuple[AttemptKey, int]] = asyncio.Queue()
        self.reports: asyncio.Queue[StatusReport] = asyncio.Queue()
        self.healths: asyncio.Queue[Health] = asyncio.Queue()
        self.messages: asyncio.Queue[IncomingSms] = asyncio.Queue()

    async def status_report(self, report: StatusReport) -> None:
        self.reports.put_nowait(report)

    async def health(self, health: Health) -> None:
        self.healths.put_nowait(health)

    async def late_answer(self, attempt: AttemptKey, reference: int) -> bool:
        self.late.put_nowait((attempt, reference))
        return True

    async def incoming(self, message: IncomingSms) -> None:
        self.messages.put_nowait(message)


def settings(modem: SimModem, **more: Any) -> Modem:
    given = {"name": "gsm1", "port": modem.link, "command_gap": "0s", "submit_timeout": "2s", "signal_every": "300ms"}
    return Modem.model_validate(given | more)


@asynccontextmanager
async def running(
    given: Modem, *, prompt_s: float = 15.0
) -> AsyncIterator[tuple[ModemTransport, Heard, "asyncio.Task[None]"]]:
    transport, heard = ModemTransport(given, Clock(), prompt_s=prompt_s), Heard()
    task = asyncio.create_task(transport.run(heard))
    try:
        async with asyncio.timeout(20):
            ready = asyncio.create_task(transport.ready())
            await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            if task.done():
                task.result()
        yield transport, heard, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def part(text: str = "Halo", number: int = 1) -> Submission:
    body = SmsBody(text, Encoding.GSM7)
    return Submission(DeliveryId(number), "UPSI-2026-000001", Kind.MESSAGE, NUMBER, 1, 1, 1, body)


async def outcome_with(tmp_path: Path, *faults: str, count: int = 1) -> tuple[list[Outcome], int]:
    """Outcomes of `count` parts under these faults, and how many the network took."""
    arguments = [word for fault in faults for word in ("--fault", fault)]
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", *arguments) as modem:
        async with running(settings(modem)) as (transport, _, _):
            outcomes = [await transport.submit(part(number=number)) for number in range(count)]
        return outcomes, len(modem.ledger())


async def test_accepted_with_its_reference_and_reported(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--report-delay-ms", "50") as modem:
        async with running(settings(modem)) as (transport, heard, _):
            assert await transport.submit(part("Halo €")) == Accepted(0)
            async with asyncio.timeout(10):
                report = await heard.reports.get()
        assert [entry["text"] for entry in modem.ledger()] == ["Halo €"]
    assert (report.reference, report.recipient, report.status) == (0, NUMBER, "delivered")


async def test_no_answer_after_the_text_left_is_in_doubt(tmp_path: Path) -> None:
    outcomes, taken = await outcome_with(tmp_path, "reboot_after_ctrlz_sent:times=1")
    assert isinstance(outcomes[0], InDoubt)
    assert taken == 1


async def test_a_modem_that_starts_anew_without_a_word_is_set_up_again(tmp_path: Path) -> None:
    arguments = ("--latency-ms", "20", "--report-delay-ms", "50", "--fault", "reboot_after_ctrlz_sent:times=1")
    with sim_modem(tmp_path, "gsm1", *arguments) as modem:
        async with running(settings(modem)) as (transport, _, task):
            assert isinstance(await transport.submit(part()), InDoubt)
            with pytest.raises(LinkError, match="anew"):
                await asyncio.wait_for(asyncio.shield(task), 10)
        async with running(settings(modem)) as (transport, heard, _):
            assert isinstance(await transport.submit(part()), Accepted)
            async with asyncio.timeout(10):
                assert (await heard.reports.get()).status == "delivered"


async def test_a_bare_error_after_the_text_left_is_in_doubt(tmp_path: Path) -> None:
    outcomes, _ = await outcome_with(tmp_path, "cmgs_plain_error:times=1")
    assert isinstance(outcomes[0], InDoubt)


async def test_ok_without_a_reference_is_accepted_without_one(tmp_path: Path) -> None:
    outcomes, taken = await outcome_with(tmp_path, "cmgs_ok_without_mr:times=1")
    assert outcomes == [Accepted(None)]
    assert taken == 1


async def test_a_refusal_right_behind_the_prompt_is_deferred_where_the_profile_waits_for_it(tmp_path: Path) -> None:
    profile = tmp_path / "own.toml"
    profile.write_text('prompt_gap = "100ms"')
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--fault", "prompt_then_error:times=1") as modem:
        async with running(settings(modem, profile=str(profile))) as (transport, _, _):
            outcomes = [await transport.submit(part(number=number)) for number in range(2)]
        assert [type(outcome) for outcome in outcomes] == [Deferred, Accepted]
        assert len(modem.ledger()) == 1


@pytest.mark.parametrize("fault", ["urc_mid_response", "rx_chunk_1byte", "echo_on"])
async def test_oddities_of_the_line_lose_and_double_nothing(tmp_path: Path, fault: str) -> None:
    outcomes, taken = await outcome_with(tmp_path, fault, count=3)
    accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
    assert accepted == taken
    assert accepted >= 2
    assert not any(isinstance(outcome, InDoubt) for outcome in outcomes)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, Rejected),
        (128, Rejected),
        (28, Deferred),
        (38, Deferred),
        (42, Deferred),
        (331, Deferred),
        (500, InDoubt),
        (515, Deferred),
    ],
)
async def test_each_class_of_refusal_has_its_outcome(tmp_path: Path, code: int, kind: type[Outcome]) -> None:
    outcomes, taken = await outcome_with(tmp_path, f"cmgs_code:{code},times=1", count=2)
    assert isinstance(outcomes[0], kind)
    assert isinstance(outcomes[1], Accepted)
    assert taken == 1


async def test_a_prompt_that_does_not_come_defers_and_leaves_nothing_half_typed(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--fault", "prompt_missing:times=1") as modem:
        async with running(settings(modem), prompt_s=0.3) as (transport, _, _):
            assert isinstance(await transport.submit(part("satu")), Deferred)
            assert isinstance(await transport.submit(part("dua")), Accepted)
        assert [entry["text"] for entry in modem.ledger()] == ["dua"]


async def test_an_answer_that_comes_while_the_line_is_put_in_order_still_counts(tmp_path: Path) -> None:
    fault = "cmgs_timeout_late_ok:0.4,times=1"
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--fault", fault) as modem:
        async with running(settings(modem, submit_timeout="300ms")) as (transport, _, _):
            outcomes = [await transport.submit(part("satu")), await transport.submit(part("dua"))]
        assert outcomes == [Accepted(entry["mr"]) for entry in modem.ledger()]


async def test_an_answer_that_comes_after_its_deadline_settles_the_doubt(tmp_path: Path) -> None:
    fault = "cmgs_timeout_late_ok:1.5,times=1"
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--fault", fault) as modem:
        async with running(settings(modem, submit_timeout="300ms")) as (transport, heard, _):
            assert isinstance(await transport.submit(part(number=7)), InDoubt)
            async with asyncio.timeout(10):
                attempt, reference = await heard.late.get()
        assert (attempt.delivery, reference) == (7, modem.ledger()[0]["mr"])


async def test_a_modem_that_answers_nothing_any_more_is_lost(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20") as modem:
        async with running(settings(modem), prompt_s=0.3) as (transport, _, task):
            modem.tell({"fault": "hang_total"})
            assert isinstance(await transport.submit(part()), Deferred)
            with pytest.raises(LinkError, match="does not answer"):
                await asyncio.wait_for(asyncio.shield(task), 10)
        assert modem.ledger() == []


async def test_unplugged_before_the_text_left_is_deferred(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--fault", "prompt_missing") as modem:
        async with running(settings(modem)) as (transport, _, _):
            submitting = asyncio.create_task(transport.submit(part()))
            await asyncio.to_thread(
                wait_for, "the command", lambda: modem.tell({"status": True})["faults"][0]["struck"]
            )
            modem.tell({"unplug": True})
            assert isinstance(await submitting, Deferred)
        assert modem.ledger() == []


async def test_unplugged_after_the_text_left_is_in_doubt(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20", "--fault", "cmgs_timeout_late_ok:100") as modem:
        async with running(settings(modem, submit_timeout="60s")) as (transport, _, _):
            submitting = asyncio.create_task(transport.submit(part()))
            await asyncio.to_thread(wait_for, "the part on the network", modem.ledger)
            modem.tell({"unplug": True})
            assert isinstance(await submitting, InDoubt)


async def test_a_report_that_comes_twice_is_told_twice(tmp_path: Path) -> None:
    arguments = ("--latency-ms", "20", "--report-delay-ms", "50", "--fault", "sr_duplicate")
    with sim_modem(tmp_path, "gsm1", *arguments) as modem:
        async with running(settings(modem)) as (transport, heard, _):
            assert isinstance(await transport.submit(part()), Accepted)
            async with asyncio.timeout(10):
                assert await heard.reports.get() == await heard.reports.get()


async def test_unplugged_ends_run_and_replugged_works_again(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "20") as modem:
        async with running(settings(modem)) as (transport, _, task):
            modem.tell({"unplug": True})
            with pytest.raises(LinkError):
                await asyncio.wait_for(asyncio.shield(task), 10)
            assert isinstance(await transport.submit(part()), Deferred)
            with pytest.raises(LinkError):
                await transport.run(Heard())
        moved = tmp_path / "another-name"
        modem.tell({"replug": True, "link": str(moved)})
        modem.link.unlink(missing_ok=True)
        modem.link.symlink_to(moved)
        async with running(settings(modem)) as (transport, _, _):
            assert isinstance(await transport.submit(part()), Accepted)


@pytest.mark.parametrize(("faults", "balance"), [((), 23041), (("--fault", "ussd_menu"), None)], ids=["plain", "menu"])
async def test_facts_are_told_and_a_menu_is_never_answered(
    tmp_path: Path, faults: tuple[str, ...], balance: int | None
) -> None:
    with sim_modem(tmp_path, "gsm1", "--credit", "23041", *faults) as modem:
        async with running(settings(modem, credit_code="*888#")) as (_, heard, _):
            async with asyncio.timeout(15):
                while (health := await heard.healths.get()).credit is None:
                    pass
        assert not [entry for entry in modem.ledger("ussd") if entry["is_choice"]]
    assert (health.link, health.registration, health.imsi != "") == (LinkState.READY, Registration.HOME, True)
    assert health.credit is not None
    assert health.credit.balance_idr == balance


async def test_searching_and_unknown_signal_are_said_as_such(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1") as modem:
        async with running(settings(modem)) as (_, heard, _):
            modem.tell({"set": {"registration": 2, "csq": 99}})
            async with asyncio.timeout(15):
                while (health := await heard.healths.get()).registration is not Registration.SEARCHING:
                    pass
                while (health := await heard.healths.get()).signal_dbm is not None:
                    pass
    assert health.registration is Registration.SEARCHING


async def test_an_incoming_message_is_stored_then_deleted(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1") as modem:
        async with running(settings(modem)) as (_, heard, _):
            modem.tell({"inbound": {"from": "+6281200000177", "text": "BERHENTI"}})
            async with asyncio.timeout(15):
                message = await heard.messages.get()
            await asyncio.to_thread(
                wait_for, "an empty store", lambda: not modem.tell({"status": True})["stored"]["SM"]
            )
    assert (message.sender, message.text) == ("+6281200000177", "BERHENTI")


async def test_a_second_opener_is_told_who_may_have_the_port(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1") as modem:
        async with running(settings(modem)):
            with pytest.raises(LinkError, match="another program"):
                await ModemTransport(settings(modem), Clock()).run(Heard())
