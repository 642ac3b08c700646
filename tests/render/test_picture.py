"""The picture: as wide as a telephone, small enough to forward, in colours that tell results apart."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from gatewayd.core.report import Result
from gatewayd.render import canvas, fonts
from gatewayd.render.colours import COLOURS
from gatewayd.render.example_data import LOOK, NOW, log, logs
from gatewayd.render.picture_style import WIDTH
from gatewayd.render.png import report_png


def picture(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("name", logs())
def test_every_picture_is_narrow_small_and_in_few_colours(name: str) -> None:
    data = report_png(logs()[name], LOOK, NOW)
    image = picture(data)
    assert image.format == "PNG"
    assert image.width == 2 * WIDTH
    assert len(data) <= 200_000
    assert len(image.getcolors() or []) <= 64


@pytest.mark.parametrize("name", logs())
def test_nothing_touches_the_margins(name: str) -> None:
    image = picture(report_png(logs()[name], LOOK, NOW)).convert("RGB")
    for edge in ((0, 20, 30, image.height), (image.width - 30, 20, image.width, image.height)):
        colours = image.crop(edge).getcolors() or []
        assert [colour for _, colour in colours] == [(255, 255, 255)]


def test_height_follows_the_rows_and_stops_growing() -> None:
    heights = [picture(report_png(log(count), LOOK, NOW)).height for count in (1, 12, 40, 41, 4000)]
    assert heights == sorted(heights)
    assert heights[1] - heights[0] >= 11 * 2 * 30
    assert heights[4] - heights[3] <= 2 * 150


def test_rows_are_as_many_as_the_look_allows() -> None:
    few, many = (picture(report_png(log(100), replace(LOOK, picture_rows=n), NOW)).height for n in (10, 40))
    assert many - few >= 30 * 2 * 30


def test_one_recipient_in_doubt_among_hundreds_is_seen_in_its_own_colour() -> None:
    image = picture(report_png(log(412), LOOK, NOW)).convert("RGB")
    found = {colour for _, colour in image.getcolors(1 << 16) or []}
    for result in (Result.DELIVERED, Result.UNREPORTED, Result.FAILED, Result.IN_DOUBT, Result.EXPIRED):
        assert ImageColor.getrgb(COLOURS[result]) in found


def test_results_look_different() -> None:
    assert len(set(COLOURS.values())) == len(Result)


def test_number_of_colours_is_checked_before_drawing() -> None:
    with pytest.raises(ValueError, match="colours"):
        canvas.Canvas(10, 10, ["#ffffff"], [f"#0000{shade:02x}" for shade in range(40)])


@pytest.mark.parametrize("text", ["", "a", "Undangan " * 40, "x" * 400, "satu\n\ndua", "👩‍🎓" * 50])
def test_lines_fit_their_width(text: str) -> None:
    lines = canvas.wrap(text, 200, 13, most=4)
    assert 1 <= len(lines) <= 4
    assert all(canvas.width_of(line, 13) <= 200 for line in lines)
    assert canvas.width_of(canvas.fit(text.replace("\n", " "), 120, 13), 13) <= 120


def test_cut_text_says_so() -> None:
    assert canvas.wrap("Undangan " * 40, 200, 13, most=3)[-1].endswith("…")
    assert canvas.fit("Raden Mas Bambang Kusumo Contoh", 80, 12).endswith("…")
    assert canvas.fit("Siti", 80, 12) == "Siti"


def test_signs_the_font_lacks_are_never_boxes() -> None:
    which = fonts.face(26)
    for text in ("中文", "हिन्दी", "🧋🫠", "👩‍🎓", "ok ❤️", "12:05"):
        drawn = which.drawable(text)
        assert all(char.isascii() or which.has(char) for char in drawn), drawn
    assert which.drawable("Kuliah Umum -BAA") == "Kuliah Umum -BAA"


def test_a_family_of_joined_signs_is_one_placeholder() -> None:
    which = fonts.face(26)
    assert which.drawable("a\U0001f9d1\u200d\U0001f9bd b").count(which.placeholder) == 1


def test_without_the_font_pictures_still_have_letters(tmp_path: Path) -> None:
    which = fonts.face(26, folder=tmp_path)
    assert which.drawable("Résumé – “Ka. UPSI” · …") == 'Resume - "Ka. UPSI" - ...'
    assert which.drawable("中") == which.placeholder
    assert which.font.getlength("Laporan") > 0


def test_a_missing_font_is_named_with_its_package(tmp_path: Path) -> None:
    assert "fonts-dejavu-core" in fonts.problem(tmp_path)
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        (tmp_path / name).touch()
    assert fonts.problem(tmp_path) == ""


def test_no_full_number_in_the_picture() -> None:
    """Two lists that differ only behind the mask make the same picture."""
    base = log(3)
    other = replace(base, rows=tuple(replace(row, address=f"+628129999{row.row:04d}") for row in base.rows))
    same = replace(base, rows=tuple(replace(row, address=f"+628120000{row.row:04d}") for row in base.rows))
    assert report_png(other, LOOK, NOW) == report_png(same, LOOK, NOW)
