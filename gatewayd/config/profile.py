"""A modem's profile: what differs between makes, as data. One small TOML file each, in config/profiles/.

In: the name of a shipped profile, or the path of an own file. Out: a frozen Profile; a fault in a file names its key,
like any fault of the settings. Invariant: `generic` is there and fits every modem that keeps to the standards.
Sources of the values: docs/modems.md.
"""

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from gatewayd.config.values import Duration, Section
from gatewayd.errors import SettingsError

AUTO: Final = "auto"
GENERIC: Final = "generic"
_FOLDER: Final = "profiles"

Command = Annotated[str, Field(pattern=r"^AT[ -~]+$", max_length=100)]
#: <mode>,<mt>,<bm>,<ds>,<bfr> of AT+CNMI (TS 27.005 §3.4.1), or the first ones.
Indications = Annotated[str, Field(pattern=r"^\d(,\d){1,4}$")]


class Profile(Section):
    #: Words of the answers to AT+CGMI and AT+CGMM by which "auto" knows the make, in small letters.
    known_by: tuple[str, ...] = ()
    #: Commands after the common ones; a refusal is ignored.
    init: tuple[Command, ...] = ()
    #: Where messages are kept, the best first; what the modem does not offer is left out.
    stores: tuple[Literal["SM", "ME", "MT"], ...] = ("SM", "ME", "MT")
    #: Settings of AT+CNMI, the best first; the first one that reads back is kept.
    indications: tuple[Indications, ...] = (
        "2,1,0,1,0", "2,1,0,2,0", "1,1,0,1,0", "1,1,0,2,0", "2,1,0,0,0", "1,1",
    )  # fmt: skip
    #: Silence between an answer and the next command, at least; the settings may ask for more.
    gap: Duration = 0.0
    #: Silence between the prompt and the PDU: some modems refuse right after their prompt.
    prompt_gap: Duration = 0.0
    #: The PDU in pieces of so many characters with `piece_gap` between them; 0: in one.
    piece: Annotated[int, Field(ge=0)] = 0
    piece_gap: Duration = 0.01
    #: AT+CMMS: 2 keeps the radio link up between messages; 0: not asked for.
    more_messages: Literal[0, 1, 2] = 0
    #: Encodings of a USSD code, the likeliest first.
    ussd: Annotated[tuple[Literal["plain", "hex7", "ucs2"], ...], Field(min_length=1)] = ("plain", "hex7", "ucs2")
    #: Whether AT+CFUN=0 and =1 bring the radio back; some modems do not come back from 0.
    radio_off: bool = True
    #: Commands that start the modem anew, the mildest first.
    reset: tuple[Command, ...] = ("AT+CFUN=1,1",)


def names() -> tuple[str, ...]:
    """The shipped profiles."""
    folder = resources.files("gatewayd.config") / _FOLDER
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def load_profile(name: str) -> Profile:
    """The profile of that name or path. Raises SettingsError: there is none, or its file has faults."""
    try:
        source = Path(name) if "/" in name else resources.files("gatewayd.config") / _FOLDER / f"{name}.toml"
        return Profile.model_validate(tomllib.loads(source.read_text(encoding="utf-8")))
    except FileNotFoundError:
        there_are = ", ".join((AUTO, *names()))
        raise SettingsError(f"no profile {name!r}; there are {there_are}, or the path of a file") from None
    except (OSError, ValueError) as error:
        faults = error.errors() if isinstance(error, ValidationError) else ()
        where = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        raise SettingsError(f"profile {name}: {where or error}") from None


def recognised(answers: str) -> str:
    """The name of the profile that knows the maker and model in `answers`; generic if none does."""
    said = answers.lower()
    known = [(word, name) for name in names() for word in load_profile(name).known_by if word in said]
    return max(known, key=lambda found: len(found[0]), default=("", GENERIC))[1]
