"""The colours of the results, in pages and pictures. Each is always beside its word.

Every one can be read as text on its ground: a contrast of 4.5 at least (WCAG 2.1 §1.4.3; a test measures it).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.core.report import Result

#: On white and on light grey.
COLOURS: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.DELIVERED: "#1a7a4f",
        Result.UNREPORTED: "#2f6fa6",
        Result.FAILED: "#bd3832",
        Result.IN_DOUBT: "#8f5d00",
        Result.EXPIRED: "#7c50a3",
        Result.CANCELLED: "#5f6b79",
        Result.WAITING: "#51708f",
        Result.REFUSED: "#52606d",
        Result.OPTED_OUT: "#6d5f52",
    }
)
#: On the dark sheet of a page.
DARK_COLOURS: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.DELIVERED: "#63c997",
        Result.UNREPORTED: "#7db8e8",
        Result.FAILED: "#f28b82",
        Result.IN_DOUBT: "#e8b04a",
        Result.EXPIRED: "#c3a0e6",
        Result.CANCELLED: "#aab4bf",
        Result.WAITING: "#9db8d2",
        Result.REFUSED: "#aab4bf",
        Result.OPTED_OUT: "#c7b7a6",
    }
)
