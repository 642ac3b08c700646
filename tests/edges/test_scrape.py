"""The metrics page as a socket: what it answers, and who is cut off."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gatewayd.errors import LinkError, StoreError
from gatewayd.intake import scrape
from tests.system.servers.ports import free_port

PAGE = b"gatewayd_info 1\n"
GET = b"GET /metrics HTTP/1.1\r\n\r\n"


async def page() -> bytes:
    return PAGE


@asynccontextmanager
async def served(page: scrape.Page = page) -> AsyncIterator[int]:
    port = free_port()
    task = asyncio.create_task(scrape.serve("127.0.0.1", port, page))
    try:
        async with asyncio.timeout(10):
            await until_served(port)
        yield port
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_served(port: int) -> None:
    while True:
        try:
            async with connected(port):
                return
        except OSError:
            await asyncio.sleep(0)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def ask(port: int, request: bytes) -> bytes:
    async with connected(port) as (reader, writer), asyncio.timeout(20):
        writer.write(request)
        return await reader.read()


async def is_cut_off(port: int, request: bytes) -> bool:
    """Closed without a word; reset where it had more to read."""
    try:
        return await ask(port, request) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    ("request_", "status", "body"),
    [
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"200 OK", PAGE),
        (b"GET /metrics?name=x HTTP/1.0\r\n\r\n", b"200 OK", PAGE),
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", b"200 OK", b""),
        (b"GET / HTTP/1.1\r\n\r\n", b"404 Not Found", b"the metrics are at /metrics\n"),
        (b"GET /metrics/../etc HTTP/1.1\r\n\r\n", b"404 Not Found", b"the metrics are at /metrics\n"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405 Method Not Allowed", b"GET only\n"),
        (b"GET /metrics\r\n\r\n", b"400 Bad Request", b"not HTTP/1.1\n"),
        (b"\xff\x00\r\n\r\n", b"400 Bad Request", b"not HTTP/1.1\n"),
    ],
)
async def test_it_answers_a_get_of_its_path_and_nothing_else(request_: bytes, status: bytes, body: bytes) -> None:
    async with served() as port:
        head, _, found = (await ask(port, request_)).partition(b"\r\n\r\n")
        assert head.split(b"\r\n")[0] == b"HTTP/1.1 " + status
        assert found == body


async def test_a_head_without_end_is_cut_off() -> None:
    async with served() as port:
        assert await is_cut_off(port, b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 100_000)


async def test_who_says_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrape, "_PATIENCE_S", 0.05)
    async with served() as port:
        assert await is_cut_off(port, b"")


async def test_many_that_hang_do_not_add_up() -> None:
    async with served() as port:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(8):
                await stack.enter_async_context(connected(port))
            assert await is_cut_off(port, GET), "one too many"
        async with asyncio.timeout(10):
            while True:
                if (await ask(port, GET)).endswith(PAGE):
                    break


async def test_a_store_that_cannot_be_read_is_said() -> None:
    async def broken() -> bytes:
        raise StoreError("/var/lib/gatewayd: no")

    async with served(broken) as port:
        assert (await ask(port, GET)).startswith(b"HTTP/1.1 503 ")


async def test_a_port_that_is_taken_is_a_link_error() -> None:
    async with served() as port:
        with pytest.raises(LinkError, match=f"metrics on 127.0.0.1:{port}"):
            await scrape.serve("127.0.0.1", port, page)
