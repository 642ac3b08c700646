"""The exceptions of gatewayd. Refusals and failed sends are values (core/outcome.py), not exceptions.

Third-party exceptions are mapped to these at the edge that imports the library and go no further.
stages/supervise.py retries LinkError and ProtocolError in place; anything else ends the process.
"""


class GatewaydError(Exception):
    """Base of all."""


class SettingsError(GatewaydError):
    """The settings file is invalid; the text lists every fault, one a line."""


class LinkError(GatewaydError):
    """The other side is gone or unreachable: port, mailbox, broker, mail server."""


class InUse(GatewaydError):
    """Another gatewayd works with what is ours by the settings: there is no use in trying again."""


class ProtocolError(GatewaydError):
    """The other side speaks nonsense, or refuses what it must not (a login, a folder)."""


class StoreError(GatewaydError):
    """The store is missing, damaged, of another version or in use."""


class StoreUnwritable(StoreError):
    """The disk refuses: it is full, read-only or failing. It may take writes again later."""


class SandboxError(GatewaydError):
    """A child ended by its limits or by a crash: the input is to blame."""
