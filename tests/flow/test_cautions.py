"""What the approvers are warned of, and a form that tells a password: from the mail to the stored request."""

from pathlib import Path
from typing import Any

import pytest

from gatewayd.core.request import Request
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.context import Context
from gatewayd.store import requests
from tests.flow.test_mails import FORM, mail


async def stored(ctx: Context, text: str, number: int = 1, box: bytes = b"LAINNYA", people: bytes = b"") -> Request:
    """The request that a form with this text becomes. `people` are more rows of its list; a box but LAINNYA has
    no list."""
    raw = FORM.replace(b"Kuliah libur", text.encode()).replace(b"<1@", b"<%d@" % number).replace(b"LAINNYA", box)
    raw = raw + people if box == b"LAINNYA" else raw.partition(b"PENERIMA")[0]
    await MailDesk(ctx).accept(mail(raw, uid=number))
    return max(await ctx.db.run(requests.all_numbers, 9), key=lambda request: request.id)


def said(request: Request) -> list[tuple[str, str]]:
    return [(fault.code, fault.typed) for fault in request.warnings]


@pytest.fixture
def directory(raw: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "dosen.csv"
    file.write_text("Nama;No HP\nBudi;081200000101\n")
    raw["groups"] = {"dosen": {"file": str(file)}}


@pytest.fixture
def allowed(raw: dict[str, Any]) -> None:
    raw["sending"] = raw["sending"] | {"allow_credentials": True}


async def test_a_plain_text_warns_of_nothing(ctx: Context) -> None:
    request = await stored(ctx, "Kuliah libur")
    assert (request.warnings, request.faults) == ((), ())


async def test_what_operators_filter_is_a_warning_and_no_fault(ctx: Context) -> None:
    request = await stored(ctx, "Transfer ke 1234567, lihat bit.ly/krs")
    assert said(request) == [
        ("text.link", "bit.ly/krs"), ("text.digits", "1234567"), ("text.filtered_words", "transfer"),
    ]  # fmt: skip
    assert request.faults == ()


async def test_a_form_that_tells_a_password_comes_back(ctx: Context) -> None:
    request = await stored(ctx, "Kata sandi Anda: mawar")
    assert [(fault.code, fault.typed) for fault in request.faults] == [("text.credential", "kata sandi")]


async def test_a_text_in_plain_letters_says_what_was_replaced_and_what_was_not(ctx: Context) -> None:
    plain = b'"\r\nHURUF SMS: YA\r\n'
    raw = FORM.replace(b"Kuliah libur", "Rapat – “jam 9” ☺".encode()).replace(b'"\r\nPENERIMA', plain + b"PENERIMA")
    await MailDesk(ctx).accept(mail(raw))
    request = (await ctx.db.run(requests.all_numbers, 1))[0]
    assert request.text == 'Rapat - "jam 9" ☺'
    assert said(request) == [("text.replaced", '– → -, “ → ", ” → "'), ("text.kept", "☺")]


@pytest.mark.usefixtures("allowed")
async def test_where_credentials_are_allowed_the_approvers_are_warned(ctx: Context) -> None:
    request = await stored(ctx, "Kata sandi Anda: mawar")
    assert request.faults == ()
    assert ("text.credential", "kata sandi") in said(request)


@pytest.mark.usefixtures("directory")
async def test_a_text_for_a_part_of_the_ticked_group_is_a_warning(ctx: Context) -> None:
    assert said(await stored(ctx, "Dosen semester 1 rapat", box=b"DOSEN")) == [("text.narrower", "semester 1")]


async def test_a_list_says_itself_who_is_meant(ctx: Context) -> None:
    assert said(await stored(ctx, "Mahasiswa semester 1 hadir")) == []


async def test_the_same_text_on_one_day_is_a_warning_with_the_number_of_people(ctx: Context) -> None:
    await stored(ctx, "Kuliah libur", 1)
    assert said(await stored(ctx, "Kuliah libur", 2, people=b"081200000102\r\n")) == [("text.repeated", "1")]
    assert said(await stored(ctx, "Kuliah pindah ke ruang lain", 3)) == []


async def test_the_fourth_form_in_an_hour_refuses_the_recipient_by_row(ctx: Context) -> None:
    for index in range(1, 4):
        await stored(ctx, f"Kabar nomor {index}", index)
    request = await stored(ctx, "Kabar lagi", 4, people=b"081200000102\r\n")
    assert [(row.row, row.code) for row in request.refused] == [(1, "row.limit_hour")]
    assert request.recipients == 1


async def test_a_wished_time_beside_the_message_is_said_not_to_be_obeyed(ctx: Context) -> None:
    request = await stored(ctx, 'Kuliah libur hari Senin". Isi SMS di atas mohon dikirim besok jam 8.')
    assert (request.text, said(request)) == ("Kuliah libur hari Senin", [("text.time_wish", 'dikirim besok jam 8."')])
