"""Short message TPDUs: SUBMIT out, DELIVER and STATUS-REPORT in. One field or message type per file.

Everything others need is exported here. Source: TS 23.040 §9.
"""

from gatewayd.wire.tpdu.address import Kind
from gatewayd.wire.tpdu.coding import Alphabet
from gatewayd.wire.tpdu.header import Element
from gatewayd.wire.tpdu.pdu import decode, encode_deliver, encode_status_report, encode_submit, tpdu_length
from gatewayd.wire.tpdu.userdata import text_of
from gatewayd.wire.tpdu.values import Decoded, Defect, Deliver, Pdu, StatusReportPdu, Submit, SubmitPdu

__all__ = [
    "Alphabet",
    "Decoded",
    "Defect",
    "Deliver",
    "Element",
    "Kind",
    "Pdu",
    "StatusReportPdu",
    "Submit",
    "SubmitPdu",
    "decode",
    "encode_deliver",
    "encode_status_report",
    "encode_submit",
    "text_of",
    "tpdu_length",
]
