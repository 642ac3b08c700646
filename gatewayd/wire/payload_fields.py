"""One JSON object being read field by field, with every fault and its path gathered on the way.

In: Members, the path of the object ("to[3]"), the names it may have. Out: values of the right type; where a
field is wrong or missing, an empty value and a Fault, so that the reader goes on and finds the next one.
Texts are checked for what no later stage can carry: lone surrogates, control characters.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gatewayd.core.model import Fault
from gatewayd.wire.payload_json import Members

_TYPED: Final = 200
#: RFC 3339 §5.6: date, time and zone, all three; "t" and "z" may be small, a space may stand for "T".
_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)\d{0,6}([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f\x80-\x9f\ud800-\udfff]")
_FORBIDDEN_IN_LINES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TextRule:
    """What a text may be. `longest` is in characters; `lines` lets line ends and tabs in."""

    longest: int
    required: bool = False
    lines: bool = False
    pattern: re.Pattern[str] | None = None
    code: str = "field.pattern"


class Fields:
    """The members of one object. Faults go to the list that all objects of a job share."""

    def __init__(self, members: Members, path: str, faults: list[Fault]) -> None:
        self._path, self._faults = path, faults
        self._values: dict[str, object] = {}
        for name, value in members.pairs:
            if name in self._values:
                self.fault(name, "field.duplicate")
            self._values.setdefault(name, value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def fault(self, name: str, code: str, typed: object = "") -> None:
        """Note a fault of the field `name`; the name itself may be anything a stranger typed."""
        self._faults.append(Fault(printable(self.path(name)), code, quoted(typed)))

    def only(self, known: Collection[str]) -> None:
        """Refuse every field that is not one of `known`."""
        for name in self._values:
            if name not in known:
                self.fault(name, "field.unknown")

    def value(self, name: str, *, required: bool = False) -> object:
        """The raw value; None if it is not there. An explicit null is a value of the wrong type everywhere."""
        if name not in self._values:
            if required:
                self.fault(name, "field.missing")
            return None
        value = self._values[name]
        if value is None:
            self.fault(name, "field.null")
        return value

    def text(self, name: str, rule: TextRule) -> str:
        """A text that keeps `rule`, or ''."""
        value = self.value(name, required=rule.required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault(name, "type.string", value)
            return ""
        code = _text_fault(value, rule)
        if code:
            self.fault(name, code, f"{len(value)} > {rule.longest}" if code == "field.length" else value)
            return ""
        return value

    def time(self, name: str, *, required: bool = False) -> datetime | None:
        """An instant in UTC."""
        value = self.value(name, required=required)
        if value is None:
            return None
        instant = _instant(value) if isinstance(value, str) else None
        if instant is None:
            self.fault(name, "time.invalid", value)
        return instant

    def choice(self, name: str, allowed: Collection[str], *, required: bool = False) -> str:
        """One of `allowed`, or ''. The fault's code is "<name>.value"."""
        value = self.value(name, required=required)
        if isinstance(value, str) and value in allowed:
            return value
        if value is not None:
            self.fault(name, f"{name}.value", value)
        return ""


def quoted(value: object) -> str:
    """What somebody typed, for a fault: cut, and free of lone surrogates. Only texts and numbers are quoted."""
    if isinstance(value, str):
        return printable(value)[:_TYPED]
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**20):
        return str(value)
    return ""


def printable(text: str) -> str:
    """`text` cut to what a fault needs, every character that has no place in a line replaced."""
    return _FORBIDDEN.sub("\ufffd", text[:_TYPED])


def _text_fault(text: str, rule: TextRule) -> str:
    """The code of what is wrong with a text, or ''."""
    if rule.required and not text.strip():
        return "field.empty"
    if len(text) > rule.longest:
        return "field.length"
    if (_FORBIDDEN_IN_LINES if rule.lines else _FORBIDDEN).search(text):
        return "field.characters"
    if rule.pattern is not None and text and rule.pattern.fullmatch(text) is None:
        return rule.code
    return ""


def _instant(text: str) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    zone = "+00:00" if match[3] in "Zz" else match[3]
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
