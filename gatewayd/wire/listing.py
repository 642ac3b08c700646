"""The sandbox entry for lists of recipients: directory files of [groups] and lists given at the command line.

In: a JSON line ({"name", "channel", "country", "foreign", "max_recipients"}) and the file's bytes. Out: JSON, which
the parent reads with `from_json`; a file that cannot be read comes back as {"fault": …} and raises ValueError there.
"""

import json
from typing import Final

from gatewayd.core.model import Channel, Fault, RecipientList
from gatewayd.wire import recipients
from gatewayd.wire.jsonvalues import NotAsAgreed, fault_from, fault_json, list_from, list_json, loads, mapping

join: Final = recipients.join


def read_list(payload: bytes) -> bytes:
    """Run in the sandbox child; `payload` is of our own making, only the file in it is not to be trusted."""
    line, _, data = payload.partition(b"\n")
    head = mapping(loads(line))
    most = head.get("max_recipients")
    found = recipients.read_table(
        data, str(head.get("name", "")), Channel(str(head.get("channel", "sms"))), str(head.get("country", "ID")),
        bool(head.get("foreign", False)), most if isinstance(most, int) else 20_000,
    )  # fmt: skip
    answer = {"fault": fault_json(found)} if isinstance(found, Fault) else {"list": list_json(found)}
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")


def from_json(data: bytes) -> RecipientList:
    """The list in the child's answer. Raises ValueError for a file that could not be read, or a wrong shape."""
    answer = mapping(loads(data))
    if "fault" in answer:
        fault = fault_from(answer["fault"])
        raise NotAsAgreed(f"{fault.code} {fault.typed}")
    return list_from(answer.get("list"))
