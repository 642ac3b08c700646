"""How each Indonesian operator is asked for the balance of a SIM, as data.

In: what is known of the SIM: the operator's name of the settings, its IMSI, the name or number of the network. Out: the
recipes to try, the likeliest first; none for an operator that answers in its own app only (by.U) or is not known.
Invariant: a menu is answered only where a recipe names the answer. No shipped recipe does: what stands behind a number
changes with every campaign, and a wrong one buys something.

Sources: codes seen in the field (context.md §2.1); MCC-MNC of ITU-T E.212 (510 is Indonesia). The senders of AXIS and
XL are assumed to be their brands, as those of the others are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

UssdStyle = Literal["plain", "hex7", "ucs2"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to ask. `code` is a USSD code, or the text of an SMS to the short number `to`. `follow` answers menus in
    turn: digits as they stand, words by the number of the one line that has them. `by` is how the answer comes; an SMS
    counts only from `senders`. `styles` are the encodings of the code to try; none: those of the modem's profile."""

    code: str
    follow: tuple[str, ...] = ()
    to: str = ""
    by: Literal["ussd", "sms"] = "ussd"
    senders: tuple[str, ...] = ()
    styles: tuple[UssdStyle, ...] = ()

    def comes_from(self, sender: str) -> bool:
        """Whether an SMS of `sender` may carry the answer."""
        return _plain(sender) in map(_plain, self.senders)


RECIPES: Final[Mapping[str, tuple[Recipe, ...]]] = MappingProxyType(
    {
        "telkomsel": (Recipe("*888#", senders=("Telkomsel", "888")),),
        "indosat": (Recipe("*555#", senders=("INDOSAT",)), Recipe("*123#", senders=("INDOSAT",))),
        "tri": (Recipe("*111*1#", senders=("3",)),),
        "xl": (Recipe("*123#", senders=("XL",)),),
        "axis": (Recipe("*888#", senders=("AXIS",)), Recipe("*123#", senders=("AXIS",))),
        "smartfren": (Recipe("CEK", to="999", by="sms", senders=("999", "SMARTFREN")),),
    }
)
#: Balance in the operator's app only.
_APP_ONLY: Final = "by.u"
_NETWORKS: Final = {
    "51010": "telkomsel", "51001": "indosat", "51021": "indosat", "51011": "xl", "51008": "axis", "51089": "tri",
    "51009": "smartfren", "51028": "smartfren",
}  # fmt: skip
_NAMES: Final = {
    "telkomsel": "telkomsel", "simpati": "telkomsel", "tsel": "telkomsel", "indosat": "indosat", "isat": "indosat",
    "im3": "indosat", "tri": "tri", "3": "tri", "three": "tri", "xl": "xl", "excelcom": "xl", "axis": "axis",
    "smartfren": "smartfren", "byu": _APP_ONLY,
}  # fmt: skip


def recipes_for(operator: str, imsi: str, network: str) -> tuple[Recipe, ...]:
    """What to try for a SIM: `operator` of the settings, else by its IMSI, else by the network it is in."""
    name = _named(operator) or _NETWORKS.get(imsi[:5], "") or _NETWORKS.get(network) or _named(network)
    return RECIPES.get(name, ())


def _named(text: str) -> str:
    """The operator in a name such as "IND TELKOMSEL", "by.U" or "3"; '' if there is none."""
    words = re.findall(r"[a-z0-9]+", text.casefold().replace(".", ""))
    return next((_NAMES[word] for word in words if word in _NAMES), "")


def _plain(sender: str) -> str:
    return sender.strip().lstrip("+").casefold()
