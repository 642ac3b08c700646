"""Transliteration: what is rendered, what stays, and that a second pass changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Encoding
from gatewayd.wire.gsm7_tables import ENCODE
from gatewayd.wire.renderings import INVISIBLE, RENDERINGS
from gatewayd.wire.segment import segment
from gatewayd.wire.transliterate import Transliterated, transliterate

#: Texts as people have them: words, pasted signs, marks, emoji, and anything at all.
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(
        st.sampled_from(sorted(RENDERINGS) + sorted(INVISIBLE) + list("aé=<>1½²ǖ\u0301\u0338\u20e3😁дनि ")), max_size=40
    ),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“Rapat” – ‘hadir’…", "\"Rapat\" - 'hadir'..."),
        ("„a‟ «b» ‹c› d′ e″", "\"a\" \"b\" 'c' d' e\""),
        ("1\u00a0000\u202f000\u2003x", "1 000 000 x"),
        ("satu\u2028dua\x0btiga\tempat", "satu\ndua\ntiga empat"),
        ("• a ▪ b \uf0b7 c", "- a - b - c"),
        ("á í ó ú ç Č ř ẹ̀", "a i o u c C r e"),
        ("e\u0301 n\u0303 u\u0308 q\u0303", "é ñ ü q"),
        ("ǖ", "ü"),
        ("Łódź, Đặng, œuvre, ẞ, Þór", "Lodz, Dang, oeuvre, SS, Thor"),
        ("ﬁnal ﬂat Ĳ ǆ", "final flat IJ dz"),
        ("Ａｌａｍａｔ：𝐇𝐚𝐥𝐨 𝓊", "Alamat:Halo u"),
        ("½ 1½ 10² m² H₂O x⁻¹", "1/2 1 1/2 10^2 m^2 H2O x^-^1"),
        ("① ⑴ ⒈ Ⅷ №", "(1) (1) 1. VIII No"),
        ("1️⃣ Datang 2️⃣ Bawa KTM", "1) Datang 2) Bawa KTM"),
        ("© ® ™ ° ± ≤ ≥ ≠ × ÷", '(c) (R) TM  deg +/- <= >= != x /'),
        ("Nabi Muhammad ﷺ, Allah ﷻ, Qurʾān", "Nabi Muhammad SAW, Allah SWT, Qur'an"),
        ("\ufeffHa\u200blo\u00ad \u200ekiri\x00\x1b", "Halo kiri"),
        ("\u212b \u212a \u2126", "Å K Ω"),
        ("`kode`", "'kode'"),
    ],
    ids=[
        "quotes, dash, ellipsis",
        "other quotes and primes",
        "spaces",
        "line and tab",
        "bullets",
        "accents",
        "accents as marks",
        "one accent of two is in the alphabet",
        "strokes and ligatures of letters",
        "typographic ligatures",
        "letters in another dress",
        "fractions and powers stay apart",
        "numbers of lists",
        "keycaps",
        "signs",
        "honorifics and romanised Arabic",
        "what cannot be seen",
        "letters under another name",
        "backtick",
    ],
)  # fmt: skip
def test_what_has_a_rendering_is_rendered(text: str, expected: str) -> None:
    found = transliterate(text)
    assert found.text == expected
    assert found.kept == ()
    assert segment(found.text).encoding is Encoding.GSM7


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("😁", ("😁",)),
        ("❤️", ("❤️",)),
        ("👨\u200d👩\u200d👧", ("👨\u200d", "👩\u200d", "👧")),
        ("🇮🇩", ("🇮", "🇩")),
        ("привет", ("п", "р", "и", "в", "е", "т")),
        ("й", ("й",)),
        ("नमि", ("न", "मि")),
        ("カ㈱", ("カ", "㈱")),
        ("αω", ("α", "ω")),
        ("h\u0336i\u0336", ("h\u0336", "i\u0336")),
        ("→\u0338", ("→\u0338",)),
        ("aि", ("aि",)),
        ("\ud83d", ("\ud83d",)),
        ("¨\u20e0", ("¨\u20e0",)),
    ],
    ids=[
        "emoji",
        "emoji with its selector",
        "family",
        "flag",
        "Cyrillic",
        "an accent of another script",
        "Devanagari",
        "Japanese",
        "Greek small letters",
        "struck out",
        "negated",
        "a mark of another script",
        "half a pair",
        "a sign that forbids",
    ],
)
def test_what_has_none_stays_and_is_listed(text: str, kept: tuple[str, ...]) -> None:
    assert transliterate(text) == Transliterated(text, (), kept)
    assert segment(text).encoding is Encoding.UCS2


def test_each_replacement_is_listed_once_in_the_order_of_the_text() -> None:
    found = transliterate("“Halo” 😁 – “ya” 😁 – д")
    assert found.text == '"Halo" 😁 - "ya" 😁 - д'
    assert found.replaced == (("“", '"'), ("”", '"'), ("–", "-"))
    assert found.kept == ("😁", "д")


def test_a_text_that_fits_is_not_touched() -> None:
    text = "".join(ENCODE)
    assert transliterate(text) == Transliterated(text)
    assert transliterate("") == Transliterated("")


@pytest.mark.parametrize("char", sorted(RENDERINGS))
def test_a_rendering_is_in_the_alphabet_and_its_character_is_not(char: str) -> None:
    assert len(char) == 1
    assert char not in ENCODE
    assert RENDERINGS[char]
    assert set(RENDERINGS[char]) <= set(ENCODE)


@given(TEXTS)
def test_a_second_pass_changes_nothing(text: str) -> None:
    once = transliterate(text)
    assert transliterate(once.text) == Transliterated(once.text, (), once.kept)


@given(TEXTS)
def test_gsm7_carries_the_text_exactly_if_nothing_is_kept(text: str) -> None:
    found = transliterate(text)
    assert (segment(found.text).encoding is Encoding.GSM7) == (found.kept == ())
    assert all(was in text and was != now and set(now) <= set(ENCODE) for was, now in found.replaced)
    assert all(cluster in text and cluster in found.text for cluster in found.kept)


@given(TEXTS)
def test_a_text_is_touched_only_where_it_is_said(text: str) -> None:
    found = transliterate(text)
    assert (found.text == text) == (found.replaced == ())
