"""Named XML parts → one Office Open XML package (ECMA-376 part 2), the same bytes every time.

In: part names and their XML without a declaration, in the order of the package, whole or in pieces. Out: the zip. Its
dates are fixed.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import escape

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: The first date that a zip can hold.
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"


def package(main: str, kinds: Mapping[str, str], parts: Mapping[str, str | Iterable[str]]) -> bytes:
    """The package whose main part is `main`; `kinds` gives the content type of each part that is no relation."""
    whole: dict[str, str | Iterable[str]] = {
        "[Content_Types].xml": _types(kinds),
        "_rels/.rels": relations({"officeDocument": main}),
        **parts,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, xml in whole.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Else the machine that writes it would show.
            entry.create_system = _UNIX
            with archive.open(entry, "w") as file:
                file.write(_DECLARATION.encode("ascii"))
                for piece in (xml,) if isinstance(xml, str) else xml:
                    file.write(piece.encode("utf-8"))
    return packed.getvalue()


def relations(targets: Mapping[str, str]) -> str:
    """A part of relations: type (with a number behind '#' where there are several) → target."""
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind.partition("#")[0]}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items(), start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def text(value: str) -> str:
    """`value` as the content of an element or of an attribute in double quotes."""
    return escape(value, {'"': "&quot;"})


def _types(kinds: Mapping[str, str]) -> str:
    lines = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds.items())
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{lines}</Types>'
    )
