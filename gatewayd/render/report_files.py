"""The delivery log as files: for `gatewayd report`, and attached to its mail as far as the mail may be that big.

In: a DeliveryLog, a Look, the moment it is true for. Out: files by name; for a mail the attachments and a sentence that
names them and what was left out. A big table is zipped; what still does not fit is left out, the biggest first: a
report that a mail server refuses for its size reaches nobody.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from gatewayd.core.report import DeliveryLog
from gatewayd.render import html, xlsx
from gatewayd.render.catalogue import N_
from gatewayd.render.clean import cleaned
from gatewayd.render.csv import report_csv
from gatewayd.render.mail import Attachment
from gatewayd.render.pdf import report_pdf
from gatewayd.render.png import report_png
from gatewayd.render.report_words import with_removals
from gatewayd.render.views import Look
from gatewayd.render.voice import Voice, voice_of
from gatewayd.render.xlsx import report_xlsx

_NAMES: Final = MappingProxyType(
    {
        "csv": N_("a table with every recipient (CSV)"),
        "xlsx": N_("a table with every recipient (Excel)"),
        "pdf": N_("the whole report to print and sign (PDF)"),
    }
)
_KINDS: Final = MappingProxyType({"csv": "text/csv", "xlsx": xlsx.KIND, "pdf": "application/pdf"})
#: Base64 in lines of 76 characters.
_ENCODED: Final = 78 / 57
#: A table of some 10,000 rows; it shrinks to a sixth.
_BIG_TABLE: Final = 1_000_000
#: The first date that a zip can hold.
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Attached:
    """What goes with the mail, and the sentence about it."""

    files: tuple[Attachment, ...]
    sentence: str


def report_files(
    log: DeliveryLog, look: Look, *, full_numbers: bool = False, at: datetime | None = None
) -> dict[str, bytes]:
    """Every file of the delivery log. `at` is the moment it is true for (its end if not given)."""
    moment = at or log.ended_at or log.asked_at
    log = with_removals(log, voice_of(look))
    picture = f"{log.number}.png"
    page = html.report_page(cleaned(log), voice_of(look), moment, picture)
    makers = _makers(log, look, moment, full_numbers)
    files = {f"{log.number}.html": page.encode("utf-8"), picture: report_png(log, look, moment)}
    return files | {f"{log.number}.{ending}": make() for ending, make in makers.items()}


def attached(log: DeliveryLog, look: Look, at: datetime, *, full_numbers: bool, room: int) -> Attached:
    """The files that the settings want in the mail, as far as `room` (bytes of the encoded mail) allows."""
    makers = _makers(log, look, at, full_numbers)
    made = {
        ending: Attachment(f"{log.number}.{ending}", _KINDS[ending], make())
        for ending, make in makers.items()
        if ending in look.attach
    }
    table = made.get("csv")
    if table and (_encoded(made) > room or len(table.data) > _BIG_TABLE):
        made["csv"] = Attachment(f"{table.name}.zip", "application/zip", _zipped(table))
    fitting = dict(made)
    while fitting and _encoded(fitting) > room:
        del fitting[max(fitting, key=lambda ending: len(fitting[ending].data))]
    return Attached(
        tuple(fitting.values()), _sentence(voice_of(look), fitting, [one for one in made if one not in fitting])
    )


def _makers(log: DeliveryLog, look: Look, at: datetime, full: bool) -> Mapping[str, Callable[[], bytes]]:
    return {
        "pdf": lambda: report_pdf(log, look, at),
        "csv": lambda: report_csv(log, look, full_numbers=full),
        "xlsx": lambda: report_xlsx(log, look, at, full_numbers=full),
    }


def _encoded(files: Mapping[str, Attachment]) -> float:
    return sum(len(file.data) for file in files.values()) * _ENCODED


def _zipped(file: Attachment) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(file.name, _ZIP_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, file.data)
    return packed.getvalue()


def _sentence(voice: Voice, kept: Iterable[str], left_out: list[str]) -> str:
    say = voice.words.say
    names = [say("a picture of this report, to pass on"), *(say(_NAMES[ending]) for ending in kept)]
    said = say("Attached: %(files)s.", files="; ".join(names))
    if left_out:
        missing = "; ".join(say(_NAMES[ending]) for ending in left_out)
        said += " " + say("Too big for a mail: %(files)s. Please ask UPSI for it.", files=missing)
    return said
