"""What may be said of something that may hold a secret: pure text functions for the journal and for crashes.

`redact` is the net below log.mask: numbers of phones and addresses of people in words that came from elsewhere, such
as a mail server's refusal. `trace` tells where an exception came from and of which kinds it and its causes are, never
what they say: an exception's words hold the value that it stumbled over. `at_line` tells what went over the line of a
modem: commands, codes and lengths.
"""

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gatewayd.errors import GatewaydError

_ADDRESS: Final = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]*@(?=[A-Za-z0-9])")
#: As people and machines write Indonesian mobile numbers; separators may stand between the digits.
_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z_])(?:\+?62|0)[ .-]?8(?:[ .-]?[0-9]){7,12}(?![0-9A-Za-z_])")
_LAST: Final = 3
#: Commands and answers that are told but for their values. Anything else may be somebody's text.
_TOLD: Final = re.compile(
    r"AT(?:[EVQ][0-9]|[ZHI]|[+^*&][A-Z0-9=?,:;/<>+-]*)?|[+^*][A-Z0-9]+(?: ERROR)?:[A-Z0-9,:;/() -]*"
)
_QUOTED: Final = re.compile(r'"[^"]*"')
_LONG_DIGITS: Final = re.compile(r"[0-9*#]{5,}")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{6,}")
_WORDS: Final = frozenset({"OK", "ERROR", "RING", "NO CARRIER", "RDY", "Call Ready", "SMS Ready", "PB DONE"})


def redact(text: str) -> str:
    """`text` with the numbers and addresses of people masked, as log.mask does it."""
    # Most words hold neither, and every line of the journal passes here.
    without = _ADDRESS.sub(r"\1***@", text) if "@" in text else text
    return _NUMBER.sub(_masked, without) if "8" in without else without


def _masked(found: re.Match[str]) -> str:
    digits = "".join(char for char in found[0] if char.isdigit())
    national = f"0{digits[2:]}" if digits.startswith("62") else digits
    return f"{national[:4]}****{national[-_LAST:]}"


def trace(error: BaseException) -> str:
    """Kinds and places of `error` and of what is behind it, a line each."""
    return "\n".join(_trace(error, "", set()))


def _trace(error: BaseException, indent: str, seen: set[int]) -> Iterator[str]:
    if id(error) in seen:
        return
    seen.add(id(error))
    yield f"{indent}{type(error).__name__}{_words(error)}"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{indent}  {'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _trace(inner, indent + "  ", seen)
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None:
        yield f"{indent}after"
        yield from _trace(behind, indent, seen)


def _words(error: BaseException) -> str:
    """Ours are written for the journal; of the system's own the number tells enough."""
    if isinstance(error, GatewaydError):
        return f": {redact(str(error))}"
    if isinstance(error, ImportError):
        return f": {error.name}"
    return f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""


def at_line(line: str) -> str:
    """One line of a modem's conversation without its values."""
    line = line.strip("\r\n\x1a\x1b\0 ")
    if line in _WORDS:
        return line
    if _HEX.fullmatch(line):
        return f"<{len(line) // 2} octets>"
    if line.upper().startswith("AT+CPIN="):
        return "AT+CPIN=<PIN>"
    bare = _QUOTED.sub('"…"', line)
    if not _TOLD.fullmatch(bare.replace('"…"', "")):
        head = re.match(r"[+^*][A-Z0-9]+:|AT[+^*][A-Z0-9]+=?", line)
        return f"{head[0] if head else ''}<{len(line)} characters>"
    return _LONG_DIGITS.sub("…", _HEX.sub("<hex>", bare))
