"""A menu is answered by the number of the one line that a recipe names, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.credit_menu import choice

TELKOMSEL = "Telkomsel\n1.Cek Pulsa & Kuota\n2.Paket SMS\n3.Paket Nelpon\n4.Info Kartu\n00.Next"
BARE = "Menu\n1 Cek pulsa\n2 Beli paket\n3 Transfer pulsa"
ADVERT = "Sisa pulsa? Mau MP3 RizkiRidho? Download MP3nya 1.YA 2.Info Kartu"
XL = "Pilih 1 utk GRATIS telp 15mnt + RBT Lucu 1 Mau 2 Plh Tarif 3 Inet/Cek Kuota"


@pytest.mark.parametrize(
    ("menu", "wanted", "answer"),
    [
        pytest.param(TELKOMSEL, "cek pulsa", "1", id="words of the line"),
        pytest.param(TELKOMSEL, "INFO KARTU", "4", id="in any case"),
        pytest.param(TELKOMSEL, "next", "00", id="two digits"),
        pytest.param(TELKOMSEL, "paket", "", id="two lines have it: nobody answers"),
        pytest.param(TELKOMSEL, "info saldo", "", id="no line has it"),
        pytest.param(TELKOMSEL, "ulsa", "", id="part of a word is not the word"),
        pytest.param(TELKOMSEL, "4", "4", id="digits as they stand"),
        pytest.param(TELKOMSEL, "*1#", "*1#", id="a code as it stands"),
        pytest.param(BARE, "cek pulsa", "1", id="no dot behind the number"),
        pytest.param(BARE, "beli paket", "2", id="the second line"),
        pytest.param(BARE, "pulsa", "", id="twice in it"),
        pytest.param(ADVERT, "info kartu", "2", id="in one line"),
        pytest.param(ADVERT, "sisa pulsa", "", id="not among the choices"),
        pytest.param(XL, "plh tarif", "", id="numbers without a mark within a line say nothing"),
        pytest.param("", "cek pulsa", "", id="nothing"),
    ],
)
def test_the_line_is_found_by_its_words(menu: str, wanted: str, answer: str) -> None:
    assert choice(menu, wanted) == answer


@given(st.text(max_size=200), st.text(min_size=1, max_size=20))
def test_only_a_number_of_the_menu_or_the_recipes_own_digits_are_sent(menu: str, wanted: str) -> None:
    answer = choice(menu, wanted)
    assert not answer or answer == wanted or (answer.isdigit() and answer in menu)
