"""Aware UTC datetimes ↔ the store's INTEGER milliseconds. None stays None."""

from datetime import UTC, datetime, timedelta
from typing import Final, overload

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


@overload
def to_ms(at: datetime) -> int: ...
@overload
def to_ms(at: None) -> None: ...
def to_ms(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MS


@overload
def from_ms(ms: int) -> datetime: ...
@overload
def from_ms(ms: None) -> None: ...
def from_ms(ms: int | None) -> datetime | None:
    return None if ms is None else _EPOCH + ms * _MS
