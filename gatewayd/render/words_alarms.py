"""What the staff is told when something needs a hand: code → headline, and what to do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.render.catalogue import N_

#: Headlines are completed by the name of the modem, request or mail.
HEADLINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "modem.lost": N_("Modem not connected"),
        "modem.no_credit": N_("Credit too low"),
        "modem.not_registered": N_("Modem not registered with the network"),
        "modem.set_aside": N_("SIM set aside after refusals in a row"),
        "modem.sim": N_("Trouble with the SIM card"),
        "modem.credit_drop": N_("More credit is gone than was sent for"),
        "active_period": N_("Active period of the SIM is ending"),
        "mail.quarantined": N_("A mail could not be read and was set aside"),
        "mail.unproven": N_("A mail of a registered address could not be proven"),
        "token.misuse": N_("An approval code was used by somebody else"),
        "approval.stuck": N_("Nobody can decide a request"),
        "broker.open": N_("The broker lets one client write or read as another"),
        "quota.exceeded": N_("A unit asks for more parts than its quota has left"),
        "notice.stuck": N_("A mail of the gateway cannot be made"),
        "clock.doubted": N_("The clock of the gateway cannot be believed"),
        "disk.low": N_("The disk of the gateway is almost full"),
        "backup.failed": N_("The backup of the store failed"),
        "store.held": N_("The store is on hold: nothing is sent"),
        "smtp.lost": N_("Mail server not reachable"),
        "link.lost": N_("Connection lost"),
        "recovered": N_("In order again"),
    }
)
WHAT_TO_DO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "modem.lost": N_(
            "Please look at the modem, its cable and its power. Sending goes on by itself when it is back."
        ),
        "modem.no_credit": N_("Please top up the SIM. Sending goes on by itself when the balance has been read again."),
        "modem.not_registered": N_(
            "Please check antenna, place and registration of the SIM. "
            "Sending goes on by itself when the network is back."
        ),
        "modem.set_aside": N_(
            "The network refused one message after another. It is tried again in 15 minutes. "
            "Please ask the operator whether the SIM is blocked or limited."
        ),
        "modem.sim": N_("Please check the SIM card and its PIN."),
        "modem.credit_drop": N_(
            "Please ask the operator what was charged: a subscription, data use, or another price for a part. "
            "The price of a part is price_idr in the settings."
        ),
        "active_period": N_("Please top up the SIM in time; a number that is not renewed is lost."),
        "mail.quarantined": N_(
            "The mail is in the quarantine folder of the mailbox. Please read it there and answer the sender."
        ),
        "mail.unproven": N_(
            "Nothing was done. If the person did write it, the mail server's proof is not understood: please see "
            "trusted_authserv_ids in the documentation, then move the mail back to the mailbox."
        ),
        "token.misuse": N_(
            "The decision was not counted. "
            "Please ask the person for whom the code was made whether the mail was passed on."
        ),
        "approval.stuck": N_(
            "No person of this step may decide it (the applicant himself, or the same person as before). "
            "Please name a further person in the settings, or decide at the command line."
        ),
        "broker.open": N_(
            "Anybody with an account at the broker can send in another system's name, or read its answers. "
            "Please set the access list of the broker as docs/mqtt.md shows: pattern write gatewayd/jobs/%u"
        ),
        "quota.exceeded": N_(
            "The unit was told (used + asked for > allowed). Nothing is sent until the unit corrects its request, "
            "or its quota in the settings is changed."
        ),
        "notice.stuck": N_(
            "It is tried again, but somebody waits for it. "
            "Please look at the request and at the journal of the gateway."
        ),
        "clock.doubted": N_(
            "Messages leave by the time that the gateway reckoned itself; nothing expires too early. "
            "Please check the time server, or set the clock and run: systemctl reload gatewayd"
        ),
        "disk.low": N_(
            "Sending goes on, but nothing can be taken in or sent once the disk is full. "
            "Please make room: what fills it is shown by `du -xh / | sort -h | tail`."
        ),
        "backup.failed": N_(
            "Sending goes on. Please check the disk: is it full, or failing? It is tried again every ten minutes."
        ),
        "store.held": N_(
            "The gateway does not trust its store: it was put back, is older than it should be, or is damaged. "
            "What waited is in doubt and is not sent by itself. "
            "Please look with `gatewayd status`, then: gatewayd release --store"
        ),
        "smtp.lost": N_("Please check the mail server and its password. Mails wait and leave by themselves later."),
        "link.lost": N_("Please check the connection. Work goes on by itself when it is back."),
        "recovered": N_("Nothing needs to be done."),
    }
)
