"""Values of the settings file that TOML has no type for: durations, times of day, sizes, secrets, time zones.

A duration is written "90s", "15m", "24h", "7d" or a number of seconds, and becomes seconds (float).
A secret is never in the file: {credential = "NAME"} names a file in $CREDENTIALS_DIRECTORY (systemd's
LoadCredential), {file = "PATH"} names a file. It is read when it is used, so that a rotated one is seen.
"""

import os
import re
from datetime import time
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from gatewayd.errors import SettingsError

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
#: With seconds where the settings were written by `model_dump`.
_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3])[:.]([0-5]\d)(?::00)?")


def _duration(given: object) -> object:
    if isinstance(given, bool):
        raise ValueError('a duration such as "90s", "15m", "24h" or "7d"')
    if isinstance(given, int | float):
        return float(given)
    match = _DURATION.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        raise ValueError('a duration such as "90s", "15m", "24h" or "7d"')
    return float(match[1]) * _UNITS[match[2]]


def _time_of_day(given: object) -> object:
    match = _TIME_OF_DAY.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        raise ValueError('a time of day such as "08:00"')
    return time(int(match[1]), int(match[2]))


def _zone(given: object) -> object:
    if not isinstance(given, str):
        raise ValueError('a time zone such as "Asia/Jakarta"')
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('a time zone such as "Asia/Jakarta"') from None
    return given


def spelt(pattern: str, words: str) -> AfterValidator:
    """A text that `pattern` matches as a whole; another one is told what it should be."""
    compiled = re.compile(pattern)

    def check(given: str) -> str:
        if compiled.fullmatch(given) is None:
            raise ValueError(words)
        return given

    return AfterValidator(check)


#: What a person calls a modem, a client or a person in the settings.
Name = Annotated[str, spelt(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "a name of letters, digits, '.', '_' and '-'")]
#: An addr-spec in ASCII.
Address = Annotated[
    str, spelt(r"(?=.{3,254}$)[^\s@<>,;:\"()\[\]]+@[A-Za-z0-9.-]+", 'an address such as "nama@kampus.example"')
]
#: Seconds.
Duration = Annotated[float, BeforeValidator(_duration)]
#: Local time of day.
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
#: Name of an IANA time zone.
Zone = Annotated[str, BeforeValidator(_zone)]


class Section(BaseModel):
    """Base of every section: frozen, an unknown key is a fault, no value is printed in a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)


class Secret(Section):
    """Where a secret lies; `read` fetches it."""

    credential: str = ""
    file: Path | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Secret":
        if bool(self.credential) == (self.file is not None):
            raise ValueError('either {credential = "NAME"} or {file = "PATH"}')
        return self

    @property
    def path(self) -> Path:
        if self.file is not None:
            return self.file
        return Path(os.environ.get("CREDENTIALS_DIRECTORY", "/run/credentials/gatewayd.service")) / self.credential

    def read(self) -> str:
        """The secret without the line end. Raises SettingsError when the file cannot be read or holds nothing."""
        try:
            secret = self.path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise SettingsError(f"secret {self.path}: {reason}") from error
        if not secret:
            raise SettingsError(f"secret {self.path}: the file is empty")
        return secret
