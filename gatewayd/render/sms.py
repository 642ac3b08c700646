"""The short messages that the gateway itself sends: answers to BERHENTI and MULAI, and the word that all is done.

In: JSON with language, organisation and command. Out: the text in UTF-8. Runs in the sandbox like every composing.
"""

import json
from typing import Final

from gatewayd.render.catalogue import N_, translations
from gatewayd.render.views import Language
from gatewayd.render.voice import Voice

_ANSWERS: Final = {
    "stop": N_("%(organisation)s: you will get no more messages from us. Answer MULAI to get them again."),
    "start": N_("%(organisation)s: you will get our messages again. Answer BERHENTI to stop them."),
}


_DONE: Final = N_(
    "%(organisation)s: request %(number)s is done; %(delivered)s of %(recipients)s have it for certain. The report"
    " comes by mail."
)


def answer(payload: bytes) -> bytes:
    """The child's entry (sandbox.py)."""
    asked = json.loads(payload)
    language: Language = "en" if asked["language"] == "en" else "id"
    return text_of(str(asked["command"]), language, str(asked["organisation"])).encode("utf-8")


def text_of(command: str, language: Language, organisation: str) -> str:
    """The answer to a command, in one part where the organisation's name is short."""
    return translations(language).gettext(_ANSWERS[command]) % {"organisation": organisation}


def done(voice: Voice, number: str, delivered: int, recipients: int) -> str:
    """The word that a request is done."""
    return voice.words.say(
        _DONE, organisation=voice.look.organisation, number=number, delivered=voice.loc.number(delivered),
        recipients=voice.loc.number(recipients),
    )  # fmt: skip
