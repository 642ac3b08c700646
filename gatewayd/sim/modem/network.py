"""The network behind the modem: registration, credit, what becomes of a part, what the service centre reports.

In: decoded SUBMITs. Out: verdicts and planned reports, as values; time and randomness come from the caller.
Every part taken costs `price`. A part refused costs nothing and has a +CMS ERROR code: 1 for an invalid
number, `no_credit_code` (21, "short message transfer rejected") below the price: no code of the standard
says "no credit", operators use 8, 10, 21, 28, 29, 38, 50 or 69. Without registration it is 331. What goes to a
number of the operator's own is free, and may be answered by SMS.

Source: TS 24.011 Annex E-2 and TS 27.005 §3.2.5 (codes), TS 23.040 §9.2.3.15 (TP-Status).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.occasions import Account
from gatewayd.sim.modem.operators import OPERATORS, Operator, Screen
from gatewayd.sim.modem.values import Radio, Report
from gatewayd.wire.tpdu import SubmitPdu

#: A refusal that nobody is told of.
SILENTLY: Final = 0
_UNASSIGNED: Final = 1
_NO_SERVICE: Final = 331


class Behaviour(StrEnum):
    """What a recipient does."""

    #: Gets it; the report comes after the report delay.
    OK = "ok"
    #: Switched off: a temporary report; the final one when it is switched on (it becomes something else), or
    #: when the validity that the part asked for is over.
    OFF = "off"
    #: Not obtainable: a permanent failure is reported.
    UNREACHABLE = "unreachable"
    #: Accepted, and nothing is ever reported.
    SILENT = "silent"
    #: Refused at once as an unassigned number.
    INVALID = "invalid"
    #: A temporary report, and the final one after five times the delay.
    SLOW = "slow"


#: Reports of each behaviour: multiple of the report delay, TP-Status.
_REPORTS: Final[Mapping[Behaviour, tuple[tuple[int, int], ...]]] = MappingProxyType({
    Behaviour.OK: ((1, 0x00),),
    Behaviour.OFF: ((1, 0x30),),
    Behaviour.UNREACHABLE: ((1, 0x43),),
    Behaviour.SILENT: (),
    Behaviour.INVALID: (),
    Behaviour.SLOW: ((1, 0x20), (5, 0x00)),
})  # fmt: skip

#: The whole numbers that may be set at run time, with their limits.
LIMITS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType({
    "credit": (0, 10**9),
    "price": (0, 10**6),
    "registration": (0, 10),
    "csq": (0, 99),
    "latency_ms": (0, 600_000),
    "report_delay_ms": (0, 10**9),
    "ussd_ms": (0, 600_000),
    "answer_ms": (0, 600_000),
    "away_ms": (0, 600_000),
    "boot_ms": (0, 600_000),
    "no_credit_code": (0, 999),
})  # fmt: skip


@dataclass(slots=True)
class Settings:
    """What a person or a test may turn while it runs. Money in rupiah; `latency_ms` None is the profile's own
    distribution. The operator's SMS come `answer_ms` after what they answer; a reset that takes the port away
    takes it for `away_ms`. `recipients` maps numbers ("+62…", `*` and `?` allowed) to behaviours, the last match
    counts."""

    credit: int = 100_000
    price: int = 350
    registration: int = 1
    csq: int = 20
    latency_ms: int | None = None
    report_delay_ms: int = 3_000
    ussd_ms: int = 200
    answer_ms: int = 2_000
    away_ms: int = 3_000
    boot_ms: int = 1_000
    no_credit_code: int = 21
    active_until: date = date(2031, 12, 31)
    operator: str = "telkomsel"
    recipients: dict[str, Behaviour] = field(default_factory=dict)


def _as_it_is(account: Account) -> Account:
    return account


class Network:
    """`settings` belong to the control channel, credit apart, which parts lower; `account_seen` is where faults of the
    credit take hold."""

    def __init__(self, settings: Settings, account_seen: Callable[[Account], Account] = _as_it_is) -> None:
        self.settings = settings
        self._account_seen = account_seen

    @property
    def operator(self) -> Operator:
        return OPERATORS[self.settings.operator]

    def radio(self) -> Radio:
        return Radio(self.settings.registration, self.settings.csq, self.operator.name, self.operator.network)

    def refusal(self, part: SubmitPdu, radio: Radio) -> int | None:
        """The +CMS ERROR code with which `part` is refused or SILENTLY, None if it is taken."""
        if not radio.is_registered:
            return _NO_SERVICE
        if self._behaviour(part.recipient) is Behaviour.INVALID:
            return _UNASSIGNED
        account = self._account()
        if account.credit >= self._price(part):
            return None
        return SILENTLY if account.is_silent else account.refusal

    def charge(self, part: SubmitPdu) -> int:
        """Take the price of one part; the credit that is left."""
        self.settings.credit = max(0, self.settings.credit - self._price(part))
        return self.settings.credit

    def _account(self) -> Account:
        return self._account_seen(Account(self.settings.credit, self.settings.no_credit_code))

    def _price(self, part: SubmitPdu) -> int:
        return 0 if self.operator.is_service(part.recipient) else self.settings.price

    def reports(self, part: SubmitPdu, reference: int) -> tuple[Report, ...]:
        """What the service centre will report on a part it took; nothing unless the part asks for it."""
        if not part.status_report:
            return ()
        delay_s = self.settings.report_delay_ms / 1000
        planned = _REPORTS[self._behaviour(part.recipient)]
        return tuple(Report(reference, part.recipient, status, times * delay_s) for times, status in planned)

    def screen(self, path: tuple[str, ...]) -> Screen | None:
        """What a USSD code shows, or the choices after it; None if the operator knows it not."""
        code, *choices = path
        screen = self.operator.screens.get(code)
        for choice in choices:
            screen = screen.choices.get(choice) if screen else None
        return screen

    def service_answer(self, part: SubmitPdu) -> str | None:
        """The SMS that comes back for `part` from a number of the operator's own."""
        wording = self.operator.services.get((part.recipient, part.text.strip().upper()))
        return self.filled(wording) if wording else None

    def filled(self, wording: str) -> str:
        """A wording of the operator's with the figures of this SIM."""
        return self.operator.filled(wording, self._account().credit, self.settings.active_until)

    def is_off(self, number: str) -> bool:
        return self._behaviour(number) is Behaviour.OFF

    def _behaviour(self, number: str) -> Behaviour:
        number = international(number)
        matching = [known for pattern, known in self.settings.recipients.items() if fnmatchcase(number, pattern)]
        return matching[-1] if matching else Behaviour.OK


def international(number: str) -> str:
    """A number or pattern as people write it, in the form recipients are known by: "0812-…" is "+62812…"."""
    kept = "".join(sign for sign in number if sign.isdigit() or sign in "+*?")
    return f"+62{kept[1:]}" if kept.startswith("0") else kept
