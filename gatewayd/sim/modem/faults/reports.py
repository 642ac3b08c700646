"""Status reports on their way back: when they come, what they say, and where the modem puts them.

A report that shows a wrong reference or recipient stands in the ledger with the true one.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import Answer, Delivery, Report

_STILL_TRYING: Final = 0x20
_RESERVED: Final = 0x80
_OTHER_CENTRE: Final = "+62855000000"
_COUNTRY: Final = "+62"
_SIM: Final = "SM"
_REPORTS: Final = "SR"
_PADDING: Final = 12
_KEPT: Final = '+CDSI: "{memory}",{index}'


def _never(_: Given, __: tuple[Report, ...]) -> tuple[Report, ...]:
    return ()


def _before_answer(_: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(replace(report, is_early=True) for report in reports)


def _twice(_: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(report for report in reports for _ in range(2))


def _later(given: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(replace(report, after_s=report.after_s + given.number(3600)) for report in reports)


def _temporary_first(given: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return (*(replace(report, tp_status=_STILL_TRYING) for report in reports), *_later(given, reports))


def _final_first(given: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return (*reports, *(replace(report, tp_status=_STILL_TRYING) for report in _later(given, reports)))


def _national(_: Given, reports: tuple[Report, ...]) -> tuple[Report, ...] | None:
    if not any(report.recipient.startswith(_COUNTRY) for report in reports):
        return None
    return tuple(replace(report, shown_recipient=report.recipient.replace(_COUNTRY, "0", 1)) for report in reports)


def _other_centre(_: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(replace(report, service_centre=_OTHER_CENTRE) for report in reports)


def _padded(given: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(replace(report, padding=int(given.number(_PADDING))) for report in reports)


def _unknown_reference(given: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(replace(report, shown_reference=int(given.number(255)) % 256) for report in reports)


def _reserved(given: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(replace(report, tp_status=int(given.number(_RESERVED)) % 256) for report in reports)


def _handed_over(_: Given, delivery: Delivery) -> Delivery | None:
    if not delivery.is_report:
        return None
    return replace(delivery, memory="", line="+CDS: {length}\r\n{hex}")


def _kept_in_the_sim(_: Given, delivery: Delivery) -> Delivery | None:
    return replace(delivery, memory=_SIM, line=_KEPT) if delivery.is_report else None


def _kept_out_of_reach(_: Given, delivery: Delivery) -> Delivery | None:
    return replace(delivery, memory=_REPORTS, line=_KEPT) if delivery.is_report else None


def _no_such_memory(_: Given, command: Command) -> Answer | None:
    is_asked = command.name == "+CPMS" and command.form is Form.SET and _REPORTS in command.parameters
    return Answer(final="+CMS ERROR: 302") if is_asked else None


def _leading_comma(_: Given, delivery: Delivery) -> Delivery | None:
    is_handed_over = delivery.is_report and not delivery.memory and delivery.line != ""
    return replace(delivery, line="+CDS: ,{length}\r\n{hex}") if is_handed_over else None


def _wants_acknowledgement(given: Given, delivery: Delivery) -> Delivery | None:
    is_handed_over = not delivery.memory and delivery.line != ""
    return replace(delivery, acknowledge_s=given.number(15)) if is_handed_over else None


def _nothing_to_acknowledge(_: Given, command: Command) -> Answer | None:
    return Answer(final="+CMS ERROR: 340") if command.name == "+CNMA" else None


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "sr_cds": Kind("reports are handed over by +CDS, whatever AT+CNMI says", Hook(delivery=_handed_over)),
    "sr_cdsi_sm": Kind("reports are kept in SM and told by +CDSI", Hook(delivery=_kept_in_the_sim)),
    "sr_cdsi_sr_unreadable": Kind(
        "reports are kept in SR and told by +CDSI, and SR cannot be chosen",
        Hook(delivery=_kept_out_of_reach, command=_no_such_memory)),
    "sr_before_cmgs_ok": Kind("status reports come before +CMGS", Hook(reports=_before_answer)),
    "sr_delayed": Kind("status reports come so much later", Hook(reports=_later), "seconds [3600]"),
    "sr_never": Kind("no status report comes", Hook(reports=_never)),
    "sr_temp_then_final": Kind(
        "a temporary report, and so much later the final one", Hook(reports=_temporary_first), "seconds [3600]"),
    "sr_duplicate": Kind("each status report comes twice", Hook(reports=_twice)),
    "sr_out_of_order": Kind(
        "the final report, and so much later a temporary one", Hook(reports=_final_first), "seconds [3600]"),
    "sr_national_addr": Kind("reports show the recipient in national form (0812…)", Hook(reports=_national)),
    "sr_other_smsc": Kind("reports come from another service centre", Hook(reports=_other_centre)),
    "sr_trailing_ff": Kind("so many octets of FF follow a report", Hook(reports=_padded), f"octets [{_PADDING}]"),
    "sr_unknown_mr": Kind("reports show this TP-MR", Hook(reports=_unknown_reference), "reference [255]"),
    "sr_reserved_st": Kind("reports have this TP-Status", Hook(reports=_reserved), "status [128]"),
    "cds_leading_comma": Kind("+CDS: has a comma before the length", Hook(delivery=_leading_comma)),
    "cnma_required_then_disabled": Kind(
        "in phase 2+, without AT+CNMA in this time <mt> and <ds> of AT+CNMI become 0",
        Hook(delivery=_wants_acknowledgement), "seconds [15]"),
    "cnma_340": Kind("AT+CNMA is refused: nothing to acknowledge", Hook(command=_nothing_to_acknowledge)),
})  # fmt: skip
