"""The one contract of every transport. A new transport is one new file with a class like this, and its line in app.py.

Rules:
- `run` keeps the link up until it is lost (LinkError, ProtocolError) or cancelled; the caller runs it again.
- `ready` returns when the link can take a submission, and waits while it cannot.
- `submit` never raises for a refusal, a lost link or a timeout: those are outcomes. A link lost before the
  text left is Deferred, after it left InDoubt. Cancelling `submit` is not allowed; the caller shields it.
- One submission at a time for each transport.
"""

from typing import Protocol

from gatewayd.core.errand import Done, Errand, NotDone
from gatewayd.core.health import Health, IncomingSms
from gatewayd.core.model import AttemptKey, Channel, Submission
from gatewayd.core.outcome import Outcome, StatusReport


class Listener(Protocol):
    """Where a transport puts what it hears. Each call returns after the commit that stores it."""

    async def status_report(self, report: StatusReport) -> None: ...

    async def health(self, health: Health) -> None: ...

    async def incoming(self, message: IncomingSms) -> None: ...

    async def late_answer(self, attempt: AttemptKey, reference: int) -> bool:
        """The far side took the part of `attempt` after all, and said so after its deadline. False while the store does
        not know it as in doubt yet: then tell it again."""


class Transport(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def channel(self) -> Channel: ...

    async def run(self, listener: Listener) -> None:
        """Open the link and keep it up. Raises LinkError or ProtocolError when it is lost."""

    async def ready(self) -> None:
        """Return once a submission may begin."""

    async def submit(self, submission: Submission) -> Outcome:
        """Hand one part to the far side and say what came of it."""

    async def refresh(self) -> None:
        """Measure again now (signal, registration, credit) and tell the listener; a no-op where nothing is measured."""

    async def perform(self, errand: Errand) -> Done | NotDone:
        """Do what an operator asks, between two submissions. Never raises for what does not work."""
