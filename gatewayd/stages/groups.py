"""Groups: the directory files behind the boxes of the form, read in the sandbox like any other table.

In: a group's name. Out: its recipients for a channel. A file is read again for each request, so an edited
directory counts at once.
"""

import asyncio
import json
from pathlib import Path

from gatewayd import sandbox
from gatewayd.config import Settings
from gatewayd.core.model import Channel, Fault, RecipientList
from gatewayd.errors import SandboxError
from gatewayd.wire import listing

_MAX_BYTES = 20 * 1024 * 1024


async def read_groups(settings: Settings, names: tuple[str, ...], channel: Channel) -> RecipientList | Fault:
    """The recipients of all `names` together, each address once; a Fault names the group that cannot be read."""
    lists: list[RecipientList] = []
    for name in names:
        group = settings.groups.get(name)
        if group is None:
            return Fault("group", "group.unknown", name)
        found = await read_list(settings, group.file, channel)
        if found is None:
            return Fault("group", "group.unreadable", name)
        lists.append(found)
    return listing.join(lists)


async def read_list(settings: Settings, path: Path, channel: Channel) -> RecipientList | None:
    """The recipients in a CSV, XLSX or ODS file; None if it cannot be read."""
    try:
        data = await asyncio.to_thread(_bytes, path)
        return await read_bytes(settings, data, path.name, channel)
    except OSError:
        return None


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise OSError("too big")
    return data


async def read_bytes(settings: Settings, data: bytes, name: str, channel: Channel) -> RecipientList | None:
    """The recipients in the bytes of a CSV, XLSX or ODS file called `name`; None if they cannot be read."""
    head = {
        "name": name, "channel": channel, "country": settings.gateway.country,
        "foreign": settings.sending.allow_foreign, "max_recipients": settings.sending.max_recipients,
    }  # fmt: skip
    try:
        answer = await sandbox.call("gatewayd.wire.listing:read_list", json.dumps(head).encode() + b"\n" + data)
        return listing.from_json(answer)
    except (SandboxError, ValueError):
        return None
