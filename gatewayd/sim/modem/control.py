"""The control channel: a unix socket `LINK.ctl` that takes JSON lines and answers each with one (knobs.py).

It stays while the port is unplugged, and stays under its first name when the port comes back under another.
"""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: What the kernel takes as the name of a socket, its final zero not counted.
_LONGEST_NAME: Final = 107
_LONGEST_LINE: Final = 1024 * 1024

Turn = Callable[[object], Mapping[str, object]]


def socket_of(link: Path) -> Path:
    return link.with_name(f"{link.name}.ctl")


def control(path: Path | str, message: Mapping[str, object], timeout_s: float = 5.0) -> dict[str, object]:
    """Say `message` to the simulator whose link is, or was first, `path`; its answer. Raises OSError if none
    listens there."""
    with socket.socket(socket.AF_UNIX) as line, _short(socket_of(Path(path))) as name:
        line.settimeout(timeout_s)
        line.connect(name)
        with line.makefile("rwb") as stream:
            stream.write(json.dumps(message).encode() + b"\n")
            stream.flush()
            answer: dict[str, object] = json.loads(stream.readline())
            return answer


async def listen(link: Path, turn: Turn) -> asyncio.Server:
    """Answer control messages with `turn` until the server is closed. Raises OSError."""
    path = socket_of(link)
    path.unlink(missing_ok=True)
    line = socket.socket(socket.AF_UNIX)
    with _short(path) as name:
        line.bind(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _converse(reader, writer, turn)

    return await asyncio.start_unix_server(serve, sock=line, limit=_LONGEST_LINE)


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: Turn) -> None:
    try:
        while line := await reader.readline():
            writer.write(json.dumps(_answer(line, turn)).encode() + b"\n")
            await writer.drain()
    except (ConnectionError, ValueError):
        return
    finally:
        writer.close()


def _answer(line: bytes, turn: Turn) -> Mapping[str, object]:
    try:
        message = json.loads(line)
    except ValueError:
        return {"ok": False, "error": "not JSON"}
    return turn(message)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for `path` that fits a socket address: through the folder's descriptor if it is too long itself."""
    if len(os.fsencode(path)) <= _LONGEST_NAME:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
