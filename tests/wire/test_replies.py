"""What a reply says. A wrong "approve" is the worst mistake of all: doubt is always unclear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.mailvalues import Reply
from gatewayd.wire.replies import read_reply


@pytest.mark.parametrize(
    "text",
    [
        "Bismillah, acc",
        "Alhamdulillah setuju",
        "sy setuju",
        "SETUJU", "setuju", "Setuju.", "Disetujui", "Saya menyetujui", "Kami setujui.", "ok setuju", "Oke, setuju",
        "acc",
        "ACC", "ACC pak", "Lanjutkan", "silakan diproses", "Silahkan dikirim", "Approved", "Yth. Bapak,\n\nDisetujui.",
        "Assalamu'alaikum\nSetuju.\nWassalam", "Pak, setuju", "Selamat pagi\n\nSETUJU\n\nTerima kasih",
        "SETUJU\n\nRina Contoh",
        "Setuju, terima kasih", "dilanjutkan", "Setuju untuk dikirim", "Setuju, mohon segera dikirim",
        "Mohon dilanjutkan", "Baik, disetujui", "Saya setuju permohonan ini",
    ],
)  # fmt: skip
def test_an_approval_in_natural_words_is_one(text: str) -> None:
    assert read_reply(text).word == "approve"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("TOLAK", ""),
        ("TOLAK tanggalnya keliru", "tanggalnya keliru"),
        ("Tolak: daftar belum lengkap", "daftar belum lengkap"),
        ("ditolak karena tidak ada dasar", "tidak ada dasar"),
        ("tidak disetujui", ""),
        ("Tidak setuju", ""),
        ("belum disetujui", ""),
        ("belum dapat disetujui karena teksnya salah", "teksnya salah"),
        ("Mohon maaf, belum dapat kami setujui. Daftar salah", "Daftar salah"),
        ("tidak bisa disetujui", ""),
        ("tdk setuju", ""),
        ("jangan dilanjutkan", ""),
        ("jangan", ""),
        ("tunda", ""),
        ("revisi teksnya", "teksnya"),
        ("TOLAK\nTeks terlalu panjang\n\nTerima kasih", "Teks terlalu panjang"),
        ("menolak", ""),
        ("Rejected", ""),
    ],
)
def test_a_refusal_is_one_with_its_reason(text: str, reason: str) -> None:
    assert read_reply(text) == Reply("reject", reason)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "Terima kasih", "halo", "SETUJU dan TOLAK", "SETUJU\nTOLAK", "setuju tapi perbaiki dulu",
        "setuju dengan catatan: ganti tanggal", "setuju jika dananya ada", "setuju asalkan diperbaiki",
        "apakah disetujui?", "pada prinsipnya kami setujui",
        "Setuju?", "tidak ditolak", "tidak keberatan, setuju", "akan saya setujui besok", "kurang setuju",
        "saya rasa tidak perlu untuk langsung kami setujui", "bukannya setuju", "mohon disetujui",
        "Mohon segera disetujui",
        "menunggu disetujui Ka. BPSI", "persetujuan", "jangan ditolak", "batal disetujui", "BATAL, setuju saja",
        "Mohon kirim rincian biayanya.", "Saya perlu informasi lebih lanjut.", "Saya pelajari lebih lanjut.",
        "Minta acc Rektor.", "Harus disetujui Rektor", "disetujui Rektor", "acc dari dekan dulu", "Approved by Rector",
        "Silakan kirim pesan WA ke 0812, saya sedang dinas luar.", "Mohon dikirim daftar penerimanya ke saya.",
        "Tolong kirim ulang daftar penerima", "Saya lihat Ka. BPSI sudah approve", "Kapan disetujui Rektor",
        "Jangan lupa kirim laporannya", "ditunda sampai kapan?", "Suratnya ditolak dekan minggu lalu, ini yang baru",
        "tidak usah ditunda, setuju", "belum, nanti setuju", "Dear all,", "setuju" + " x" * 2000 + " tolak",
    ],
)  # fmt: skip
def test_whatever_is_not_plain_is_unclear(text: str) -> None:
    assert read_reply(text).word == "unclear"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("BATAL", Reply("cancel")),
        ("batal salah tanggal", Reply("cancel", "salah tanggal")),
        ("Mohon dibatalkan karena dobel", Reply("cancel", "dobel")),
        ("STATUS", Reply("status")),
        ("mohon info status", Reply("status")),
        ("TERUSKAN", Reply("forward")),
        ("FORMULIR", Reply("form")),
        ("minta formulir", Reply("form")),
        ("Yth. UPSI\nSTATUS", Reply("status")),
    ],
)
def test_a_command_at_the_beginning_is_one(text: str, reply: Reply) -> None:
    assert read_reply(text) == reply


@pytest.mark.parametrize("text", ["Kami ingin tahu status-nya bagaimana", "Karena hujan, acara batal"])
def test_a_command_word_inside_a_sentence_is_none(text: str) -> None:
    assert read_reply(text).word == "unclear"


@given(
    st.sampled_from(["tidak", "belum", "jangan", "bukan", "blm", "tdk"]),
    st.sampled_from(["setuju", "disetujui", "acc"]),
)
def test_a_negated_approval_never_approves(negation: str, word: str) -> None:
    for between in (" ", " dapat ", " bisa ", " akan pernah kami ", " ada alasan untuk "):
        assert read_reply(f"{negation}{between}{word}").word != "approve"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert len(read_reply(text).reason) <= 500
