"""SMTP replies: octets of the server → whole replies, in the order of the commands.

In: what came over the line, in any pieces. Out: a Reply for each answer, of one line or more. Invariants: nothing is
kept beyond MAX_REPLY octets; what is no reply raises MalformedReply, and the reader is of no use any more.
Source: RFC 5321 §4.2, §4.5.3.1.5.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: Octets of one reply, all its lines together.
MAX_REPLY: Final = 1 << 16
_LINE: Final = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n]*))?\r?\n")
_SHOWN: Final = 60


class MalformedReply(ValueError):
    """The server says something that is no SMTP reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A code from 200 to 599, and the words of its lines."""

    code: int
    message: str


class ReplyReader:
    def __init__(self) -> None:
        self._octets = b""
        self._words: list[bytes] = []
        self._size = 0

    def feed(self, octets: bytes) -> Iterator[Reply]:
        """The replies that are whole now, one by one. Raises MalformedReply, behind those that came before it."""
        self._octets += octets
        while (end := self._octets.find(b"\n") + 1) > 0:
            line, self._octets = self._octets[:end], self._octets[end:]
            reply = self._line(line)
            if reply is not None:
                yield reply
        if self._size + len(self._octets) > MAX_REPLY:
            raise MalformedReply("a reply without an end")

    def _line(self, line: bytes) -> Reply | None:
        match = _LINE.fullmatch(line)
        if match is None:
            raise MalformedReply(f"no reply: {line[:_SHOWN].decode('ascii', 'replace').strip()}")
        self._words.append((match[3] or b"").strip())
        self._size += len(line)
        if self._size > MAX_REPLY:
            raise MalformedReply("a reply without an end")
        if match[2] == b"-":
            return None
        words, self._words, self._size = self._words, [], 0
        return Reply(int(match[1]), b"\n".join(words).decode("utf-8", "surrogateescape"))
