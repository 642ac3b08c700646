"""Strict JSON: bytes of a job → the members of one object, or the one fault that keeps it from being read.

In: at most MAX_BYTES, checked before anything is decoded. Out: `Members`, which keeps repeated names, so that the
reader can refuse them with their path. Refused here: other encodings than UTF-8, NaN and Infinity, nesting
deeper than MAX_DEPTH, anything after the value. Source: RFC 8259; reference/reliability §3.
"""

import json
import re
from dataclasses import dataclass
from typing import Final, NoReturn

from gatewayd.core.model import Fault

MAX_BYTES: Final = 64 * 1024
#: A job needs four levels: job, to, recipient, vars.
MAX_DEPTH: Final = 8
#: A whole string (or one that never ends), or a bracket; a string is one token, so brackets inside it do not count.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Members:
    """A JSON object as it was written: its members in order, repeated names included."""

    pairs: tuple[tuple[str, object], ...]


def decode(payload: bytes) -> Members | Fault:
    """The object in `payload`."""
    if len(payload) > MAX_BYTES:
        return Fault("", "payload.too_big", str(MAX_BYTES))
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return Fault("", "payload.encoding", f"byte {error.start}")
    if _depth(text) > MAX_DEPTH:
        return Fault("", "json.depth", str(MAX_DEPTH))
    try:
        value: object = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return Fault("", "json.invalid", f"{error.msg}, line {error.lineno} column {error.colno}")
    except ValueError:
        # NaN and Infinity, and integers with more digits than Python converts.
        return Fault("", "json.number")
    return value if isinstance(value, Members) else Fault("", "json.not_object")


def _members(pairs: list[tuple[str, object]]) -> Members:
    return Members(tuple(pairs))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _depth(text: str) -> int:
    """The deepest nesting of `text`, read before the decoder recurses into it."""
    depth = deepest = 0
    for match in _TOKEN.finditer(text):
        if match[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "]}":
            depth -= 1
    return deepest
