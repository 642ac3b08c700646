"""The sender's own text: what stands above the quotation and the signature, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.quoted import forwarded_text, own_part

QUOTE = "> Mohon balas dengan SETUJU atau TOLAK.\n> Kode: ABC"


@pytest.mark.parametrize(
    "begin",
    [
        QUOTE,
        f"Pada Sen, 23 Nov 2026 pukul 09.10 UPSI menulis:\n{QUOTE}",
        f"Pada Sen, 23 Nov 2026 pukul 09.10 UPSI <permohonan@kampus.example>\nmenulis:\n\n{QUOTE}",
        f"On Mon, 23 Nov 2026 at 09:10, UPSI wrote:\n{QUOTE}",
        "On 23/11/2026 09:10, UPSI wrote:\nMohon balas dengan SETUJU atau TOLAK.",
        "-----Original Message-----\nFrom: UPSI\nSETUJU",
        "----- Pesan Asli -----\nSETUJU",
        "________________________________\nFrom: UPSI <x@kampus.example>\nSent: Monday\nSETUJU",
        "Dari: UPSI <x@kampus.example>\nTerkirim: 23 November 2026\nKepada: y@kampus.example\nSubjek: x\n\nSETUJU",
        "*From:* UPSI\n*Sent:* Monday\n*To:* x@kampus.example\n\nSETUJU",
        "---------- Forwarded message ---------\nSETUJU",
        "-- \nRina Contoh\nSETUJU",
        "--\nSETUJU",
        "Dikirim dari iPhone saya\nSETUJU",
        "Sent from my Galaxy\n\nSETUJU",
    ],
)
def test_everything_from_the_quotation_on_is_not_his(begin: str) -> None:
    assert own_part(f"TOLAK salah tanggal\n\n{begin}\n") == "TOLAK salah tanggal"


@pytest.mark.parametrize("begin", [QUOTE, f"Pada hari ini, UPSI menulis:\n{QUOTE}"])
def test_words_below_the_quotation_are_not_read(begin: str) -> None:
    assert own_part(f"{begin}\n\nSETUJU") == ""


@pytest.mark.parametrize(
    "text",
    [
        "Pada hari Senin kuliah libur.\n\nSETUJU",
        "Dari Biro Akademik\nSETUJU",
        "Dari: Biro Akademik\nSETUJU",
        "NAMA UNIT: x\nTANGGAL PENGAJUAN: 23-11-2026\nKETERANGAN: x",
        "On the other hand:\n\nSETUJU",
        "- satu\n- dua",
    ],
)
def test_a_text_that_only_looks_a_little_like_it_is_kept(text: str) -> None:
    assert own_part(text) == text


def test_an_inline_forward_gives_the_text_behind_its_header_lines() -> None:
    marker = "---------- Forwarded message ---------"
    text = f"Mohon diproses.\n\n{marker}\nDari: Budi\nDate: x\nSubject: y\nTo: z\n\nNAMA UNIT: A\n"
    assert forwarded_text(text, "x") == "NAMA UNIT: A"


def test_a_forward_without_a_marker_is_told_by_its_subject() -> None:
    text = "FYI\n\n> NAMA UNIT: A\n> KETERANGAN: B\n"
    assert forwarded_text(text, "Trs: Permohonan") == "NAMA UNIT: A\nKETERANGAN: B"
    assert forwarded_text(text, "Re: Permohonan") == ""


@given(
    st.lists(
        st.sampled_from(["SETUJU", "> x", "Pada x", "menulis:", "Dari: a@b", "Kepada: c", "--", "", "____________"]),
        max_size=12,
    )
)
def test_own_text_is_always_a_beginning_of_the_mail(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert text.strip().startswith(own_part(text))
    assert "> x" not in own_part(text)
