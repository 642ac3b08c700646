"""The lines and hints of the blank form, shared by its Word and its Excel shape.

Hints stand above the lines, in words without quotation marks and never behind a label: whatever stands beside a
label is what the applicant filled in, and a quoted text there would be taken for the message.
"""

from dataclasses import dataclass
from typing import Final

TITLE: Final = "FORMULIR LAYANAN SISTEM INFORMASI"
SUBTITLE: Final = "FM-UPSI-01-01 · Pengiriman Pesan Melalui SMS & Email"
HINTS: Final = (
    "Ganti ☐ dengan ☑ pada kelompok yang dituju. Isi SMS MASSAL atau EMAIL MASSAL; SUBJEK hanya untuk email.",
    "Di bagian KETERANGAN, tulis isi pesan di antara tanda kutip.",
    "LAINNYA: tulis nomor di bagian PENERIMA, satu per baris, atau isi lembar PENERIMA pada berkas Excel.",
)
_BOXES: Final = "☐ MAHASISWA   ☐ PEGAWAI   ☐ DOSEN   ☐ LAINNYA"


@dataclass(frozen=True, slots=True)
class Field:
    """One line: its label, what stands beside it already, and how many lines of room it leaves."""

    label: str
    value: str = ""
    lines: int = 1


FIELDS: Final = (
    Field("NAMA UNIT"),
    Field("NAMA LENGKAP"),
    Field("NIP / NPM / NIDN"),
    Field("EMAIL"),
    Field("NOMOR TELEPON SELULAR"),
    Field("TANGGAL PENGAJUAN"),
    Field("TANGGAL ESTIMASI PENYELESAIAN"),
    Field("SMS MASSAL", _BOXES),
    Field("EMAIL MASSAL", _BOXES),
    Field("SUBJEK"),
    Field("PRIORITAS", "BIASA"),
    Field("KETERANGAN", lines=8),
    Field("PENERIMA", lines=6),
)
