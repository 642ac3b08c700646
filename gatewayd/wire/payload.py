"""MQTT payloads: jobs in; receipts, status and facts out. All JSON in UTF-8, all pure.

`parse_job` reads (payload_job: the rules, payload_fields: one object, payload_json: strict JSON); the others
build what is published (payload_out, payload_messages). Source: contract §4.
"""

from gatewayd.wire.payload_job import Job, JobRecipient, JobRefusal, Window, parse_job
from gatewayd.wire.payload_json import MAX_BYTES
from gatewayd.wire.payload_messages import message
from gatewayd.wire.payload_out import MAX_ERRORS, daemon_state, inbox, modem_state, receipt, status

__all__ = [
    "MAX_BYTES", "MAX_ERRORS", "Job", "JobRecipient", "JobRefusal", "Window", "daemon_state", "inbox", "message",
    "modem_state", "parse_job", "receipt", "status",
]  # fmt: skip
