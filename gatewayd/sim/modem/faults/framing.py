"""How lines become bytes: line ends, spaces, the words of errors, and lines that come in pieces."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.session import in_words
from gatewayd.sim.modem.values import Chunks

_HEAD: Final = re.compile(rb"(?<=\n)([+^][A-Z]+:) ")
_ERROR: Final = re.compile(rb"\+CM([ES]) ERROR: ?(\d+)")
#: A header of the modem's own accord that a PDU follows.
_TWO_LINES: Final = re.compile(rb"\+(?:CMT|CDS|CBM):[^\r\n]*\r\n")


def _rewritten(change: Callable[[Given, bytes], bytes]) -> Hook:
    """All that leaves, rewritten by `change`; what it leaves alone is no opportunity."""

    def line(given: Given, chunks: Chunks) -> Chunks | None:
        parts = tuple(change(given, part) for part in chunks.parts)
        return replace(chunks, parts=parts) if parts != chunks.parts else None

    return Hook(line=line)


def _ended_with(end: bytes) -> Hook:
    return _rewritten(lambda _, data: data.replace(b"\r\n", end))


def _without_space(_: Given, data: bytes) -> bytes:
    return _HEAD.sub(rb"\1", data)


def _in_words(_: Given, data: bytes) -> bytes:
    return _ERROR.sub(_worded, data)


def _worded(error: re.Match[bytes]) -> bytes:
    kind = f"CM{error[1].decode()}"
    return f"+{kind} ERROR: {in_words(kind, int(error[2]))}".encode()


def _without_code(_: Given, data: bytes) -> bytes:
    return _ERROR.sub(rb"+CM\1 ERROR: ", data)


def _in_two(given: Given, chunks: Chunks) -> Chunks | None:
    data = b"".join(chunks.parts)
    found = _TWO_LINES.search(data)
    if found is None:
        return None
    return replace(chunks, parts=(data[: found.end()], data[found.end() :]), gap_s=given.number(300) / 1000)


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "lf_only": Kind("lines end with LF alone", _ended_with(b"\n")),
    "cr_cr_lf": Kind("lines end with CR CR LF", _ended_with(b"\r\r\n")),
    "double_crlf": Kind("each line end comes twice", _ended_with(b"\r\n\r\n")),
    "no_space_after_colon": Kind("no space follows the colon behind a name", _rewritten(_without_space)),
    "textual_errors": Kind("errors come in words, whatever AT+CMEE says", _rewritten(_in_words)),
    "empty_error_code": Kind("errors come without their code", _rewritten(_without_code)),
    "multiline_urc_split": Kind(
        "the PDU of +CMT or +CDS comes so long after its header", Hook(line=_in_two), "ms [300]"),
})  # fmt: skip
