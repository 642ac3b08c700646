# ruff: noqa: E501 - the patterns are lists of phrases
"""The words of mail servers that write bounces in their own way: qmail, Exim, old Exchange and sendmail, big providers.

Patterns and two small readers; what follows from them is in wire/bounce.py. All matching is done on text of bounded
length.
"""

import re
from typing import Final

#: Characters of a bounce's text that are looked at.
MOST: Final = 20_000
ENHANCED: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_REPLY: Final = re.compile(r"(?<![\d.#-])([45])(\d\d)(?=[ -])(?! ?(?:bytes|KB|MB|hours|messages))")
SERVER: Final = re.compile(r"(?:mailer-daemon|postmaster|mail-?daemon|bounces?|mmdf)(?:[+-].*)?@", re.I)
#: Where the returned mail begins.
_RETURNED: Final = re.compile(
    r"^\W*(?:below this line is a copy|this is a copy of (?:the|your) message|original message|the headers of the original"
    r"|returned message|undelivered message|the original message was received)\b.*",
    re.I | re.M,
)
UNKNOWN: Final = re.compile(
    r"user (?:is )?unknown|unknown (?:user|recipient|address)|no such (?:user|mailbox|recipient|person|address)|no mailbox here"
    r"|recipient (?:address )?(?:rejected: )?(?:not found|unknown)|user (?:does ?n[o']t|not) (?:exist|found)|does not exist"
    r"|invalid (?:recipient|mailbox|user)|address not found|mailbox (?:unavailable|not found)|(?:account|mailbox|user) (?:is |has been )?"
    r"(?:disabled|inactive|closed|suspended)|(?:domain|host) (?:name )?(?:could ?n[o']t be found|not found|unknown)|unrouteable"
    r"|couldn't find any host|resolvererror|recipnotfound|tidak (?:ditemukan|dikenal|terdaftar)",
    re.I,
)
FULL: Final = re.compile(
    r"mailbox (?:is |was )?(?:over )?(?:full|quota)|over ?quota|out of storage|quota exceeded|exceed\w* (?:the |its )?(?:storage|quota|mailbox)"
    r"|storage (?:limit|quota)|not enough (?:disk )?space|kotak (?:surat|masuk) penuh",
    re.I,
)  # fmt: skip
FAILURE: Final = re.compile(
    r"could(?: not|n't) be delivered|was(?: not|n't) delivered|has(?: not|n't) been delivered|unable to deliver|wasn't able to deliver"
    r"|permanent(?:ly)? (?:fatal )?(?:error|failure)|delivery (?:to the following recipients? )?(?:has )?failed|failed (?:delivery|permanently)"
    r"|fatal errors|did(?: not|n't) reach|undeliver|returned to (?:the )?sender|rejected your message|giv(?:en|ing) up"
    r"|tidak (?:dapat|bisa) (?:di)?(?:kirim|sampai)\w*|gagal (?:di)?kirim|" + UNKNOWN.pattern + "|" + FULL.pattern,
    re.I,
)
DELAY: Final = re.compile(
    r"delivery (?:is |has been |of your message is )?(?:temporarily )?(?:delayed|deferred)|has(?: not|n't) yet been delivered|warning message only"
    r"|will (?:continue|keep) (?:to try|trying)|still (?:trying|being tried)|will be retried|not been delivered to one or more"
    r" (?:of its )?recipients after|no action is required on your part|do not need to resend|masih (?:akan )?dicoba",
    re.I,
)


def own_part(text: str) -> str:
    """What the server says itself, without the mail it sends back."""
    text = text[:MOST]
    returned = _RETURNED.search(text)
    # Sendmail begins with such a line; there it is the whole bounce.
    return text[: returned.start()] if returned is not None and text[: returned.start()].strip() else text


def status_in(text: str) -> str:
    """The first enhanced code in `text`, else what a reply code or the words amount to; '' if nothing tells."""
    text = text[:MOST]
    if found := ENHANCED.search(text):
        return found[0] if found[0][0] != "2" else ""
    if FULL.search(text):
        return "5.2.2"
    if UNKNOWN.search(text):
        return "5.1.1"
    reply = _REPLY.search(text)
    return f"{reply[1]}.0.0" if reply else ""
