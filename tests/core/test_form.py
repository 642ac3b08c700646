"""What is missing in a form, and what a correction leaves. Reading is tested in tests/wire/test_form.py."""

from dataclasses import replace

from gatewayd.core.form import PATHS, FormReading, checked, merge, quoted
from gatewayd.core.model import Fault, Recipient, RecipientList

WHOLE = FormReading(unit_name="BAA", applicant_name="Budi", text="Rapat.", groups=("dosen",))
PEOPLE = RecipientList((Recipient(1, "+6281200000101"),))


def test_a_whole_form_has_no_fault() -> None:
    assert checked(WHOLE).faults == ()
    assert checked(replace(WHOLE, groups=(), recipients=PEOPLE, list_given=True)).faults == ()


def test_what_is_missing_is_named_once() -> None:
    assert checked(checked(FormReading())).faults == (
        Fault("nama_unit", "field.missing"),
        Fault("nama_lengkap", "field.missing"),
        Fault("keterangan", "field.missing"),
        Fault("sms_massal", "group.none"),
    )


def test_a_field_that_is_wrong_is_not_also_missing() -> None:
    wrong = Fault(PATHS["text"], "text.unclear", "x")
    assert checked(replace(WHOLE, text="", faults=(wrong,))).faults == (wrong,)


def test_a_deadline_in_words_is_not_compared() -> None:
    assert checked(replace(WHOLE, submitted_on="2026-11-23", wanted_by="minggu depan")).faults == ()
    late = checked(replace(WHOLE, submitted_on="2026-11-23", wanted_by="2026-11-22"))
    assert late.faults == (Fault(PATHS["wanted_by"], "date.before_submission", "2026-11-22"),)


def test_lainnya_needs_a_list_even_beside_another_box() -> None:
    form = replace(WHOLE, groups=("dosen", "lainnya"))
    assert checked(form).faults == (Fault("sms_massal", "group.needs_list", "LAINNYA"),)
    assert checked(replace(form, list_given=True)).faults == ()


def test_only_what_a_correction_names_is_changed() -> None:
    correction = FormReading(unit_name="BAK", applicant_name="Lain", present=("unit_name",))
    merged = merge(replace(WHOLE, present=("text",)), correction)
    assert (merged.unit_name, merged.applicant_name, merged.text) == ("BAK", "Budi", "Rapat.")
    assert merged.present == ("unit_name", "text")


def test_a_correction_can_blank_a_field() -> None:
    assert merge(WHOLE, FormReading(present=("unit_name",))).faults == (Fault("nama_unit", "field.missing"),)


def test_a_quotation_is_one_short_line() -> None:
    assert quoted("a\n b\t" + "c" * 1000) == "a b " + "c" * 196
