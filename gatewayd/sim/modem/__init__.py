"""A simulated GSM modem with its SIM and network, behind a pseudo terminal: `gatewayd simulate-modem`.

Bytes go  pty.py → machine.py → typed.py → interpreter.py → commands_*.py  and come back through port.py;
centre.py and network.py are the other end of the radio, handover.py brings what they have into the modem, watch.py
is what it says unasked, ledger.py writes down what they really did, control.py turns the knobs at run time, hooks.py
and faults/ make it go wrong. Only pty.py and serve.py touch the operating system, so all the rest runs under a clock
of the test's own.
"""

from gatewayd.sim.modem.control import control
from gatewayd.sim.modem.ledger import read_ledger

__all__ = ["control", "read_ledger"]
