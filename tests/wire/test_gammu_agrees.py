"""An independent reader of what we encode: gammu (Debian's python3-gammu) gets 10,000 random messages.

Every part must say to gammu what it says to us: recipient, text, alphabet, class, validity, replace type and
place in a long message. They agree on all. Where gammu 1.42 shows the same thing in another way:

- behind a text with extension characters it shows stray memory, for it copies as many characters as it counted
  septets; its text ends at a NUL, and gammu_reader.py cuts there;
- the longest validity (63 weeks) is "Max", none is "NA"; a part without a class has class -1;
- a recipient loses its `*` and `#`, so the recipients here are digits;
- it knows no national tables: it reads such septets in the default alphabet and hands out the header as it came.
  The second test compares those.
"""

import json
import random
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire import gsm7
from gatewayd.wire.gsm7_tables import ENCODE, Language, Shift
from gatewayd.wire.segment import segment
from gatewayd.wire.tpdu import Submit, encode_submit, header, validity

pytestmark = pytest.mark.system

PYTHON = "/usr/bin/python3"
READER = Path(__file__).with_name("gammu_reader.py")
MESSAGES = 10_000
SECONDS = {"M": 60, "H": 3600, "D": 86_400, "W": 604_800}
CODINGS = {Encoding.GSM7: "Default_No_Compression", Encoding.UCS2: "Unicode_No_Compression"}

PLAIN = string.ascii_letters + string.digits + " .,:-"
WIDE = "abc дкя 你好 नमस्ते 😁👍🏽🇮🇩€\u200d\ufe0f"
ANY = [chr(point) for point in (*range(0x20, 0xD800, 7), *range(0xE000, 0xFFFE, 11), *range(0x1F300, 0x1FA00))]


@pytest.fixture(autouse=True)
def gammu() -> None:
    if not Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", "import gammu"], capture_output=True).returncode:
        pytest.skip(f"{PYTHON} has no module gammu (Debian package python3-gammu)")


def messages(count: int, seed: int) -> Iterator[list[Submit]]:
    """The parts of each of `count` messages."""
    dice = random.Random(seed)
    for _ in range(count):
        yield parts(dice)


def parts(dice: random.Random) -> list[Submit]:
    alphabet = dice.choice((PLAIN, [*ENCODE], WIDE, ANY))
    length = dice.choice((dice.randint(0, 70), dice.randint(60, 165), dice.randint(150, 500)))
    text = "".join(dice.choices(alphabet, k=length))
    reference = dice.choice((dice.randint(0, 255), dice.randint(256, 65_535)))
    cut = segment(text, 8 if reference < 256 else 16)
    common: dict[str, Any] = {
        "recipient": dice.choice(("", "+")) + "".join(dice.choices(string.digits, k=dice.randint(3, 15))),
        "encoding": cut.encoding,
        "status_report": dice.random() < 0.5,
        "validity_s": dice.choice((None, dice.randint(1, 40_000_000))),
        "message_class": dice.choice((None, 0, 1, 2, 3)),
        "replaces": dice.choice((0, 0, dice.randint(1, 7))),
    }
    total = len(cut.parts)
    places = [Concat(reference, total, number) if total > 1 else None for number in range(1, total + 1)]
    return [Submit(text=part, concat=place, **common) for part, place in zip(cut.parts, places, strict=True)]


def expected(part: Submit) -> dict[str, Any]:
    place = part.concat
    return {
        "number": part.recipient,
        "text": part.text,
        "coding": CODINGS[part.encoding],
        "class": -1 if part.message_class is None else part.message_class,
        "replaces": part.replaces,
        "type": "Submit",
        "bits": 0 if place is None else 8 if place.reference < 256 else 16,
        "place": [] if place is None else [place.reference, place.total, place.number],
    }


def read_by_gammu(pdus: list[str]) -> list[dict[str, Any]]:
    run = subprocess.run([PYTHON, READER], input="\n".join(pdus), capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def seconds(written: str) -> int | None:
    if written == "Max":
        return 63 * SECONDS["W"]
    return None if written == "NA" else int(written[:-1]) * SECONDS[written[-1]]


def test_gammu_reads_what_we_meant() -> None:
    sent = [part for message in messages(MESSAGES, seed=23_040) for part in message]
    read = read_by_gammu([encode_submit(part).hex for part in sent])
    assert len(read) == len(sent) > 2 * MESSAGES
    for part, found in zip(sent, read, strict=True):
        wanted = expected(part)
        assert {key: found.get(key) for key in wanted} == wanted, found.get("fault")
        period = None if part.validity_s is None else validity.seconds_of(validity.encode(part.validity_s))
        assert seconds(found["validity"]) == period


def test_gammu_finds_septets_of_national_tables_behind_their_header() -> None:
    dice = random.Random(23_038)
    sent: list[Submit] = []
    for _ in range(300):
        text = "".join(dice.choices("ŞşĞğİıç", k=dice.choice((dice.randint(80, 150), dice.randint(200, 290)))))
        cut = segment(text, languages=(Language.TURKISH,))
        assert cut.shift == Shift(locking=Language.TURKISH)
        total = len(cut.parts)
        places = [Concat(7, total, number) if total > 1 else None for number in range(1, total + 1)]
        sent += [
            Submit("3636", part, cut.encoding, place, shift=cut.shift)
            for part, place in zip(cut.parts, places, strict=True)
        ]
    for part, found in zip(sent, read_by_gammu([encode_submit(part).hex for part in sent]), strict=True):
        assert found["text"] == gsm7.decode(gsm7.encode(part.text, part.shift) or b"")
        assert found["header"] == header.encode(part.concat, part.shift).hex()
