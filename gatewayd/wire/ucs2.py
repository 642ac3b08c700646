"""UCS-2 text as phones really use it: UTF-16, big end first, with surrogate pairs for emoji.

Sizes are counted in units of two octets. Decoding never raises: a lone surrogate becomes U+FFFD (so that
the text can be stored as UTF-8), an odd last octet is dropped. Source: TS 23.038 §6.2.3.
"""


def encode(text: str) -> bytes:
    """Two octets per unit. Lone surrogates in `text` go out as they are."""
    return text.encode("utf-16-be", "surrogatepass")


def decode(octets: bytes) -> str:
    """The text of the whole units in `octets`."""
    return octets[: len(octets) & ~1].decode("utf-16-be", "replace")


def units(text: str) -> int:
    """UTF-16 units of `text`: 1 for a character of the basic plane, 2 for others."""
    return len(text) + sum(char > "\uffff" for char in text)
