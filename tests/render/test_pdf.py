"""The print: every row once, every page numbered and named, lines to sign on, and nothing in it that acts."""

import io
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader

from gatewayd.core.report import DeliveryLog, Stage
from gatewayd.render import pdf_pen
from gatewayd.render.example_data import LOOK, NOW, log, logs
from gatewayd.render.pdf import report_pdf

ACTING = {"/A", "/AA", "/Annots", "/EmbeddedFiles", "/JS", "/JavaScript", "/AcroForm", "/OpenAction", "/S", "/URI"}


def acting(data: bytes) -> set[str]:
    """The keys of all objects of a PDF that would make it do something (ISO 32000-1 §12.6)."""
    reader = PdfReader(io.BytesIO(data))
    objects = [reader.get_object(number) for number in reader.xref[0]]
    return {key for one in objects if isinstance(one, dict) for key in one} & ACTING


def pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def printed(view: DeliveryLog) -> list[str]:
    return pages(report_pdf(view, LOOK, NOW))


def test_every_page_is_numbered_and_says_whose_it_is() -> None:
    found = printed(log(412))
    assert len(found) > 5
    for number, page in enumerate(found, start=1):
        assert f"Halaman {number} dari {len(found)}" in page
        assert "UPSI-2026-000123" in page
    assert all("Nama atau NPM/NIP" in page for page in found[1:-1])


@pytest.mark.parametrize("count", [1, 40, 2000])
def test_every_recipient_stands_in_it_once_and_masked(count: int) -> None:
    text = "\n".join(printed(log(count)))
    rows = re.findall(r"0812\*\*\*\*\d{3} ", text)
    assert len(rows) == count
    assert "081200000" not in text


def test_first_page_says_who_asked_who_decided_and_what_it_cost() -> None:
    first = " ".join(printed(log(412))[0].split())
    for fact in (
        "Biro Administrasi Akademik", "Budi Contoh, S.Kom., M.T.", "390 dari 412 penerima dipastikan",
        "Ir. Surya Contoh, M.T.: DISETUJUI, 23 November 2026 pukul 09.19 WIB", "Kuliah Umum Jumat 27 Nov",
        "Rp 137.350 (perkiraan Rp 144.200)",
        "gsm2 (IM3) 137 bagian SMS (33,3 %), Rp 41.100; sisa pulsa sekitar Rp 41.300",
    ):  # fmt: skip
        assert fact in first, fact


def test_those_who_approved_have_a_line_to_sign_on() -> None:
    last = printed(log(412))[-1]
    assert "Tempat, tanggal" in last
    assert re.search(r"Ka\. UPSI\s+(Dr\. Ratna Contoh, M\.Kom\.)?", last)
    assert "Ir. Surya Contoh, M.T." in last


def test_without_decisions_one_line_is_left_and_the_rule_is_named() -> None:
    view = replace(log(2), decisions=(), preapproved="policy:siakad")
    text = " ".join(printed(view))
    assert "policy:siakad" in text
    assert "Mengetahui" in text


def test_signs_the_font_lacks_are_explained() -> None:
    text = "\n".join(printed(logs()["report-awkward"]))
    assert "menggantikan tanda yang tidak dapat ditampilkan" in text
    assert "menggantikan tanda" not in "\n".join(printed(log(2)))


def test_a_corrected_report_says_so_and_what_changed() -> None:
    view = logs()["report-corrected"]
    assert view.stage is Stage.CORRECTED
    assert "diterima 387 → 390; terkirim, tanpa laporan 17 → 14" in " ".join(printed(view)[0].split())


@pytest.mark.parametrize("name", logs())
def test_nothing_in_it_acts_and_it_is_the_same_every_time(name: str) -> None:
    data = report_pdf(logs()[name], LOOK, NOW)
    assert data == report_pdf(logs()[name], LOOK, NOW)
    assert acting(data) == set()


@pytest.mark.parametrize("text", ["", "a", "Undangan " * 40, "x" * 400, "satu\n\ndua", "👩‍🎓" * 50])
def test_lines_fit_their_width(text: str) -> None:
    lines = pdf_pen.wrap(text, 100, 8, most=4)
    assert 1 <= len(lines) <= 4
    assert all(pdf_pen.width_of(line, 8) <= 100 for line in lines)
    assert pdf_pen.width_of(pdf_pen.fit(text.replace("\n", " "), 60, 8), 8) <= 60
    assert "".join(pdf_pen.wrap(text, 100, 8)).replace(" ", "") == text.replace("\n", "").replace(" ", "")
