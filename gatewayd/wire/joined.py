"""The parts of an incoming message → its text.

Most senders cut between characters; some cut inside one: an escape and its partner, or a surrogate pair. There the
septets or octets of the parts are joined before they are read. Source: TS 23.040 §9.2.3.24.1.
"""

from collections.abc import Sequence
from typing import Final

from gatewayd.core.inbound import with_gaps
from gatewayd.wire import tpdu
from gatewayd.wire.tpdu.coding import Alphabet

_ESCAPE: Final = 0x1B


def joined(texts: Sequence[str | None], raws: Sequence[str | None]) -> str:
    """The text of parts in order; `raws` are their PDUs in hexadecimal. A missing part (None) leaves a mark."""
    whole = with_gaps(texts)
    if None in texts or len(texts) == 1:
        return whole
    parts = [tpdu.decode(raw or "") for raw in raws]
    delivers = [part for part in parts if isinstance(part, tpdu.Deliver)]
    if len(delivers) < len(parts) or len({part.alphabet for part in delivers}) != 1:
        return whole
    cut = [part for part in delivers[:-1] if _is_cut(part)]
    if not cut:
        return whole
    return tpdu.text_of(delivers[0].alphabet, b"".join(part.data for part in delivers), delivers[0].shift)


def _is_cut(part: tpdu.Deliver) -> bool:
    if part.alphabet is Alphabet.GSM7:
        return part.data.endswith(bytes([_ESCAPE]))
    return part.alphabet is Alphabet.UCS2 and len(part.data) >= 2 and 0xD8 <= part.data[-2] <= 0xDB
