"""What we write, people answer: the blank form, the question and the correction are read again as they are meant."""

import json
from email.message import EmailMessage

import pytest

from gatewayd.core.model import Fault
from gatewayd.render import views
from gatewayd.render.compose import compose
from gatewayd.render.example_data import LOOK, examples
from gatewayd.wire import reading
from gatewayd.wire.mailvalues import ReadMail
from tests.render.reading import body, parse

HEAD = {"trust_all_senders": True, "own_domain": "kampus.example"}
TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def read(mail: EmailMessage) -> ReadMail:
    return reading.from_json(reading.read_mail(json.dumps(HEAD).encode() + b"\n" + mail.as_bytes()))


def mail_with(text: str, *, answered: EmailMessage | None = None) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Ratna Contoh <ratna@kampus.example>"
    mail["To"] = LOOK.sender
    mail["Subject"] = f"Re: {answered['Subject']}" if answered else "Permohonan"
    mail["Message-ID"] = "<reply.1@kampus.example>"
    mail["Date"] = "Mon, 23 Nov 2026 09:30:00 +0700"
    if answered:
        mail["In-Reply-To"] = str(answered["Message-ID"])
    mail.set_content(text)
    return mail


def reply(answered: EmailMessage, words: str) -> EmailMessage:
    quoted = "\n".join(f"> {line}".rstrip() for line in body(answered).splitlines())
    return mail_with(f"{words}\n\nPada Sen, 23 Nov 2026, UPSI menulis:\n{quoted}\n", answered=answered)


@pytest.mark.parametrize(("words", "word"), [("SETUJU", "approve"), ("TOLAK isi belum lengkap", "reject")])
def test_a_reply_to_the_question_brings_word_and_token(words: str, word: str) -> None:
    found = read(reply(parse(compose(examples()["approval"], LOOK)), words))
    assert found.reply is not None
    assert found.reply.word == word
    assert TOKEN in found.tokens
    assert found.request_number == "UPSI-2026-000123"


def test_the_question_alone_decides_nothing() -> None:
    """A reply without own words quotes SETUJU and TOLAK, and the text may say SETUJU too."""
    view = examples()["approval"]
    assert isinstance(view, views.ApprovalQuestion)
    found = read(reply(parse(compose(view, LOOK)), ""))
    assert found.reply is None or found.reply.word == "unclear"


@pytest.mark.parametrize("kind", ["form", "help"])
def test_the_blank_form_is_read_when_it_is_filled(kind: str) -> None:
    text = body(parse(compose(examples()[kind], LOOK)))
    form = text[text.index("NAMA UNIT:") : text.index("KETERANGAN:")]
    values = {
        "NAMA UNIT:": "Biro Administrasi Akademik", "NAMA LENGKAP:": "Budi Contoh, S.Kom.",
        "EMAIL:": "baa@kampus.example", "TANGGAL PENGAJUAN:": "23-11-2026",
    }  # fmt: skip
    for label, value in values.items():
        form = form.replace(f"\n{label} " if label != "NAMA UNIT:" else label, f"\n{label} {value}", 1)
    form = form.replace("[ ] DOSEN", "[x] DOSEN")
    found = read(mail_with(f'{form}KETERANGAN: "Rapat dosen Jumat pukul 09.00."\n'))
    assert found.form is not None
    assert found.form.faults == ()
    assert found.form.unit_name == "Biro Administrasi Akademik"
    assert found.form.applicant_name == "Budi Contoh, S.Kom."
    assert found.form.groups == ("dosen",)
    assert found.form.text == "Rapat dosen Jumat pukul 09.00."


def test_the_lines_that_a_correction_asks_for_are_read() -> None:
    view = examples()["correction"]
    assert isinstance(view, views.Correction)
    faults = (
        Fault("nama_lengkap", "field.missing"),
        Fault("nip_npm_nidn", "field.missing"),
        Fault("subject", "subject.empty"),
    )
    asked = parse(compose(views.Correction(view.head, faults, view.what), LOOK))
    lines = [line for line in body(asked).splitlines() if line.endswith(": …")]
    assert len(lines) == 3
    values = ("Budi Contoh, S.Kom.", "0101010101", "Undangan wisuda")
    answer = "\n".join(line.replace("…", value) for line, value in zip(lines, values, strict=True))
    found = read(reply(asked, answer))
    assert found.form is not None
    assert (found.form.applicant_name, found.form.id_number, found.form.subject) == values


@pytest.mark.parametrize("kind", examples())
def test_our_own_mails_are_automatic_and_start_no_loop(kind: str) -> None:
    found = read(parse(compose(examples()[kind], LOOK)))
    assert found.automatic
    assert found.reply is None
    assert found.form is None
