"""Mails made to cost time or memory: each ends in values, within two seconds of this machine's processor.

The parsers of the standard library need minutes for some of these, or recurse until they die.
"""

import random
import time
from collections.abc import Callable

import pytest

from gatewayd.wire.reading import from_json, read_mail
from tests.fakes.spreadsheets import packed, xlsx

HEAD = b'{"trusted_authserv_ids": ["mail.kampus.example"], "max_recipients": 20000}\n'
FROM = b"From: Budi Contoh <baa@kampus.example>\n"
HTML = FROM + b"Content-Type: text/html\n\n"
TEXT = FROM + b"\n"
FORM = TEXT + b"NAMA UNIT: A\nNAMA LENGKAP: B\nSMS MASSAL: DOSEN\nKETERANGAN: "
LIST = FORM + b"x\nPENERIMA:\n"
MIXED = FROM + b"Content-Type: multipart/mixed; boundary=b\n\n"
LIMIT_S = 2.0


def attached(content: bytes) -> bytes:
    part = b"--b\nContent-Type: application/octet-stream; name=a.csv\n\n"
    return MIXED + b"--b\n\n" + FORM.removeprefix(TEXT) + b"x\n" + part + content + b"\n--b--\n"


def nested(depth: int) -> bytes:
    return FROM + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))


def nested_zip(depth: int) -> bytes:
    """Zips in zips, the innermost of zeros; the outermost calls itself a workbook."""
    content = packed({"0": b"\0" * 20_000_000})
    for level in range(depth):
        content = packed({f"{copy}.zip": content for copy in range(10)} | {"xl/workbook.xml": f"<a>{level}</a>"})
    return content


CHARSETS = (
    b"unicode_escape", b"idna", b"punycode", b"utf-7", b"rot13", b"utf-8\xff", b"x-unknown", b'"', b"..", b"zlib",
    b"a" * 900, b"utf-16", b"utf-32", b"hex", b"undefined", b"iso-8859-99",
)  # fmt: skip


