"""[[modems]]: one modem with its SIM."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field, field_validator, model_validator

from gatewayd.config.credit import CreditQuestion
from gatewayd.config.profile import AUTO, load_profile
from gatewayd.config.values import Address, Duration, Name, Secret, Section, spelt
from gatewayd.core.credit_recipes import Recipe, recipes_for
from gatewayd.errors import SettingsError

#: The first word of a message, in any case.
Keyword = Annotated[str, spelt(r"\w{1,20}", "one word of at most 20 letters and digits")]
RouteName = Literal["telkomsel", "indosat", "tri", "xl", "axis", "smartfren", "other"]


class Modem(Section):
    name: Name
    #: A path, or a pattern such as "/dev/serial/by-id/usb-HUAWEI*": the one that answers and fits is taken.
    port: Path = Path("/dev/serial/by-id/*")
    #: Only the modem with this serial number, only the SIM with this number; empty: any.
    imei: Annotated[str, spelt(r"(\d{15})?", "15 digits")] = ""
    imsi: Annotated[str, spelt(r"(\d{14,15})?", "14 or 15 digits")] = ""
    baud: Annotated[int, Field(ge=1200)] = 115200
    #: Name of a shipped profile, path of an own one, or "auto": by what the modem says of itself.
    profile: str = AUTO
    #: Run without a shell to cut and restore the modem's power, when nothing else brings it back.
    power_cycle: tuple[str, ...] = ()
    pin: Secret | None = None
    smsc: Annotated[str, spelt(r"(\+\d{5,15})?", 'a number such as "+62811000000"')] = ""
    operator: str = ""
    #: Rp per part.
    price_idr: Annotated[int, Field(ge=0)] = 0
    #: Rp per part to some operators, where it differs.
    prices: Mapping[RouteName, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    #: The operators whose numbers it sends to.
    carries: Annotated[tuple[RouteName, ...], Field(min_length=1)] = get_args(RouteName)
    #: Random pause between two parts of this SIM, least and most.
    pause: tuple[Duration, Duration] = (6.0, 15.0)
    parts_per_hour: Annotated[int, Field(ge=1)] | None = None
    parts_per_day: Annotated[int, Field(ge=1)] | None = 100
    #: How the balance is asked: true = as this operator is asked, false = never, or an own recipe.
    credit: CreditQuestion | bool = True
    #: The short form of an own recipe: its USSD code.
    credit_code: Annotated[str, spelt(r"[0-9*#]{0,20}", 'a code such as "*888#"')] = ""
    credit_every: Duration = 6 * 3600.0
    #: Below this balance the SIM pauses.
    credit_floor_idr: Annotated[int, Field(ge=0)] = 0
    #: A reading may be so far off the reckoned balance before the staff is told.
    credit_tolerance_idr: Annotated[int, Field(ge=0)] = 1000
    #: Warn when the active period ends within this time.
    active_warning: Duration = 14 * 86400.0
    signal_every: Duration = 60.0
    #: Silence on the line between a final result and the next command.
    command_gap: Duration = 0.02
    #: Network's word on a submit (at least 75 s: TS 24.011 §10 lets the network take 45 s).
    submit_timeout: Duration = 90.0
    status_reports: bool = True
    #: Who is mailed the messages that come in, and who instead where a message begins with one of these words.
    forward_to: tuple[Address, ...] = ()
    keywords: Mapping[Keyword, tuple[Address, ...]] = Field(default_factory=dict)
    #: How long the service centre tries.
    validity: Duration = 24 * 3600.0

    #: Until then, and for a day at most, the line's conversation is in the journal, without numbers, texts and PINs.
    trace_until: AwareDatetime | None = None

    @field_validator("profile")
    @classmethod
    def _known_profile(cls, given: str) -> str:
        try:
            if given != AUTO:
                load_profile(given)
        except SettingsError as error:
            raise ValueError(str(error)) from None
        return given

    @field_validator("pause")
    @classmethod
    def _least_first(cls, given: tuple[float, float]) -> tuple[float, float]:
        if given[0] > given[1]:
            raise ValueError("the least pause first, then the most")
        return given

    @model_validator(mode="after")
    def _one_recipe(self) -> "Modem":
        if self.credit_code and self.credit is not True:
            raise ValueError("credit_code: it is the short form of credit = {code = …}; give one of the two")
        return self

    def recipes(self, imsi: str, network: str) -> tuple[Recipe, ...]:
        """How the balance of the SIM with this IMSI, in that network, is asked, the likeliest first; never: none."""
        if self.credit_code:
            return (Recipe(self.credit_code),)
        match self.credit:
            case CreditQuestion() as own:
                return (own.recipe,)
            case True:
                return recipes_for(self.operator, imsi, network)
            case _:
                return ()
