"""A broker of a few lines that says what Mosquitto cannot be made to say: refusals after the login (MQTT 5.0)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_CONNECT, _PUBLISH, _SUBSCRIBE = 1, 3, 8


class ScriptedBroker:
    """Takes every login, answers a subscription with `suback`, disconnects with `goodbye` after a publish."""

    def __init__(self, suback: int, goodbye: int) -> None:
        self._suback, self._goodbye = suback, goodbye

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, body = await _packet(reader)
                writer.write(self._answer(kind, body))
                await writer.drain()
        writer.close()

    def _answer(self, kind: int, body: bytes) -> bytes:
        if kind == _CONNECT:
            return b"\x20\x03\x00\x00\x00"
        if kind == _SUBSCRIBE:
            return b"\x90\x04" + body[:2] + bytes([0, self._suback])
        if kind == _PUBLISH:
            place = 2 + int.from_bytes(body[:2], "big")
            return b"\x40\x02" + body[place : place + 2] + bytes([0xE0, 2, self._goodbye, 0])
        return b""


@asynccontextmanager
async def scripted_broker(*, suback: int = 1, goodbye: int = 0) -> AsyncIterator[int]:
    """Its port, for the time of the block."""
    server = await asyncio.start_server(ScriptedBroker(suback, goodbye).talk, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return first >> 4, await reader.readexactly(length)
