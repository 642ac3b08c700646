"""Nothing that people read is left in the wrong language, and no code is left without words."""

import subprocess
import sys
from pathlib import Path

import pytest

from gatewayd.core.model import Fault
from gatewayd.core.progress import RequestState
from gatewayd.core.report import Result
from gatewayd.render import words_causes
from gatewayd.render.words import Words
from gatewayd.render.words_alarms import HEADLINES, WHAT_TO_DO
from gatewayd.render.words_answers import TOKEN_PROBLEMS
from gatewayd.render.words_faults import FAULTS
from gatewayd.stages.decide import EXPLAINED
from gatewayd.wire.causes.cme import CME
from gatewayd.wire.causes.cms import CMS
from gatewayd.wire.causes.tp_status import reported_status
from gatewayd.wire.faultcodes import CODES

ROOT = Path(__file__).parents[2]
ID, EN = Words("id"), Words("en")


def test_catalogue_is_complete_compiled_and_without_leftovers() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "catalogues", "--check"], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("code", CODES)
def test_every_fault_code_has_a_sentence_in_both_languages(code: str) -> None:
    assert code in FAULTS
    assert ID.fault(code) != EN.fault(code)
    assert ID.fault(code)[0] == ID.fault(code)[0].lower()


def test_no_sentence_for_a_code_that_does_not_exist() -> None:
    assert set(FAULTS) == set(CODES)
    assert set(TOKEN_PROBLEMS) == set(EXPLAINED)


@pytest.mark.parametrize("problem", EXPLAINED)
def test_every_problem_of_a_decision_has_a_sentence(problem: str) -> None:
    assert ID.token_problem(problem) not in (EN.token_problem(problem), f"[{problem}]")


def test_what_is_not_known_shows_its_code() -> None:
    assert ID.fault("new.code") == "[new.code]"
    assert ID.token_problem("new.code") == "[new.code]"
    assert ID.alarm("new.code") == "new.code"
    assert ID.remedy("new.code") == ""
    assert ID.cause("vendor-7", "strange words") == "strange words"
    assert ID.cause("vendor-7", "") == "vendor-7"


def test_every_alarm_says_what_to_do() -> None:
    assert set(HEADLINES) == set(WHAT_TO_DO)
    for code in HEADLINES:
        assert ID.alarm(code) != EN.alarm(code)
        assert ID.remedy(code) != EN.remedy(code)


@pytest.mark.parametrize("prefix", ["cms", "cme"])
def test_every_listed_refusal_of_the_modem_has_plain_words(prefix: str) -> None:
    table = {"cms": CMS, "cme": CME}[prefix]
    # A duplicate is accepted: nobody reads a cause for it.
    without = {number for number in table if not words_causes.sentence(f"{prefix}-{number}")} - {197}
    assert without == set()


def test_every_named_failure_report_has_plain_words() -> None:
    failed = [number for number in range(0x40, 0x66) if number <= 0x49 or number >= 0x60]
    assert all(words_causes.sentence(f"st-{number:02x}") for number in failed)
    assert all(reported_status(number) in ("failed", "expired") for number in failed)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("smtp-550-5.1.1", "alamat email tidak ada"),
        ("smtp-552-5.2.2", "kotak surat penerima penuh"),
        ("smtp-554", "server email penerima menolak"),
        ("smtp-451-4.7.1", "server email penerima belum dapat menerima sampai batas waktu"),
        ("smtp-timeout", "tidak ada jawaban setelah dikirim, jadi mungkin sampai, mungkin tidak"),
        ("interrupted", "tidak ada jawaban setelah dikirim, jadi mungkin sampai, mungkin tidak"),
        ("st-43", "nomor tidak aktif"),
    ],
)
def test_causes_in_plain_words(code: str, words: str) -> None:
    assert ID.cause(code, "technical") == words


def test_results_and_states_are_told_apart() -> None:
    assert len({ID.result(result) for result in Result}) == len(Result)
    assert {ID.state(state) for state in RequestState}
    assert ID.result(Result.UNREPORTED) != ID.result(Result.DELIVERED)
    assert ID.explained(Result.IN_DOUBT)


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (Fault("tanggal_pengajuan", "date.impossible", "31-11-2026"),
         'TANGGAL PENGAJUAN "31-11-2026": bukan tanggal yang sah (hari, bulan, tahun)'),
        (Fault("nip_npm_nidn", "field.missing"), "NIP / NPM / NIDN: belum diisi"),
        (Fault("keterangan", "text.empty"), "KETERANGAN (isi pesan): isi pesan belum diisi"),
        (Fault("to[3]", "row.too_short", "08"), 'DAFTAR PENERIMA (3) "08": nomor terlalu pendek'),
        (Fault("", "mail.unreadable"), "email tidak dapat dibaca"),
    ],
)  # fmt: skip
def test_faults_quote_what_was_typed(fault: Fault, line: str) -> None:
    assert ID.faulted(fault) == line


@pytest.mark.parametrize(
    ("dbm", "shown"),
    [(None, "sinyal belum diketahui"), (-51, "sinyal -51 dBm (sangat baik)"), (-71, "sinyal -71 dBm (baik)"),
     (-95, "sinyal -95 dBm (cukup)"), (-113, "sinyal -113 dBm (lemah)")],
)  # fmt: skip
def test_signal_in_words(dbm: int | None, shown: str) -> None:
    assert ID.signal(dbm) == shown
