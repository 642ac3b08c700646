"""Recovery carried out: what core/recovery.py prescribes, done to one modem.

In: the trouble, and the open session where there is one. Out: the step done and told in the journal; whoever called
raises its LinkError afterwards, so that the modem is found, opened and set up anew.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final

from gatewayd.clock import Clock
from gatewayd.config import Modem, Profile
from gatewayd.core.recovery import Course, Step, Trouble, is_well, prescribe
from gatewayd.errors import LinkError
from gatewayd.log import get_logger
from gatewayd.transport.modem.locate import candidates
from gatewayd.transport.modem.session import Manners, NoAnswer, Session

#: Longest run of the admin's command for the power, seconds.
_POWER_S: Final = 60.0
#: Unasked restarts within an hour that tell of a weak power supply.
_RESTARTS: Final = 3
_HOUR_S: Final = 3600.0


class Doctor:
    """Remembers the course of one modem's recovery across sessions."""

    def __init__(self, settings: Modem, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._log = get_logger().bind(modem=settings.name)
        self._course = Course()
        self._restarts: deque[float] = deque(maxlen=_RESTARTS)

    def well(self) -> None:
        self._course = is_well(self._course, self._clock.monotonic())

    def restarted(self) -> bool:
        """The modem started anew unasked; True when that happens so often that the power supply is suspect."""
        now = self._clock.monotonic()
        self._restarts.append(now)
        is_often = len(self._restarts) == _RESTARTS and now - self._restarts[0] <= _HOUR_S
        if is_often:
            self._log.warning("modem.unstable", why=f"{_RESTARTS} restarts within an hour: check its power supply")
        return is_often

    async def treat(self, trouble: Trouble, profile: Profile, session: Session | None = None) -> Step | None:
        """Take the step that is due, if one is; which one it was."""
        step, self._course = prescribe(self._course, trouble, self._clock.monotonic(), self._available(profile))
        if step is None:
            return None
        self._log.warning("modem.recovery", trouble=trouble, step=step)
        with suppress(LinkError, NoAnswer):
            match step:
                case Step.REOPEN:
                    pass
                case Step.RADIO if session is not None:
                    await session.command("AT+CFUN=0", timeout_s=30)
                    await session.command("AT+CFUN=1", timeout_s=30)
                case Step.RESET if session is not None:
                    await self.reset(session, profile)
                case Step.RADIO | Step.RESET:
                    self._shout(profile)
                case Step.POWER:
                    await self._cut_power()
        return step

    def _available(self, profile: Profile) -> frozenset[Step]:
        has = {
            Step.REOPEN: True,
            Step.RADIO: profile.radio_off,
            Step.RESET: bool(profile.reset),
            Step.POWER: bool(self._settings.power_cycle),
        }
        return frozenset(step for step, is_there in has.items() if is_there)

    async def reset(self, session: Session, profile: Profile) -> None:
        """The profile's reset commands, until one is taken."""
        session.is_settled = False
        for command in profile.reset:
            if (await session.command(command, timeout_s=30)).is_ok:
                return

    def _shout(self, profile: Profile) -> None:
        """A modem that says nothing may still hear."""
        for path in candidates(self._settings.port)[:1]:
            session = Session(Manners(), lambda _: None, lambda _: None)
            session.open(path, self._settings.baud)
            for command in profile.reset:
                session.shout(command)
            session.close()

    async def _cut_power(self) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._settings.power_cycle, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
        except OSError as error:
            self._log.warning("modem.power_cycle_failed", why=str(error))
            return
        try:
            async with asyncio.timeout(_POWER_S):
                _, said = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            self._log.warning("modem.power_cycle_failed", why=f"still running after {_POWER_S:g} s")
            return
        if process.returncode:
            why = said.decode("utf-8", "replace").strip()[-200:]
            self._log.warning("modem.power_cycle_failed", why=why or f"exit status {process.returncode}")
