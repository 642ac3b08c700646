"""GSM 7 bit text: characters ↔ septets, and septets ↔ packed octets.

A septet string is `bytes` with one septet (0–0x7F) per byte; a character of the extension table is two
of them, ESC (0x1B) and its partner. A `Shift` names the national tables of a text; without one the default
alphabet and its extension hold. Packing puts septets little end first into octets; `fill_bits` zero bits
come before the first one (text behind a user data header starts on a septet boundary).

Invariants: `decode(encode(t, s), s) == t` for every text that encodes; `unpack(pack(s, f), len(s), f) == s`.
Decoding never raises. Source: TS 23.038 §6.1.2.1, §6.2.1; TS 23.040 §9.2.3.24 (fill bits).
"""

from typing import Final

from gatewayd.wire.gsm7_tables import DEFAULT, ENCODE, ESCAPE, EXTENSION, LOCKING, NO_SHIFT, SINGLE, Shift, encoding

#: What a phone shows for an escape it cannot resolve (TS 23.038 §6.2.1, note 1).
_LOST_ESCAPE: Final = " "


def encode(text: str, shift: Shift = NO_SHIFT) -> bytes | None:
    """The septets of `text`, or None if a character is in neither of the two tables."""
    codes = encoding(shift)
    try:
        return b"".join([codes[char] for char in text])
    except KeyError:
        return None


def cost(char: str, shift: Shift = NO_SHIFT) -> int:
    """Septets that `char` takes: 1, 2 (behind an escape), or 0 if it is outside."""
    return len(encoding(shift).get(char, b""))


def first_outside(text: str) -> str:
    """The first character that plain GSM 7 bit cannot carry, '' when the whole text fits."""
    return next((char for char in text if char not in ENCODE), "")


def decode(septets: bytes, shift: Shift = NO_SHIFT) -> str:
    """The text of `septets`. A language that is not known means the default table. A partner of ESC that the
    table lacks is read from the main table; a lone or doubled ESC becomes a space, an empty place U+FFFD.
    Never raises."""
    table = LOCKING.get(shift.locking, DEFAULT)
    shifted = SINGLE.get(shift.single, EXTENSION)
    chars: list[str] = []
    escaped = False
    for septet in septets:
        if escaped:
            chars.append(_LOST_ESCAPE if septet == ESCAPE else shifted.get(septet, table[septet & 0x7F]))
            escaped = False
        elif septet == ESCAPE:
            escaped = True
        else:
            chars.append(table[septet & 0x7F])
    if escaped:
        chars.append(_LOST_ESCAPE)
    return "".join(chars)


def pack(septets: bytes, fill_bits: int = 0) -> bytes:
    """Octets that hold `fill_bits` (0–6) zero bits and then the septets; unused high bits are zero.

    Raises ValueError for a septet above 0x7F."""
    if septets and max(septets) > 0x7F:
        raise ValueError("a septet has seven bits")
    bits = 0
    for septet in reversed(septets):
        bits = bits << 7 | septet
    return (bits << fill_bits).to_bytes((fill_bits + 7 * len(septets) + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill_bits: int = 0) -> bytes:
    """The first `count` septets behind `fill_bits` bits; fewer if the octets hold fewer."""
    held = max(0, (8 * len(octets) - fill_bits) // 7)
    bits = int.from_bytes(octets, "little") >> fill_bits
    return bytes([bits >> 7 * place & 0x7F for place in range(min(count, held))])
