"""Codes and enums → words in one language. What no table knows is shown as its code, never hidden.

In: a Locale (for its language) and values of core/. Out: plain text, not escaped.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.core.health import Health, LinkState, Registration
from gatewayd.core.model import Channel, Fault
from gatewayd.core.progress import RequestState
from gatewayd.core.report import Result
from gatewayd.core.resources import Pause
from gatewayd.render import safe, words_alarms, words_causes
from gatewayd.render.catalogue import N_, translations
from gatewayd.render.views import Language
from gatewayd.render.words_answers import TOKEN_PROBLEMS
from gatewayd.render.words_faults import FAULTS, LABELS, MEASURED

RESULTS: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.DELIVERED: N_("delivered"),
        Result.UNREPORTED: N_("sent, no report"),
        Result.FAILED: N_("failed"),
        Result.IN_DOUBT: N_("in doubt"),
        Result.EXPIRED: N_("expired"),
        Result.CANCELLED: N_("cancelled"),
        Result.WAITING: N_("waiting"),
        Result.REFUSED: N_("not sent (bad entry)"),
        Result.OPTED_OUT: N_("wants no messages"),
    }
)
#: What a reader may not know; the other results explain themselves.
EXPLAINED: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.UNREPORTED: N_(
            "the network or mail server took the message over, but nothing says that it was received"
        ),
        Result.IN_DOUBT: N_("no answer came after sending; it may have arrived, so it is not sent again by itself"),
        Result.REFUSED: N_("the entry in the list cannot be sent to"),
    }
)
_STATES: Final[Mapping[RequestState, str]] = MappingProxyType(
    {
        RequestState.RECEIVED: N_("received"),
        RequestState.NEEDS_CORRECTION: N_("needs a correction"),
        RequestState.AWAITING_APPROVAL: N_("awaiting approval"),
        RequestState.APPROVED: N_("approved, waiting to be sent"),
        RequestState.SENDING: N_("being sent"),
        RequestState.ON_HOLD: N_("on hold"),
        RequestState.DONE: N_("done"),
        RequestState.REJECTED: N_("rejected"),
        RequestState.CANCELLED: N_("taken back"),
        RequestState.EXPIRED: N_("out of time"),
    }
)
_CHANNELS: Final = {Channel.SMS: N_("SMS"), Channel.EMAIL: N_("e-mail")}
_ENCODINGS: Final = {"gsm7": "GSM 7-bit", "ucs2": "Unicode/UCS-2"}
_VERDICTS: Final = {"approve": N_("APPROVED"), "reject": N_("REJECTED"), "cancel": N_("TAKEN BACK")}
_REGISTRATIONS: Final[Mapping[Registration, str]] = MappingProxyType(
    {
        Registration.HOME: N_("registered"),
        Registration.ROAMING: N_("registered (roaming)"),
        Registration.SEARCHING: N_("searching for the network"),
        Registration.DENIED: N_("refused by the network"),
        Registration.IDLE: N_("not registered"),
        Registration.UNKNOWN: N_("registration unknown"),
    }
)
#: dBm from which on the word holds.
_SIGNALS: Final = ((-70, N_("very good")), (-85, N_("good")), (-100, N_("fair")), (-200, N_("weak")))
_OPERATORS: Final = {"xl": "XL", "axis": "AXIS", "tri": "Tri"}


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self._translations = translations(language)

    def say(self, key: str, /, **values: str) -> str:
        """A sentence by its English key, with its %(name)s filled in; '' stays ''."""
        sentence = self._translations.gettext(key) if key else ""
        return sentence % values if values else sentence

    def plural(self, one: str, many: str, count: int, /, **values: str) -> str:
        """The sentence for `count` things."""
        return self._translations.ngettext(one, many, count) % values

    def result(self, result: Result) -> str:
        return self.say(RESULTS[result])

    def explained(self, result: Result) -> str:
        return self.say(EXPLAINED.get(result, ""))

    def state(self, state: RequestState) -> str:
        return self.say(_STATES[state])

    def channel(self, channel: Channel) -> str:
        return self.say(_CHANNELS[channel])

    def encoding(self, encoding: str) -> str:
        return self.say(_ENCODINGS.get(encoding, encoding))

    def verdict(self, verdict: str) -> str:
        return self.say(_VERDICTS.get(verdict, verdict))

    def operator(self, operator: str) -> str:
        return _OPERATORS.get(operator, operator.capitalize() if operator.islower() else operator)

    def fault(self, code: str) -> str:
        """What is wrong, going on from the field's name."""
        return self.say(FAULTS[code]) if code in FAULTS else f"[{code}]"

    def label(self, path: str) -> str:
        """The form's name of a field: "to[3]" is the third of the recipients."""
        name, _, place = path.partition("[")
        known = self.say(LABELS[name]) if name in LABELS else name.replace("_", " ").upper()
        number = place.rstrip("]")
        return f"{known} ({number})" if number else known

    def faulted(self, fault: Fault) -> str:
        """A fault as one line, quoting what was typed."""
        if fault.code in MEASURED:
            measure = f" ({fault.typed})" if fault.typed else ""
            return f"{self.label(fault.path)}: {self.fault(fault.code)}{measure}"
        quote = f' "{safe.shorten(fault.typed, 120)}"' if fault.typed else ""
        label = self.label(fault.path)
        return f"{label}{quote}: {self.fault(fault.code)}" if label or quote else self.fault(fault.code)

    def cause(self, code: str, text: str) -> str:
        """Why a message failed; the technical words where no plain ones are known."""
        return self.say(words_causes.sentence(code)) or text or code

    def signal(self, dbm: int | None) -> str:
        """ "-71 dBm (good)"."""
        if dbm is None:
            return self.say(N_("signal unknown"))
        word = next(word for least, word in _SIGNALS if dbm >= least or least == -200)
        return self.say("signal %(dbm)s dBm (%(word)s)", dbm=str(dbm), word=self.say(word))

    def registration(self, registration: Registration) -> str:
        return self.say(_REGISTRATIONS[registration])

    def readiness(self, health: Health, pause: Pause | None) -> str:
        """The state of a modem in words."""
        if pause is not None:
            return self.say(words_alarms.HEADLINES.get(pause.code, pause.code)).lower()
        return self.say(N_("ready") if health.link is LinkState.READY else N_("not ready"))

    def alarm(self, code: str) -> str:
        return self.say(words_alarms.HEADLINES.get(code, code))

    def remedy(self, code: str) -> str:
        return self.say(words_alarms.WHAT_TO_DO.get(code, ""))

    def token_problem(self, problem: str) -> str:
        return self.say(TOKEN_PROBLEMS[problem]) if problem in TOKEN_PROBLEMS else f"[{problem}]"
