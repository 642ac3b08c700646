"""Raw mails taken apart: header, parts, HTML, sender; damaged and forged ones too."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.headers import MAX_BLOCK, MAX_FIELD, decoded, split
from gatewayd.wire.htmltext import html_to_text
from gatewayd.wire.mail import Trust, parse
from gatewayd.wire.mime import MAX_DEPTH, MAX_PARTS, parts_of

TRUST = Trust(("mail.kampus.example",), own_domain="kampus.example")
PROOF = "Authentication-Results: mail.kampus.example; dmarc=pass header.from=kampus.example\r\n"
FROM = "From: Budi Contoh <budi@kampus.example>\r\n"


def mail(header: str = FROM + PROOF, body: str = "isi") -> bytes:
    return (header + "\r\n" + body).encode()


def text_of(header: str, body: bytes) -> str:
    return parse(f"{FROM}{header}\r\n\r\n".encode() + body, TRUST).text


def test_a_clean_mail_is_proven() -> None:
    read = parse(mail(FROM + PROOF + "Subject: Halo\r\nDate: Mon, 23 Nov 2026 09:05:00 +0700\r\n"), TRUST)
    assert (read.sender, read.sender_name, read.subject) == ("budi@kampus.example", "Budi Contoh", "Halo")
    assert (read.date, read.text, read.defects) == ("2026-11-23T02:05:00+00:00", "isi", ())
    assert read.verdict.authenticated


@pytest.mark.parametrize(
    "header",
    [
        FROM,
        PROOF,
        FROM + FROM + PROOF,
        FROM + "From: Rina <rina@kampus.example>\r\n" + PROOF,
        FROM + "from: Rina <rina@kampus.example>\r\n" + PROOF,
        FROM + "From : Rina <rina@kampus.example>\r\n" + PROOF,
        "From : Budi <budi@kampus.example>\r\n" + PROOF,
        FROM + "From\t: Rina <rina@kampus.example>\r\n" + PROOF,
        " From: Rina <rina@kampus.example>\r\n" + FROM + PROOF,
        FROM + "\tFrom: Rina\r\n" + PROOF,
        FROM + " \r\n" + PROOF,
        FROM + "no colon\r\n" + PROOF,
        FROM + "From Rina Mon Nov 23\r\n" + PROOF,
        FROM + "X: a\nY: b\r\n" + PROOF,
        FROM + "X: a\rFrom: rina@kampus.example\r\n" + PROOF,
        FROM + "X: \x00\r\n" + PROOF,
        FROM + "Subject: a\r\nSubject: b\r\n" + PROOF,
        FROM + "Content-Type: text/plain\r\nContent-Type: text/html\r\n" + PROOF,
        FROM + "Resent-From: rina@kampus.example\r\n" + PROOF,
        FROM + f"Subject: {'x' * MAX_FIELD}\r\n" + PROOF,
        FROM + "X: y\r\n" * 600 + PROOF,
        "From: Unit: budi@kampus.example;\r\n" + PROOF,
        "From: budi@kampus.example, rina@kampus.example\r\n" + PROOF,
        "From: budi@kampus.example <x@jahat.example>\r\n" + PROOF,
        "From: budi@jahat.example\r\n" + PROOF,
        "From: Budi <budi@kаmpus.example>\r\n" + PROOF,
        "From:\r\n" + PROOF,
        FROM + PROOF.replace("mail.kampus", "jahat"),
        FROM + PROOF.replace("pass", "fail") + PROOF,
    ],
)
def test_a_header_with_any_doubt_proves_nobody(header: str) -> None:
    read = parse(mail(header), TRUST)
    assert not read.verdict.authenticated
    assert read.verdict.detail


def test_a_mailbox_that_trusts_all_senders_still_wants_one_clean_from() -> None:
    trust = Trust(all_senders=True)
    assert parse(mail(FROM), trust).verdict.authenticated
    assert not parse(mail(FROM + FROM), trust).verdict.authenticated
    assert not parse(mail(FROM + "no colon\r\n"), trust).verdict.authenticated


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_both_line_ends_are_read_but_not_both_in_one_header(ends: str) -> None:
    raw = mail().replace(b"\r\n", ends.encode())
    assert parse(raw, TRUST).verdict.authenticated


def test_a_long_list_of_receivers_is_left_out_without_doubt() -> None:
    assert parse(mail(FROM + "To: " + "a@b.example, " * 2000 + "\r\n" + PROOF), TRUST).verdict.authenticated


def test_a_header_without_an_end_is_not_read_on() -> None:
    header = split(b"X: y\r\n" * MAX_BLOCK)
    assert not header.is_complete
    assert "header.too_big" in header.defects


def test_an_encoded_line_break_stays_in_its_line() -> None:
    assert decoded("=?utf-8?Q?a=0D=0ABcc:_x@y.example?=") == "a Bcc: x@y.example"
    assert decoded("=?tidak-ada?Q?a=FF?=") == "aÿ"
    assert decoded("=?utf-8?B?!!!?=") == ""
    assert decoded("Rapat \u202egnol".encode().decode("latin-1")) == "Rapat gnol"


def test_answered_mails_are_named_once_the_newest_last() -> None:
    header = FROM + "References: <a@x> <b@x>\r\n <c@x>\r\nIn-Reply-To: <b@x> (x)\r\nMessage-ID: <d@x>\r\n"
    read = parse(mail(header), TRUST)
    assert (read.in_reply_to, read.message_id) == (("<a@x>", "<c@x>", "<b@x>"), "<d@x>")


@pytest.mark.parametrize(
    "date", ["", "kemarin", "Mon, 99 Nov 2026 09:05:00 +0700", "Fri, 31 Dec 9999 23:59:59 -1200", "x" * 5000]
)
def test_a_date_that_is_none_is_left_out(date: str) -> None:
    assert parse(mail(FROM + f"Date: {date}\r\n"), TRUST).date == ""


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Type: text/plain; charset=utf-8", "Jum’at".encode()),
        ('Content-Type: text/plain; charset="windows-1252"', "Jum’at".encode("cp1252")),
        ("Content-Type: text/plain; charset=tidak-ada", "Jum’at".encode()),
        ("Content-Type: text/plain; charset=utf-8", "Jum’at".encode("cp1252")),
        ("Content-Type: text/plain; charset=rot13", "Jum’at".encode()),
        ("X: y", "Jum’at".encode()),
        ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
         base64.b64encode("Jum’at".encode())),
        ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: QUOTED-PRINTABLE",
         quopri.encodestring("Jum’at".encode())),
        ("Content-Type: text/html; charset=utf-8", b"<p>Jum&rsquo;at</p>"),
    ],
)  # fmt: skip
def test_the_text_is_decoded_whatever_it_came_in(header: str, body: bytes) -> None:
    assert text_of(header, body) == "Jum’at"


def test_flowed_lines_are_put_together() -> None:
    body = b"Rapat Senin \r\npukul 09.00\r\n\r\n> kutipan \r\nlain\r\n-- \r\nBudi"
    assert (
        text_of("Content-Type: text/plain; format=flowed", body)
        == "Rapat Senin pukul 09.00\n\n> kutipan \nlain\n-- \nBudi"
    )


def multipart(kind: str, *parts: str) -> bytes:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return f"{FROM}Content-Type: multipart/{kind}; boundary=b\r\n\r\nprakata\r\n{body}--b--\r\nlampau\r\n".encode()


def test_of_an_alternative_the_plain_part_is_read_unless_it_is_blank() -> None:
    plain, blank = "Content-Type: text/plain\r\n\r\npolos", "Content-Type: text/plain\r\n\r\n \r\n"
    html = "Content-Type: text/html\r\n\r\n<p>kaya</p>"
    assert parse(multipart("alternative", plain, html), TRUST).text == "polos"
    assert parse(multipart("alternative", html, plain), TRUST).text == "kaya"
    assert parse(multipart("alternative", blank, html), TRUST).text == "kaya"
    assert parse(multipart("mixed", plain, html), TRUST).text == "polos\nkaya"


def test_named_parts_are_files_with_their_decoded_names() -> None:
    name = "filename*0*=utf-8''d%C3%A4ftar; filename*1=.csv"
    part = f"Content-Type: text/plain\r\nContent-Disposition: attachment; {name}\r\n\r\nx"
    kind = 'text/csv; name="=?utf-8?q?d=C3=A4ftar=2Ecsv?="'
    other = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n"
    read = parse(multipart("mixed", "\r\nisi", part, other), TRUST)
    assert read.text == "isi"
    assert [(file.name, file.content) for file in read.files] == [("däftar.csv", b"x"), ("däftar.csv", b"x")]


def test_an_attached_mail_is_kept_apart_from_the_mails_own_text() -> None:
    read = parse(multipart("mixed", "\r\nluar", "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ndalam"), TRUST)
    assert (read.text, read.enclosed) == ("luar", "dalam")


@pytest.mark.parametrize("cut", [b"--b--", b"--b--\r\nlampau\r\n"])
def test_a_multipart_that_never_ends_gives_what_came(cut: bytes) -> None:
    assert parse(multipart("mixed", "\r\nisi").replace(cut, b""), TRUST).text.startswith("isi")


def nested(depth: int) -> bytes:
    levels = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth))
    return f"{FROM}{levels}Content-Type: text/plain\r\n\r\nisi".encode()


def test_nesting_is_followed_to_its_limit_and_no_further() -> None:
    assert parse(nested(MAX_DEPTH), TRUST).text == "isi"
    read = parse(nested(MAX_DEPTH + 1), TRUST)
    assert (read.text, read.defects) == ("", ("mime.too_deep",))


def test_parts_are_counted_to_their_limit_and_no_further() -> None:
    leaves, defects = parts_of(split(multipart("mixed", *["\r\nx"] * (MAX_PARTS + 50))))
    assert len(leaves) < MAX_PARTS
    assert "mime.too_many_parts" in defects


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>satu</p><p>dua</p>", "satu\n\ndua"),
        ("<div>satu<br>dua</div>", "satu\ndua"),
        ("<table><tr><td>NAMA UNIT</td><td><p>BAA</p></td></tr></table>", "NAMA UNIT\tBAA"),
        ("<table><tr><td>NAMA</td><td>BAA</td></tr><tr><td>x</td></tr></table>", "NAMA\tBAA\nx"),
        ("a<b>b</b>c &amp; d&nbsp;e &lt;f&gt; &#233; &#99999999999;", "abc & d e <f> é ;"),
        ("x<script>NAMA UNIT: y</script><style>z</style><!-- q --><title>t</title>w", "xw"),
        ('a<span style="display: none">b</span><i hidden>c</i><span style="mso-hide:all">f</span>g', "ag"),
        ("a<s>d</s><del>e</del><strike>f</strike>g", "ag"),
        ('a<span style="text-decoration: line-through">b</span><p style="FONT-SIZE:0px">c</p>d', "a\n\nd"),
        ("<blockquote>SETUJU<blockquote>x</blockquote></blockquote>y", "> SETUJU\n> > x\ny"),
        ('<input type="checkbox" checked> DOSEN <input type=checkbox> PEGAWAI', "[x] DOSEN [ ] PEGAWAI"),
        ("a < b > c <3 <", "a < b > c <3 <"),
        ("a<!-- tak berakhir", "a"),
        ("a<p tak berakhir", "a"),
        ("</b></i>a", "a"),
        ("<script>tak berakhir", ""),
    ],
)  # fmt: skip
def test_html_becomes_the_text_a_person_sees(source: str, text: str) -> None:
    assert html_to_text(source) == text


@given(
    st.lists(
        st.sampled_from(
            ["<b>", "</b>", "<s>", "</p>", "<!--", "-->", "<", ">", "&", "x", "<td>", "<a b='", "</", "<script>"]
        )
    )
)
def test_no_html_breaks_the_reader(pieces: list[str]) -> None:
    assert "<script" not in html_to_text("".join(pieces))


LINES = [
    "From: Budi <budi@kampus.example>", "Content-Type: multipart/mixed; boundary=b", "Content-Type: text/html", "--b",
    "--b--", "",
    "Content-Transfer-Encoding: base64", "Subject: =?utf-8?B?", "Content-Type: message/rfc822", "x" * 80, "\x00",
    "Date: 1",
]  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=25), st.sampled_from(["\n", "\r\n", "\r"]))
def test_no_lines_break_the_reader(lines: list[str], ends: str) -> None:
    parse(ends.join(lines).encode(), TRUST)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    assert not parse(raw, TRUST).verdict.authenticated
