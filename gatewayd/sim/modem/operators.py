"""The operators a simulated SIM may belong to: MCC-MNC, name on the air, what they answer to codes and to SMS.

The wordings are our own, in the manner of replies seen in the field. {credit} is whole rupiah, {dotted} the same
with points, {until} the last active day and {grace} the last day after it on which the SIM still receives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

_GRACE: Final = timedelta(days=30)
_MOMENT: Final = "Permintaan Anda sedang diproses. Tunggu SMS dari kami."


@dataclass(frozen=True, slots=True)
class Screen:
    """What one USSD code shows. `choices` are the screens behind a menu; `sms` comes by message afterwards."""

    wording: str
    choices: Mapping[str, "Screen"] = field(default_factory=dict)
    sms: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """`services` are what a word sent to a number of the operator's own brings back, by SMS and free of charge,
    by (number, word in capitals); `sender` is who signs messages that a code brings."""

    network: str
    name: str
    screens: Mapping[str, Screen] = field(default_factory=dict)
    services: Mapping[tuple[str, str], str] = field(default_factory=dict)
    sender: str = ""
    date_format: str = "%d/%m/%Y"

    def filled(self, wording: str, credit: int, until: date) -> str:
        """`wording` with the figures of the SIM."""
        return wording.format(
            credit=credit, dotted=f"{credit:,}".replace(",", "."), until=until.strftime(self.date_format),
            grace=(until + _GRACE).strftime(self.date_format),
        )  # fmt: skip

    def is_service(self, number: str) -> bool:
        return any(number == known for known, _ in self.services)


OPERATORS: Final[Mapping[str, Operator]] = MappingProxyType({
    "telkomsel": Operator(
        network="51010", name="TELKOMSEL", sender="TELKOMSEL",
        screens={
            "*888#": Screen("Sisa pulsa Rp.{credit}.Aktif sd {until}. 1.Info Kartu"),
            "*889#": Screen("Sisa Kuota Internet Anda 2.5 GB. Berlaku s/d {until}.\n0. Home"),
        },
    ),
    "byu": Operator(
        network="51010", name="by.U",
        screens={"*888#": Screen("Maaf, layanan ini hanya tersedia di aplikasi by.U.")},
    ),
    "indosat": Operator(
        network="51001", name="INDOSAT", sender="INDOSAT", date_format="%d.%m.%y",
        screens={
            "*555#": Screen("PulsaUTAMA Rp.{credit}. Aktif {until}."),
            "*123#": Screen(_MOMENT, sms="Pulsa Anda Rp {dotted}. Aktif {until}, Tenggang {grace}."),
        },
    ),
    "tri": Operator(
        network="51089", name="3", date_format="%d-%m-%Y",
        screens={
            "*111*1#": Screen("Pulsa Rp{dotted}, aktif s/d {until}. Bonus SMS 0"),
            "*111#": Screen(
                "Tri\n1.Cek Pulsa\n2.Beli Paket\n3.Transfer Pulsa",
                choices={"1": Screen("Pulsa Rp{dotted}, aktif s/d {until}.")},
            ),
        },
    ),
    "xl": Operator(
        network="51011", name="XL", date_format="%d%b%y",
        screens={"*123#": Screen("Pulsa {credit} s.d {until}. 1 Info Paket")},
    ),
    "axis": Operator(
        network="51008", name="AXIS", date_format="%d-%m-%Y",
        screens={"*888#": Screen("AXIS: Sisa pulsa Rp {dotted}. Masa aktif {until}, masa tenggang {grace}.")},
    ),
    "smartfren": Operator(
        network="51009", name="smartfren", date_format="%d-%b-%Y",
        services={("999", "CEK"): "Sisa pulsa Anda Rp.{dotted} berlaku s/d {until}. Bonus: 0 SMS."},
    ),
})  # fmt: skip
