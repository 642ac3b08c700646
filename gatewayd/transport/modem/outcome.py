"""The modem's final word on a submit → an outcome (rules: only `+CMGS` and a listed error are certain)."""

import re
from typing import Final

from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome
from gatewayd.wire import causes
from gatewayd.wire.at import Answered

_REFERENCE: Final = re.compile(r"\+CMGS: *(\d+)")
_CMS: Final = re.compile(r"\+CMS ERROR: *(.*)")
_CME: Final = re.compile(r"\+CME ERROR: *(.*)")


def of_answer(answered: Answered, *, on_air: bool) -> Outcome:
    """What `answered` means. `on_air`: the PDU had left when it came.

    OK without a reference: the modem says that the network took it, but hides the TP-MR, so no status report can be
    matched by it; it is accepted. A bare ERROR after the PDU had left says nothing.
    """
    for line in answered.info:
        found = _REFERENCE.match(line)
        if found:
            return Accepted(int(found[1]))
    if answered.is_ok and on_air:
        return Accepted(None)
    if not on_air:
        return _not_sent(answered)
    return _refused(answered) or InDoubt(Cause("error", f"the modem said {answered.final!r}", Blame.DEVICE))


def _refused(answered: Answered) -> Outcome | None:
    for pattern, meaning in ((_CMS, causes.cms_outcome), (_CME, causes.cme_outcome)):
        found = pattern.fullmatch(answered.final)
        if found:
            return meaning(int(found[1]) if found[1].isdigit() else None, found[1])
    return None


def _not_sent(answered: Answered) -> Outcome:
    """Refused before the prompt: whatever the code says, nothing left."""
    outcome = _refused(answered)
    if outcome is None or isinstance(outcome, InDoubt | Accepted):
        return Deferred(Cause("no-prompt", f"the modem said {answered.final!r} instead of the prompt", Blame.DEVICE))
    return outcome
