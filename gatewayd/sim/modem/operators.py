"""The operators a simulated SIM may belong to: MCC-MNC, name on the air, balance code and wording of the reply.

The wordings follow replies seen in the field; {credit} is whole rupiah, {until} a date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Operator:
    network: str
    name: str
    code: str
    wording: str
    date_format: str = "%d/%m/%Y"

    def balance(self, credit: int, until: date) -> str:
        """The reply to the balance code."""
        return self.wording.format(credit=credit, until=until.strftime(self.date_format))


OPERATORS: Final[Mapping[str, Operator]] = MappingProxyType({
    "telkomsel": Operator("51010", "TELKOMSEL", "*888#", "Sisa pulsa Rp.{credit}.Aktif sd {until}. 1.Info Kartu"),
    "indosat": Operator("51001", "INDOSAT", "*555#", "PulsaUTAMA Rp.{credit}. Aktif {until}.", "%d.%m.%y"),
    "xl": Operator("51011", "XL", "*123#", "Pulsa {credit} s.d {until}. 1 Info Paket", "%d%b%y"),
})  # fmt: skip
