"""Word documents: what their text is, whichever program wrote them and however a box was ticked in them."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.form import FormReading
from gatewayd.core.model import Channel
from gatewayd.render.blank_form import blank_form
from gatewayd.wire.docx import MAX_DEPTH, MAX_ELEMENTS, text_of
from gatewayd.wire.form import Numbering, read_form
from gatewayd.wire.unreadable import Unreadable
from tests.fakes.documents import box, document, docx, either, form_box, p, r, sdt, sym, tbl, tc, text_box, tr
from tests.fakes.spreadsheets import packed


def form_of(body: str) -> FormReading:
    found = read_form(text_of(docx(body)), (), Numbering(), is_reply=False, is_wrapped=False)
    assert found is not None
    return found


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        text_of(data)
    return caught.value.code


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (p(r("NAMA "), r("UNIT: BAA")) + p() + p(r("x")), "NAMA UNIT: BAA\n\nx"),
        (p(r("a"), r(raw="<w:tab/>"), r("b"), r(raw="<w:br/>"), r("c"), r(raw="<w:cr/>"), r("d")), "a\tb\nc\nd"),
        (p(r(raw="<w:t>12</w:t><w:noBreakHyphen/><w:t>3</w:t><w:softHyphen/><w:t>4</w:t>")), "12-34"),
        ("<w:p><w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr><w:r><w:t>a</w:t></w:r></w:p>", "a"),
        (tbl(["a", "b"], ["c", p(r("d")) + p(r("e"))]), "a\tb\nc\td\ne"),
        (tbl(["a", tbl(["b", "c"], ["d", "e"]) + p()]), "a\tb\tc\nd\te"),
        (p(r("x")) + tbl(["a"]) + p(r("y")), "x\na\ny"),
        # A merged cell is one cell; what it covers below it shows nothing.
        (tbl([tc("a", '<w:gridSpan w:val="3"/>'), "b"]), "a\tb"),
        (
            tbl([tc("a", '<w:vMerge w:val="restart"/>'), "b"], [tc("hidden", "<w:vMerge/>"), "c"]),
            "a\tb\n\tc",
        ),
        # A cell, a row and a paragraph inside content controls.
        (f"<w:tbl><w:tr>{tc('a')}{sdt('<w:text/>', tc('b'))}</w:tr></w:tbl>", "a\tb"),
        (f"<w:tbl>{sdt('', tr('a', 'b'))}</w:tbl>", "a\tb"),
        (sdt("<w:richText/>", p(r("a")) + p(r("b"))), "a\nb"),
        # A hyperlink, a field with its code and its result, a bookmark, a smart tag.
        (p(f'<w:hyperlink>{r("baa@kampus.example")}</w:hyperlink>'), "baa@kampus.example"),
        (
            p(
                r(raw='<w:fldChar w:fldCharType="begin"/>'), r(raw="<w:instrText>DATE \\@ d</w:instrText>"),
                r(raw='<w:fldChar w:fldCharType="separate"/>'), r("23"), r(raw='<w:fldChar w:fldCharType="end"/>'),
            ),
            "23",
        ),
        (p(f"<w:smartTag>{r('a')}</w:smartTag><w:fldSimple>{r('b')}</w:fldSimple>"), "ab"),
    ],
)  # fmt: skip
def test_paragraphs_and_tables_are_lines_and_tabs(body: str, text: str) -> None:
    assert text_of(docx(body)) == text


STRUCK = [
    ("<w:strike/>", ""), ('<w:strike w:val="true"/>', ""), ('<w:strike w:val="0"/>', "x"), ("<w:dstrike/>", ""),
    ('<w:dstrike w:val="false"/>', "x"), ("<w:vanish/>", ""), ("<w:b/><w:i/>", "x"),
    # How it was before a change of its look.
    ("<w:rPrChange><w:rPr><w:strike/></w:rPr></w:rPrChange>", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("look", "text"), STRUCK)
def test_what_is_struck_out_or_hidden_is_left_out(look: str, text: str) -> None:
    assert text_of(docx(p(r("x", look=look)))) == text


def test_a_paragraph_mark_that_is_struck_out_strikes_nothing() -> None:
    body = f"<w:p><w:pPr><w:rPr><w:strike/></w:rPr></w:pPr>{r('x')}</w:p>"
    assert text_of(docx(body)) == "x"


def test_deletions_are_gone_and_insertions_are_there() -> None:
    gone = "<w:del><w:r><w:delText>lama</w:delText><w:tab/></w:r></w:del>"
    moved = f"<w:moveFrom>{r('dulu')}</w:moveFrom><w:moveTo>{r(' kini')}</w:moveTo>"
    assert text_of(docx(p(gone, f"<w:ins>{r('baru')}</w:ins>", moved))) == "baru kini"
    rows = tr("a", properties="<w:trPr><w:del/></w:trPr>") + tr("b") + tr("c", properties="<w:trPr><w:ins/></w:trPr>")
    assert text_of(docx(f"<w:tbl>{rows}</w:tbl>")) == "b\nc"


def test_a_text_box_is_read_once() -> None:
    shape = either(text_box(p(r("√"))), f"<v:textbox><w:txbxContent>{p(r('√'))}</w:txbxContent></v:textbox>")
    assert text_of(docx(p(r(raw=shape), r("DOSEN")))).split() == ["√", "DOSEN"]
    old = f"<v:textbox><w:txbxContent>{p(r('a')) + p(r('b'))}</w:txbxContent></v:textbox>"
    assert text_of(docx(p(r("x"), r(raw=old), r("y")))) == "xy\na\nb"
    inside = text_box(tbl(["NAMA UNIT", "BAA"], ["c", "d"]))
    assert text_of(docx(p(r(raw=either(inside, ""))))) == "NAMA UNIT\tBAA\nc\td"


def test_of_an_alternative_without_a_choice_the_fallback_is_read() -> None:
    other = f"<mc:AlternateContent><mc:Fallback>{r('x')}</mc:Fallback></mc:AlternateContent>"
    assert text_of(docx(p(other))) == "x"


PLACEHOLDER = "<w:showingPlcHdr/>"


@pytest.mark.parametrize(
    ("control", "text"),
    [
        (sdt("<w:text/>", r("BAA")), "BAA"),
        (sdt(PLACEHOLDER + "<w:text/>", r("Click or tap here to enter text.")), ""),
        (sdt('<w:showingPlcHdr w:val="0"/><w:text/>', r("BAA")), "BAA"),
        (sdt('<w:dropDownList><w:listItem w:value="2"/></w:dropDownList>', r("BIASA")), "BIASA"),
        (sdt(PLACEHOLDER + "<w:dropDownList/>", r("Choose an item.")), ""),
        # What an American Word shows is month first.
        (sdt('<w:date w:fullDate="2026-12-01T00:00:00Z"/>', r("12/1/2026")), "2026-12-01"),
        (sdt(PLACEHOLDER + "<w:date/>", r("Click to enter a date.")), ""),
        (sdt("<w:date/>", r("1 Desember 2026")), "1 Desember 2026"),
        (sdt("", r("a") + sdt(PLACEHOLDER, r("kosong")) + r("b")), "ab"),
    ],
)  # fmt: skip
def test_content_controls_say_what_was_entered(control: str, text: str) -> None:
    assert text_of(docx(p(r("x "), control))) == f"x {text}".rstrip()


def test_a_legacy_list_says_what_was_chosen() -> None:
    data = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="BIASA"/><w:listEntry w:val="MENDESAK"/></w:ddList>'
    field = f'<w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar>'
    assert text_of(docx(p(r(raw=field)))) == "MENDESAK"
    assert text_of(docx(p(r(raw=field.replace('<w:result w:val="1"/>', ""))))) == "BIASA"


TICKED = {
    "typed": r("☑ "), "typed ballot": r("☒ "), "letter": r("[x] "), "bracket": r("(v) "), "radical": r("√ "),
    "control": box(True), "control with another glyph": box(True, "\uf0fe"),
    "control with a symbol": sdt(
        '<w14:checkbox><w14:checked w14:val="true"/></w14:checkbox>', sym("F0FE")
    ),
    "legacy": form_box("<w:checked/>"), "legacy by default": form_box('<w:default w:val="1"/>'),
    "legacy against default": form_box('<w:default w:val="0"/><w:checked w:val="1"/>'),
    "box with tick": sym("F0FE"), "tick": sym("F0FC"), "box with cross": sym("f0fd"), "cross": sym("F078"),
    "second font": sym("F052", "Wingdings 2"), "second font, tick": sym("0050", "Wingdings 2"),
    "webdings": sym("F061", "Webdings"), "symbol": sym("F0D6", "Symbol"),
    "letter of the font": r("þ", look='<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'),
    "private sign": r("\uf0fe"), "private sign of the font": r("\uf0fc", look='<w:rFonts w:ascii="Wingdings"/>'),
}  # fmt: skip
BLANK = {
    "typed": r("☐ "), "square": r("□ "), "bracket": r("[ ] "), "control": box(False),
    "control with a ticked glyph": box(False, "☒"), "legacy": form_box(""),
    "legacy, unticked": form_box('<w:default w:val="1"/><w:checked w:val="0"/>'), "box": sym("F0A8"),
    "square sign": sym("F06F"), "shadow": sym("F071"), "second font": sym("F0A3", "Wingdings 2"),
    "webdings": sym("F063", "Webdings"), "letter of the font": r("o", look='<w:rFonts w:ascii="Wingdings"/>'),
    "private sign": r("\uf0a8"),
    "line": r("___ "),
}  # fmt: skip
HEAD = tbl(["NAMA UNIT", "BAA"], ["NAMA LENGKAP", "Budi Contoh, M.T."], ["KETERANGAN", '"Rapat Jumat pukul 09.00."'])


@pytest.mark.parametrize("tick", TICKED)
@pytest.mark.parametrize("blank", ["typed", "control", "legacy", "box"])
def test_a_tick_is_a_tick_in_every_shape(tick: str, blank: str) -> None:
    boxes = p(
        r("SMS MASSAL: "), BLANK[blank], r("MAHASISWA "), BLANK[blank], r("PEGAWAI "), TICKED[tick], r("DOSEN "),
        BLANK[blank], r("LAINNYA"),
    )  # fmt: skip
    assert form_of(HEAD + boxes).groups == ("dosen",)


@pytest.mark.parametrize("blank", BLANK)
def test_a_blank_box_is_blank_in_every_shape(blank: str) -> None:
    words = "".join(BLANK[blank] + r(f"{word} ") for word in ("MAHASISWA", "PEGAWAI", "DOSEN", "LAINNYA"))
    form = form_of(HEAD + p(r("SMS MASSAL: "), words))
    assert form.groups == ()
    assert [fault.code for fault in form.faults] == ["group.none"]


def struck(word: str) -> str:
    return r(word, look="<w:strike/>")


def test_what_is_not_needed_is_struck_out() -> None:
    boxes = [struck("MAHASISWA"), r(" / "), r("PEGAWAI"), r(" / "), struck("DOSEN / LAINNYA")]
    assert form_of(HEAD + tbl(["SMS MASSAL", p(*boxes)])).groups == ("pegawai",)


CELLS = [
    # Box cells before their words, and behind them; the last row of each tells which it is.
    ([["SMS MASSAL", "V", "MAHASISWA", "", "PEGAWAI", "", "DOSEN", "", "LAINNYA"]], ("mahasiswa",)),
    ([["SMS MASSAL", "", "MAHASISWA", "V", "PEGAWAI", "", "DOSEN", "", "LAINNYA"]], ("pegawai",)),
    ([["SMS MASSAL", "MAHASISWA", "V", "PEGAWAI", "", "DOSEN", "", "LAINNYA", ""]], ("mahasiswa",)),
    ([["SMS MASSAL", "MAHASISWA", "", "PEGAWAI", "", "DOSEN", "", "LAINNYA", "x"]], ("lainnya",)),
    ([["SMS MASSAL", "", "MAHASISWA", "√", "PEGAWAI", "x", "DOSEN", "", "LAINNYA"]], ("pegawai", "dosen")),
    ([["SMS MASSAL", "", "MAHASISWA", "", "PEGAWAI", "", "DOSEN", "", "LAINNYA"]], ()),
    ([["SMS MASSAL", "", "MAHASISWA"], ["", "V", "PEGAWAI"], ["", "", "DOSEN"]], ("pegawai",)),
    ([["SMS MASSAL", "MAHASISWA", ""], ["", "PEGAWAI", "V"], ["", "DOSEN", ""]], ("pegawai",)),
    ([["SMS MASSAL", ":", "", "MAHASISWA", "☑", "DOSEN"]], ("dosen",)),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "groups"), CELLS)
def test_a_tick_in_a_cell_of_its_own_belongs_to_the_right_word(rows: list[list[str]], groups: tuple[str, ...]) -> None:
    assert form_of(HEAD + tbl(*rows)).groups == groups


def test_a_tick_between_two_words_is_asked_about() -> None:
    row = ["SMS MASSAL", "", "MAHASISWA", "V", "PEGAWAI", "", "DOSEN", "", "LAINNYA", ""]
    form = form_of(HEAD + tbl(row))
    assert form.groups == ()
    assert "group.unclear" in [fault.code for fault in form.faults]


def test_two_labels_side_by_side_are_two_lines() -> None:
    form = form_of(
        tbl(["NAMA UNIT", "BAA", "NAMA LENGKAP", "Budi"], ["SMS MASSAL", "☑ DOSEN", "TANGGAL PENGAJUAN", "23-11-2026"])
        + p(r('KETERANGAN: "Rapat Jumat pukul 09.00."'))
    )
    assert (form.unit_name, form.applicant_name, form.groups) == ("BAA", "Budi", ("dosen",))
    assert form.submitted_on == "2026-11-23"


def test_paragraphs_of_the_message_stay_lines() -> None:
    lines = ["“Yth. mahasiswa, pengisian KRS dibuka 30 November sampai 4 Desember", "Informasi-lebih-lanjut: BAA”"]
    head = tbl(["NAMA UNIT", "BAA"], ["NAMA LENGKAP", "Budi"], ["KETERANGAN", "".join(p(r(line)) for line in lines)])
    assert form_of(head + p(r("SMS MASSAL: ☑ DOSEN"))).text == "\n".join(lines).strip("“”")


def test_a_list_in_the_document_is_a_list() -> None:
    rows = tbl(["NPM", "Nama", "No HP"], ["01", "Siti", "0812-0000-0101"], ["02", "Tono", "0812-0000-0102"])
    form = form_of(HEAD + p(r("SMS MASSAL: ☑ LAINNYA")) + p(r("PENERIMA:")) + rows)
    assert [(who.address, who.name) for who in form.recipients.recipients] == [
        ("+6281200000101", "Siti"), ("+6281200000102", "Tono"),
    ]  # fmt: skip


def filled(values: dict[str, str]) -> bytes:
    """Our own blank form, with values in the cells beside its labels."""
    with zipfile.ZipFile(io.BytesIO(blank_form("docx"))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    xml = files["word/document.xml"].decode()
    for label, value in values.items():
        place = xml.index(f">{label}<")
        begin = xml.index("<w:tc>", place)
        end = xml.index("</w:tc>", begin)
        lines = "".join(p(r(line)) for line in value.split("\n"))
        xml = f"{xml[:begin]}<w:tc>{lines}{xml[end:]}"
    return packed(files | {"word/document.xml": xml.encode()})


def test_our_own_form_filled_in_is_read_back() -> None:
    data = filled(
        {
            "NAMA UNIT": "Biro Administrasi Akademik", "NAMA LENGKAP": "Budi Contoh, M.T.",
            "NIP / NPM / NIDN": "0101010101", "EMAIL": "baa@kampus.example",
            "NOMOR TELEPON SELULAR": "0812-0000-0199", "TANGGAL PENGAJUAN": "23 Nopember 2026",
            "SMS MASSAL": "☐ MAHASISWA   ☐ PEGAWAI   ☐ DOSEN   ☑ LAINNYA",
            "KETERANGAN": "Mohon dikirim:\n“Yth. mahasiswa,\nkuliah umum Jumat.”",
            "PENERIMA": "0812-0000-0101\n0812-0000-0102",
        }
    )  # fmt: skip
    form = read_form(text_of(data), (), Numbering(), is_reply=False)
    assert form is not None
    assert form.faults == ()
    assert (form.unit_name, form.applicant_name, form.id_number) == (
        "Biro Administrasi Akademik", "Budi Contoh, M.T.", "0101010101",
    )  # fmt: skip
    assert (form.email, form.phone, form.submitted_on) == ("baa@kampus.example", "0812-0000-0199", "2026-11-23")
    assert (form.groups, form.channel, form.priority) == (("lainnya",), Channel.SMS, "")
    assert form.text == "Yth. mahasiswa,\nkuliah umum Jumat."
    assert [who.address for who in form.recipients.recipients] == ["+6281200000101", "+6281200000102"]


def test_our_own_form_left_blank_says_nothing() -> None:
    form = read_form(text_of(blank_form("docx")), (), Numbering(), is_reply=False)
    assert form is not None
    assert (form.groups, form.text, form.list_given, form.unit_name) == ((), "", False, "")


def paper(sms: str, ticks: str = "") -> str:
    """FM-UPSI-01-01 as the procedure has it: a label above each little table, boxes, signatures, a footer."""

    def part(label: str, value: str = "") -> str:
        return p(r(label)) + tbl([label, value])

    other = ("SI AKADEMIK", "SI PERPUSTAKAAN", "SI PORTAL AKADEMIK", "WEBSITE", "SI EKSEKUTIF (DSS)", "LAINNYA")
    repairs = "".join(sym("F0A8") + r(f" {name} ") for name in other)
    signed = tbl(["Pengusul", "Diproses,", "Disetujui,"], ["Ka. Fakultas", "Ka. UPSI", "Ka. BPSI"], ["(.....)"] * 3)
    return (
        p(r("FORMULIR LAYANAN SISTEM INFORMASI"))
        + tbl(["No. Dok. : FM-UPSI-01-01"], ["Revisi : 00"], ["Tgl. Eff. : 15 Jan 2021"])
        + part("NAMA UNIT", "Fakultas Contoh") + part("NAMA LENGKAP", "Dr. Rina Contoh, M.Kom.")
        + part("NIP / NPM / NIDN", "0101010101") + part("EMAIL", "fakultas@kampus.example")
        + part("NOMOR TELEPON SELULAR", "0812-0000-0199") + part("TANGGAL PENGAJUAN", "22/11/26")
        + part("TANGGAL ESTIMASI PENYELESAIAN", "secepatnya")
        + p(r("SISTEM INFORMASI (SI) "), sym("F0A8"), r(" SI BARU")) + part("NAMA SI")
        + p(sym("F0A8"), r(" AKUN BARU")) + part("NAMA AKUN") + p(sym(ticks or "F0A8"), r(" PENGGANTIAN KATA SANDI"))
        + p(r("PERBAIKAN SI : "), repairs) + p(r("SURAT ELEKTRONIK (EMAIL) "), sym("F0A8"), r(" EMAIL BARU"))
        + part("NAMA EMAIL") + p(sym("F0A8"), r(" PENGGANTIAN KATA SANDI")) + p(sms) + p(r("KETERANGAN"))
        + tbl(["Mohon dikirim SMS dengan isi: “Rapat dosen Senin pukul 10.00 di ruang A1.”"])
        + signed
        + p(r("Kata Sandi / Password pada formulir ini hanya sementara. User/pengguna wajib mengganti password."))
    )  # fmt: skip


@pytest.mark.parametrize("head", ["SMS MASSAL", "SMS MASSAL :"])
def test_the_paper_form_is_read(head: str) -> None:
    words = [("F0A8", "MAHASISWA"), ("F0A8", "PEGAWAI"), ("F0FE", "DOSEN"), ("F0A8", "LAINNYA")]
    form = form_of(paper(r(f"{head} ") + "".join(sym(code) + r(f" {word} ") for code, word in words)))
    assert form.faults == ()
    assert (form.unit_name, form.applicant_name) == ("Fakultas Contoh", "Dr. Rina Contoh, M.Kom.")
    assert (form.id_number, form.email, form.phone) == ("0101010101", "fakultas@kampus.example", "0812-0000-0199")
    assert (form.submitted_on, form.wanted_by) == ("2026-11-22", "")
    assert (form.groups, form.other_services) == (("dosen",), ())
    assert form.text == "Rapat dosen Senin pukul 10.00 di ruang A1."


def test_a_ticked_heading_of_the_paper_form_is_no_group() -> None:
    words = [("F0A8", "MAHASISWA"), ("F0A8", "PEGAWAI"), ("F0FE", "DOSEN"), ("F0A8", "LAINNYA")]
    boxes = sym("F0FE") + r(" SMS MASSAL ") + "".join(sym(code) + r(f" {word} ") for code, word in words)
    form = form_of(paper(boxes, ticks="F0FE"))
    assert form.groups == ("dosen",)
    assert form.other_services == ("PENGGANTIAN KATA SANDI",)


def test_other_parts_are_no_part_of_the_text() -> None:
    files = {"word/header1.xml": document(p(r("NAMA UNIT: KOP"))), "word/comments.xml": document(p(r("komentar")))}
    assert text_of(docx(p(r("x")), files=files)) == "x"


def test_the_main_part_may_have_a_number_and_the_strict_names() -> None:
    strict = document(p(r("x"))).replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert text_of(docx("", part="word/document2.xml", files={"word/document2.xml": strict})) == "x"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGHTER = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (packed({"a": "x"}), "attachment.kind"),
        (b"PK\x03\x04", "attachment.unreadable"),
        (docx(p(r("x")))[:-30], "attachment.unreadable"),
        (packed({"word/document.xml": ""}), "attachment.unreadable"),
        (packed({"word/document.xml": "<a><b></a>"}), "attachment.unreadable"),
        (packed({"word/document.xml": "<w:t>x</w:t>"}), "attachment.unreadable"),
        (packed({"word/document.xml": LAUGHTER + "<d>&l9;</d>"}), "attachment.bomb"),
        (packed({"word/document.xml": '<!DOCTYPE d SYSTEM "http://x.example/"><d/>'}), "attachment.bomb"),
        (packed({"word/document.xml": "<a>&x;</a>"}), "attachment.unreadable"),
        (packed({"word/document.xml": "<a>" * (MAX_DEPTH + 1)}), "attachment.too_big"),
        (docx("<w:p/>" * MAX_ELEMENTS), "attachment.bomb"),
        (docx(p(r("x" * 2_000_000))), "attachment.bomb"),
        (docx("x", files={f"a{n}": "" for n in range(300)}), "attachment.bomb"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_a_broken_or_costly_document_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


GOOD = docx(
    HEAD + p(r("SMS MASSAL: "), box(True), r("DOSEN"), form_box("<w:checked/>"))
    + p(r(raw=either(text_box(p(r("x"))), ""))) + tbl(["a", tbl(["b"])])
)  # fmt: skip
with zipfile.ZipFile(io.BytesIO(GOOD)) as _archive:
    XML = _archive.read("word/document.xml")


def survives(data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert len(text_of(data)) < 1_000_000


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(GOOD)))
def test_damaged_bytes_end_in_a_value(changes: list[tuple[int, int]], cut: int) -> None:
    damaged = bytearray(GOOD)
    for place, byte in changes:
        damaged[place] = byte
    survives(bytes(damaged))
    survives(bytes(damaged[:cut]))


PIECES = [piece for piece in XML.decode().replace(">", ">\0").split("\0") if piece]


@given(st.lists(st.tuples(st.integers(0, len(PIECES) - 1), st.integers(0, len(PIECES) - 1)), max_size=6))
def test_elements_in_wrong_places_end_in_a_value(moves: list[tuple[int, int]]) -> None:
    pieces = list(PIECES)
    for here, there in moves:
        pieces[here], pieces[there] = pieces[there], pieces[here]
    survives(packed({"word/document.xml": "".join(pieces)}))
    # Well-formed, but nested as nobody would.
    names = [f"w:{name}" for name in ("tc", "tr", "tbl", "p", "r", "sdt", "sdtContent", "txbxContent", "del", "t")]
    chosen = [names[(here + there) % len(names)] for here, there in moves]
    nest = "".join(f"<{name}>" for name in chosen) + "x" + "".join(f"</{name}>" for name in reversed(chosen))
    survives(packed({"word/document.xml": document(nest)}))