#: Name → a function that makes the mail, so that not all of them are in memory at once.
BOMBS: dict[str, Callable[[], bytes]] = {
    "subject of short words": lambda: FROM + b"Subject: " + b"a b " * 15_000 + b"\n\nx",
    "subject of 5 MB": lambda: FROM + b"Subject: " + b"a b " * 1_250_000 + b"\n\nx",
    "encoded-words that never end": lambda: FROM + b"Subject: " + b"=?a?q?" * 1300 + b"\n\nx",
    "parameters": lambda: FROM + b"Content-Type: text/plain" + b"; a=b" * 1600 + b"\n\nx",
    "open quotes in parameters": lambda: FROM + b"Content-Type: text/plain" + b'; a="b' * 1300 + b"\n\nx",
    "receivers": lambda: FROM + b"To: " + b"a@b.example, " * 20_000 + b"\n\nx",
    "references": lambda: FROM + b"References: " + b"<" * 60_000 + b"\n\nx",
    "comments": lambda: FROM + b"Authentication-Results: mail.kampus.example; " + b"(" * 8000 + b"\n\nx",
    "header fields": lambda: FROM + b"X: y\n" * 15_000 + b"\nx",
    "nesting": lambda: nested(1000),
    "empty parts": lambda: MIXED + b"--b\n\n" * 200_000,
    "parts in parts of one boundary": lambda: MIXED + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 20_000,
    "boundaries inside lines": lambda: MIXED + b"x--b" * 2_000_000,
    "junk as base64": lambda: FROM + b"Content-Transfer-Encoding: base64\n\n" + b"!" * 9_000_000,
    "junk as quoted-printable": lambda: FROM + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 9_000_000,
    "combining marks": lambda: TEXT + ("a" + "\u0301\u0316" * 200_000).encode(),
    "less-than signs": lambda: HTML + b"<" * 1_400_000,
    "open comments": lambda: HTML + b"<!--" * 400_000,
    "open elements": lambda: HTML + b"<b>" * 400_000,
    "end tags of nothing": lambda: HTML + b"<a>" * 190 + b"</b>" * 300_000,
    "open quotes in tags": lambda: HTML + (b"<p " + b'a="' * 900 + b">") * 400,
    "references to nothing": lambda: HTML + b"&aaaaaaaaaa" * 90_000,
    "a number of a million digits": lambda: HTML + b"&#" + b"1" * 1_000_000 + b";",
    "many HTML parts": lambda: MIXED + (b"--b\nContent-Type: text/html\n\n" + b"<i>x</i>" * 60_000 + b"\n") * 20,
    "quotation marks": lambda: FORM + "“ ".encode() * 7000,
    "apostrophes": lambda: FORM + b"'a " * 9000,
    "wishes": lambda: FORM + b"mohon kirim isi: " * 1700,
    "a line of 9 MB": lambda: FORM + b"mohon " * 1_500_000,
    "negations": lambda: TEXT + b"tidak " * 1000 + b" " * 2000,
    "quoted lines": lambda: TEXT + b">" * 70 + b"\n" + b"> x\n" * 200_000,
    "attributions that never end": lambda: TEXT + b"Pada x\n" * 100_000,
    "header lines in the text": lambda: TEXT + b"Dari: x\nx\nx\nx\nx\n" * 40_000,
    "rules": lambda: TEXT + b"_" * 900_000 + b"x",
    "colons": lambda: TEXT + (b":" * 900 + b"\n") * 1000,
    "misspelt labels": lambda: TEXT + b"NAMA UNITT: x\n" * 60_000,
    "digits in a list": lambda: LIST + b"0812 " * 190_000,
    "separators in a list": lambda: LIST + b"a;" * 300_000,
    "separators in a file": lambda: attached(b"HP" + b";" * 4_900_000),
    "rows in a file": lambda: attached(b"HP\n" * 1_500_000),
    "cells in a file": lambda: attached(b"HP\n" + (b"1;" * 99 + b"\n") * 10_000),
    "an open quote in a file": lambda: attached(b'HP\n"' + b"a\n" * 2_000_000),
    "a zip of zeros": lambda: attached(
        packed({"xl/workbook.xml": "", "xl/worksheets/sheet1.xml": b"<a/>" * 7_000_000})
    ),
    "a zip of entries": lambda: attached(packed({f"{n}": "" for n in range(3000)})),
    "zips in zips": lambda: attached(nested_zip(6)),
    "MIME parts 500 deep": lambda: nested(500),
    "mails in mails 500 deep": lambda: (FROM + b"Content-Type: message/rfc822\n\n") * 500,
    "10,000 parts": lambda: MIXED + b"--b\nContent-Type: text/plain\n\nNAMA UNIT: x\n" * 10_000,
    "a header of 5 MB": lambda: FROM + b"X-Long: " + b"x" * 5_000_000 + b"\n\nx",
    "a million header lines": lambda: FROM + b"X: y\n" * 1_000_000 + b"\nx",
    "HTML 200,000 deep": lambda: HTML + b"<div>" * 200_000 + b"x" + b"</div>" * 200_000,
    "attributes of 5 MB": lambda: HTML + b"<p " + b'style="color:red" ' * 280_000 + b">x</p>",
    "tables in tables": lambda: HTML + b"<table><tr><td>" * 60_000,
    "base64 of garbage": lambda: (
        FROM + b"Content-Transfer-Encoding: base64\n\n" + random.Random(1).randbytes(6_000_000)
    ),
    "broken charset names": lambda: (
        MIXED + b"".join(b"--b\nContent-Type: text/plain; charset=%s\n\nx\n" % name for name in CHARSETS * 40)
    ),
    "labels, blanks and quotes in turn": lambda: FORM + b'  KETERANGAN : "  isi = \n' * 40_000,
    "blanks of a megabyte": lambda: FORM + b" " * 1_000_000 + b"x",
    "blank lines before a quotation": lambda: FORM + b"mohon kirim x" + b"\n " * 9000 + b'x "abcdefghijk" y',
    "preformatted lines": lambda: HTML + b"<pre>" + b"\n" * 1_000_000 + b"x</pre>",
    "ticks without boxes": lambda: TEXT + b"NAMA UNIT: A\nNAMA LENGKAP: B\nSMS MASSAL: " + b"v x " * 200_000,
    "cells without words": lambda: TEXT + b"NAMA UNIT: A\nNAMA LENGKAP: B\nSMS MASSAL: v" + b"\t \n" * 200_000,
    "RFC 2047 torture": lambda: FROM + b"Subject: " + b"=?utf-8?b?=?= =?x?q?=?q?=FF?= =?utf-8?q?a?=" * 180 + b"\n\nx",
    "a line of CSV of 4 MB": lambda: attached(b"Nama;No HP\n" + b'"' + b"a;" * 2_000_000 + b'";0812-0000-0101\n'),
    "style sheets": lambda: HTML + (b"<style>" + b".a" * 20_000 + b"{line-through</style>") * 30,
    "notices that never come": lambda: TEXT + b"\nthis e-mail " * 60_000,
    "a large workbook": lambda: attached(xlsx({"A": [["No HP"], *([81200000000 + n] for n in range(20_000))]})),
}


#: The bombs that the fast gate also sends through the real child.
NAMED = (
    "a zip of zeros", "zips in zips", "MIME parts 500 deep", "10,000 parts", "a header of 5 MB",
    "a million header lines", "HTML 200,000 deep", "attributes of 5 MB", "base64 of garbage", "broken charset names",
    "labels, blanks and quotes in turn", "RFC 2047 torture", "a line of CSV of 4 MB",
)  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_mail_ends_in_values_and_in_time(name: str) -> None:
    raw = BOMBS[name]()
    began = time.process_time()
    mail = from_json(read_mail(HEAD + raw))
    assert time.process_time() - began < LIMIT_S
    assert mail.sender in ("baa@kampus.example", "")
    assert not mail.authenticated


def test_what_was_cut_is_never_sent_as_if_it_were_all() -> None:
    mail = from_json(read_mail(HEAD + LIST + b"0812-0000-0101\n" * 70_000))
    assert "text.cut" in mail.defects
    assert mail.form is not None
    assert ("recipients", "recipients.too_many") in [(fault.path, fault.code) for fault in mail.form.faults]


def test_ten_thousand_recipients_are_read_in_a_second() -> None:
    rows = "".join(f"21{n:06d};Orang Contoh {n};0812{n:08d}\n" for n in range(10_000))
    began = time.process_time()
    mail = from_json(read_mail(HEAD + attached(b"NPM;Nama;No HP\n" + rows.encode())))
    assert time.process_time() - began < 1.0
    assert mail.form is not None
    assert len(mail.form.recipients.recipients) == 10_000
