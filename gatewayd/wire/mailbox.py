"""E-mail addresses: what people type in lists, and the one mailbox of a From field.

In: a cell or a header value. Out: a lower-case addr-spec, or a fault. Only what can be written without quoting is
taken: no quoted local part, route, group, comment or encoded-word in an address; ASCII, or a domain that IDNA
turns into ASCII. One pass over the text. Source: RFC 5322 §3.4, RFC 5321 §4.5.3.1.
"""

import re
from dataclasses import dataclass
from typing import Final

from gatewayd.wire.plaintext import one_line

_LONGEST: Final = 254
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_WORDS: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~. \t\x80-\U0010ffff-]*"
#: Words, and behind some of them a comment such as "(BAA)".
_PHRASE: Final = re.compile(rf"{_WORDS}(?:\({_WORDS}\){_WORDS})*")


@dataclass(frozen=True, slots=True)
class MailboxFault:
    """Why an address is refused: a "row.…" code of wire/faultcodes.py."""

    code: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name as it stood in the header (still encoded) and the address."""

    name: str
    address: str


def normalise(typed: str) -> str | MailboxFault:
    """The one address in a cell, in lower case; "Name <a@b>" and "mailto:a@b" are taken too."""
    cell = one_line(typed, 2 * _LONGEST).strip(" ,;'\"")
    if not any(char.isalnum() for char in cell):
        return MailboxFault("row.empty")
    if cell.endswith(">") and cell.count("<") == 1:
        cell = cell[cell.index("<") + 1 : -1].strip()
    if cell.lower().startswith("mailto:"):
        cell = cell[len("mailto:") :]
    if cell.count("@") > 1:
        return MailboxFault("row.two_addresses")
    address = addr_spec(cell)
    # A name without a dot is reachable from nowhere: somebody forgot the end.
    if not address or "." not in address.rpartition("@")[2]:
        return MailboxFault("row.not_email")
    return address


def addr_spec(text: str) -> str:
    """`text` in lower case if it is a plain addr-spec, else ''."""
    local, at, domain = text.rpartition("@")
    if not at or len(text) > _LONGEST or len(local) > 64 or "=?" in text or not _LOCAL.fullmatch(local):
        return ""
    domain = ascii_domain(domain)
    return f"{local.lower()}@{domain}" if domain else ""


def ascii_domain(domain: str) -> str:
    """`domain` in lower-case ASCII (IDNA), '' if it is none."""
    if not domain or len(domain) > 253:
        return ""
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    labels = domain.lower().split(".")
    return ".".join(labels) if all(_LABEL.fullmatch(label) for label in labels) else ""


def single_mailbox(value: str) -> Mailbox | None:
    """The one mailbox of an unfolded From value; None for a list, a group, a route or anything that is not clean."""
    value = value.strip()
    if not value.endswith(">"):
        address = addr_spec(value) if value.isascii() else ""
        return Mailbox("", address) if address else None
    phrase, _, inside = value[:-1].rpartition("<")
    address = addr_spec(inside) if inside.isascii() else ""
    name = _display(phrase.strip())
    return Mailbox(name, address) if address and name is not None else None


def _display(phrase: str) -> str | None:
    """The text of a display name: one quoted string, or words; None for anything else."""
    if len(phrase) >= 2 and phrase.startswith('"') and phrase.endswith('"'):
        return _unquoted(phrase[1:-1])
    return phrase if _PHRASE.fullmatch(phrase) else None


def _unquoted(text: str) -> str | None:
    pieces: list[str] = []
    is_escaped = False
    for char in text:
        if is_escaped:
            pieces.append(char)
            is_escaped = False
        elif char == "\\":
            is_escaped = True
        elif char == '"':
            return None
        else:
            pieces.append(char)
    return None if is_escaped else "".join(pieces)
