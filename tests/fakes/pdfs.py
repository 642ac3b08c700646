"""Small PDF files made by hand: text at places of pages, form fields, and objects of any kind."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


@dataclass(frozen=True)
class At:
    """A text at a place, from the lower left in points."""

    x: float
    y: float
    text: str
    size: float = 10


@dataclass(frozen=True)
class Field:
    """A form field: `kind` is Tx, Ch or Btn; `state` is what a box shows; `extra` is more of its dictionary."""

    name: str
    rect: tuple[float, float, float, float]
    value: str = ""
    kind: str = "Tx"
    state: str = ""
    tip: str = ""
    extra: str = ""


def pdf(*pages: Sequence[At | Field]) -> bytes:
    """A file with these pages."""
    objects = ["<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] >> >>", ""]
    kids: list[int] = []
    for page in pages:
        fields = [one for one in page if isinstance(one, Field)]
        content = " ".join(_shown(one) for one in page if isinstance(one, At))
        kids.append(len(objects) + 1)
        number = len(objects) + 1
        places = " ".join(f"{number + 2 + place} 0 R" for place in range(len(fields)))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 {_FONT} >> >>"
            f" /Contents {number + 1} 0 R /Annots [{places}] >>"
        )
        objects.append(stream(content.encode("cp1252")))
        objects += [_field(field) for field in fields]
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>"
    return packed(objects)


def stream(content: bytes, extra: str = "") -> str:
    """An object with a packed stream; bytes are kept as latin-1."""
    data = zlib.compress(content, 9)
    head = f"<< /Length {len(data)} /Filter /FlateDecode {extra}>>"
    return f"{head}\nstream\n{data.decode('latin-1')}\nendstream"


def packed(objects: Sequence[str], trailer: str = "") -> bytes:
    """The file of objects that are numbered from 1; the first is its root."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{one}\nendobj\n".encode("latin-1")
    table = len(out)
    lines = "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{lines}".encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer}>>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def _shown(at: At) -> str:
    return f"BT /F1 {at.size} Tf 1 0 0 1 {at.x} {at.y} Tm ({_escaped(at.text)}) Tj ET"


def _field(field: Field) -> str:
    box = " ".join(str(number) for number in field.rect)
    parts = [f"/Type /Annot /Subtype /Widget /FT /{field.kind} /T ({_escaped(field.name)}) /Rect [{box}]"]
    if field.tip:
        parts.append(f"/TU ({_escaped(field.tip)})")
    if field.value:
        parts.append(f"/V <feff{field.value.encode('utf-16-be').hex()}>")
    if field.state:
        parts.append(f"/V /{field.state} /AS /{field.state}")
    return f"<< {' '.join(parts)} {field.extra} >>"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
