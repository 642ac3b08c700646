"""What an intake hands over, and what it is told. An intake never acts on content; it moves bytes.

The callback returns after its commit. Only then is a mail moved, a job acknowledged, a receipt published.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """One mail of the request mailbox. `raw` is the whole mail, or its first 64 KiB when `too_big`."""

    folder: str
    uidvalidity: int
    uid: int
    size: int
    raw: bytes
    too_big: bool = False


class Disposition(StrEnum):
    """What to do with the mail on the server."""

    #: Stored and answered: move to the processed folder.
    PROCESSED = "processed"
    #: Failed three times: move to the quarantine folder.
    QUARANTINE = "quarantine"
    #: Leave it where it is and offer it again at the next poll.
    LATER = "later"


AcceptMail: TypeAlias = Callable[[IncomingMail], Awaitable[Disposition]]


@dataclass(frozen=True, slots=True)
class IncomingJob:
    """One MQTT publish under <prefix>/jobs/<client>; `client` is the topic level the broker let it write to."""

    client: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class JobReceipt:
    """What is published on <prefix>/receipts/<client>: a JSON object, ready to send."""

    client: str
    payload: bytes


AcceptJob: TypeAlias = Callable[[IncomingJob], Awaitable[JobReceipt]]
