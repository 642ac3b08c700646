"""Semi-octets: two digits per octet, the first in the low nibble.

Digits beyond 9 are written * # a b c; F fills an odd place. Source: TS 23.040 §9.1.2.3.
"""

from typing import Final

DIGITS: Final = "0123456789*#abc"
_FILLER: Final = 0xF


def encode(digits: str) -> bytes:
    """Octets of `digits`. Raises ValueError for a sign that is no digit of DIGITS."""
    nibbles = [DIGITS.index(digit) for digit in digits]
    if len(nibbles) % 2:
        nibbles.append(_FILLER)
    return bytes([low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True)])


def decode(octets: bytes, count: int) -> str:
    """At most `count` digits, up to the first filler. What stands in the place beyond an odd count is not
    looked at: some centres leave garbage there."""
    nibbles = [nibble for octet in octets for nibble in (octet & 0xF, octet >> 4)][:count]
    if _FILLER in nibbles:
        nibbles = nibbles[: nibbles.index(_FILLER)]
    return "".join(DIGITS[nibble] for nibble in nibbles)


def swapped(octet: int) -> int | None:
    """The number 0–99 in one octet, None if a nibble is no decimal digit."""
    tens, ones = octet & 0xF, octet >> 4
    return tens * 10 + ones if tens <= 9 and ones <= 9 else None


def swap(number: int) -> int:
    """The octet of a number 0–99."""
    return number // 10 | number % 10 << 4
