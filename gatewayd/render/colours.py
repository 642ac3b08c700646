"""The colours of the results, in pages and pictures. Each is always beside its word."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.core.report import Result

COLOURS: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.DELIVERED: "#1f8a5b",
        Result.UNREPORTED: "#3f7fb5",
        Result.FAILED: "#c8413b",
        Result.IN_DOUBT: "#c9820a",
        Result.EXPIRED: "#8a5fb0",
        Result.CANCELLED: "#6b7785",
        Result.WAITING: "#7593b0",
        Result.REFUSED: "#52606d",
    }
)
