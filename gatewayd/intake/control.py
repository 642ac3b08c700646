"""The control socket: commands of the command line for the running daemon. One JSON line in, one JSON line out.

In: a unix socket in the state directory, reachable by its owner and group and by root only. The kernel says who is at
the other end (SO_PEERCRED); nothing in the line does. Out: a call of `accept` with the OS user's name.
"""

import asyncio
import contextlib
import json
import os
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from gatewayd.errors import LinkError
from gatewayd.log import get_logger

FILE: Final = "control.sock"
#: A list of recipients comes with `send`.
_MAX_LINE: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Command:
    """One command with its arguments as decoded JSON, and the OS user who gave it."""

    verb: str
    arguments: Mapping[str, Any]
    os_user: str


AcceptCommand: TypeAlias = Callable[[Command], Awaitable[dict[str, Any]]]


async def serve(state_dir: Path, accept: AcceptCommand) -> None:
    """Answer commands until cancelled. Raises LinkError when the socket cannot be made."""
    path = state_dir / FILE

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await _answer(reader, writer, accept)
            await writer.drain()
        writer.close()

    try:
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(answer, path, limit=_MAX_LINE)
        path.chmod(0o600)
    except OSError as error:
        raise LinkError(f"control socket {path}: {error.strerror}") from error
    try:
        async with server:
            await server.serve_forever()
    finally:
        path.unlink(missing_ok=True)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, accept: AcceptCommand) -> None:
    user = _peer(writer.get_extra_info("socket"))
    try:
        asked = json.loads(await reader.readline())
        command = Command(str(asked.pop("verb")), asked, user)
    except (ValueError, KeyError, TypeError, AttributeError):
        reply: dict[str, Any] = {"error": "not a command"}
    else:
        get_logger().info("command.received", verb=command.verb, user=user)
        reply = await accept(command)
    writer.write(json.dumps(reply, ensure_ascii=False).encode() + b"\n")


def _peer(connection: socket.socket) -> str:
    """The OS user at the other end, as the kernel knows him."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", packed)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def ask(state_dir: Path, verb: str, arguments: Mapping[str, Any], timeout_s: float = 60.0) -> dict[str, Any]:
    """The client's side, blocking. Raises LinkError when no daemon answers."""
    path = state_dir / FILE
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            connection.connect(os.fspath(path))
            connection.sendall(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
            with connection.makefile("rb") as answers:
                reply = json.loads(answers.readline() or b"{}")
    except (FileNotFoundError, ConnectionRefusedError):
        raise LinkError(f"no gatewayd is running on {state_dir} (start it with `gatewayd run`)") from None
    except PermissionError:
        raise LinkError(f"{path}: permission denied (run as root or as the gateway's user)") from None
    except OSError as error:
        raise LinkError(f"{path}: {error}") from error
    if not isinstance(reply, dict) or not reply:
        raise LinkError("the daemon ended before it answered")
    return reply
