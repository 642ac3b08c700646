"""The GSM modem: serial port → AT dialogue → set-up, measuring, submitting. One transport for each modem."""

from gatewayd.transport.modem.transport import ModemTransport

__all__ = ["ModemTransport"]
