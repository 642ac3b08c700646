"""Which texts of a publishing system need no approval."""

import pytest

from gatewayd.core.templates import LONGEST_VALUE, is_template

ROOM = "Kuliah {mk} pindah ke {ruang}. -UPSI"


@pytest.mark.parametrize(
    ("texts", "values", "expected"),
    [
        ([ROOM], ["Kalkulus", "A-101"], True),
        (["Kuliah {mk}  pindah\nke {ruang}. -UPSI "], ["Kalkulus"], True),
        ([ROOM + " Promo!"], [], False),
        ([ROOM, "Lainnya"], [], False),
        ([ROOM], ["x" * LONGEST_VALUE], True),
        ([ROOM], ["x" * (LONGEST_VALUE + 1)], False),
        ([ROOM], ["buka hadiah.example.com/x"], False),
        ([ROOM], ["A-101\nSelamat, Anda menang"], False),
    ],
)
def test_the_text_must_be_known_and_what_is_merged_small(texts: list[str], values: list[str], expected: bool) -> None:
    assert is_template(texts, values, [ROOM]) is expected


def test_without_templates_any_text_is_as_good() -> None:
    assert is_template(["apa saja"], ["x" * 500], [])
