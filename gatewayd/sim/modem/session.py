"""The settings a client makes by AT commands. A restart of the modem brings the defaults back: whoever sees
a boot line must set everything again. Also the wording of errors, which those settings choose.

Source: TS 27.005 §3.2.5, TS 27.007 §9.2.
"""

from dataclasses import dataclass
from typing import Final

_CME_TEXTS: Final = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    16: "incorrect password",
    30: "no network service",
}
_CMS_TEXTS: Final = {
    1: "Unassigned number",
    21: "Short message transfer rejected",
    302: "operation not allowed",
    304: "Invalid PDU mode parameter",
    305: "Invalid text mode parameter",
    310: "SIM not inserted",
    311: "SIM PIN necessary",
    313: "SIM failure",
    314: "SIM busy",
    316: "SIM PUK required",
    321: "Invalid memory index",
    331: "no network service",
    340: "no +CNMA acknowledgement expected",
    500: "unknown error",
}


@dataclass(slots=True)
class Session:
    """Touched by the command handlers only. `cnmi` is (mode, mt, bm, ds, bfr); `memories` the three of +CPMS;
    `ussd_path` the code and the choices of an open menu. `is_port_chosen` says that lines of the modem's own accord
    were asked for on this port."""

    memories: list[str]
    cnmi: tuple[int, ...] = (0, 0, 0, 0, 0)
    echo: bool = True
    verbose: bool = True
    cmee: int = 0
    text_mode: bool = False
    service: int = 0
    creg: int = 0
    cgreg: int = 0
    cereg: int = 0
    charset: str = "GSM"
    service_centre: str = "+62812000000"
    more_messages: int = 0
    functionality: int = 1
    numeric_operator: bool = False
    plain_ussd: bool = False
    ussd_path: tuple[str, ...] = ()
    is_hushed: bool = False
    is_port_chosen: bool = False
    awaits_acknowledgement: bool = False

    @property
    def message_route(self) -> int:
        """<mt> of +CNMI: 0 store, 1 store and tell, 2 hand over."""
        return self.cnmi[1]

    @property
    def report_route(self) -> int:
        """<ds> of +CNMI: 0 nothing, 1 hand over, 2 store and tell."""
        return self.cnmi[3]

    def stop_handing_over(self) -> None:
        """What 27.005 §3.4.4 lets a modem do when AT+CNMA does not come: <mt> and <ds> are 0 from now on."""
        if self.awaits_acknowledgement:
            mode, _, broadcasts, _, buffer = self.cnmi
            self.cnmi = (mode, 0, broadcasts, 0, buffer)
            self.awaits_acknowledgement = False


def cme(session: Session, code: int) -> str:
    """The final result of a refused command of the equipment."""
    if session.cmee == 0:
        return "ERROR"
    return f"+CME ERROR: {_CME_TEXTS.get(code, code) if session.cmee == 2 else code}"


def in_words(kind: str, code: int) -> str:
    """What AT+CMEE=2 shows of an error of `kind` "CME" or "CMS"; its number if it has no words."""
    return (_CMS_TEXTS if kind == "CMS" else _CME_TEXTS).get(code, str(code))


def cms(session: Session, code: int) -> str:
    """The final result of a refused message command."""
    return f"+CMS ERROR: {_CMS_TEXTS.get(code, code) if session.cmee == 2 else code}"
