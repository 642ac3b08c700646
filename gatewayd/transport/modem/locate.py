"""Which port: the settings' path or pattern → an open session with the modem and the SIM that the settings mean.

In: [[modems]] port, imei, imsi. Out: an open session that answers AT, and who is there. Each try resolves the pattern
anew, since a stick that comes back has another name. Invariants: a port is only asked `AT`, its serial number and its
SIM's number, and only where more than one could be meant or one is asked for; a SIM that is locked is not unlocked to
learn its number.
"""

import glob
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gatewayd.config import Modem
from gatewayd.errors import InUse, LinkError, ProtocolError
from gatewayd.log import get_logger
from gatewayd.transport.modem.kept import ports
from gatewayd.transport.modem.session import NoAnswer, Session

#: Where a stick is that has no name of its own.
_PLAIN: Final = ("ttyUSB*", "ttyACM*")
#: Tried after the settings' rate where a modem does not answer; they mean something on a real serial line only.
_BAUDS: Final = (115200, 9600, 57600, 38400, 19200, 230400, 460800)
#: Of several ports most never answer: a diagnostic port, another modem's.
_PROBE_S: Final = (0.3, 0.5, 0.7, 1.0)
#: Ports of USB sticks have no rate.
_RATELESS: Final = ("ttyUSB", "ttyACM", "pts/")


class Absent(LinkError):
    """There is no such port. Stays inside transport/modem."""


@dataclass(frozen=True, slots=True)
class Found:
    """An open session; `imei` and `imsi` are '' where nobody asked or the modem did not say."""

    session: Session
    path: Path


def candidates(port: Path) -> list[Path]:
    """The ports that `port` means now, each once, in the order of their names."""
    pattern = str(port)
    if not glob.has_magic(pattern):
        return [port] if port.exists() else []
    named = sorted(glob.glob(pattern))  # noqa: PTH207  (the folder may be a pattern, too)
    if not named and pattern == str(Modem.model_fields["port"].default):
        named = sorted(str(path) for plain in _PLAIN for path in Path("/dev").glob(plain))
    return [Path(path) for path in {os.path.realpath(path): path for path in reversed(named)}.values()][::-1]


async def locate(settings: Modem, new_session: Callable[[], Session], hear_s: float = 0.0) -> Found:
    """The first port that answers and fits. A port that was kept open is heard out for `hear_s` first. Raises Absent,
    InUse, or LinkError that says why each port was not taken."""
    paths = candidates(settings.port)
    if not paths:
        raise Absent(f"{settings.port}: there is no such port")
    if paths == [settings.port] and not ports.claim(settings.port):
        raise InUse(f"another gatewayd has the modem {settings.name} at {settings.port}")
    refusals: list[str] = []
    errors: list[LinkError | ProtocolError] = []
    for path in paths:
        session = new_session()
        try:
            session.open(path, settings.baud)
            if session.was_open and hear_s:
                await session.hear_out(hear_s)
            if len(paths) > 1:
                await session.wake((), _PROBE_S)
            else:
                await session.wake(_other_rates(path, settings.baud))
            await _check(session, settings)
        except (LinkError, ProtocolError) as error:
            session.close()
            refusals.append(f"{path.name}: {error}" if len(paths) > 1 else str(error))
            errors.append(error)
        except BaseException:
            session.close(keep=True)
            raise
        else:
            get_logger().info("modem.found", modem=settings.name, port=str(path))
            return Found(session, path)
    if len(errors) == 1:
        raise errors[0]
    raise LinkError("; ".join(refusals))


def _other_rates(path: Path, baud: int) -> tuple[int, ...]:
    if any(word in os.path.realpath(path) for word in _RATELESS):
        return ()
    return tuple(rate for rate in _BAUDS if rate != baud)


async def _check(session: Session, settings: Modem) -> None:
    """Raises ProtocolError: this is another modem, or another SIM."""
    for wanted, command, what in ((settings.imei, "AT+CGSN", "modem"), (settings.imsi, "AT+CIMI", "SIM")):
        if not wanted:
            continue
        try:
            answered = await session.command(command, timeout_s=10)
        except NoAnswer as error:
            raise LinkError(str(error)) from None
        said = digits(" ".join(answered.info))
        if said and said != wanted:
            raise ProtocolError(f"another {what} is here (it says …{said[-4:]}, the settings …{wanted[-4:]})")
        if not said and what == "modem":
            raise ProtocolError("the modem does not tell its serial number (IMEI)")
        if not said and settings.pin is not None and not settings.imei:
            # Its PIN could go to another SIM.
            raise ProtocolError("the SIM is locked and its number unknown: name the modem by its port or imei, too")


def digits(said: str) -> str:
    """The first long number in an answer: IMEI (TS 27.007 §5.4) or IMSI (§5.6); '' if there is none."""
    found = re.search(r"\d{14,16}", said)
    return found[0] if found else ""
