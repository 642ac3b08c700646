"""What an SMTP reply makes of the mail that is being submitted.

The first digit decides between accepted, temporary and permanent; the stage and the enhanced code decide
who is to blame. A permanent refusal before the mail was offered (greeting, EHLO, login) says nothing
about the mail: it defers, with the blame that pauses the server or the account, so that a wrong password
does not fail a queue of mails. Source: RFC 5321 §4.2, RFC 3463, RFC 4954 §6.
"""

import re
from typing import Final

from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, Rejected

#: What the reply answers: the greeting, EHLO or STARTTLS, AUTH, MAIL FROM, RCPT TO, the final dot.
STAGES: Final = ("connect", "helo", "auth", "mail", "rcpt", "data")

_ENHANCED: Final = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\S)")
_BEFORE_THE_MAIL: Final = frozenset({"connect", "helo", "auth"})
#: Login needed, too weak, failed, or to be encrypted: at whatever stage it comes, the account's fault.
_LOGIN_CODES: Final = frozenset({530, 534, 535, 538})
_CLOSING: Final = 421


def smtp_outcome(code: int, message: str, stage: str) -> Outcome:
    """The outcome of a submission that got the reply `code` with the text `message` (without the code) at
    `stage`, one of STAGES. A reply outside 2xx, 4xx and 5xx is in doubt after the final dot, else deferred."""
    match code // 100:
        case 2:
            return Accepted()
        case 4:
            return Deferred(_cause(code, message, _blame_of_temporary(code, message, stage)))
        case 5 if code in _LOGIN_CODES or stage in _BEFORE_THE_MAIL:
            return Deferred(_cause(code, message, _blame_before_the_mail(code, stage)))
        case 5:
            return Rejected(_cause(code, message, _blame_of_permanent(code, message, stage)))
        case _ if stage == "data":
            return InDoubt(_cause(code, message, Blame.NETWORK))
        case _:
            return Deferred(_cause(code, message, Blame.NETWORK))


def _cause(code: int, message: str, blame: Blame) -> Cause:
    enhanced = _enhanced(message)
    text = " ".join(message.split())
    return Cause(f"smtp-{code}-{enhanced}" if enhanced else f"smtp-{code}", text, blame)


def _enhanced(message: str) -> str:
    found = _ENHANCED.match(message)
    return found[1] if found else ""


def _subject(message: str) -> str:
    """Subject of the enhanced code: 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy."""
    return _enhanced(message).partition(".")[2].partition(".")[0]


def _blame_of_temporary(code: int, message: str, stage: str) -> Blame:
    if code == 454 and stage == "auth":
        return Blame.ACCOUNT
    if code == _CLOSING or stage != "rcpt" or _subject(message) in {"3", "4"}:
        return Blame.NETWORK
    return Blame.DESTINATION


def _blame_before_the_mail(code: int, stage: str) -> Blame:
    return Blame.ACCOUNT if code in _LOGIN_CODES or stage == "auth" else Blame.NETWORK


def _blame_of_permanent(code: int, message: str, stage: str) -> Blame:
    subject = _subject(message)
    if stage == "rcpt":
        return Blame.DESTINATION
    if stage == "mail":
        # The size is announced with MAIL FROM; anything else there is about the sender, our account.
        return Blame.MESSAGE if code == 552 or subject == "3" else Blame.ACCOUNT
    return Blame.DESTINATION if subject in {"1", "2"} else Blame.MESSAGE
