"""The demo's story: what happens, told while it happens, and checked at the end."""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from gatewayd.cli import demo_people as people
from gatewayd.cli.demo_parts import KA_BPSI, KA_UPSI, SILENT, UNIT, UNREACHABLE, Parts, parts
from gatewayd.core.states import DeliveryState
from gatewayd.errors import GatewaydError, StoreError
from gatewayd.store import deliveries, requests
from gatewayd.store.database import reading

MARK: Final = ".gatewayd-demo"
_TICK_S: Final = 0.15
_EXPECTED: Final = {"delivered": 16, "failed": 1, "undelivered_unknown": 1}
_BAR: Final = 24


@dataclass(slots=True)
class Story:
    """What was told and what was found to be wrong."""

    progress: bool
    began: float = field(default_factory=time.monotonic)
    wrong: list[str] = field(default_factory=list)

    def tell(self, line: str) -> None:
        print(f"{time.monotonic() - self.began:5.1f} s  {line}", flush=True)

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)
            self.tell(f"WRONG: {what}")

    def bar(self, done: int, total: int, note: str) -> None:
        if self.progress:
            full = _BAR * done // max(total, 1)
            sys.stdout.write(f"\r        [{'█' * full}{'·' * (_BAR - full)}] {done}/{total} {note:<40}")
            sys.stdout.flush()

    def end_bar(self) -> None:
        if self.progress:
            sys.stdout.write("\r" + " " * 90 + "\r")


def clear(folder: Path) -> None:
    """Remove what an earlier demo left."""
    for item in folder.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink()


async def play(folder: Path, *, once: bool, progress: bool, timeout_s: float) -> int:
    """Play the story in `folder`; status 0 only if everything happened."""
    (folder / MARK).touch()
    story = Story(progress)
    story.tell(f"Starting a mail server, a broker, a simulated modem and gatewayd in {folder}")
    async with parts(folder) as stage:
        try:
            async with asyncio.timeout(timeout_s):
                await _story(stage, story)
        except TimeoutError:
            raise GatewaydError(f"the story did not end within {timeout_s:g} s; see {stage.log}") from None
        _files(stage, story)
        if not once:
            await _linger(stage, story)
    for wrong in story.wrong:
        print(f"gatewayd demo: {wrong}", file=sys.stderr)
    return 1 if story.wrong else 0


async def _story(stage: Parts, story: Story) -> None:
    await _until(stage, lambda: bool(stage.events("modem.ready")))
    story.tell("gatewayd is ready: modem registered, credit read by USSD")
    await people.send(stage, people.form_mail())
    story.tell("The unit BAA mails form FM-UPSI-01-01 with a list of 20 rows (one bad number, one duplicate)")
    receipt = await people.wait_mail(stage, UNIT, lambda mail: "[UPSI-" in str(mail["Subject"]))
    number = str(receipt["Subject"]).partition("[")[2].partition("]")[0]
    story.tell(f"BAA has the receipt: {receipt['Subject']}")
    for person, title in ((KA_UPSI, "Ka. UPSI"), (KA_BPSI, "Ka. BPSI")):
        question = await people.wait_mail(stage, person, _is_question)
        story.tell(f"{title} reads who asks, the exact text, the cost and the modem's credit, and answers SETUJU")
        await people.send(stage, people.reply(person, question, "SETUJU"))
    await _sending(stage, story, number)
    await _reports(stage, story, number)


def _is_question(mail: EmailMessage) -> bool:
    body = mail.get_body(("plain",))
    return body is not None and "Kode:" in body.get_content()


async def _sending(stage: Parts, story: Story, number: str) -> None:
    """Watch it go out; in the middle of it an urgent job overtakes."""
    story.tell("Both have approved; sending starts")
    job = None
    while True:
        counts = _counts(stage, number)
        total, gone = sum(counts.values()), _gone(counts)
        story.bar(gone, total, f"{counts.get(DeliveryState.DELIVERED, 0)} delivered")
        if gone >= 5 and job is None:
            job = await _urgent(stage, story)
            left = total - _gone(_counts(stage, number))
        if total and gone == total:
            break
        await _pause(stage)
    story.end_bar()
    if job is not None:
        await _until(stage, lambda: _gone(_counts(stage, job)) == 1)
        story.expect(left > 0, "the urgent job came too late to overtake anything")
        story.expect(_overtook(stage), "the urgent job did not overtake")
        story.tell(f"The urgent job {job} of SIAKAD went out before the {left} messages that waited longer")
    story.tell(f"All {total} messages are with the network; waiting for its status reports")


