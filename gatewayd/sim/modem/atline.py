"""One AT command line: text → commands. Basic commands stand side by side, extended ones end with ";".

In: what stands behind "AT". Out: the commands in order, or None for a line that is no command line.
Source: V.250 §5.2–5.4.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_BASIC: Final = re.compile(r"[&\\%]?[A-Z](?P<value>\d*)(?:=\d*|\?)?", re.ASCII)
_EXTENDED: Final = re.compile(
    r"(?P<name>[+^*#$][A-Z][A-Z0-9]*)(?P<rest>(?:\"[^\"]*\"?|[^;\"])*)(?:;|$)", re.ASCII | re.IGNORECASE
)
_PARAMETER: Final = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^,"]*))\s*(?:,|$)')


class Form(StrEnum):
    EXECUTE = ""
    READ = "?"
    TEST = "=?"
    SET = "="


@dataclass(frozen=True, slots=True)
class Command:
    """`name` is in capitals ("E", "&F", "+CMGS"); `value` is what follows "=", or the digits of a basic one."""

    name: str
    form: Form = Form.EXECUTE
    value: str = ""

    @property
    def text(self) -> str:
        """The command as profiles and faults name it, e.g. "+CNMI=?"."""
        return f"{self.name}{self.form}{self.value}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The values between the commas, without their quotes; an omitted one is ''."""
        return parameters(self.value)


def parse(line: str) -> tuple[Command, ...] | None:
    """The commands of `line` (without "AT" and the line end)."""
    commands: list[Command] = []
    at = 0
    line = line.strip()
    while at < len(line):
        if line[at] in " ;":
            at += 1
            continue
        found = _EXTENDED.match(line, at)
        if found:
            commands.append(_extended(found["name"].upper(), found["rest"].strip()))
        else:
            found = _BASIC.match(line.upper(), at)
            if found is None:
                return None
            commands.append(_basic(found[0], found["value"]))
        at = found.end()
    return tuple(commands)


def parameters(value: str) -> tuple[str, ...]:
    """`1,"SM",,2` → ("1", "SM", "", "2")."""
    found: list[str] = []
    at = 0
    while at < len(value):
        match = _PARAMETER.match(value, at)
        if match is None:
            return (value,)
        found.append((match["quoted"] if match["quoted"] is not None else match["bare"]).strip())
        at = match.end()
    return tuple(found)


def _basic(text: str, value: str) -> Command:
    name = text.rstrip("0123456789") if value and text.endswith(value) else text
    return Command(name, Form.EXECUTE, value)


def _extended(name: str, rest: str) -> Command:
    for form in (Form.TEST, Form.READ):
        if rest == form:
            return Command(name, form)
    if rest.startswith("="):
        return Command(name, Form.SET, rest[1:].strip())
    return Command(name, Form.EXECUTE, rest)
