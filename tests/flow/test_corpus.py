"""The corpus of mails at the desk: which answer each leads to, and what its request would send to whom."""

import email
import email.policy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gatewayd.core.request import Request
from gatewayd.render.compose import compose
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.compose_child import look_of
from gatewayd.stages.context import Context
from gatewayd.stages.views import Desk, view_of
from gatewayd.store import deliveries, notices, requests
from gatewayd.store.database import reading
from gatewayd.wire.reading import read_mail
from tests.flow.test_mails import asked, mail
from tests.vectors import EXPECTED, Expected, raw_mail

UNITS = ("baa", "kepegawaian", "perpustakaan", "keuangan", "humas", "fakultas", "sekretariat")
#: Mails whose answer the index leaves open: the desk for other services has its own tests.
ANSWERED = [name for name, expected in EXPECTED.items() if expected.get("answer", ()) is not None]


async def in_process(payload: bytes) -> bytes:
    """What the sandbox child does, without its start of a third of a second."""
    return read_mail(payload)


@pytest.fixture(autouse=True)
def campus(raw: dict[str, Any], tmp_path: Path) -> None:
    raw["units"] = [{"name": name.title(), "senders": [f"{name}@kampus.example"]} for name in UNITS]
    raw["groups"] = {}
    for number, group in enumerate(("mahasiswa", "pegawai", "dosen")):
        file = tmp_path / f"{group}.csv"
        file.write_text("Nama;No HP\n" + "".join(f"Orang {n};08120000{number}5{n:02d}\n" for n in range(4)))
        raw["groups"][group] = {"file": str(file)}


def answers(expected: Expected) -> list[str]:
    if "answer" in expected:
        return list(expected["answer"])
    return ["correction" if expected["faults"] else "receipt"] if "faults" in expected else ["receipt"]


@pytest.mark.parametrize("name", ANSWERED)
async def test_a_mail_gets_the_one_answer_that_helps(ctx: Context, name: str) -> None:
    expected = EXPECTED[name]
    await MailDesk(ctx, in_process).accept(mail(raw_mail(name)))
    assert await asked(ctx) == answers(expected)
    found = await ctx.db.run(requests.all_numbers, 9)
    if "unit" not in expected:
        assert found == []
        return
    (request,) = found
    assert request.text == expected["text"]
    _as_expected(request, expected)
    if "sent" in expected:
        rows = await ctx.db.run(deliveries.sample, request.id, 9)
        assert [text for _, _, text in rows] == expected["sent"]


def _as_expected(request: Request, expected: Expected) -> None:
    """What became of a form when the whole request was built."""
    late = [row for row in request.refused if row.code in ("row.placeholder",)]
    assert [[row.row, row.code, row.typed, row.name] for row in late] == expected.get("late", [])
    if "warnings" in expected:
        assert [fault.code for fault in request.warnings if fault.path == "text"] == expected["warnings"]
    for code in expected.get("late_faults", []):
        assert code in [fault.code for fault in request.faults]
    if "receipt" in answers(expected):
        directories = 4 * len([group for group in request.groups if group != "lainnya"])
        listed = len(expected.get("to", ())) - len(expected.get("late", ()))
        assert request.recipients == (listed or directories)


def plain_text(raw: bytes) -> str:
    body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("kind", ["receipt", "approval"])
async def test_people_see_an_example_and_the_longest_text(ctx: Context, tmp_path: Path, kind: str) -> None:
    await MailDesk(ctx, in_process).accept(mail(raw_mail("placeholders")))
    (notice,) = await ctx.db.run(notices.uncomposed, ctx.clock.now(), 10)
    about = replace(notice, kind=kind, params={"step": 0, "person": "rina", "digest": ""})
    with reading(tmp_path) as conn:
        raw = compose(view_of(Desk(conn, ctx.settings, ctx.clock.now()), about, "<a@b>"), look_of(ctx.settings))
    text = (
        email.message_from_bytes(raw, policy=email.policy.default)
        .get_body(("plain",))
        .get_content()
        .replace("\r\n", "\n")
    )
    assert "| Yth. {nama} ({NPM}), kursi wisuda Anda {No. Kursi}." in text
    assert "Yang diterima Siti Contoh (1 bagian SMS):\n| Yth. Siti Contoh (2110010001), kursi wisuda Anda A-01." in text
    assert "Yang terpanjang, untuk Tono Contoh (1 bagian SMS):\n| Yth. Tono" in text
