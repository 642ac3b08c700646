"""gatewayd: mass SMS and e-mail on request, from the form to the delivery log."""

__version__ = "0.1.0"
