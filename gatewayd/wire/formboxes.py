"""Which boxes are ticked in a piece of the form.

In: the text behind SMS MASSAL (or of another section). Out: names of ticked boxes, or that it is not clear. A tick
stands before its word ("[x] DOSEN") or behind it ("DOSEN [x]", or the next cell): that each word has one, or else the
space between, says which; "MAHASISWA v DOSEN" is asked about. Without any sign, words that stand there alone are the
choice ("SMS MASSAL: DOSEN"), unless all of them do: a blank form.
Source: context §7.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from gatewayd.core.form import GROUPS
from gatewayd.wire.formlabels import is_near

_TICK: Final = r"[\[(]\s?[xXvV√✓✔☑*]\s?[\])]|[☑☒■✓✔√✅🗹]|(?<![\w])[xXvV](?![\w])"
_BLANK: Final = r"[\[(]\s{0,5}[\])]|[☐□▢⬜◻]|\[?_{1,5}\]?"
_SIGN: Final = re.compile(rf"(?P<tick>{_TICK})|(?P<blank>{_BLANK})|(?P<word>[A-Za-z]+)")
_CELL_EDGE: Final = re.compile(r" {0,100}([\t\n]) {0,100}")
#: Beside ticks in cells, an empty cell is a box that is not ticked.
_EMPTY_CELL: Final = re.compile(r"(?:^|(?<=[\n\t]))(?=\t)|(?<=\t)(?=\n|$)")

_SPELLINGS: Final = {
    "mahasiswa": "mahasiswa", "mahasiswi": "mahasiswa", "pegawai": "pegawai", "karyawan": "pegawai", "staf": "pegawai",
    "dosen": "dosen", "lainnya": "lainnya", "lain": "lainnya",
}  # fmt: skip
#: Letters of the shortest name of which a misspelling is forgiven.
_FORGIVEN: Final = 6

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


@dataclass(frozen=True, slots=True)
class _Sign:
    """A tick "+", a blank "-" or the name of a group, and how far it stands from the sign before it."""

    what: str
    gap: int


def is_group(word: str) -> bool:
    """Whether `word` alone names a box."""
    return word.strip(" .:").lower() in _SPELLINGS


def read_boxes(text: str) -> Boxes:
    """The groups ticked behind SMS MASSAL or EMAIL MASSAL."""
    signs = _signs(text[:_LONGEST])
    if "\t" in text and any(sign.what == "+" for sign in signs):
        signs = _signs(_EMPTY_CELL.sub("[ ]", _CELL_EDGE.sub(r"\1", text[:_LONGEST])))
    words = [sign.what for sign in signs if sign.what not in "+-"]
    if len(words) == len(signs):
        return Boxes(_in_order(words) if len(set(words)) < len(GROUPS) else ())
    if not words:
        return Boxes(is_bare=any(sign.what == "+" for sign in signs))
    return _paired(signs)


def _signs(text: str) -> list[_Sign]:
    """Ticks, blanks and names of boxes in order; "mahasiswa/mahasiswi" is one name."""
    signs: list[_Sign] = []
    behind = 0
    for found in _SIGN.finditer(text):
        what = _what(found)
        if not what or (what not in "+-" and signs and signs[-1].what == what):
            continue
        signs.append(_Sign(what, _gap(text[behind : found.start()])))
        behind = found.end()
    return signs


def _what(found: re.Match[str]) -> str:
    typed = found[0].lower()
    if found["tick"] or found["blank"] or typed in _SPOKEN:
        return "+" if found["tick"] or _SPOKEN.get(typed) else "-"
    if typed in _SPELLINGS or len(typed) < _FORGIVEN:
        return _SPELLINGS.get(typed, "")
    return next((group for name, group in _SPELLINGS.items() if len(name) >= _FORGIVEN and is_near(typed, name)), "")


def _gap(between: str) -> int:
    """How far two signs stand apart: side by side, by wide space, by a cell or a comma, by a line."""
    if "\n" in between:
        return 3
    if any(sign in between for sign in "\t,;/|"):
        return 2
    return 1 if "  " in between else 0


def _paired(signs: Sequence[_Sign]) -> Boxes:
    """Ticks given to their words. Where each word has its own sign, all stand on the same side; else a tick belongs to
    the word that is nearer, and of two as near to neither."""
    kinds = [sign.what in "+-" for sign in signs]
    alternate = len(signs) % 2 == 0 and all(kind != following for kind, following in pairwise(kinds))
    ticked: list[str] = []
    for place, sign in enumerate(signs):
        if sign.what != "+":
            continue
        at = place + (1 if kinds[0] else -1) if alternate else _nearer(signs, place)
        if at < 0 or signs[at].what in "+-" or signs[at].what in ticked:
            return Boxes(is_unclear=True)
        ticked.append(signs[at].what)
    return Boxes(_in_order(ticked))


def _nearer(signs: Sequence[_Sign], place: int) -> int:
    """The place of the word that the tick at `place` stands by; -1 if that cannot be told."""
    before, behind = place - 1, place + 1
    beside = [signs[at].what for at in (before, behind) if 0 <= at < len(signs)]
    if "+" in beside:
        return -1
    left = before >= 0 and signs[before].what not in "+-"
    right = behind < len(signs) and signs[behind].what not in "+-"
    if left and right:
        apart = signs[place].gap - signs[behind].gap
        if apart:
            return before if apart < 0 else behind
        left, right = signs[-1].what in "+-", signs[0].what in "+-"
    return -1 if left == right else before if left else behind


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
