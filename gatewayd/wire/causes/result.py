"""One row of a cause table: what a numbered refusal of the modem or the network means for a submission."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, assert_never

from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, Rejected


class Verdict(Enum):
    """What the refusal proves."""

    #: The far side has it after all.
    ACCEPTED = auto()
    #: Not sent; may be tried again.
    LATER = auto()
    #: Not sent; never will be.
    NEVER = auto()
    #: Proves nothing: it may have been sent.
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Meaning:
    """`retry_after_s` is None where the retry ladder decides."""

    verdict: Verdict
    blame: Blame
    text: str
    retry_after_s: float | None = None


#: A device that is busy for a moment, or has to be set up again.
SOON_S: Final = 10.0


def outcome(code: str, meaning: Meaning) -> Outcome:
    """The outcome of a submission that was answered by `meaning`."""
    cause = Cause(code, meaning.text, meaning.blame)
    match meaning.verdict:
        case Verdict.ACCEPTED:
            return Accepted()
        case Verdict.LATER:
            return Deferred(cause, meaning.retry_after_s)
        case Verdict.NEVER:
            return Rejected(cause)
        case Verdict.UNKNOWN:
            return InDoubt(cause)
        case _:
            assert_never(meaning.verdict)


def rows(
    verdict: Verdict, blame: Blame, texts: Mapping[int, str], retry_after_s: float | None = None
) -> dict[int, Meaning]:
    """Table rows that differ in their text only."""
    return {code: Meaning(verdict, blame, text, retry_after_s) for code, text in texts.items()}


def table(*parts: Mapping[int, Meaning]) -> Mapping[int, Meaning]:
    """The parts as one read-only table."""
    joined: dict[int, Meaning] = {}
    for part in parts:
        joined |= part
    return MappingProxyType(joined)


def by_text(codes: Mapping[int, Meaning]) -> Mapping[str, int]:
    """The numbers by their lower-case text, for modems that answer in words (AT+CMEE=2)."""
    return MappingProxyType({meaning.text.lower(): code for code, meaning in codes.items()})


def spell(code: int | None, text: str, known: Mapping[str, int]) -> int | None:
    """The number of a refusal that may have come as a word or as digits in `text`; None if it has none."""
    if code is not None:
        return code
    words = " ".join(text.rpartition(":")[2].split()).lower()
    return int(words) if words.isascii() and words.isdecimal() and len(words) <= 4 else known.get(words)


def numbers(codes: Iterable[int], text: str) -> dict[int, str]:
    """The same text for several numbers."""
    return {code: f"{text} {code}" for code in codes}
