"""JSON of the values that cross from a sandbox child to the parent, and back with every shape checked.

Out of the child: plain dicts and lists. In the parent: `*_from` functions that take `object` and raise NotAsAgreed
(a ValueError) for a wrong type, an unknown word, or more or longer values than the reader makes.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from gatewayd.core.model import Fault, Recipient, RecipientList, RefusedRow

_T = TypeVar("_T")

#: Far above what the readers make; a child gone wrong must not fill the parent's memory.
MOST_ITEMS: Final = 250_000
LONGEST: Final = 250_000


class NotAsAgreed(ValueError):
    """A child's answer has not the agreed shape."""


def loads(data: bytes) -> object:
    """The JSON value in `data`. Raises NotAsAgreed."""
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAsAgreed("the answer is not JSON") from error
    return value


def mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise NotAsAgreed("an object was expected")
    return value


def fields_of(value: object, *names: str) -> list[object]:
    """The values of exactly these members, in this order."""
    given = mapping(value)
    if set(given) != set(names):
        raise NotAsAgreed(f"members {sorted(given)[:20]} instead of {sorted(names)}")
    return [given[name] for name in names]


def text(value: object, longest: int = 4000) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise NotAsAgreed("a text was expected")
    return value


def word(value: object, words: tuple[_T, ...]) -> _T:
    """`value` if it is one of `words`."""
    for one in words:
        if value == one and isinstance(value, str):
            return one
    raise NotAsAgreed("an unknown word")


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise NotAsAgreed("true or false was expected")
    return value


def number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise NotAsAgreed("a number was expected")
    return value


def items(value: object, read: Callable[[object], _T], most: int = MOST_ITEMS) -> tuple[_T, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise NotAsAgreed("a list was expected")
    return tuple(read(one) for one in value)


def texts(value: object, most: int = 1000) -> tuple[str, ...]:
    return items(value, text, most)


def fault_json(fault: Fault) -> list[str]:
    return [fault.path, fault.code, fault.typed]


def fault_from(value: object) -> Fault:
    path, code, typed = _strings(value, 3)
    return Fault(path, code, typed)


def _strings(value: object, count: int) -> tuple[str, ...]:
    given = texts(value, count)
    if len(given) != count:
        raise NotAsAgreed(f"{count} texts were expected")
    return given


def list_json(found: RecipientList) -> dict[str, object]:
    return {
        "recipients": [[who.row, who.address, who.name, dict(who.fields)] for who in found.recipients],
        "refused": [_row_json(row) for row in found.refused],
        "duplicates": [_row_json(row) for row in found.duplicates],
    }


def list_from(value: object) -> RecipientList:
    recipients, refused, duplicates = fields_of(value, "recipients", "refused", "duplicates")
    return RecipientList(items(recipients, _recipient), items(refused, _row), items(duplicates, _row))


def _row_json(row: RefusedRow) -> list[object]:
    return [row.row, row.typed, row.code, row.name]


def _row(value: object) -> RefusedRow:
    match value:
        case [row, typed, code, name]:
            return RefusedRow(number(row), text(typed), text(code, 40), text(name))
        case _:
            raise NotAsAgreed("a refused row was expected")


def _recipient(value: object) -> Recipient:
    match value:
        case [row, address, name, dict() as columns]:
            return Recipient(number(row), text(address, 254), text(name), _columns(columns))
        case _:
            raise NotAsAgreed("a recipient was expected")


def _columns(value: Mapping[object, object]) -> dict[str, str]:
    if len(value) > 200:
        raise NotAsAgreed("too many columns")
    return {text(key, 100): text(cell) for key, cell in value.items()}
