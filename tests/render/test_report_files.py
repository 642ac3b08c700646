"""What goes with a report mail: all of it while it fits, else the table zipped, else without the biggest, and said."""

import io
import zipfile
from dataclasses import replace

import pytest

from gatewayd.render.compose import compose
from gatewayd.render.example_data import HEAD, LOOK, NOW, log
from gatewayd.render.report_files import attached
from gatewayd.render.views import Report
from tests.render.reading import body, parse

LOG = log(412)


def test_csv_and_pdf_go_with_it() -> None:
    found = attached(LOG, LOOK, NOW, full_numbers=False, room=10_000_000)
    assert [file.name for file in found.files] == ["UPSI-2026-000123.pdf", "UPSI-2026-000123.csv"]
    assert "PDF" in found.sentence
    assert "CSV" in found.sentence


def test_the_settings_say_which() -> None:
    found = attached(LOG, replace(LOOK, attach=("xlsx",)), NOW, full_numbers=False, room=10_000_000)
    assert [file.name for file in found.files] == ["UPSI-2026-000123.xlsx"]
    none = attached(LOG, replace(LOOK, attach=()), NOW, full_numbers=False, room=10_000_000)
    assert none.files == ()
    assert none.sentence == "Terlampir: gambar laporan ini untuk diteruskan."


@pytest.mark.parametrize(("count", "room"), [(412, 150_000), (10_000, 10_000_000)])
def test_where_room_is_short_or_the_list_long_the_table_is_zipped(count: int, room: int) -> None:
    found = attached(log(count), LOOK, NOW, full_numbers=False, room=room)
    assert [file.name for file in found.files] == ["UPSI-2026-000123.pdf", "UPSI-2026-000123.csv.zip"]
    with zipfile.ZipFile(io.BytesIO(found.files[1].data)) as archive:
        assert archive.namelist() == ["UPSI-2026-000123.csv"]
        assert archive.read("UPSI-2026-000123.csv").count(b"\n") == count + 4


@pytest.mark.parametrize(("room", "kept"), [(70_000, ["UPSI-2026-000123.csv.zip"]), (1_000, [])])
def test_far_too_big_means_left_out_and_said(room: int, kept: list[str]) -> None:
    found = attached(LOG, LOOK, NOW, full_numbers=False, room=room)
    assert [file.name for file in found.files] == kept
    assert "Terlalu besar untuk email" in found.sentence
    assert sum(len(file.data) for file in found.files) * 1.37 <= room


def test_the_whole_mail_stays_below_its_limit() -> None:
    limit = 400_000
    raw = compose(Report(HEAD, log(2000)), replace(LOOK, report_bytes=limit))
    assert len(raw) <= limit
    assert "Terlampir: gambar laporan ini" in body(parse(raw))