async def _urgent(stage: Parts, story: Story) -> str:
    now = datetime.now(UTC)
    receipt = await people.publish_job(stage, {
        "v": 1, "id": "siakad-000123", "created": _instant(now), "expires": _instant(now + timedelta(hours=1)),
        "channel": "sms", "to": [{"to": "081200000150", "name": "Ketua Kelas", "vars": {"kelas": "TI-5A"}}],
        "text": "URGENT: kelas {kelas} pindah ke ruang B204 sekarang.", "priority": "urgent", "purpose": "akademik",
    })  # fmt: skip
    story.end_bar()
    story.tell(f"SIAKAD publishes an urgent job on MQTT; its receipt: {receipt.get('result')} {receipt.get('request')}")
    story.expect(receipt.get("result") == "accepted", f"the job was not accepted: {receipt}")
    return str(receipt.get("request"))


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def _reports(stage: Parts, story: Story, number: str) -> None:
    for person, who in ((KA_UPSI, "Ka. UPSI"), (UNIT, "the applicant")):
        report = await people.wait_mail(stage, person, lambda mail: _is_report(mail, number))
        story.tell(f"{who} has the delivery log: {report['Subject']}")
    _save(stage.folder, report, number)
    counts = {str(state): count for state, count in _counts(stage, number).items()}
    story.expect(counts == _EXPECTED, f"totals are {counts}, expected {_EXPECTED}")
    story.tell(
        f"Delivered {counts.get('delivered', 0)}, failed {counts.get('failed', 0)} ({UNREACHABLE[-3:]} is off), "
        f"accepted without report {counts.get('undelivered_unknown', 0)} ({SILENT[-3:]} never reports), "
        "refused before sending 1, duplicate 1"
    )


def _is_report(mail: EmailMessage, number: str) -> bool:
    return number in str(mail["Subject"]) and any(part.get_content_type() == "image/png" for part in mail.walk())


def _save(folder: Path, report: EmailMessage, number: str) -> None:
    """The report's picture, page and rows as files."""
    endings = {"image/png": "png", "text/html": "html", "text/csv": "csv"}
    for part in report.walk():
        ending = endings.get(part.get_content_type())
        if ending is not None:
            payload = part.get_payload(decode=True)
            (folder / f"report-{number}.{ending}").write_bytes(payload if isinstance(payload, bytes) else b"")


def _counts(stage: Parts, number: str) -> dict[DeliveryState, int]:
    try:
        with reading(stage.folder / "state") as conn:
            request = requests.by_number(conn, number)
            return {} if request is None else deliveries.counts(conn, request.id)
    except StoreError:
        return {}


def _gone(counts: dict[DeliveryState, int]) -> int:
    waiting = (DeliveryState.HELD, DeliveryState.QUEUED, DeliveryState.SUBMITTING)
    return sum(count for state, count in counts.items() if state not in waiting)


def _overtook(stage: Parts) -> bool:
    """By the network's own ledger: something of the form's list came after the urgent message."""
    lines = (stage.folder / "network-ledger.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [str(entry["text"]) for entry in map(json.loads, lines) if entry["event"] == "accepted"]
    place = next((index for index, text in enumerate(texts) if text.startswith("URGENT")), len(texts))
    return place < len(texts) - 1


async def _pause(stage: Parts) -> None:
    if stage.daemon.returncode is not None:
        raise GatewaydError(f"gatewayd ended with {stage.daemon.returncode}; see {stage.log}")
    await asyncio.sleep(_TICK_S)


async def _until(stage: Parts, holds: Callable[[], bool]) -> None:
    while not holds():
        await _pause(stage)


def _files(stage: Parts, story: Story) -> None:
    story.tell("It left behind:")
    mails = sorted((stage.folder / "mails").rglob("*.eml"))
    for path, what in (
        *((path, "the report") for path in sorted(stage.folder.glob("report-*"))),
        (stage.folder / "mails", f"{len(mails)} mails, as anybody's mail program shows them"),
        (stage.config, "the settings it ran with"),
        (stage.log, "the journal"),
        (stage.folder / "network-ledger.jsonl", "what the simulated network took"),
    ):
        print(f"         {path}  ({what})")


async def _linger(stage: Parts, story: Story) -> None:
    """Keep everything running for the person at the terminal."""
    print(f"""
Everything keeps running; Ctrl-C ends it. In another terminal try:
  gatewayd status --config {stage.config}
  gatewayd requests --config {stage.config}
  gatewayd send --config {stage.config} --to 081200000160 --text "Halo"
Mail: IMAP 127.0.0.1:{stage.imap_port}, SMTP 127.0.0.1:{stage.smtp_port}, every password is "demo-only".""")
    await stage.daemon.wait()
