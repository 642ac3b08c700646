"""What approvers are warned of, what counts as a credential, and when a recipient has had enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core import caution
from gatewayd.core.caution import FILTERED, Limits, Recent
from gatewayd.core.model import Channel, Fault

LIMITS = Limits(hour=3, day=10)


def warned(text: str, code: str, channel: Channel = Channel.SMS) -> str | None:
    """What the warning quotes, None without one."""
    return next((fault.typed for fault in caution.text_warnings(text, channel, 1) if fault.code == code), None)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param("Daftar di https://kampus.example/krs ya", "https://kampus.example/krs", id="scheme"),
        pytest.param("Buka WWW.kampus.example", "WWW.kampus.example", id="www"),
        pytest.param("Isi KRS di portal.kampus.ac.id.", "portal.kampus.ac.id", id="bare domain at the end"),
        pytest.param("wa.me/62812", "wa.me/62812", id="short link"),
        pytest.param("SIAKAD.KAMPUS.AC.ID", "SIAKAD.KAMPUS.AC.ID", id="all capitals"),
        pytest.param("Kirim ke baa@kampus.ac.id", None, id="an e-mail address is no link"),
        pytest.param("budi.id@kampus.example", None, id="local part that ends like a domain"),
        pytest.param("Pukul 16.00 WIB.Info: BAA", None, id="a missing space is no link"),
        pytest.param("Jam 08.00 s.d. 10.30", None, id="times"),
    ],
)
def test_links_are_named(text: str, quoted: str | None) -> None:
    assert warned(text, "text.link") == quoted


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param("NPM 123456", "123456", id="six"),
        pytest.param("Nomor 12345", None, id="five"),
        pytest.param("Hubungi 081200000101 atau 081200000101", "081200000101", id="each once"),
        pytest.param("23-11-2026, Rp 1.500.000", None, id="dates and amounts are not one run"),
    ],
)
def test_six_digits_in_a_row_are_a_long_run(text: str, quoted: str | None) -> None:
    assert warned(text, "text.digits") == quoted


@pytest.mark.parametrize("word", FILTERED)
def test_each_word_that_operators_filter_is_named_in_any_case(word: str) -> None:
    assert warned(f"Info {word.upper()}, ya", "text.filtered_words") == word


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param("Segera ganti kata\nsandi akunmu", "kata sandi, akun", id="across lines, with a suffix"),
        pytest.param("Pindah ruang, titip opini", None, id="inside another word"),
        pytest.param("Selamat pagi, nomor antrean dibuka", None, id="too common to warn of"),
    ],
)
def test_filtered_words_are_whole_words(text: str, quoted: str | None) -> None:
    assert warned(text, "text.filtered_words") == quoted


def test_more_than_one_part_is_said_with_the_number() -> None:
    assert caution.text_warnings("Kuliah libur", Channel.SMS, 1) == ()
    assert caution.text_warnings("Kuliah libur", Channel.SMS, 2) == (Fault("text", "text.several_parts", "2"),)


def test_an_email_may_hold_links_numbers_and_any_word() -> None:
    assert caution.text_warnings("https://kampus.example otp 123456", Channel.EMAIL, 1) == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("Username: budi, password: rahasia1", "password", id="colon"),
        pytest.param("PASSWORD = Abc", "password", id="equals sign, capitals"),
        pytest.param("Kata sandi Anda adalah mawar", "kata sandi", id="is"),
        pytest.param("kata\nsandi anda Mawar77, segera ganti", "kata sandi", id="no verb, across lines"),
        pytest.param("PIN Anda 4821", "pin", id="digits"),
        pytest.param("482113 adalah kode OTP Anda", "kode otp", id="code first"),
        pytest.param("Password portal baru: {sandi}", "password", id="a column of the list"),
        pytest.param("Kata sandi {npm}", "kata sandi", id="a column without a colon"),
        pytest.param("Masuk dengan {npm} dan {Kata Sandi}", "kata sandi", id="a column of passwords"),
        pytest.param("Halo {pinjaman}", "", id="a column that only begins so"),
        pytest.param("Segera ganti kata sandi Anda di portal", "", id="advice"),
        pytest.param("Ganti password: buka https://kampus.example", "", id="where to set a new one"),
        pytest.param("Password wifi kampus: abc", "password", id="of the campus"),
        pytest.param("Ganti password sebelum 30/11/2026", "", id="a day is no password"),
        pytest.param("Ganti password Anda 30/11/2026", "", id="nor right after it"),
        pytest.param("Password: rahasia", "password", id="a poor password"),
        pytest.param("Kata sandi adalah rahasia, jangan dibagikan", "", id="a secret in general"),
        pytest.param("Pindah ruang: B 201", "", id="inside another word"),
        pytest.param("Jadwal: 0812", "", id="colon alone"),
    ],
)
def test_a_credential_is_a_secret_word_with_its_value(text: str, word: str) -> None:
    assert caution.credential(text) == word


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param("Mahasiswa semester 1 hadir", "semester 1", id="term"),
        pytest.param("Semester III dan semester V", "Semester III, semester V", id="roman terms"),
        pytest.param("untuk angkatan 2025", "angkatan 2025", id="year"),
        pytest.param("Stambuk '24", "Stambuk '24", id="short year"),
        pytest.param("Kelas TI-5A pindah", "Kelas TI-5A", id="class"),
        pytest.param("TI-5A dan SI 3B libur", "TI-5A, SI 3B", id="classes by name"),
        pytest.param("Prodi Sistem Komputer", "Prodi Sistem", id="study programme"),
        pytest.param("Kepada mahasiswa baru", "mahasiswa baru", id="new students"),
        pytest.param("SPP semester ganjil, TA 2026/2027", None, id="every term has one"),
        pytest.param("Hubungi prodi masing-masing", None, id="each his own"),
        pytest.param("Kelas diliburkan, kuliah daring", None, id="classes in general"),
        pytest.param("Kuliah umum Jumat 4 Desember 2026 di Aula B", None, id="nobody in particular"),
    ],
)
def test_a_part_of_a_group_is_noticed(text: str, quoted: str | None) -> None:
    assert caution.narrower(text) == (() if quoted is None else (Fault("text", "text.narrower", quoted),))


@pytest.mark.parametrize(
    ("recent", "code"),
    [
        pytest.param(Recent(), "", id="nothing yet"),
        pytest.param(Recent(2, 9), "", id="one is left"),
        pytest.param(Recent(3, 3), "row.limit_hour", id="hour"),
        pytest.param(Recent(0, 10), "row.limit_day", id="day"),
        pytest.param(Recent(3, 10), "row.limit_day", id="the longer wait is said"),
    ],
)
def test_an_address_gets_no_more_than_its_limits(recent: Recent, code: str) -> None:
    assert caution.over_limit(recent, LIMITS) == code


def test_recipients_of_the_same_text_are_counted() -> None:
    assert caution.repeated([Recent(1, 1), Recent(0, 2)]) == ()
    again = [Recent(1, 1, same_text=True), Recent(1, 1), Recent(0, 1, same_text=True)]
    assert caution.repeated(again) == (Fault("text", "text.repeated", "2"),)


@given(st.text(max_size=400))
def test_any_text_gets_short_quotes(text: str) -> None:
    faults = (*caution.text_warnings(text, Channel.SMS, 2), *caution.narrower(text))
    assert all(len(fault.typed) <= 120 for fault in faults)
    assert len(caution.credential(text)) <= 20


@pytest.mark.parametrize("piece", ["a.", "kata sandi ", "1", "semester ", "-", "pin anda ", "prodi ", "x1"])
def test_a_very_long_text_is_read_to_its_end(piece: str) -> None:
    text = piece * (100_000 // len(piece)) + " https://kampus.example/krs"
    assert warned(text, "text.link") == "https://kampus.example/krs"
    assert len(caution.credential(text)) <= 20
