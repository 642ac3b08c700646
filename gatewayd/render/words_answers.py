"""Why a decision does not count: code → whole sentences. The codes are those of stages/decide.py."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.render.catalogue import N_

TOKEN_PROBLEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "token.missing": N_(
            "Your reply does not hold the code of the question. Please reply to the question itself "
            "and leave the quoted part in your reply."
        ),
        "token.ambiguous": N_(
            "Your reply has to do with several requests at once. Please reply to the one question that you mean."
        ),
        "token.locked": N_(
            "Too many wrong codes came from your address today. "
            "Please decide tomorrow, or ask the staff of the gateway."
        ),
        "token.unknown": N_("The code in your reply is not known."),
        "token.used": N_("This question has been answered already; the first answer counts."),
        "token.expired": N_("The time for this decision is over."),
        "token.changed": N_(
            "The request was changed after this question was asked. You get a new question with the present content."
        ),
        "token.wrong_person": N_("The code was made for another person. A decision counts only from that person."),
        "request.closed": N_("The request has ended already, or has to be corrected first."),
        "request.decided": N_("The request does not wait for a decision any more."),
        "decision.not_yours": N_("This is not yours to decide."),
        "decision.own_request": N_("Nobody decides on a request of his own. Another person has to do it."),
    }
)
