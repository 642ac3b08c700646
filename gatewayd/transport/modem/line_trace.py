"""The AT trace: what goes over the line, in the journal, for a while, without numbers, texts and PINs.

In: bytes of both directions. Out: `modem.trace` lines while the setting `trace_until` lies ahead, but by no more than a
day: nobody forgets it for ever. What is masked, and how, is redact.at_line's.
"""

from datetime import datetime, timedelta
from typing import Final

from gatewayd.clock import Clock
from gatewayd.log import get_logger
from gatewayd.redact import at_line

_LONGEST: Final = timedelta(days=1)
_PROMPT: Final = b"> "


class LineTrace:
    def __init__(self, modem: str, until: datetime, clock: Clock) -> None:
        self._log = get_logger().bind(modem=modem)
        self._until, self._clock = until, clock
        self._heard = b""

    def sent(self, data: bytes) -> None:
        if self._is_on():
            text = data.decode("ascii", "replace")
            # What is no command is a PDU, or a piece of one.
            self._say(">", at_line(text) if text.startswith("AT") else f"<{len(data)} characters>")

    def heard(self, data: bytes) -> None:
        if not self._is_on():
            self._heard = b""
            return
        *lines, self._heard = (self._heard + data).split(b"\n")
        if self._heard == _PROMPT:
            lines, self._heard = [*lines, self._heard], b""
        for line in lines:
            if words := line.strip(b"\r\0 "):
                self._say("<", at_line(words.decode("ascii", "replace")))

    def _is_on(self) -> bool:
        return timedelta(0) < self._until - self._clock.now() <= _LONGEST

    def _say(self, way: str, words: str) -> None:
        self._log.info("modem.trace", way=way, line=words)
