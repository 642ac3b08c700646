"""What other gateways ask a modem while they send, and ours does not: the simulated one knows it too.

Seen in gammu-smsd 1.42, which asks all of it before each message, and in smstools 3.1.21.
"""

import pytest

from gatewayd.sim.modem.network import Settings
from tests.edges.test_sim_modem_machine import Rig

OK = "\r\nOK\r\n"


@pytest.mark.parametrize(
    ("registration", "command", "answer"),
    [
        (1, "AT+CBC", "+CBC: 2,0"),
        (1, "AT+CGATT?", "+CGATT: 1"),
        (2, "AT+CGATT?", "+CGATT: 0"),
        (1, "AT+CREG=2;+CREG?", '+CREG: 2,1,"00C8","0000A1B2"'),
        (1, "AT+CMEE=1;+CREG=2", ""),
        (1, "AT+CPMS?", '+CPMS: "SM",0,30,"SM",0,30,"SM",0,30'),
    ],
)
def test_asked_by_others(registration: int, command: str, answer: str) -> None:
    rig = Rig(Settings(registration=registration)).ready()
    assert rig.ask(command) == (f"\r\n{answer}\r\n{OK}" if answer else OK)
