"""Which boxes are ticked in a piece of the form.

In: the text behind SMS MASSAL (or of another section). Out: names of ticked boxes, or that it is not clear. A tick
stands before its word ("[x] DOSEN") or behind it ("DOSEN [x]", or the next cell): the first sign says which. Without
any sign, words that stand there alone are the choice ("SMS MASSAL: DOSEN"), unless all of them do: a blank form.
Source: context §7.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gatewayd.core.form import GROUPS

_TICK: Final = r"[\[(]\s?[xXvV√✓✔☑*]\s?[\])]|[☑☒■✓✔√✅]|(?<![\w])[xXvV](?![\w])"
_BLANK: Final = r"[\[(]\s{0,5}[\])]|[☐□▢]|\[?_{1,5}\]?"
_SIGN: Final = re.compile(rf"(?P<tick>{_TICK})|(?P<blank>{_BLANK})|(?P<word>[A-Za-z]+)")

_SPELLINGS: Final = {
    "mahasiswa": "mahasiswa", "mahasiswi": "mahasiswa", "pegawai": "pegawai", "karyawan": "pegawai", "staf": "pegawai",
    "dosen": "dosen", "lainnya": "lainnya", "lain": "lainnya",
}  # fmt: skip

#: Ticks in words: "Mahasiswa: ya, Dosen: tidak".
_SPOKEN: Final = {"ya": True, "iya": True, "yes": True, "tidak": False, "tdk": False, "bukan": False, "no": False}
#: Boxes of other desks: what stands on the line, and what it is called in our answer.
_OTHER_BOXES: Final = (
    "SI BARU", "AKUN BARU", "PENGGANTIAN KATA SANDI", "SI AKADEMIK", "SI PERPUSTAKAAN", "SI PORTAL AKADEMIK",
    "SI REGISTRASI", "SI KEUANGAN", "SI INVENTARISASI", "SI KEPEGAWAIAN", "WEBSITE", "SI EKSEKUTIF", "EMAIL BARU",
    "LAINNYA",
)  # fmt: skip
_OTHER_TICK: Final = re.compile(rf"(?P<tick>{_TICK})|(?P<blank>{_BLANK})|(?P<name>{'|'.join(_OTHER_BOXES)})", re.I)
_LONGEST: Final = 4000


@dataclass(frozen=True, slots=True)
class Boxes:
    """Ticked groups; `is_bare` for a single tick with no word at all, `is_unclear` where signs and words disagree."""

    ticked: tuple[str, ...] = ()
    is_bare: bool = False
    is_unclear: bool = False


def is_group(word: str) -> bool:
    """Whether `word` alone names a box."""
    return word.strip(" .:").lower() in _SPELLINGS


def read_boxes(text: str) -> Boxes:
    """The groups ticked behind SMS MASSAL or EMAIL MASSAL."""
    signs: list[str] = []
    for found in _SIGN.finditer(text[:_LONGEST]):
        word = _SPELLINGS.get(found[0].lower(), "") if found["word"] else ""
        if found["tick"] or found["blank"] or found[0].lower() in _SPOKEN:
            signs.append("+" if found["tick"] or _SPOKEN.get(found[0].lower()) else "-")
        elif word and (not signs or signs[-1] != word):
            signs.append(word)
    words = [sign for sign in signs if sign not in "+-"]
    if "+" not in signs and "-" not in signs:
        return Boxes(_in_order(words) if len(set(words)) < len(GROUPS) else ())
    if not words:
        return Boxes(is_bare="+" in signs)
    return _paired(signs)


def _paired(signs: Sequence[str]) -> Boxes:
    """Ticks given to their words."""
    ticks_first = signs[0] in "+-"
    ticked: list[str] = []
    count = 0
    for place, sign in enumerate(signs):
        if sign != "+":
            continue
        at = place + 1 if ticks_first else place - 1
        word = signs[at] if 0 <= at < len(signs) else ""
        if word in ("", "+", "-"):
            return Boxes(is_unclear=True)
        ticked.append(word)
        count += 1
    return Boxes(_in_order(ticked), is_unclear=len(set(ticked)) < count)


def _in_order(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(group for group in GROUPS if group in words)


def ticked_services(text: str) -> tuple[str, ...]:
    """Names of ticked boxes outside SMS MASSAL."""
    ticked: list[str] = []
    for line in text[: 4 * _LONGEST].split("\n"):
        signs = [(found["tick"], found["name"]) for found in _OTHER_TICK.finditer(line)]
        if not any(tick for tick, _ in signs):
            continue
        first = 1 if signs[0][1] is None else -1
        for place, (tick, _) in enumerate(signs):
            at = place + first
            if tick and 0 <= at < len(signs) and signs[at][1]:
                ticked.append(signs[at][1].upper())
    return tuple(dict.fromkeys(ticked))
