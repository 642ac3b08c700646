"""Which Indonesian operator a mobile number belongs to, by its prefix.

In: a number in E.164. Out: a stable lower-case name, or '' for anything the table does not know. Numbers
are not ported between operators in Indonesia, so the prefix is dependable. by.U is counted as Telkomsel,
whose network and tariff it uses; XL, AXIS and Smartfren are one company but three networks of prices.

Source: the carrier data of libphonenumber 9.0.43, arranged by hand.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_PREFIXES: Final = {
    "telkomsel": "811 812 813 821 822 823 851 852 853",
    "indosat": "814 815 816 855 856 857 858",
    "tri": "895 896 897 898 899",
    "xl": "817 818 819 859 877 878 879",
    "axis": "831 832 833 838",
    "smartfren": "881 882 883 887 888 889",
}
_COUNTRY: Final = "+62"

#: Every operator name that `operator_of` may give, in the order of their size.
OPERATORS: Final = tuple(_PREFIXES)

_BY_PREFIX: Final[Mapping[str, str]] = MappingProxyType(
    {prefix: name for name, prefixes in _PREFIXES.items() for prefix in prefixes.split()}
)


def operator_of(e164: str) -> str:
    """The operator of a number such as "+62812…"; '' if it is foreign, not mobile, or unassigned."""
    if not e164.startswith(_COUNTRY):
        return ""
    return _BY_PREFIX.get(e164[3:6], "")
