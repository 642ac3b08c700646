"""Hostile and odd mails through the real sandbox child: none kills it, none costs more than one mail may, and the next
mail is read at once. The mails are those of tests/wire/test_hostile_mails.py and of CPython's own test suite."""

import time
from collections.abc import Iterator

import pytest

from tests.rigs.hostile import FORGIVEN, MOST_BYTES, MOST_SECONDS, library_mails, read_measured, repository_on_path
from tests.vectors import raw_mail
from tests.wire.test_hostile_mails import BOMBS, NAMED

#: Seconds until the mail behind a bomb is read.
NEXT_S = 10.0


@pytest.fixture(autouse=True)
def measuring() -> Iterator[None]:
    with repository_on_path():
        yield


async def read_within_bounds(raw: bytes) -> None:
    mail, cost = await read_measured(raw)
    assert not mail.authenticated
    assert cost.cpu < MOST_SECONDS * FORGIVEN
    assert cost.peak < MOST_BYTES


@pytest.mark.parametrize("name", NAMED)
async def test_a_bomb_costs_no_more_than_a_mail_may(name: str) -> None:
    await read_within_bounds(BOMBS[name]())


@pytest.mark.system
@pytest.mark.parametrize("name", [name for name in BOMBS if name not in NAMED])
async def test_every_other_hostile_mail_costs_no_more(name: str) -> None:
    await read_within_bounds(BOMBS[name]())


async def test_the_mail_behind_a_bomb_is_read_at_once() -> None:
    await read_measured(BOMBS["a zip of zeros"]())
    began = time.monotonic()
    mail, _ = await read_measured(raw_mail("text-equals-signs"))
    assert time.monotonic() - began < NEXT_S
    assert mail.form is not None


@pytest.mark.system
async def test_the_mails_of_the_standard_library_are_read() -> None:
    pytest.importorskip("test.test_email", reason="this Python was installed without its test suite")
    mails = library_mails()
    assert len(mails) >= 45
    for raw in mails.values():
        await read_within_bounds(raw)
