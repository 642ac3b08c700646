"""[modems.credit]: how the balance of a SIM is asked where the operator's own recipe does not fit."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gatewayd.config.values import Section, spelt
from gatewayd.core.credit_recipes import Recipe, UssdStyle


class CreditQuestion(Section):
    #: A USSD code; with `to`, the text of the SMS that asks.
    code: Annotated[str, Field(min_length=1, max_length=160)]
    #: Answers to menus in turn: digits as they stand, or words of the line to choose.
    follow: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = ()
    #: Short number that is asked by SMS; empty: by USSD.
    to: Annotated[str, spelt(r"(\+?\d{2,15})?", "a number of digits")] = ""
    #: How the answer comes.
    by: Literal["ussd", "sms"] = "ussd"
    #: Who sends the SMS with the answer; empty: `to`.
    sender: tuple[str, ...] = ()
    #: How the code is written to the modem, the likeliest first; empty: by the profile.
    encodings: tuple[UssdStyle, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "CreditQuestion":
        if self.to and self.by == "ussd":
            raise ValueError('by: a question by SMS is answered by SMS: write by = "sms"')
        if self.by == "sms" and not (self.sender or self.to):
            raise ValueError('sender: needed with by = "sms"; an SMS of anybody else is not believed')
        if not self.to and not _is_ussd_code(self.code):
            raise ValueError('code: 1 to 20 digits, * and #, such as "*888#"; the text of an SMS needs `to`')
        return self

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            self.code, self.follow, self.to, self.by, self.sender or ((self.to,) if self.to else ()), self.encodings
        )


def _is_ussd_code(code: str) -> bool:
    return len(code) <= 20 and not code.strip("0123456789*#")
