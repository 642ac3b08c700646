"""The metrics page on loopback: one GET, one answer, the connection closed.

In: HTTP/1.x requests, of which only the first line counts. Out: what `page` returns. A socket of asyncio and not the
library's own server, which is a thread for each request. Whoever asks slowly, too long or too often is cut off; nothing
that comes in is kept or logged. Source: RFC 9112 §3.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from gatewayd.errors import LinkError, StoreError

Page = Callable[[], Awaitable[bytes]]
PATH: Final = "/metrics"
_KIND: Final = "text/plain; version=0.0.4; charset=utf-8"
_MOST_HEAD: Final = 8192
_MOST_AT_ONCE: Final = 8
_PATIENCE_S: Final = 10.0


async def serve(host: str, port: int, page: Page) -> None:
    """Answer until cancelled. Raises LinkError when the port cannot be had."""
    busy: set[asyncio.StreamWriter] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        busy.add(writer)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                if len(busy) <= _MOST_AT_ONCE:
                    await _answer(reader, writer, page)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            busy.discard(writer)
            writer.close()

    try:
        server = await asyncio.start_server(answer, host, port, limit=_MOST_HEAD)
    except OSError as error:
        raise LinkError(f"metrics on {host}:{port}: {error.strerror}") from error
    async with server:
        await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, page: Page) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    status, body = await _reply(head.split(b"\r\n", 1)[0].decode("latin-1"), page)
    fields = f"Content-Type: {_KIND}\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n"
    writer.write(f"HTTP/1.1 {status}\r\n{fields}\r\n".encode("ascii"))
    if not head.startswith(b"HEAD "):
        writer.write(body)
    await writer.drain()


async def _reply(line: str, page: Page) -> tuple[str, bytes]:
    """Status and body for a request line."""
    method, _, rest = line.partition(" ")
    target, _, version = rest.partition(" ")
    if not version.startswith("HTTP/1."):
        return "400 Bad Request", b"not HTTP/1.1\n"
    if method not in ("GET", "HEAD"):
        return "405 Method Not Allowed", b"GET only\n"
    if target.partition("?")[0] != PATH:
        return "404 Not Found", f"the metrics are at {PATH}\n".encode()
    with contextlib.suppress(StoreError):
        return "200 OK", await page()
    return "503 Service Unavailable", b"the store cannot be read\n"
