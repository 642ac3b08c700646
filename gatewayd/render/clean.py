"""A whole view made harmless at once, so that no template, picture or table has to think of it.

In: a view or a delivery log. Out: the same type with every string shown in one line (safe.line), but the
message text, which keeps its lines (safe.block). Enums, numbers and times stay as they are.
"""

from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar, cast

from gatewayd.render import safe

T = TypeVar("T")
#: Fields that people fill with several lines.
_LONG: Final = frozenset({"text", "quoted"})


def cleaned(value: T) -> T:
    """`value`, a frozen dataclass, with all its strings cleaned, in what it holds too."""
    return cast(T, _cleaned(value, long=False))


def _cleaned(value: Any, *, long: bool) -> Any:
    # A StrEnum is a str as well, and must stay itself.
    if type(value) is str:
        return safe.block(value) if long else safe.line(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(item, long=long) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changes: dict[str, Any] = {}
        for field in fields(value):
            before = getattr(value, field.name)
            after = _cleaned(before, long=field.name in _LONG)
            if after is not before and after != before:
                changes[field.name] = after
        return replace(value, **changes) if changes else value
    return value
