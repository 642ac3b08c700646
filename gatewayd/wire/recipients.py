"""Rows of a list → RecipientList: who may be sent to, who is refused and why, who stands there twice.

In: Rows (from a table, a form, a job or the command line), the channel and the country. Out: a RecipientList in
the order of the rows. Every row ends in exactly one of its three parts; of equal addresses the first is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gatewayd.core.model import Channel, Fault, Recipient, RecipientList, RefusedRow
from gatewayd.wire import formsheet, mailbox, phone
from gatewayd.wire.columns import rows_of
from gatewayd.wire.plaintext import one_line
from gatewayd.wire.tables import Table, tables_of

_QUOTE: Final = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list as typed: its number as a person counts, the number or address, a name, other columns."""

    number: int
    typed: str
    name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def build(rows: Iterable[Row], channel: Channel, country: str = "ID", foreign: bool = False) -> RecipientList:
    """The list that `rows` make. `country` and `foreign` as in phone.normalise."""
    kept: dict[str, Recipient] = {}
    refused: list[RefusedRow] = []
    duplicates: list[RefusedRow] = []
    for row in rows:
        found = _address(row.typed, channel, country, foreign)
        if not isinstance(found, str):
            refused.append(_refused(row, found.code))
        elif found in kept:
            duplicates.append(_refused(row, "row.duplicate"))
        else:
            kept[found] = Recipient(row.number, found, one_line(row.name), row.fields)
    return RecipientList(tuple(kept.values()), tuple(refused), tuple(duplicates))


def _address(
    typed: str, channel: Channel, country: str, foreign: bool
) -> str | phone.PhoneFault | mailbox.MailboxFault:
    if channel is Channel.EMAIL:
        return mailbox.normalise(typed)
    return phone.normalise(typed, country, foreign)


def _refused(row: Row, code: str) -> RefusedRow:
    return RefusedRow(row.number, one_line(row.typed, _QUOTE), code, one_line(row.name))


def join(lists: Iterable[RecipientList]) -> RecipientList:
    """Several lists as one; an address of an earlier list makes a later one a duplicate."""
    kept: dict[str, Recipient] = {}
    refused: list[RefusedRow] = []
    duplicates: list[RefusedRow] = []
    for one in lists:
        refused.extend(one.refused)
        duplicates.extend(one.duplicates)
        for who in one.recipients:
            if who.address in kept:
                duplicates.append(RefusedRow(who.row, who.address, "row.duplicate", who.name))
            else:
                kept[who.address] = who
    return RecipientList(tuple(kept.values()), tuple(refused), tuple(duplicates))


def read_table(
    data: bytes, name: str, channel: Channel, country: str = "ID", foreign: bool = False, max_rows: int = 20_000
) -> RecipientList | Fault:
    """The recipients in a CSV, XLSX or ODS file. `max_rows` valid recipients and one more are kept, so that the
    caller sees that there are too many. A Fault (path "attachment") names the file and what is wrong with it."""
    tables = tables_of(data)
    if isinstance(tables, str):
        return Fault("attachment", tables, one_line(name))
    return from_tables(tables, name, channel, country, foreign, max_rows)


def from_tables(
    tables: Sequence[Table], name: str, channel: Channel, country: str, foreign: bool, max_rows: int
) -> RecipientList | Fault:
    """The same of a file that is open already. Sheets that are the form hold no list, whatever they look like."""
    lists = [
        found
        for found in (rows_of(table, channel) for table in tables if not formsheet.is_form(table))
        if found is not None
    ]
    if not lists:
        return Fault("attachment", "list.no_column", one_line(name))
    # A sheet with a heading alone is one that nobody filled.
    filled = [found for found in lists if found] or lists[:1]
    if len(filled) > 1:
        return Fault("attachment", "list.several", one_line(name))
    return capped(build((Row(*cells) for cells in filled[0]), channel, country, foreign), max_rows)


def capped(found: RecipientList, most: int) -> RecipientList:
    """`found` with at most `most` + 1 recipients."""
    return RecipientList(found.recipients[: most + 1], found.refused, found.duplicates)
