"""Test data in files; the mails of mails/ with what expected.json says of them."""

import json
from pathlib import Path
from typing import Any, Final, TypeAlias

MAILS: Final = Path(__file__).parent / "mails"
Expected: TypeAlias = dict[str, Any]
EXPECTED: Final[dict[str, Expected]] = json.loads((MAILS / "expected.json").read_text(encoding="utf-8"))


def raw_mail(name: str, ends: bytes = b"\r\n") -> bytes:
    """The bytes of a mail, with these line ends."""
    return (MAILS / f"{name}.eml").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", ends)
