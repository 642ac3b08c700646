"""What the command handlers work on: the modem's parts in one place, and the two answers that need several."""

from dataclasses import dataclass, replace
from typing import Final

from gatewayd.sim.modem.hooks import Bench
from gatewayd.sim.modem.memory import Store, stores
from gatewayd.sim.modem.network import Network
from gatewayd.sim.modem.profiles import Profile
from gatewayd.sim.modem.session import Session
from gatewayd.sim.modem.values import Radio

_MEMORY_1: Final = 0
_OFF: Final = 0


@dataclass(slots=True)
class Device:
    """`serial` tells simulators apart: it is the end of IMEI, IMSI and ICCID. `reference` is the next TP-MR."""

    profile: Profile
    network: Network
    bench: Bench
    serial: int
    memories: dict[str, Store]
    session: Session
    reference: int = 0
    last_reference: int = 0xFF

    @property
    def imei(self) -> str:
        body = f"35000000{self.serial:06d}"
        return body + str(_check_digit(body))

    @property
    def imsi(self) -> str:
        return f"{self.network.operator.network}{self.serial:010d}"

    @property
    def iccid(self) -> str:
        body = f"896210{self.serial:012d}"
        return body + str(_check_digit(body))

    def radio(self) -> Radio:
        """The network as the modem sees it now, faults included."""
        radio = self.bench.radio(self.network.radio())
        return radio if self.session.functionality == 1 else replace(radio, registration=_OFF, csq=99)

    @property
    def is_attached(self) -> bool:
        """Whether the network reaches the modem, whatever it believes itself."""
        return self.session.functionality == 1 and self.network.radio().is_registered

    def reading_memory(self) -> Store:
        return self.memories[self.session.memories[_MEMORY_1]]

    def take_reference(self) -> int:
        """The TP-MR of the part that goes out now: 0 to 255, and again."""
        self.last_reference = self.reference
        self.reference = (self.reference + 1) % 256
        return self.last_reference

    def restart(self) -> None:
        """Forget what the client set; the SIM, the memories and the reference stay."""
        self.session = _new_session(self.profile)


def new_device(profile: Profile, network: Network, bench: Bench, serial: int) -> Device:
    memories = stores(profile.memories, profile.first_index)
    return Device(profile, network, bench, serial, memories, _new_session(profile))


def _new_session(profile: Profile) -> Session:
    first = profile.memories[0][0]
    return Session(memories=[first, first, first])


def _check_digit(digits: str) -> int:
    """The last digit of an IMEI or ICCID (Luhn)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits), start=1))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return -total % 10
