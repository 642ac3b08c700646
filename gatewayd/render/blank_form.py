"""The blank FM-UPSI-01-01, limited to what this gateway does, in each shape it is handed out.

In: the format. Out: the bytes of the file, always the same ones for the same version. The form is Bahasa Indonesia
in every language of the settings, since its labels are those of the paper. Source: FM-UPSI-01-01 revision 00.
"""

from importlib import resources
from typing import Final, Literal, TypeAlias, assert_never

from gatewayd.render import blank_form_docx, blank_form_xlsx
from gatewayd.render.mail import Attachment

FormFormat: TypeAlias = Literal["docx", "xlsx", "txt"]
FORMATS: Final[tuple[FormFormat, ...]] = ("docx", "xlsx", "txt")
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"


def blank_form(kind: FormFormat) -> bytes:
    """The form as a file of `kind`; txt is UTF-8 with LF line ends."""
    match kind:
        case "docx":
            return blank_form_docx.document()
        case "xlsx":
            return blank_form_xlsx.workbook()
        case "txt":
            # The template that the mails show has no values in it: it is the form.
            return resources.files("gatewayd.render").joinpath("templates/form.txt.j2").read_bytes()
        case _:
            assert_never(kind)


def form_files() -> tuple[Attachment, ...]:
    """The files that go with a mail that explains the form: to write in, and to list recipients in."""
    return (
        Attachment("FM-UPSI-01-01.docx", f"{_OFFICE}.wordprocessingml.document", blank_form("docx")),
        Attachment("FM-UPSI-01-01.xlsx", f"{_OFFICE}.spreadsheetml.sheet", blank_form("xlsx")),
    )
